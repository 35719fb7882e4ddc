"""PNG container: its chunks (W3C PNG, third edition, chapter 5)."""

import struct
import zlib

from shared.pictures.container import MAX_PROFILE_BYTES, UPRIGHT, Container, usable_profile
from shared.pictures.exif import read_orientation
from shared.pictures.limits import not_an_image

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_DECODED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_MAX_CHUNKS = 50_000


def read_png(data: bytes) -> Container:
    """Read the chunks of a PNG; of an animated one the still picture.

    Raises:
        PawtraitError: ``NOT_AN_IMAGE`` when the chunks are broken, cut off or too many.
    """
    kept = [SIGNATURE]
    size: tuple[int, int] | None = None
    orientation = UPRIGHT
    profile: bytes | None = None
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + 12 > len(data):
            raise not_an_image("a truncated PNG")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise not_an_image("a truncated PNG")
        if size is None:
            size = _size(kind, data[position + 8 : end - 4])
        if kind in _DECODED:
            kept.append(data[position:end])
        elif kind == b"iCCP":
            profile = _profile(data[position + 8 : end - 4])
        elif kind == b"eXIf":
            orientation = read_orientation(data[position + 8 : end - 4])
        if kind == b"IEND":
            return Container(*size, b"".join(kept), orientation, profile)
        position = end
    raise not_an_image("a PNG with too many chunks")


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Width and height from the header chunk, which comes first."""
    if kind != b"IHDR" or len(body) != 13:
        raise not_an_image("a PNG without its header")
    width, height = struct.unpack_from(">II", body)
    if width == 0 or height == 0:
        raise not_an_image("a PNG without a size")
    return width, height


def _profile(body: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk, unpacked no further than the cap; None when broken."""
    _, _, packed = body.partition(b"\0")
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    return usable_profile(profile)
