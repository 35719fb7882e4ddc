"""WebP container: its RIFF chunks (RFC 9649)."""

import struct
from collections.abc import Iterator

from shared.pictures.container import UPRIGHT, Container, usable_profile
from shared.pictures.exif import read_orientation
from shared.pictures.limits import not_an_image

_MAX_CHUNKS = 10_000
_ANIMATION_FRAME_HEADER = 16
_ALPHA_FLAG = 0x10


def is_webp(data: bytes) -> bool:
    """Whether ``data`` begins like a WebP file."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read_webp(data: bytes) -> Container:
    """Read the chunks of a WebP; of an animated one the first frame.

    Raises:
        PawtraitError: ``NOT_AN_IMAGE`` when the chunks are broken or cut off, or there is no picture.
    """
    length = struct.unpack_from("<I", data, 4)[0] + 8
    if length > len(data):
        raise not_an_image("a truncated WebP")
    alpha: bytes | None = None
    picture: bytes | None = None
    size = (0, 0)
    orientation, profile = UPRIGHT, None
    for kind, body in _chunks(data[12:length]):
        if kind == b"EXIF":
            orientation = read_orientation(body)
        elif kind == b"ICCP":
            profile = usable_profile(body)
        elif picture is not None:
            continue
        elif kind == b"ANMF":
            for inner_kind, inner in _chunks(body[_ANIMATION_FRAME_HEADER:]):
                if inner_kind == b"ALPH":
                    alpha = inner
                elif inner_kind in (b"VP8 ", b"VP8L"):
                    picture, size = _chunk(inner_kind, inner), _size(inner_kind, inner)
                    break
        elif kind == b"ALPH":
            alpha = body
        elif kind in (b"VP8 ", b"VP8L"):
            picture, size = _chunk(kind, body), _size(kind, body)
    if picture is None:
        raise not_an_image("a WebP without a picture")
    if alpha is not None and picture.startswith(b"VP8 "):
        canvas = struct.pack("<I", size[0] - 1)[:3] + struct.pack("<I", size[1] - 1)[:3]
        picture = _chunk(b"VP8X", bytes((_ALPHA_FLAG, 0, 0, 0)) + canvas) + _chunk(b"ALPH", alpha) + picture
    still = b"RIFF" + struct.pack("<I", len(picture) + 4) + b"WEBP" + picture
    return Container(*size, still, orientation, profile)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk."""
    position = 0
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        start, end = position + 8, position + 8 + length
        if end > len(data):
            raise not_an_image("a truncated WebP")
        yield kind, data[start:end]
        position = end + length % 2
    raise not_an_image("a WebP with too many chunks")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Width and height from the bitstream header: a key frame of VP8, or VP8L (RFC 9649, section 3.4)."""
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        width, height = width & 0x3FFF, height & 0x3FFF
    elif kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        (bits,) = struct.unpack_from("<I", body, 1)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        raise not_an_image("a WebP with a broken picture")
    if width == 0 or height == 0:
        raise not_an_image("a WebP without a size")
    return width, height
