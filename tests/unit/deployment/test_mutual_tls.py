"""Mutual TLS between gateway and services: that all of it is wired, in Kubernetes and in compose.

What is wired is read into one shape, so that both are asked the same questions.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.make_certificates import make
from tests.unit.deployment.conftest import Built
from tests.unit.deployment.manifests import Manifest, containers, of_kind, pod_template
from tests.unit.deployment.processes import REPOSITORY, SERVICES, check_environment, full_name, settings_of
from tests.unit.deployment.test_compose import ALL, CONTENT, filled
from tests.unit.deployment.test_network_policies import Reach

SERVERS = ("gateway", *SERVICES)
OVERRIDE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.tls.yml").read_text())
FILES = {"GRPC_TLS_CERT_FILE", "GRPC_TLS_KEY_FILE", "GRPC_TLS_CA_FILE"}
HEALTH_PORT = 50061


@dataclass(frozen=True)
class Wired:
    """What one process gets."""

    environment: dict[str, str]
    files: dict[str, str]
    """What lies at a path: ``"<of whom>/crt"``, ``/key`` or ``/ca``."""
    names: frozenset[str]
    """That its certificate is for."""
    usages: frozenset[str]
    """``client auth``, ``server auth``."""
    probed: tuple[tuple[int, str], ...]
    """Ports and services that health checks ask; of a service only."""


def complaints(wired: dict[str, Wired], more_names: tuple[str, ...] = ()) -> list[str]:
    """What is wrong, by process.

    Args:
        wired: of every process.
        more_names: endings that a name in a certificate has to be there with as well.
    """
    found = []
    for name, own in wired.items():
        kinds = zip(sorted(FILES), ("ca", "crt", "key"), strict=True)
        for variable, kind in kinds:
            lies = own.files.get(own.environment.get(variable, ""))
            if lies != f"{name}/{kind}":
                found.append(f"{name}: {variable} leads to {lies}")
        if own.usages != {"client auth" if name == "gateway" else "server auth"}:
            found.append(f"{name}: its certificate is for {sorted(own.usages)}")
        if name == "gateway":
            continue
        called = wired["gateway"].environment[f"{name.upper()}_ADDRESS"].removeprefix("dns:///").split(":")[0]
        missing = {called, *(called + ending for ending in more_names)} - own.names
        if missing or not all(each.split(".")[0] == name for each in own.names):
            found.append(f"{name}: its certificate is for {sorted(own.names)}, without {sorted(missing)}")
        port = own.environment.get(f"{name.upper()}_HEALTH_PORT")
        if port in (None, own.environment[f"{name.upper()}_PORT"]):
            found.append(f"{name}: no port of its own for health checks")
        if not own.probed or set(own.probed) != {(int(port or 0), full_name(name))}:
            found.append(f"{name}: health checks ask {own.probed}")
    return found


# ---- Kubernetes -----------------------------------------------------------------------------------------


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
    # Servers follow a renewed file; the gateway reads its own at its start, so what it has must last a while.
    assert int(certificates["grpc-gateway"]["renewBefore"].removesuffix("h")) >= 180 * 24


# ---- compose --------------------------------------------------------------------------------------------


def in_compose(override: dict[str, Any], made: Path) -> dict[str, Wired]:
    """Both files as compose puts them together: variables and secrets are added, a health check replaced."""
    wired = {}
    for name in SERVERS:
        more = override["services"][name]
        test = more.get("healthcheck", ALL[name]["healthcheck"])["test"]
        secrets = [each if isinstance(each, dict) else {"source": each} for each in more["secrets"]]
        files, names, usages = {}, frozenset[str](), frozenset[str]()
        for secret in secrets:
            file = made / Path(override["secrets"][secret["source"]]["file"]).name
            path = f"/run/secrets/{secret.get('target', secret['source'])}"
            stem, ending = file.stem.removeprefix("grpc-"), file.suffix[1:]
            files[path] = f"{name}/ca" if stem == "authority" else f"{stem}/{ending}"
            if ending == "crt" and stem != "authority":
                names, usages = read(file)
        address = re.fullmatch(r"127\.0\.0\.1:(\d+)", test[-2])
        wired[name] = Wired(
            environment={
                key: filled(value)
                for key, value in {**ALL[name]["environment"], **more["environment"]}.items()
            },
            files=files,
            names=names,
            usages=usages,
            probed=((int(address[1]), test[-1]),) if address else (),
        )
    return wired


def read(file: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Names and usages of a certificate."""
    extensions = x509.load_pem_x509_certificate(file.read_bytes()).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    words = {ExtendedKeyUsageOID.CLIENT_AUTH: "client auth", ExtendedKeyUsageOID.SERVER_AUTH: "server auth"}
    return frozenset(names.get_values_for_type(x509.DNSName)), frozenset(words[each] for each in usages)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "secrets"
    make(folder)
    return folder


def test_in_compose_everybody_has_a_certificate_for_what_it_does(made: Path) -> None:
    assert complaints(in_compose(OVERRIDE, made)) == []
    assert OVERRIDE["services"].keys() == set(SERVERS)
    for name, service in OVERRIDE["services"].items():
        assert service.keys() <= {"environment", "secrets", "healthcheck"}
        assert (
            name == "gateway" or service["healthcheck"]["test"][:-2] == ALL[name]["healthcheck"]["test"][:-2]
        )


def test_in_compose_the_certificates_are_those_that_the_command_makes(made: Path) -> None:
    files = {path.name for path in made.iterdir()} - {"grpc-authority.key"}
    assert {name: each["file"] for name, each in OVERRIDE["secrets"].items()} == {
        name: f"deploy/secrets/{name}" for name in files
    }
    assert not OVERRIDE["secrets"].keys() & CONTENT["secrets"].keys()


@pytest.mark.parametrize("what", ["health port", "health check", "secret", "another's", "setting"])
def test_in_compose_what_is_missing_is_noticed(made: Path, what: str) -> None:
    broken = copy.deepcopy(OVERRIDE)
    traits = broken["services"]["traits"]
    if what == "health port":
        del traits["environment"]["TRAITS_HEALTH_PORT"]
    elif what == "health check":
        del traits["healthcheck"]
    elif what == "secret":
        traits["secrets"].pop()
    elif what == "another's":
        traits["secrets"][0]["source"] = "grpc-icon.crt"
    else:
        del traits["environment"]["GRPC_TLS_CA_FILE"]
    found = complaints(in_compose(broken, made))
    assert found
    assert all(each.startswith("traits: ") for each in found), found


def test_in_compose_a_certificate_without_the_name_is_noticed(made: Path) -> None:
    wired = in_compose(OVERRIDE, made)
    wired["icon"] = replace(wired["icon"], names=frozenset({"localhost"}))
    (found,) = complaints(wired)
    assert found.startswith("icon: ")


@pytest.mark.parametrize("name", SERVERS)
def test_every_setting_is_one(name: str, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = in_compose(OVERRIDE, made)[name].environment
    check_environment(monkeypatch, ALL[name]["command"][0], environment, {})
