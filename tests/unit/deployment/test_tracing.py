"""Traces: off unless a collector is named, and sent by nobody but gateway and services."""

import copy
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.unit.deployment.conftest import Built
from tests.unit.deployment.manifests import WORKLOADS, Manifest, containers, of_kind, pod_template
from tests.unit.deployment.processes import REPOSITORY, SERVICES, TRACING
from tests.unit.deployment.test_compose import filled

COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())[
    "services"
]
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SERVERS = {"gateway", *SERVICES}

SET_UP = f"""
import sys
from shared.tracing import configure_tracing
configure_tracing("traits", {{"{ENDPOINT}": sys.argv[1]}})()
print("opentelemetry.sdk.trace" in sys.modules)
"""


def test_in_compose_the_servers_know_where_the_collector_is() -> None:
    knowing = {name for name, service in COMPOSE.items() if ENDPOINT in service.get("environment", {})}
    assert knowing == SERVERS
    assert {COMPOSE[name]["environment"][ENDPOINT] for name in SERVERS} == {f"${{{ENDPOINT}:-}}"}
    # The one network that all of them are on, where the documentation puts the collector.
    assert set.intersection(*(set(COMPOSE[name]["networks"]) for name in SERVERS)) == {"services"}


@pytest.mark.parametrize(
    ("endpoint", "loaded"),
    [(filled(COMPOSE["traits"]["environment"][ENDPOINT]), "False"), ("http://127.0.0.1:4317", "True")],
    ids=["nothing set", "a collector"],
)
def test_an_empty_value_means_that_nothing_is_recorded(endpoint: str, loaded: str) -> None:
    command = [sys.executable, "-c", SET_UP, endpoint]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == loaded


def complaints(manifests: list[Manifest]) -> list[str]:
    """What keeps traces of a server from their collector, or lets others there."""
    found = []
    rules = [
        (policy["spec"]["podSelector"].get("matchLabels", {}), peer["namespaceSelector"]["matchLabels"], port)
        for policy in of_kind(manifests, "NetworkPolicy").values()
        for rule in policy["spec"].get("egress", [])
        for peer in rule["to"]
        if "namespaceSelector" in peer and "podSelector" not in peer
        for port in rule["ports"]
    ]
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        (container,) = containers(workload)
        labels = pod_template(workload)["metadata"]["labels"].items()
        mine = [(namespace, port) for selector, namespace, port in rules if selector.items() <= labels]
        if name not in SERVERS:
            if mine:
                found.append(f"{name} gets out to a namespace")
            continue
        endpoint = {each["name"]: each["value"] for each in container["env"]}.get(ENDPOINT)
        if endpoint is None:
            found.append(f"{name} has no endpoint")
            continue
        address = urlsplit(endpoint)
        namespace = {"kubernetes.io/metadata.name": (address.hostname or "").split(".")[1]}
        if mine != [(namespace, {"protocol": "TCP", "port": address.port})]:
            found.append(f"{name} does not get out to {endpoint}, or further")
    return found


@pytest.fixture
def traced(built: Built) -> list[Manifest]:
    return copy.deepcopy(built(("production", "tracing")))


def test_in_kubernetes_the_servers_reach_the_collector(traced: list[Manifest]) -> None:
    assert complaints(traced) == []


def test_another_place_or_a_server_that_was_forgotten_would_be_noticed(traced: list[Manifest]) -> None:
    traits, icon = (of_kind(traced, "Deployment")[name] for name in ("traits", "icon"))
    (container,) = containers(traits)
    container["env"] = [each for each in container["env"] if each["name"] != ENDPOINT]
    del pod_template(icon)["metadata"]["labels"]["pawtrait.reaches/collector"]
    assert [each.split()[0] for each in complaints(traced)] == ["icon", "traits"]
    of_kind(traced, "NetworkPolicy")["reaches-collector"]["spec"]["egress"][0]["ports"][0]["port"] = 4318
    assert len(complaints(traced)) == len(SERVERS)


def test_without_the_component_nothing_of_it_is_there(built: Built) -> None:
    assert len(complaints(built(("production",)))) == len(SERVERS)


def test_the_sampler_is_one_that_opentelemetry_knows(
    traced: list[Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry.sdk.trace import TracerProvider

    for name in SERVERS:
        (container,) = containers(of_kind(traced, "Deployment")[name])
        values = {each["name"]: each["value"] for each in container["env"] if each["name"] in TRACING}
        assert values.keys() == TRACING
        for variable, value in values.items():
            monkeypatch.setenv(variable, value)
        sampler = TracerProvider().sampler.get_description()
        assert sampler.startswith("ParentBased{root:TraceIdRatioBased{0.1}")
