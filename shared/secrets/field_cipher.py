"""Encryption of single fields.

AES-256-GCM with a random 96-bit nonce; the associated data names owner, table, column, row and key, so that a
ciphertext moved to another place does not open. NIST SP 800-38D allows 2^32 random nonces a key: rotate
long before four thousand million writes.
"""

import secrets
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.secrets.key_ring import Keys

FIELDS = "fields"
"""Purpose of the keys that fields are sealed with."""
_NONCE_BYTES = 12


class CannotOpenError(Exception):
    """A field cannot be decrypted: its key is gone, or its row was tampered with."""


class FieldCipher:
    """Seals and opens fields with the keys of a ring, those of the purpose :data:`FIELDS`.

    Args:
        keys: where the ring comes from.
        owner: whose tables these are, e.g. ``"noseprint"``; it is a part of every field's place and
            never changes.
    """

    def __init__(self, keys: Keys, owner: str) -> None:
        self._keys = keys
        self._owner = owner

    @property
    def current_key(self) -> str:
        """Id of the key that fields are sealed with."""
        return self._keys.ring()[FIELDS].current

    def seal(self, text: str, key_id: str, *, table: str, column: str, row: uuid.UUID) -> bytes:
        """The ciphertext of ``text`` for one place: nonce, ciphertext, tag.

        Args:
            key_id: a key of the ring; it is stored beside the ciphertext.

        Raises:
            CannotOpenError: there is no such key.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = self._place(table, column, row, key_id)
        return nonce + AESGCM(self._key(key_id)).encrypt(nonce, text.encode("utf-8"), place)

    def open(self, sealed: bytes, key_id: str, *, table: str, column: str, row: uuid.UUID) -> str:
        """The text that was sealed for this place.

        Raises:
            CannotOpenError: the key is not in the ring, or this is not what was sealed here.
        """
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        place = self._place(table, column, row, key_id)
        try:
            plain = AESGCM(self._key(key_id)).decrypt(nonce, ciphertext, place)
        except (InvalidTag, ValueError):
            raise CannotOpenError(f"{table}.{column} of {row} does not open") from None
        return plain.decode("utf-8")

    def field_keys(self) -> set[str]:
        """Ids of the keys that fields can be opened with."""
        return set(self._keys.ring()[FIELDS].keys)

    def _key(self, key_id: str) -> bytes:
        key = self._keys.ring()[FIELDS].keys.get(key_id)
        if key is None:
            raise CannotOpenError(f"the key {key_id} is not in the ring")
        return key

    def _place(self, table: str, column: str, row: uuid.UUID, key_id: str) -> bytes:
        return f"{self._owner}/{table}/{column}/{row}/{key_id}".encode()
