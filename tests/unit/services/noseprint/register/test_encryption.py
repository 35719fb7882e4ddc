"""Keys, fields and tokens."""

import json
import stat
import uuid
from pathlib import Path

import pytest

from services.noseprint.register.encryption import CannotOpenError, FieldCipher
from services.noseprint.register.key_ring import KeyFile, KeyRing, format_ring, parse_ring
from services.noseprint.register.secret_tokens import hash_code, hash_token, new_code, new_token

ROW, OTHER_ROW = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "keys" / "noseprint.json")
    file.create_if_missing()
    return file


@pytest.fixture
def cipher(key_file: KeyFile) -> FieldCipher:
    return FieldCipher(key_file)


def seal(cipher: FieldCipher, text: str, **place: object) -> tuple[str, bytes]:
    key = cipher.current_key
    where = {"table": "owners", "column": "name", "row": ROW, **place}
    return key, cipher.seal(text, key, **where)  # type: ignore[arg-type]


class TestField:
    def test_opens_where_it_was_sealed(self, cipher: FieldCipher) -> None:
        key, sealed = seal(cipher, "홍길동")
        assert "홍길동".encode() not in sealed
        assert cipher.open(sealed, key, table="owners", column="name", row=ROW) == "홍길동"

    def test_the_same_text_never_looks_the_same(self, cipher: FieldCipher) -> None:
        assert len({seal(cipher, "Hong")[1] for _ in range(50)}) == 50

    @pytest.mark.parametrize("moved", [{"table": "outbox"}, {"column": "email"}, {"row": OTHER_ROW}])
    def test_opens_nowhere_else(self, cipher: FieldCipher, moved: dict[str, object]) -> None:
        key, sealed = seal(cipher, "Hong")
        where = {"table": "owners", "column": "name", "row": ROW, **moved}
        with pytest.raises(CannotOpenError):
            cipher.open(sealed, key, **where)  # type: ignore[arg-type]

    @pytest.mark.parametrize("at", [0, 11, 12, -1])
    def test_does_not_open_when_a_bit_was_changed(self, cipher: FieldCipher, at: int) -> None:
        key, sealed = seal(cipher, "Hong")
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(CannotOpenError):
            cipher.open(bytes(changed), key, table="owners", column="name", row=ROW)

    def test_shorter_than_a_nonce_does_not_open(self, cipher: FieldCipher) -> None:
        with pytest.raises(CannotOpenError):
            cipher.open(b"short", cipher.current_key, table="owners", column="name", row=ROW)

    def test_needs_its_key(self, cipher: FieldCipher, key_file: KeyFile) -> None:
        key, sealed = seal(cipher, "Hong")
        key_file.replace(KeyRing.new())
        with pytest.raises(CannotOpenError, match="not in the ring"):
            cipher.open(sealed, key, table="owners", column="name", row=ROW)

    def test_old_ones_open_after_a_key_was_added(self, cipher: FieldCipher, key_file: KeyFile) -> None:
        key, sealed = seal(cipher, "Hong")
        key_file.replace(key_file.ring().with_new("fields"))
        assert cipher.current_key != key
        assert cipher.open(sealed, key, table="owners", column="name", row=ROW) == "Hong"


class TestPhoneHash:
    def test_is_the_same_for_the_same_number_only(self, cipher: FieldCipher) -> None:
        assert cipher.phone_hash("+821012345678") == cipher.phone_hash("+821012345678")
        assert cipher.phone_hash("+821012345678") != cipher.phone_hash("+821012345679")

    def test_depends_on_a_key_of_its_own(self, cipher: FieldCipher, key_file: KeyFile) -> None:
        before = cipher.phone_hash("+821012345678")
        key_file.replace(key_file.ring().with_new("fields"))
        assert cipher.phone_hash("+821012345678") == before
        key_file.replace(key_file.ring().with_new("phone"))
        assert cipher.phone_hash("+821012345678") != before
        assert before in cipher.phone_hashes("+821012345678")


class TestKeyFile:
    def test_is_for_its_owner_alone(self, key_file: KeyFile) -> None:
        assert stat.S_IMODE(key_file.path.stat().st_mode) == 0o600
        key_file.replace(key_file.ring().with_new("phone"))
        assert stat.S_IMODE(key_file.path.stat().st_mode) == 0o600
        assert [path.name for path in key_file.path.parent.iterdir()] == ["noseprint.json"]

    def test_is_made_once(self, key_file: KeyFile) -> None:
        before = key_file.path.read_text()
        assert not KeyFile(key_file.path).create_if_missing()
        assert key_file.path.read_text() == before

    def test_says_that_it_was_made(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        import structlog

        with structlog.testing.capture_logs() as lines:
            KeyFile(tmp_path / "keys.json").create_if_missing()
        (line,) = [line for line in lines if line["event"] == "keys_created"]
        assert line["path"] == str(tmp_path / "keys.json")

    def test_survives_a_round_trip(self) -> None:
        ring = KeyRing.new().with_new("fields").with_new("phone")
        assert parse_ring(format_ring(ring)) == ring

    def test_drops_old_keys(self) -> None:
        ring = KeyRing.new().with_new("fields")
        assert list(ring.without_old("fields").fields.keys) == [ring.fields.current]
        assert ring.without_old("fields").phone == ring.phone

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
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="not a file of keys"):
            parse_ring(text)

    def test_shows_no_key(self) -> None:
        ring = KeyRing.new()
        assert repr(ring.fields.keys[ring.fields.current]) not in repr(ring)


class TestTokens:
    def test_are_long_and_never_the_same(self) -> None:
        tokens = {new_token() for _ in range(100)}
        assert len(tokens) == 100
        assert all(len(token) == 43 for token in tokens)

    def test_hash_whatever_comes(self) -> None:
        assert hash_token("a") != hash_token("b")
        assert len(hash_token("\ud800" * 10_000)) == 32

    def test_codes_forgive_how_they_are_typed(self) -> None:
        code = new_code()
        assert hash_code(code.lower().replace("-", " ")) == hash_code(code)
        assert hash_code("0000-1111-2222") == hash_code("OoOo iLlI 2222")
        assert hash_code("0000-1111-2222") != hash_code("0000-1111-2223")
