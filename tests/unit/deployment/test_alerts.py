"""Alerts and autoscaling metrics name metrics that exist."""

import re
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry

from gateway.metrics import Metrics
from shared.metrics import REGISTRY
from tests.unit.deployment.processes import REPOSITORY

COMPONENTS = REPOSITORY / "k8s" / "components"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((COMPONENTS / "prometheus" / "alerts.yaml").read_text())["spec"]["groups"]
    for rule in group["rules"]
]
OF_OTHERS = {
    "up",
    "kube_cronjob_created",
    "kube_cronjob_status_last_successful_time",
    "kube_pod_container_status_restarts_total",
}
"""Prometheus' own, and kube-state-metrics'."""


def exported() -> set[str]:
    """Names of the gateway's and the services' series.

    The gateway's gauges are made where it opens, so their names are read from there.
    """
    registries: tuple[CollectorRegistry, ...] = (Metrics().registry, REGISTRY)
    names = set()
    for family in (family for registry in registries for family in registry.collect()):
        suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(
            family.type, ("",)
        )
        names |= {family.name + suffix for suffix in suffixes}
    opening = (REPOSITORY / "gateway" / "state.py").read_text()
    return names | set(re.findall(r'metrics\.gauge\(\s*"(\w+)"', opening))


def series(query: str) -> set[str]:
    """Metric names of a query."""
    return set(re.findall(r"\b((?:pawtrait|kube)_\w+|up)\b(?=[{\s\[)]|$)", query))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_can_be_read_names_real_metrics_and_says_what_to_do(rule: dict[str, Any]) -> None:
    promql_parser.parse(rule["expr"])
    names = series(rule["expr"])
    assert names, rule["expr"]
    assert names <= exported() | OF_OTHERS
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "runbook"}
    assert len(rule["annotations"]["runbook"]) > 80


def test_names_of_alerts_are_unique() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) >= 8


def test_a_metric_that_does_not_exist_would_be_noticed() -> None:
    assert not series("sum(rate(pawtrait_made_up_total[5m])) > 1") <= exported()


def test_autoscalers_ask_for_what_the_adapter_serves() -> None:
    adapter = yaml.safe_load((COMPONENTS / "in-flight" / "adapter-values.yaml").read_text())["rules"]
    for rule in adapter["custom"]:
        assert series(rule["seriesQuery"]) == {rule["name"]["as"]}
        assert series(rule["seriesQuery"]) <= exported()
    patches = yaml.safe_load((COMPONENTS / "in-flight" / "kustomization.yaml").read_text())["patches"]
    asked = {
        operation["value"]["pods"]["metric"]["name"]
        for patch in patches
        for operation in yaml.safe_load(patch["patch"])
    }
    assert asked == {rule["name"]["as"] for rule in adapter["custom"]}
