"""The Kubernetes manifests: their schemas, and what they promise, without a cluster."""

import base64
import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gateway.settings import GatewaySettings
from shared.health import LIVE
from tests.unit.deployment.conftest import Built
from tests.unit.deployment.manifests import WORKLOADS, Manifest, containers, is_ours, of_kind, pod_template
from tests.unit.deployment.processes import (
    FULL_VERSION,
    REPOSITORY,
    SERVICES,
    WITH_DATABASE,
    check_environment,
    full_name,
    migrations,
    settings_of,
)

VERSIONS = ("1.32", "1.34")
"""Oldest and newest version of Kubernetes whose schemas have to accept everything."""
OF_OPERATORS = {"PodMonitor", "PrometheusRule", "Certificate", "Issuer"}
"""Kinds that are no part of Kubernetes, without schemas at hand; test_mutual_tls_kubernetes.py knows two."""
LONG_RUNNING = ("Deployment", "StatefulSet")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_api_schemas_accept_everything(manifests: list[Manifest], version: str) -> None:
    for each in manifests:
        if each["kind"] not in OF_OPERATORS:
            kubernetes_validate.validate(each, version, strict=True)


def test_a_wrong_field_would_be_noticed(manifests: list[Manifest]) -> None:
    broken = yaml.safe_load(yaml.safe_dump(of_kind(manifests, "Deployment")["traits"]))
    broken["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_everything_that_is_needed_is_there(manifests: list[Manifest]) -> None:
    everyone = {"gateway", *SERVICES}
    assert everyone <= of_kind(manifests, "Deployment").keys()
    assert everyone <= of_kind(manifests, "Service").keys()
    assert of_kind(manifests, "PodDisruptionBudget").keys() == everyone
    assert of_kind(manifests, "HorizontalPodAutoscaler").keys() == everyone
    assert "migrate" in of_kind(manifests, "Job")
    assert of_kind(manifests, "CronJob").keys() == {"backup", "restore", "reembed"}
    assert {each["metadata"].get("namespace") for each in manifests if each["kind"] != "Namespace"} == {
        "pawtrait"
    }


def test_pods_keep_to_the_restricted_profile(manifests: list[Manifest]) -> None:
    namespace = of_kind(manifests, "Namespace")["pawtrait"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        pod = pod_template(workload)["spec"]
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")), name
        assert not any("hostPath" in volume for volume in pod.get("volumes", [])), name
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name


def test_containers_say_what_they_need(manifests: list[Manifest]) -> None:
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        for container in containers(workload):
            resources = container["resources"]
            assert resources["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in resources["limits"], name


def test_long_running_containers_have_all_three_probes(manifests: list[Manifest]) -> None:
    for name, workload in of_kind(manifests, *LONG_RUNNING).items():
        for container in containers(workload):
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert probe in container, f"{name} has no {probe}"


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_probed_over_grpc_where_they_listen(manifests: list[Manifest], service: str) -> None:
    port = settings_of(service).model_fields["port"].default
    (container,) = containers(of_kind(manifests, "Deployment")[service])
    environment = {each["name"]: each["value"] for each in container["env"]}
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    expected, probed = {"grpc": port, "metrics": 9090}, port
    if health := environment.get(f"{service.upper()}_HEALTH_PORT"):
        probed = expected["health"] = int(health)
    assert ports == expected
    asked = {"startupProbe": LIVE, "readinessProbe": full_name(service), "livenessProbe": LIVE}
    for probe, name in asked.items():
        assert container[probe]["grpc"] == {"port": probed, "service": name}
    assert environment[f"{service.upper()}_HOST"] == "0.0.0.0"  # noqa: S104
    assert environment[f"{service.upper()}_PORT"] == str(port)
    assert environment[f"{service.upper()}_METRICS_PORT"] == "9090"


@pytest.mark.parametrize("service", SERVICES)
def test_the_gateway_finds_every_pod_of_a_service(manifests: list[Manifest], service: str) -> None:
    headless = of_kind(manifests, "Service")[service]["spec"]
    assert headless["clusterIP"] == "None"
    port = headless["ports"][0]["port"]
    (gateway,) = containers(of_kind(manifests, "Deployment")["gateway"])
    addresses = {each["name"]: each["value"] for each in gateway["env"]}
    assert addresses[f"{service.upper()}_ADDRESS"] == f"dns:///{service}:{port}"
    # Without an end to connections, a channel never asks for addresses again.
    assert settings_of(service).model_fields["max_connection_age"].default.total_seconds() <= 600


def test_services_leave_before_they_are_killed(manifests: list[Manifest]) -> None:
    for service in SERVICES:
        workload = of_kind(manifests, "Deployment")[service]
        (container,) = containers(workload)
        environment = {each["name"]: each["value"] for each in container["env"]}
        grace = settings_of(service).model_fields["grace"].default.total_seconds()
        needed = float(environment[f"{service.upper()}_DRAIN"]) + grace
        assert needed < pod_template(workload)["spec"]["terminationGracePeriodSeconds"]


def test_selectors_find_their_pods(manifests: list[Manifest]) -> None:
    labels = {
        name: pod_template(workload)["metadata"]["labels"]
        for name, workload in of_kind(manifests, *WORKLOADS).items()
    }
    for name, workload in of_kind(manifests, *LONG_RUNNING).items():
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels[name].items()
    for name, budget in of_kind(manifests, "PodDisruptionBudget").items():
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels[name].items()
    for name, service in of_kind(manifests, "Service").items():
        if selector := service["spec"].get("selector"):
            chosen = [each for each, own in labels.items() if selector.items() <= own.items()]
            assert chosen == [name]
            ports = {
                port["name"] for each in containers(_workload(manifests, name)) for port in each["ports"]
            }
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def _workload(manifests: list[Manifest], name: str) -> Manifest:
    return of_kind(manifests, *LONG_RUNNING)[name]


def test_autoscalers_scale_what_exists_by_processor_and_no_replicas_are_fixed_beside_them(
    manifests: list[Manifest],
) -> None:
    for name, scaler in of_kind(manifests, "HorizontalPodAutoscaler").items():
        spec = scaler["spec"]
        assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        assert "replicas" not in of_kind(manifests, "Deployment")[name]["spec"]
        assert spec["minReplicas"] <= spec["maxReplicas"]
        assert spec["metrics"][0]["resource"]["name"] == "cpu"


def test_in_production_they_scale_by_calls_in_flight_as_well(built: Built) -> None:
    scalers = of_kind(built(("production",)), "HorizontalPodAutoscaler")
    assert scalers.keys() == {"gateway", *SERVICES}
    for name, scaler in scalers.items():
        processor, calls = scaler["spec"]["metrics"]
        assert processor["resource"]["name"] == "cpu", name
        wanted = "pawtrait_photos_in_progress" if name == "gateway" else "pawtrait_rpc_in_flight"
        assert calls["pods"]["metric"]["name"] == wanted


def test_bodies_of_requests_have_room_at_the_gateway(manifests: list[Manifest]) -> None:
    settings = GatewaySettings.model_fields
    photos = settings["photos_in_progress"].default + settings["photos_waiting"].default
    volumes = pod_template(of_kind(manifests, "Deployment")["gateway"])["spec"]["volumes"]
    (room,) = [each["emptyDir"]["sizeLimit"] for each in volumes if each["name"] == "tmp"]
    assert int(room.removesuffix("Gi")) * 2**30 > photos * settings["photo_bytes"].default


def test_settings_and_secrets_that_are_referred_to_exist(manifests: list[Manifest]) -> None:
    for workload in of_kind(manifests, *WORKLOADS).values():
        for container in containers(workload):
            for source in container.get("envFrom", []):
                assert source["configMapRef"]["name"] in of_kind(manifests, "ConfigMap")
        made = {each["spec"]["secretName"] for each in of_kind(manifests, "Certificate").values()}
        for secret, optional in _secrets(workload):
            assert optional or secret in of_kind(manifests, "Secret").keys() | made, secret


def _secrets(workload: Manifest) -> list[tuple[str, bool]]:
    volumes = pod_template(workload)["spec"].get("volumes", [])
    sources = [source for volume in volumes for source in volume.get("projected", {}).get("sources", [])]
    whole = [volume["secret"] for volume in volumes if "secret" in volume]
    return [
        *((each["secret"]["name"], each["secret"].get("optional", False)) for each in sources),
        *((each["secretName"], each.get("optional", False)) for each in whole),
    ]


def test_every_setting_is_one_and_has_a_value_that_is_accepted(
    manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, secrets = of_kind(manifests, "ConfigMap"), of_kind(manifests, "Secret")
    checked = set()
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        if not is_ours(workload):
            continue
        (container,) = containers(workload)
        environment: dict[str, str] = {}
        for source in container.get("envFrom", []):
            environment |= config[source["configMapRef"]["name"]]["data"]
        environment |= {each["name"]: each["value"] for each in container.get("env", [])}
        files: dict[str, str] = {}
        for secret, _ in _secrets(workload):
            files |= secrets.get(secret, {}).get("data", {})
        variables = {
            key: base64.b64decode(value).decode().removesuffix("\n")
            for key, value in files.items()
            if key.isupper()
        }
        check_environment(monkeypatch, container["args"][0], environment, variables)
        for value in environment.values():
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in files
        checked.add(name)
    assert checked >= {"gateway", *SERVICES, "migrate", "backup", "restore", "reembed"}


def test_only_those_who_need_it_get_the_databases_address(manifests: list[Manifest]) -> None:
    database = next(name for name in of_kind(manifests, "Secret") if name.startswith("database-"))
    having = {
        name
        for name, workload in of_kind(manifests, *WORKLOADS).items()
        if database in dict(_secrets(workload))
    }
    assert having == WITH_DATABASE


def test_the_migrations_of_every_service_are_applied(manifests: list[Manifest]) -> None:
    (container,) = containers(of_kind(manifests, "Job")["migrate"])
    assert dict(word.split("=") for word in container["args"][1:]) == migrations()


def test_the_ingress_has_tls_and_shows_no_metrics(manifests: list[Manifest]) -> None:
    ingress = of_kind(manifests, "Ingress")["gateway"]
    assert "cert-manager.io/cluster-issuer" in ingress["metadata"]["annotations"]
    (rule,) = ingress["spec"]["rules"]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    backends: dict[str, Any] = {
        path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]
    }
    assert backends.pop("/metrics") == "nowhere"
    assert "selector" not in of_kind(manifests, "Service")["nowhere"]
    assert backends.pop("/") == "gateway"
    assert set(backends) <= {"/pawtrait-objects/public"}
    settings = next(
        each for name, each in of_kind(manifests, "ConfigMap").items() if name.startswith("settings-")
    )
    assert settings["data"]["PUBLIC_BASE_URL"] == f"https://{rule['host']}"


def test_images_are_pinned(manifests: list[Manifest]) -> None:
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        for container in containers(workload):
            image = container["image"]
            assert image == "pawtrait:local" or re.search(FULL_VERSION, image), f"{name}: {image}"


def test_production_names_our_image_by_digest() -> None:
    text = (REPOSITORY / "k8s" / "overlays" / "production" / "kustomization.yaml").read_text()
    (image,) = yaml.safe_load(text)["images"]
    assert image["name"] == "pawtrait"
    assert image["digest"].startswith("sha256:")
