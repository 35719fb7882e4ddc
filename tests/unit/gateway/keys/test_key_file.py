"""The file of keys, and the command that changes it."""

import multiprocessing
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.keys.__main__ import create, listing, main, rotate
from gateway.keys.api_key import new_key
from gateway.keys.key_file import KeyFile
from gateway.keys.scopes import Scope


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys" / "keys.json")


def test_without_a_file_there_is_no_key(file: KeyFile) -> None:
    assert file.keys() == {}
    assert file.find(new_key("app", frozenset({Scope.ICONS}))[1]) is None


def test_a_file_that_was_spoiled_leaves_the_keys_as_they_were(file: KeyFile) -> None:
    gateway = KeyFile(file.path)
    shown = create(file, "app", "icons", None)
    assert gateway.find(shown) is not None
    whole = file.path.read_text()
    for spoiled in (whole[: len(whole) // 2], '{"keys": 5}', "[]"):
        file.path.write_text(spoiled)
        assert gateway.find(shown) is not None
        with pytest.raises(ValueError, match="not a file of API keys"):
            gateway.keys()
    file.path.write_text('{"keys": []}')
    assert gateway.find(shown) is None


def test_a_running_gateway_follows_the_file(file: KeyFile) -> None:
    gateway = KeyFile(file.path)
    shown = create(file, "app", "icons,lookup", None)
    found = gateway.find(shown)
    assert found is not None
    assert found.scopes == {Scope.ICONS, Scope.LOOKUP}
    new = rotate(file, found.id, overlap_hours=0)
    assert gateway.find(shown) is None
    assert gateway.find(new) is not None
    file.revoke(found.id)
    assert gateway.find(new) is None


def test_nobody_else_may_read_it(file: KeyFile) -> None:
    create(file, "app", "icons", None)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_broken_file_is_an_error_and_stays_as_it_is(file: KeyFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text('{"keys": [{"id": 1}]}')
    with pytest.raises(ValueError, match="not a file of API keys"):
        file.keys()
    with pytest.raises(ValueError, match="not a file of API keys"):
        create(file, "app", "icons", None)
    assert file.path.read_text() == '{"keys": [{"id": 1}]}'


def _create_many(path: Path) -> None:
    for number in range(10):
        create(KeyFile(path), f"app {number}", "icons", None)


def test_commands_at_the_same_time_lose_nothing(file: KeyFile) -> None:
    context = multiprocessing.get_context("spawn")
    commands = [context.Process(target=_create_many, args=(file.path,)) for _ in range(3)]
    for command in commands:
        command.start()
    for command in commands:
        command.join(60)
    assert len(file.keys()) == 30


def test_the_list_tells_state_and_scopes_and_no_secret(file: KeyFile) -> None:
    shown = [create(file, name, "icons", days) for name, days in (("one", None), ("two", -1.0), ("three", 9))]
    file.revoke(next(iter(file.keys())))
    text = listing(file, datetime.now(UTC))
    assert [line.split()[1] for line in text.splitlines()[1:]] == ["revoked", "expired", "valid"]
    assert not any(key.rpartition("_")[2] in text for key in shown)
    assert not any(stored.sha256 in text for key in file.keys().values() for stored in key.secrets)


def test_the_command_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_KEYS_FILE", str(tmp_path / "keys.json"))
    assert main(["create", "--name", "app", "--scopes", "icon"]) == 1
    assert "there are icons, register" in capsys.readouterr().err
    assert main(["revoke", "0123456789ab"]) == 1
    assert "there is no key 0123456789ab" in capsys.readouterr().err


def test_the_command_as_people_use_it(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "gateway.keys", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    shown = run("create", "--name", "the app", "--scopes", "icons").strip()
    assert KeyFile(tmp_path / "api-keys" / "keys.json").find(shown) is not None
    assert "the app" in run("list")
