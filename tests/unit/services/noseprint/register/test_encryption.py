"""Phone numbers as keyed hashes, and fields that were sealed before the cipher was shared."""

import base64
import uuid
from pathlib import Path

import pytest

from services.noseprint.register.encryption import PURPOSES, RegisterCipher
from shared.secrets.key_ring import KeyFile, parse_ring


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "keys" / "noseprint.json", PURPOSES)
    file.create_if_missing()
    return file


@pytest.fixture
def cipher(key_file: KeyFile) -> RegisterCipher:
    return RegisterCipher(key_file)


class TestPhoneHash:
    def test_is_the_same_for_the_same_number_only(self, cipher: RegisterCipher) -> None:
        assert cipher.phone_hash("+821012345678") == cipher.phone_hash("+821012345678")
        assert cipher.phone_hash("+821012345678") != cipher.phone_hash("+821012345679")

    def test_depends_on_a_key_of_its_own(self, cipher: RegisterCipher, key_file: KeyFile) -> None:
        before = cipher.phone_hash("+821012345678")
        key_file.replace(key_file.ring().with_new("fields"))
        assert cipher.phone_hash("+821012345678") == before
        key_file.replace(key_file.ring().with_new("phone"))
        assert cipher.phone_hash("+821012345678") != before
        assert before in cipher.phone_hashes("+821012345678")


class TestEarlierVersions:
    """What was stored by the first release reads as it did."""

    ROW = uuid.UUID("00000000-0000-4000-8000-000000000001")
    SEALED = "eba8f0d8f4cab2c80990211095cbbf8c85ea43acd73e6ab755800c7621f09637c97b1830b0"
    HASH = "c2e1f9cd2ca95f3b1d80c22982fdc159a60527d6a68ad6f6ee2cb07b6da2279e"

    @pytest.fixture
    def old(self, tmp_path: Path) -> RegisterCipher:
        key = base64.b64encode(bytes(range(32))).decode()
        text = (
            '{"fields": {"current": "f-00000001", "keys": {"f-00000001": "' + key + '"}},'
            ' "phone": {"current": "p-00000001", "keys": {"p-00000001": "' + key + '"}}}'
        )
        file = KeyFile(tmp_path / "old.json", PURPOSES)
        file.replace(parse_ring(text, PURPOSES))
        return RegisterCipher(file)

    def test_fields_open(self, old: RegisterCipher) -> None:
        sealed = bytes.fromhex(self.SEALED)
        assert old.open(sealed, "f-00000001", table="owners", column="name_sealed", row=self.ROW) == "홍길동"

    def test_phone_numbers_are_found(self, old: RegisterCipher) -> None:
        assert old.phone_hash("+821012345678").hex() == self.HASH
