"""Encryption of owners' data, and phone numbers as keyed hashes."""

import hashlib
import hmac

from shared.secrets.field_cipher import FIELDS, CannotOpenError, FieldCipher
from shared.secrets.key_ring import Keys

PHONE = "phone"
"""Purpose of the keys that phone numbers are hashed with: comparable without showing them."""
PURPOSES = (FIELDS, PHONE)


class RegisterCipher(FieldCipher):
    """Seals and opens owners' fields, and hashes their phone numbers.

    Args:
        keys: where the ring comes from; it has keys of both :data:`PURPOSES`.
    """

    def __init__(self, keys: Keys) -> None:
        super().__init__(keys, "noseprint")

    @property
    def current_phone_key(self) -> str:
        """Id of the key that phone numbers are hashed with."""
        return self._keys.ring()[PHONE].current

    def phone_hash(self, e164: str, key_id: str | None = None) -> bytes:
        """HMAC-SHA-256 of a normalised number under one key; the current one by default.

        Raises:
            CannotOpenError: there is no such key.
        """
        keys = self._keys.ring()[PHONE]
        key = keys.keys.get(key_id or keys.current)
        if key is None:
            raise CannotOpenError(f"the key {key_id} is not in the ring")
        return hmac.digest(key, e164.encode("ascii"), hashlib.sha256)

    def phone_hashes(self, e164: str) -> list[bytes]:
        """The hashes under every key of the ring: a row may still have an older one."""
        return [self.phone_hash(e164, key_id) for key_id in self._keys.ring()[PHONE].keys]

    def phone_keys(self) -> set[str]:
        """Ids of the keys that phone numbers can be hashed with."""
        return set(self._keys.ring()[PHONE].keys)
