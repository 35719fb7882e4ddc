"""Who reaches whom in the cluster, worked out from the network policies."""

from typing import Any

import pytest

from tests.unit.deployment.manifests import WORKLOADS, Manifest, of_kind, pod_template
from tests.unit.deployment.processes import SERVICES, WITH_DATABASE, settings_of

Labels = dict[str, str]


def _selects(selector: Manifest, labels: Labels) -> bool:
    assert set(selector) <= {"matchLabels"}, "only labels are understood here"
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def _peer(peer: Manifest, labels: Labels) -> bool:
    if "ipBlock" in peer:
        return True  # a pod's address may lie in it
    return "namespaceSelector" not in peer and _selects(peer["podSelector"], labels)


def _port(rule: Manifest, port: int) -> bool:
    ports = rule.get("ports")
    return ports is None or any(each["port"] <= port <= each.get("endPort", each["port"]) for each in ports)


def _may(policies: list[Manifest], direction: str, pod: Labels, other: Labels, port: int) -> bool:
    own = [
        policy["spec"]
        for policy in policies
        if _selects(policy["spec"]["podSelector"], pod) and direction in policy["spec"]["policyTypes"]
    ]
    if not own:
        return True
    side = {"Ingress": "from", "Egress": "to"}[direction]
    rules: list[dict[str, Any]] = [rule for spec in own for rule in spec.get(direction.lower(), [])]
    return any(
        _port(rule, port) and (side not in rule or any(_peer(peer, other) for peer in rule[side]))
        for rule in rules
    )


class Reach:
    """Who gets through to whom."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self._policies = list(of_kind(manifests, "NetworkPolicy").values())
        self.pods: dict[str, Labels] = {
            name: pod_template(workload)["metadata"]["labels"]
            for name, workload in of_kind(manifests, *WORKLOADS).items()
        }

    def to(self, name: str, port: int) -> set[str]:
        """Pods that reach a pod's port."""
        pod = self.pods[name]
        return {
            other
            for other, labels in self.pods.items()
            if other != name
            and _may(self._policies, "Egress", labels, pod, port)
            and _may(self._policies, "Ingress", pod, labels, port)
        }


@pytest.fixture
def reach(manifests: list[Manifest]) -> Reach:
    return Reach(manifests)


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_gateway_reaches_a_service(reach: Reach, service: str) -> None:
    assert reach.to(service, settings_of(service).model_fields["port"].default) == {"gateway"}


def test_nobody_in_the_namespace_reaches_the_gateway(reach: Reach) -> None:
    assert reach.to("gateway", 8000) == set()


def test_only_those_who_need_it_reach_the_database_the_store_and_redis(reach: Reach) -> None:
    if "postgres" not in reach.pods:
        pytest.skip("this overlay's database is outside the cluster; see the next test")
    assert reach.to("postgres", 5432) == WITH_DATABASE
    assert reach.to("store", 8333) == {
        "icon",
        "noseprint",
        "facetype",
        "backup",
        "restore",
        "reembed",
        "bucket",
    }
    assert reach.to("redis", 6379) == {"gateway"}


def test_only_those_who_need_it_get_out_to_a_database(manifests: list[Manifest]) -> None:
    policies = list(of_kind(manifests, "NetworkPolicy").values())
    reach = Reach(manifests)
    database = {"app.kubernetes.io/name": "postgres"}
    leaving = {name for name, own in reach.pods.items() if _may(policies, "Egress", own, database, 5432)}
    assert leaving == WITH_DATABASE


def test_no_other_port_of_anybody_is_open(reach: Reach) -> None:
    for name in reach.pods:
        for port in (22, 80, 4317, 8888, 9090, 9333, 50061):
            assert reach.to(name, port) == set(), name


def test_everybody_is_held_back_unless_allowed(manifests: list[Manifest]) -> None:
    assert of_kind(manifests, "NetworkPolicy")["nobody"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
