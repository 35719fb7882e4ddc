"""Mutual TLS between gateway and services in compose: that all of it is wired."""

import copy
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.make_certificates import make
from tests.unit.deployment.mutual_tls import SERVERS, Wired, complaints
from tests.unit.deployment.processes import REPOSITORY, check_environment
from tests.unit.deployment.test_compose import ALL, CONTENT, filled

OVERRIDE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.tls.yml").read_text())


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
