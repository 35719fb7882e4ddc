"""Encryption of single fields, and phone numbers as keyed hashes.

AES-256-GCM with a random 96-bit nonce; the associated data names table, column, row and key, so that a
ciphertext moved to another place does not open. NIST SP 800-38D allows 2^32 random nonces a key: rotate
long before four thousand million writes.
"""

import hashlib
import hmac
import secrets
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.noseprint.register.key_ring import Keys

_NONCE_BYTES = 12


class CannotOpenError(Exception):
    """A field cannot be decrypted: its key is gone, or its row was tampered with."""


class FieldCipher:
    """Seals and opens fields with the keys of a ring.

    Args:
        keys: where the ring comes from.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @property
    def current_key(self) -> str:
        """Id of the key that fields are sealed with."""
        return self._keys.ring().fields.current

    @property
    def current_phone_key(self) -> str:
        """Id of the key that phone numbers are hashed with."""
        return self._keys.ring().phone.current

    def seal(self, text: str, key_id: str, *, table: str, column: str, row: uuid.UUID) -> bytes:
        """The ciphertext of ``text`` for one place: nonce, ciphertext, tag.

        Args:
            key_id: a key of the ring; it is stored beside the ciphertext.

        Raises:
            CannotOpenError: there is no such key.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = _place(table, column, row, key_id)
        return nonce + AESGCM(self._key(key_id)).encrypt(nonce, text.encode("utf-8"), place)

    def open(self, sealed: bytes, key_id: str, *, table: str, column: str, row: uuid.UUID) -> str:
        """The text that was sealed for this place.

        Raises:
            CannotOpenError: the key is not in the ring, or this is not what was sealed here.
        """
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            plain = AESGCM(self._key(key_id)).decrypt(nonce, ciphertext, _place(table, column, row, key_id))
        except (InvalidTag, ValueError):
            raise CannotOpenError(f"{table}.{column} of {row} does not open") from None
        return plain.decode("utf-8")

    def phone_hash(self, e164: str, key_id: str | None = None) -> bytes:
        """HMAC-SHA-256 of a normalised number under one key; the current one by default.

        Raises:
            CannotOpenError: there is no such key.
        """
        keys = self._keys.ring().phone
        key = keys.keys.get(key_id or keys.current)
        if key is None:
            raise CannotOpenError(f"the key {key_id} is not in the ring")
        return hmac.digest(key, e164.encode("ascii"), hashlib.sha256)

    def phone_hashes(self, e164: str) -> list[bytes]:
        """The hashes under every key of the ring: a row may still have an older one."""
        return [self.phone_hash(e164, key_id) for key_id in self._keys.ring().phone.keys]

    def known_keys(self) -> tuple[set[str], set[str]]:
        """Ids of the keys of the ring: for fields, and for phone numbers."""
        ring = self._keys.ring()
        return set(ring.fields.keys), set(ring.phone.keys)

    def _key(self, key_id: str) -> bytes:
        key = self._keys.ring().fields.keys.get(key_id)
        if key is None:
            raise CannotOpenError(f"the key {key_id} is not in the ring")
        return key


def _place(table: str, column: str, row: uuid.UUID, key_id: str) -> bytes:
    return f"noseprint/{table}/{column}/{row}/{key_id}".encode()
