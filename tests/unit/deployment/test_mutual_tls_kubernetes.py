"""Mutual TLS between gateway and services in Kubernetes: that all of it is wired."""

import copy
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import jsonschema
import pytest

from tests.unit.deployment.conftest import Built
from tests.unit.deployment.manifests import Manifest, containers, of_kind, pod_template
from tests.unit.deployment.mutual_tls import FILES, SERVERS, Wired, complaints
from tests.unit.deployment.processes import SERVICES, settings_of
from tests.unit.deployment.test_network_policies import Reach

HEALTH_PORT = 50061


def in_kubernetes(manifests: list[Manifest]) -> dict[str, Wired]:
    certificates = {
        each["spec"]["secretName"]: each["spec"] for each in of_kind(manifests, "Certificate").values()
    }
    wired = {}
    for name in SERVERS:
        workload = of_kind(manifests, "Deployment")[name]
        (container,) = containers(workload)
        volumes = {
            volume["name"]: volume["secret"]["secretName"]
            for volume in pod_template(workload)["spec"]["volumes"]
            if "secret" in volume
        }
        files, own = {}, None
        for mount in container.get("volumeMounts", []):
            if mount["name"] in volumes and "subPath" not in mount and mount.get("readOnly"):
                secret = volumes[mount["name"]]
                own = certificates.get(secret)
                for file, kind in (("tls.crt", "crt"), ("tls.key", "key"), ("ca.crt", "ca")):
                    path = PurePosixPath(mount["mountPath"], file)
                    files[str(path)] = f"{secret.removeprefix('grpc-')}/{kind}"
        probes = [container[probe] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
        wired[name] = Wired(
            environment={each["name"]: each["value"] for each in container["env"]},
            files=files,
            names=frozenset(own["dnsNames"] if own else ()),
            usages=frozenset(own["usages"] if own else ()) - {"digital signature"},
            probed=tuple(
                (each["grpc"]["port"], each["grpc"]["service"]) for each in probes if "grpc" in each
            ),
        )
    return wired


NAMESPACED = (".pawtrait", ".pawtrait.svc", ".pawtrait.svc.cluster.local")


@pytest.fixture(params=["small", "production"])
def encrypted(request: pytest.FixtureRequest, built: Built) -> list[Manifest]:
    added = {"small": ("mutual-tls",), "production": ("tracing", "mutual-tls")}
    return copy.deepcopy(built((request.param, *added[request.param])))


def test_in_kubernetes_everybody_has_a_certificate_for_what_it_does(encrypted: list[Manifest]) -> None:
    assert complaints(in_kubernetes(encrypted), NAMESPACED) == []
    assert of_kind(encrypted, "Deployment")["traits"]["metadata"]["namespace"] == "pawtrait"
    for name in SERVICES:
        (port,) = of_kind(encrypted, "Service")[name]["spec"]["ports"]
        assert "appProtocol" not in port, "it is no plaintext HTTP/2"


def _traits(manifests: list[Manifest]) -> Manifest:
    (container,) = containers(of_kind(manifests, "Deployment")["traits"])
    return container


def _certificate(manifests: list[Manifest], name: str) -> Manifest:
    spec: Manifest = of_kind(manifests, "Certificate")[f"grpc-{name}"]["spec"]
    return spec


BREAKING: dict[str, Callable[[list[Manifest]], object]] = {
    "no name": lambda all_: _certificate(all_, "traits")["dnsNames"].remove("traits"),
    "no name with namespace": lambda all_: _certificate(all_, "traits")["dnsNames"].remove(
        "traits.pawtrait.svc"
    ),
    "somebody else's name": lambda all_: _certificate(all_, "traits")["dnsNames"].append("icon"),
    "no mount": lambda all_: _traits(all_)["volumeMounts"].pop(0),
    "a mount that can be written": lambda all_: _traits(all_)["volumeMounts"][0].pop("readOnly"),
    "no health port": lambda all_: _traits(all_)["env"].remove(
        {"name": "TRAITS_HEALTH_PORT", "value": str(HEALTH_PORT)}
    ),
    "a probe that speaks no TLS": lambda all_: _traits(all_)["livenessProbe"]["grpc"].update(port=50051),
    "a file that is not there": lambda all_: _traits(all_)["env"][0].update(value="/run/secrets/tls.crt"),
    "a setting that is missing": lambda all_: _traits(all_)["env"].pop(2),
    "a service that may call": lambda all_: _certificate(all_, "traits")["usages"].append("client auth"),
    "no certificate": lambda all_: _certificate(all_, "traits").update(secretName="another"),
}


@pytest.mark.parametrize("what", BREAKING)
def test_in_kubernetes_what_is_missing_is_noticed(built: Built, what: str) -> None:
    broken = copy.deepcopy(built(("small", "mutual-tls")))
    BREAKING[what](broken)
    found = complaints(in_kubernetes(broken), NAMESPACED)
    assert found
    assert all(each.startswith("traits: ") for each in found), found


def test_a_gateway_that_may_not_call_is_noticed(built: Built) -> None:
    broken = copy.deepcopy(built(("small", "mutual-tls")))
    _certificate(broken, "gateway")["usages"] = ["digital signature", "server auth"]
    assert complaints(in_kubernetes(broken), NAMESPACED) == [
        "gateway: its certificate is for ['server auth']"
    ]


def test_without_the_component_nobody_has_one(built: Built) -> None:
    plain = in_kubernetes(built(("small",)))
    assert not any(own.files or FILES & own.environment.keys() for own in plain.values())


def test_pods_do_not_reach_the_port_of_health_checks(encrypted: list[Manifest]) -> None:
    reach = Reach(encrypted)
    for name in SERVICES:
        assert reach.to(name, HEALTH_PORT) == set()
        assert reach.to(name, settings_of(name).model_fields["port"].default) == {"gateway"}


_REFERENCE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "kind": {"const": "Issuer"},
        "group": {"const": "cert-manager.io"},
    },
    "required": ["name", "kind", "group"],
    "additionalProperties": False,
}
_DURATION = {"type": "string", "pattern": r"^\d+h$"}
SPECS: dict[str, dict[str, Any]] = {
    "Issuer": {
        "type": "object",
        "properties": {
            "selfSigned": {"type": "object", "maxProperties": 0},
            "ca": {
                "type": "object",
                "properties": {"secretName": {"type": "string"}},
                "required": ["secretName"],
                "additionalProperties": False,
            },
        },
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    },
    "Certificate": {
        "type": "object",
        "properties": {
            "secretName": {"type": "string"},
            "commonName": {"type": "string", "maxLength": 64},
            "isCA": {"type": "boolean"},
            "dnsNames": {"type": "array", "items": {"type": "string", "pattern": r"^[a-z0-9.-]+$"}},
            "duration": _DURATION,
            "renewBefore": _DURATION,
            "privateKey": {
                "type": "object",
                "properties": {
                    "algorithm": {"const": "ECDSA"},
                    "size": {"enum": [256, 384, 521]},
                    "rotationPolicy": {"enum": ["Never", "Always"]},
                },
                "additionalProperties": False,
            },
            "usages": {
                "type": "array",
                "items": {
                    "enum": ["digital signature", "cert sign", "crl sign", "server auth", "client auth"]
                },
            },
            "issuerRef": _REFERENCE,
        },
        "required": ["secretName", "issuerRef"],
        "additionalProperties": False,
    },
}
"""The fields of cert-manager.io/v1 that are used here, from its reference of v1.18."""


