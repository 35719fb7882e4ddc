"""Keys by purpose, and the file they lie in."""

import json
import stat
from pathlib import Path

import pytest

from shared.secrets.key_ring import KeyFile, KeyRing, format_ring, open_key_file, parse_ring

PURPOSES = ("fields", "phone")


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "keys" / "noseprint.json", PURPOSES)
    file.create_if_missing()
    return file


def test_is_for_its_owner_alone(key_file: KeyFile) -> None:
    assert stat.S_IMODE(key_file.path.stat().st_mode) == 0o600
    key_file.replace(key_file.ring().with_new("phone"))
    assert stat.S_IMODE(key_file.path.stat().st_mode) == 0o600
    assert [path.name for path in key_file.path.parent.iterdir()] == ["noseprint.json"]


def test_is_made_once(key_file: KeyFile) -> None:
    before = key_file.path.read_text()
    assert not KeyFile(key_file.path, PURPOSES).create_if_missing()
    assert key_file.path.read_text() == before


def test_says_that_it_was_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import structlog

    with structlog.testing.capture_logs() as lines:
        KeyFile(tmp_path / "keys.json", PURPOSES).create_if_missing()
    (line,) = [line for line in lines if line["event"] == "keys_created"]
    assert line["path"] == str(tmp_path / "keys.json")


def test_survives_a_round_trip() -> None:
    ring = KeyRing.new(PURPOSES).with_new("fields").with_new("phone")
    assert parse_ring(format_ring(ring), PURPOSES) == ring


def test_drops_old_keys() -> None:
    ring = KeyRing.new(PURPOSES).with_new("fields")
    assert list(ring.without_old("fields")["fields"].keys) == [ring["fields"].current]
    assert ring.without_old("fields")["phone"] == ring["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"fields": 1, "phone": 2}',
        json.dumps({"fields": {"current": "a", "keys": {"a": "AA=="}}, "phone": {}}),
        json.dumps({"fields": {"current": "b", "keys": {"a": "AA=="}}, "phone": {}}),
        json.dumps({"fields": {"current": "a", "keys": {"a": "!"}}, "phone": {}}),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a file of keys"):
        parse_ring(text, PURPOSES)


def test_shows_no_key() -> None:
    ring = KeyRing.new(PURPOSES)
    assert repr(ring["fields"].keys[ring["fields"].current]) not in repr(ring)


def test_a_purpose_that_the_file_lacks_is_told() -> None:
    with pytest.raises(ValueError, match="not a file of keys"):
        parse_ring(format_ring(KeyRing.new(("fields",))), PURPOSES)


def test_sets_of_other_purposes_are_kept() -> None:
    ring = KeyRing.new(PURPOSES)
    read = parse_ring(format_ring(ring), ("fields",))
    assert read["phone"] == ring["phone"]
    assert parse_ring(format_ring(read.with_new("fields")), PURPOSES)["phone"] == ring["phone"]


def test_a_file_written_before_purposes_were_free_is_read() -> None:
    """As the register's key files have always looked."""
    key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    text = (
        '{"fields": {"current": "f-00000001", "keys": {"f-00000001": "' + key + '"}},'
        ' "phone": {"current": "p-00000001", "keys": {"p-00000001": "' + key + '"}}}'
    )
    ring = parse_ring(text, PURPOSES)
    assert (ring["fields"].current, ring["phone"].current) == ("f-00000001", "p-00000001")
    assert ring["fields"].keys["f-00000001"] == bytes(range(32))


class TestOpening:
    def test_the_default_is_made(self, tmp_path: Path) -> None:
        keys = open_key_file(None, tmp_path / "keys" / "mine.json", ("fields",))
        assert open_key_file(None, keys.path, ("fields",)).ring() == keys.ring()

    def test_a_named_file_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            open_key_file(tmp_path / "mounted.json", tmp_path / "mine.json", ("fields",))
