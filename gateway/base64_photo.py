"""A photo that comes as text."""

import asyncio
import binascii
import re

from gateway.problems import FieldFault, InvalidRequestError
from shared.errors import PawtraitError, Reason

_DATA_URL = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.I)


def encoded_length(count: int) -> int:
    """Characters of base64 that ``count`` bytes take, with room for the beginning of a ``data:`` URL."""
    return -(-count // 3) * 4 + 100


async def decode_photo(text: str, field: str, max_bytes: int) -> bytes:
    """The bytes of a base64 photo (RFC 4648, section 4), bare or as a ``data:image/…;base64,`` URL.

    Args:
        text: as the caller sent it. Nothing is skipped: no line breaks, no blanks, padding as it must be.
        field: its name, for errors.
        max_bytes: of the photo; checked before anything is decoded.

    Raises:
        InvalidRequestError: it is empty, or not base64.
        PawtraitError: ``PHOTO_TOO_LARGE``.

    """
    found = _DATA_URL.match(text)
    start = found.end() if found else 0
    if len(text) == start:
        raise InvalidRequestError([FieldFault(field, "empty_file")])
    if (len(text) - start) * 3 // 4 - 2 > max_bytes:
        raise PawtraitError(Reason.PHOTO_TOO_LARGE, "the photo has too many bytes", {"field": field})
    try:
        return await asyncio.to_thread(_decoded, text, start)
    except ValueError:
        raise InvalidRequestError([FieldFault(field, "base64")]) from None


def _decoded(text: str, start: int) -> bytes:
    if text.endswith("==="):
        raise ValueError("too much padding")  # which the strict mode below lets pass
    # UnicodeEncodeError and binascii.Error are both ValueErrors.
    return binascii.a2b_base64(text[start:].encode("ascii"), strict_mode=True)
