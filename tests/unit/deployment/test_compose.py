"""The compose file: its schema, and what it promises."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.make_secrets import make
from gateway.settings import GatewaySettings
from tests.unit.deployment.processes import (
    FULL_VERSION,
    NOT_YET,
    REPOSITORY,
    SERVICES,
    WITH_DATABASE,
    check_environment,
    full_name,
    migrations,
    names_of,
    read_by,
    settings_of,
)

FILE = REPOSITORY / "docker-compose.yml"
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text())
ALL: dict[str, dict[str, Any]] = CONTENT["services"]
OURS = {name: service for name, service in ALL.items() if "build" in service}
JOBS = {"bucket", "migrate", "backup", "reembed"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def filled(value: str) -> str:
    """The value when nothing is set in ``.env``."""
    return _VARIABLE.sub(lambda found: found[2] or "", value)


def networks(name: str) -> set[str]:
    return set(ALL[name].get("networks", ["default"]))


def together(one: str, other: str) -> bool:
    return bool(networks(one) & networks(other))


@pytest.mark.parametrize("path", [FILE, REPOSITORY / "docker-compose.tls.yml"], ids=lambda path: path.name)
def test_the_schema_of_compose_files_accepts_it(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_that_is_needed_is_there() -> None:
    assert set(OURS) == {"gateway", *SERVICES, *JOBS}
    assert set(ALL) - set(OURS) == {"edge", "postgres", "store", "redis"}
    assert ALL["gateway"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", ALL)
def test_containers_may_do_no_more_than_they_need(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    allowed = {
        "edge": {"NET_BIND_SERVICE"},
        "postgres": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"},
    }
    assert set(service.get("cap_add", [])) == allowed.get(name, set())
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    if name in OURS:
        assert service["user"] == "10001:10001"


@pytest.mark.parametrize("name", ALL)
def test_containers_are_checked_started_again_and_keep_their_logs_small(name: str) -> None:
    service = ALL[name]
    if name in JOBS:
        assert service["healthcheck"] == {"disable": True}
        assert service["restart"] in ("on-failure", "no")
    else:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_checked_by_its_own_name_where_it_listens(name: str) -> None:
    port = settings_of(name).model_fields["port"].default
    environment = ALL[name]["environment"]
    assert environment[f"{name.upper()}_HOST"] == "0.0.0.0"  # noqa: S104
    assert environment[f"{name.upper()}_PORT"] == str(port)
    assert ALL[name]["healthcheck"]["test"][1:] == [
        *("python", "-m", "shared.healthcheck"),
        f"127.0.0.1:{port}",
        full_name(name),
    ]
    assert ALL["gateway"]["environment"][f"{name.upper()}_ADDRESS"] == f"{name}:{port}"


def test_only_the_edge_can_be_reached_from_outside() -> None:
    assert [name for name, service in ALL.items() if service.get("ports")] == ["edge"]
    leading_out = {name for name, network in CONTENT["networks"].items() if not network.get("internal")}
    assert leading_out == {"outside", "mail"}
    assert [name for name in ALL if "outside" in networks(name)] == ["edge"]
    assert [name for name in ALL if "mail" in networks(name)] == ["noseprint"]


@pytest.mark.parametrize("name", SERVICES)
def test_only_the_gateway_reaches_a_service_by_the_services_network(name: str) -> None:
    assert "services" in networks(name)
    assert not together("edge", name)
    assert {other for other in ALL if "services" in networks(other)} == {"gateway", *SERVICES}


def test_only_those_who_need_it_reach_the_database() -> None:
    # There `backup` restores as well.
    users = WITH_DATABASE - {"restore"}
    assert {name for name in ALL if together(name, "postgres")} == {"postgres", *users}
    assert networks("postgres") == {"database"}
    assert {name for name in ALL if together(name, "redis")} == {"gateway", "redis"}


@pytest.mark.parametrize("name", ALL)
def test_what_comes_first_exists_and_can_be_waited_for(name: str) -> None:
    for other, how in ALL[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "test" in ALL[other]["healthcheck"]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert other in JOBS


def test_the_order_has_no_circles() -> None:
    started: set[str] = set()
    while len(started) < len(ALL):
        next_ones = {
            name
            for name, service in ALL.items()
            if name not in started and set(service.get("depends_on", {})) <= started
        }
        assert next_ones, f"waiting for each other: {set(ALL) - started}"
        started |= next_ones


def test_secrets_are_files_that_the_command_makes(tmp_path: Any) -> None:
    # The API keys lie in a volume here, where a command of the gateway writes them.
    made = set(make(tmp_path / "secrets")) - {"api-keys.json"}
    assert {name: secret["file"] for name, secret in CONTENT["secrets"].items()} == {
        name: f"deploy/secrets/{name}" for name in made
    }
    used = {secret for service in ALL.values() for secret in service.get("secrets", [])}
    assert used == made


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_and_has_a_value_that_is_accepted(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = OURS[name]
    environment = {key: filled(value) for key, value in service.get("environment", {}).items()}
    values = {"DATABASE_URL": "postgresql://a:b@c/d", "SMTP_URL": "", "ADMIN_KEY": "0123456789abcdef"}
    secrets = {each: values.get(each, "x") for each in service.get("secrets", []) if each.isupper()}
    check_environment(monkeypatch, service["command"][0], environment, secrets)
    for value in environment.values():
        if value.startswith("/run/secrets/"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_a_setting_that_nobody_reads_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="TRAITS_PROT"):
        check_environment(monkeypatch, "services.traits.server", {"TRAITS_PROT": "50051"}, {})
    with pytest.raises(AssertionError, match="ICON_PORT"):
        check_environment(monkeypatch, "services.traits.server", {"ICON_PORT": "50053"}, {})
    with pytest.raises(ValueError, match="port"):
        check_environment(monkeypatch, "services.traits.server", {"TRAITS_PORT": "many"}, {})


def test_what_does_nothing_yet_is_listed_only_as_long_as_it_does_nothing() -> None:
    known = set().union(*(names_of(each) for each in read_by("gateway")))
    assert not NOT_YET & known, "it is read now: take it out of NOT_YET, and the remarks where it is wired"


def test_the_migrations_of_every_service_are_applied() -> None:
    assert dict(word.split("=") for word in ALL["migrate"]["command"][1:]) == migrations()


def test_others_images_have_versions_and_volumes_have_names() -> None:
    for name, service in ALL.items():
        if name not in OURS:
            assert re.search(FULL_VERSION, service["image"]), service["image"]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (REPOSITORY / source).is_file(), source
                assert volume.endswith(":ro")
            else:
                assert source in CONTENT["volumes"], source


def test_bodies_of_requests_have_room_at_the_gateway() -> None:
    (room,) = re.findall(r":size=(\d+)m,", ALL["gateway"]["tmpfs"][0])
    assert int(room) * 1e6 > 4 * GatewaySettings.model_fields["five_photos_bytes"].default
    assert ALL["gateway"]["deploy"]["resources"]["limits"]["memory"] == "1G", "it lies in memory"


def test_the_image_is_one_for_all() -> None:
    assert {service["image"] for service in OURS.values()} == {"${PAWTRAIT_IMAGE:-pawtrait:local}"}


def test_the_edge_sends_only_public_objects_to_the_store() -> None:
    text = (REPOSITORY / "deploy" / "Caddyfile").read_text()
    assert "path /{$S3_BUCKET}/public/*" in text
    assert text.count("reverse_proxy store:8333") == 1
    assert text.index("handle @public_objects") < text.index("reverse_proxy store:8333")
    assert "handle /metrics" in text
