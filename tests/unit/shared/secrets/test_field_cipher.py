"""Fields sealed for one place."""

import uuid
from pathlib import Path

import pytest

from shared.secrets.field_cipher import FIELDS, CannotOpenError, FieldCipher
from shared.secrets.key_ring import KeyFile, KeyRing

ROW, OTHER_ROW = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "keys.json", (FIELDS,))
    file.create_if_missing()
    return file


@pytest.fixture
def cipher(key_file: KeyFile) -> FieldCipher:
    return FieldCipher(key_file, "register")


def seal(cipher: FieldCipher, text: str, **place: object) -> tuple[str, bytes]:
    key = cipher.current_key
    where = {"table": "owners", "column": "name", "row": ROW, **place}
    return key, cipher.seal(text, key, **where)  # type: ignore[arg-type]


def test_opens_where_it_was_sealed(cipher: FieldCipher) -> None:
    key, sealed = seal(cipher, "홍길동")
    assert "홍길동".encode() not in sealed
    assert cipher.open(sealed, key, table="owners", column="name", row=ROW) == "홍길동"


def test_the_same_text_never_looks_the_same(cipher: FieldCipher) -> None:
    assert len({seal(cipher, "Hong")[1] for _ in range(50)}) == 50


@pytest.mark.parametrize("moved", [{"table": "outbox"}, {"column": "email"}, {"row": OTHER_ROW}])
def test_opens_nowhere_else(cipher: FieldCipher, moved: dict[str, object]) -> None:
    key, sealed = seal(cipher, "Hong")
    where = {"table": "owners", "column": "name", "row": ROW, **moved}
    with pytest.raises(CannotOpenError):
        cipher.open(sealed, key, **where)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [0, 11, 12, -1])
def test_does_not_open_when_a_bit_was_changed(cipher: FieldCipher, at: int) -> None:
    key, sealed = seal(cipher, "Hong")
    changed = bytearray(sealed)
    changed[at] ^= 1
    with pytest.raises(CannotOpenError):
        cipher.open(bytes(changed), key, table="owners", column="name", row=ROW)


def test_shorter_than_a_nonce_does_not_open(cipher: FieldCipher) -> None:
    with pytest.raises(CannotOpenError):
        cipher.open(b"short", cipher.current_key, table="owners", column="name", row=ROW)


def test_needs_its_key(cipher: FieldCipher, key_file: KeyFile) -> None:
    key, sealed = seal(cipher, "Hong")
    key_file.replace(KeyRing.new((FIELDS,)))
    with pytest.raises(CannotOpenError, match="not in the ring"):
        cipher.open(sealed, key, table="owners", column="name", row=ROW)


def test_old_ones_open_after_a_key_was_added(cipher: FieldCipher, key_file: KeyFile) -> None:
    key, sealed = seal(cipher, "Hong")
    key_file.replace(key_file.ring().with_new("fields"))
    assert cipher.current_key != key
    assert cipher.open(sealed, key, table="owners", column="name", row=ROW) == "Hong"


def test_another_owners_field_does_not_open(cipher: FieldCipher, key_file: KeyFile) -> None:
    key, sealed = seal(cipher, "Hong")
    with pytest.raises(CannotOpenError):
        FieldCipher(key_file, "other").open(sealed, key, table="owners", column="name", row=ROW)


def test_every_key_of_the_ring_is_known(cipher: FieldCipher, key_file: KeyFile) -> None:
    key_file.replace(key_file.ring().with_new(FIELDS))
    assert cipher.field_keys() == set(key_file.ring()[FIELDS].keys)
    assert len(cipher.field_keys()) == 2
