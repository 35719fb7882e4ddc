"""The command that makes a deployment's secrets, and the services that read them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.make_secrets import BUCKET, make
from gateway.keys.key_file import KeyFile
from services.facetype.opening import open_keys as open_facetype_keys
from services.noseprint.opening import open_keys as open_noseprint_keys
from tests.unit.deployment.processes import REPOSITORY, settings_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "secrets"
    make(folder)
    return folder


def test_every_secret_is_another_and_long(folder: Path) -> None:
    files = {path.name: path.read_text().strip() for path in folder.iterdir()}
    assert files.pop("api-keys.json")
    assert KeyFile(folder / "api-keys.json").keys() == {}, "keys are made by the gateway's own command"
    assert files.pop("SMTP_URL") == files.pop("SMTP_FROM") == "", "only whoever runs it knows the mail server"
    values = list(files.values())
    assert len(set(values)) == len(values) == 9
    assert all(len(value) >= 16 for value in values)


def test_what_is_there_is_left_alone(folder: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert make(folder) == []
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_the_folder_is_for_its_owner_only_and_containers_can_read_the_files(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_the_address_holds_the_password(folder: Path) -> None:
    password = (folder / "postgres-password").read_text().strip()
    assert f":{password}@postgres:5432/pawtrait" in (folder / "DATABASE_URL").read_text()


@pytest.mark.parametrize(
    ("name", "opened"), [("noseprint", open_noseprint_keys), ("facetype", open_facetype_keys)]
)
def test_the_services_take_the_keys(name: str, opened: object, folder: Path, tmp_path: Path) -> None:
    settings = settings_of(name)(keys_file=folder / f"{name}-keys.json")  # type: ignore[call-arg]
    assert callable(opened)
    ring = opened(settings, tmp_path).ring()
    assert len(ring["fields"].keys) == 1
    assert not list(tmp_path.iterdir()), "no other keys were made"


def test_strangers_may_read_what_is_public_in_the_store_and_nothing_else(folder: Path) -> None:
    identities = json.loads((folder / "store-identities.json").read_text())["identities"]
    anonymous = [each for each in identities if each["name"] == "anonymous"]
    assert [each["actions"] for each in anonymous] == [[f"Read:{BUCKET}/public/*"]]
    compose = (REPOSITORY / "docker-compose.yml").read_text()
    assert f"S3_BUCKET: {BUCKET}" in compose


def test_it_runs_where_nothing_is_installed(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "deploy" / "make_secrets.py", tmp_path)
    command = [sys.executable, "-I", "-S", "make_secrets.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secrets" / "ADMIN_KEY").exists()


def test_no_secret_is_in_the_repository() -> None:
    done = subprocess.run(
        [
            "git",
            "ls-files",
            "deploy/secrets",
            "k8s/overlays/small/secrets",
            "k8s/overlays/production/secrets",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.stdout == ""
    ignored = subprocess.run(
        ["git", "check-ignore", "deploy/secrets/ADMIN_KEY", "k8s/overlays/small/secrets/ADMIN_KEY"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        assert len(ignored.stdout.splitlines()) == 2