def test_what_cert_manager_gets_has_the_fields_it_knows(encrypted: list[Manifest]) -> None:
    checked = 0
    for each in encrypted:
        if each["kind"] in SPECS:
            assert each["apiVersion"] == "cert-manager.io/v1"
            jsonschema.validate(each["spec"], SPECS[each["kind"]])
            checked += 1
    assert checked == 2 + 1 + len(SERVERS)
    wrong = copy.deepcopy(_certificate(encrypted, "traits"))
    wrong["dnsName"] = ["traits"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SPECS["Certificate"])


def test_all_are_of_one_authority_of_our_own_and_renewed_in_time(encrypted: list[Manifest]) -> None:
    certificates = {name: each["spec"] for name, each in of_kind(encrypted, "Certificate").items()}
    issuers = {name: each["spec"] for name, each in of_kind(encrypted, "Issuer").items()}
    authorities = [each for each in certificates.values() if each.get("isCA")]
    (authority,) = authorities
    assert "selfSigned" in issuers[authority["issuerRef"]["name"]]
    assert authority["privateKey"]["rotationPolicy"] == "Never"
    for name in SERVERS:
        spec = certificates[f"grpc-{name}"]
        assert issuers[spec["issuerRef"]["name"]] == {"ca": {"secretName": authority["secretName"]}}
        lasts, before = (int(spec[key].removesuffix("h")) for key in ("duration", "renewBefore"))
        assert lasts / 4 <= before <= lasts / 2
        assert before < int(authority["renewBefore"].removesuffix("h"))
