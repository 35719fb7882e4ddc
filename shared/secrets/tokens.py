"""Tokens and codes: random, shown once, kept as hashes.

They carry so much randomness that a plain SHA-256 keeps them: there is nothing to guess from.
"""

import hashlib
import secrets

_TOKEN_BYTES = 32
# Crockford's base 32: no I, L, O or U to mistake. Twelve of them are 60 bits.
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 12
_CODE_GROUP = 4
_LONGEST = 200


def new_token() -> str:
    """A token: 43 characters of URL-safe base 64."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def new_code() -> str:
    """A code for people to type: ``7K3M-0QX9-TTR2``."""
    letters = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[i : i + _CODE_GROUP] for i in range(0, _CODE_LENGTH, _CODE_GROUP))


def hash_token(token: str) -> bytes:
    """What is kept of a token. Anything may be given; what no token can be hashes like the rest."""
    return hashlib.sha256(token[:_LONGEST].encode("utf-8", errors="replace")).digest()


def hash_code(code: str) -> bytes:
    """What is kept of a code; case, blanks, dashes and letters easily mistaken make no difference."""
    letters = code[:_LONGEST].upper().replace("-", "").replace(" ", "")
    return hash_token(letters.translate(str.maketrans("ILO", "110")))
