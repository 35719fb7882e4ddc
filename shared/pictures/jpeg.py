"""JPEG container: the segments before the first scan (ITU-T T.81, annex B)."""

from shared.pictures.container import UPRIGHT, Container, usable_profile
from shared.pictures.exif import read_orientation
from shared.pictures.limits import not_an_image

SIGNATURE = b"\xff\xd8\xff"

_START = b"\xff\xd8"
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_SCAN, _END = 0xDA, 0xD9
_HUFFMAN, _ARITHMETIC, _RESTART_INTERVAL, _QUANTISATION = 0xC4, 0xCC, 0xDD, 0xDB
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_HUFFMAN, 0xC8, _ARITHMETIC}
_KEPT = _FRAMES | {_HUFFMAN, _ARITHMETIC, _RESTART_INTERVAL, _QUANTISATION}
_ICC = b"ICC_PROFILE\0"

_MAX_SEGMENTS = 2_000
# A progressive picture visits all its blocks once a scan, so a small file with many empty scans would cost
# seconds (100 scans over 49 Mpx: 6 s). Encoders write about ten.
_SCANS_ALWAYS_FINE = 16
_MAX_SCANS = 100
_MAX_VISITED_PIXELS = 800_000_000


def read_jpeg(data: bytes) -> Container:
    """Read the header of a JPEG.

    Raises:
        PawtraitError: ``NOT_AN_IMAGE`` when the header is broken or of a kind that nothing here decodes.
    """
    kept = [_START]
    size: tuple[int, int] | None = None
    orientation: int | None = None
    profile_parts: list[bytes] = []
    position = len(_START)
    for _ in range(_MAX_SEGMENTS):
        marker, start, end = _segment(data, position)
        body = data[start + 2 : end]
        if marker in _FRAMES:
            if size is not None:
                raise not_an_image("a JPEG with two frames")
            size = _frame_size(body)
        elif marker == _APP1 and orientation is None and body.startswith(b"Exif\0\0"):
            orientation = read_orientation(body)
        elif marker == _APP2 and body.startswith(_ICC):
            profile_parts.append(body[len(_ICC) :])
        if marker == _SCAN:
            break
        if marker in _KEPT or _decides_colours(marker, body):
            kept.append(data[start - 2 : end])
        position = end
    else:
        raise not_an_image("a JPEG with too many segments")
    if size is None:
        raise not_an_image("a JPEG without a frame")
    _check_scans(data, position, size)
    kept.append(data[position:])
    return Container(*size, b"".join(kept), orientation or UPRIGHT, _join_profile(profile_parts))


def _segment(data: bytes, position: int) -> tuple[int, int, int]:
    """Marker, start of the length field and end of the segment at ``position``."""
    if data[position : position + 1] != b"\xff":
        raise not_an_image("a JPEG with a broken segment")
    while data[position : position + 1] == b"\xff":  # any number of fill bytes may come before a marker
        position += 1
    start = position + 1
    if start + 2 > len(data):
        raise not_an_image("a truncated JPEG")
    marker = data[position]
    length = int.from_bytes(data[start : start + 2], "big")
    if marker < 0xC0 or 0xD0 <= marker <= _END or length < 2:
        raise not_an_image("a JPEG with a broken segment")
    if start + length > len(data):
        raise not_an_image("a truncated JPEG")
    return marker, start, start + length


def _frame_size(body: bytes) -> tuple[int, int]:
    """Width and height from a start-of-frame segment."""
    if len(body) < 6 or body[0] != 8 or body[5] not in (1, 3, 4):
        raise not_an_image("a JPEG that is not 8-bit grey, colour or CMYK")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if width == 0 or height == 0:
        raise not_an_image("a JPEG without a size")
    return width, height


def _decides_colours(marker: int, body: bytes) -> bool:
    """Whether the decoder tells YCbCr from RGB and CMYK from YCCK by this segment."""
    return (marker == _APP0 and body.startswith(b"JFIF\0")) or (
        marker == _APP14 and body.startswith(b"Adobe")
    )


def _check_scans(data: bytes, position: int, size: tuple[int, int]) -> None:
    # Within a scan 0xFF is always followed by 0x00 or a restart marker, so this counts true markers.
    scans = data.count(b"\xff\xda", position)
    allowed = max(_SCANS_ALWAYS_FINE, min(_MAX_SCANS, _MAX_VISITED_PIXELS // (size[0] * size[1])))
    if scans > allowed:
        raise not_an_image(f"a JPEG with {scans} scans")


def _join_profile(parts: list[bytes]) -> bytes | None:
    """Put an ICC profile together from its numbered parts (ICC.1, annex B.4); None when one is missing."""
    numbered = {part[0]: part[2:] for part in parts if len(part) > 2}
    total = parts[0][1] if parts and len(parts[0]) > 2 else 0
    if total == 0 or set(numbered) != set(range(1, total + 1)):
        return None
    return usable_profile(b"".join(numbered[number] for number in sorted(numbered)))
