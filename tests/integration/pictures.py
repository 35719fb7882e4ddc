"""Pictures made on the spot: every kind a caller may send, good and bad."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def opened(photo: bytes) -> Image.Image:
    """A file as an RGB picture."""
    return Image.open(io.BytesIO(photo)).convert("RGB")


# ---- the same photo in other guises ---------------------------------------------------------------

_ORIENTATION = 0x0112
_TURNED: dict[int, Image.Transpose] = {
    # EXIF orientation: what has to be done to an upright picture so that undoing it gives it back.
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
ORIENTATIONS = tuple(_TURNED)


def turned(image: Image.Image, orientation: int) -> bytes:
    """A PNG that lies as a phone may store it, with the EXIF orientation that puts it upright."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return encoded(image.transpose(_TURNED[orientation]), "PNG", exif=exif)


def heic(image: Image.Image) -> bytes:
    """As a phone stores it."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=90)
    return buffer.getvalue()


def sixteen_bit(image: Image.Image) -> bytes:
    """A PNG with 16 bits a channel, which Pillow does not write."""
    pixels = np.asarray(image.convert("RGB")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return png(image.width, image.height, rows, depth=16)


def transparent(image: Image.Image) -> bytes:
    """A PNG with an alpha channel whose border is see-through."""
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((2, 2, image.width - 3, image.height - 3), 8, fill=255)
    with_alpha = image.convert("RGBA")
    with_alpha.putalpha(mask)
    return encoded(with_alpha, "PNG")


def animated(image: Image.Image, file_format: str) -> bytes:
    """Three frames: the picture, and two darker ones."""
    later = [image.point(lambda value, share=share: int(value * share)) for share in (0.8, 0.6)]
    return encoded(image, file_format, save_all=True, append_images=later, duration=100)


GUISES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda image: encoded(image, "JPEG", quality=95),
    "progressive JPEG": lambda image: encoded(image, "JPEG", quality=95, progressive=True),
    "PNG": lambda image: encoded(image, "PNG"),
    "WebP": lambda image: encoded(image, "WEBP", quality=95),
    "HEIC": heic,
    "CMYK JPEG": lambda image: encoded(image.convert("CMYK"), "JPEG", quality=95),
    "16-bit PNG": sixteen_bit,
    "transparent PNG": transparent,
    "palette PNG": lambda image: encoded(image.quantize(256), "PNG"),
    "animated WebP": lambda image: animated(image, "WEBP"),
    "animated PNG": lambda image: animated(image, "PNG"),
}
"""Ways of storing the same colours, or nearly the same."""


# ---- what is no dog ----------------------------------------------------------------------------


def wall(colour: tuple[int, int, int] = (222, 216, 200)) -> bytes:
    """A blank wall, with the grain of a camera."""
    grain = np.random.default_rng(7).normal(0, 2, (480, 640, 1))
    return encoded(Image.fromarray((np.array(colour) + grain).clip(0, 255).astype(np.uint8)), "JPEG")


def noise() -> bytes:
    """Coloured noise."""
    return encoded(
        Image.fromarray(np.random.default_rng(7).integers(0, 256, (300, 400, 3), dtype=np.uint8)), "JPEG"
    )


def page() -> bytes:
    """A page of text."""
    image = Image.new("RGB", (600, 800), "white")
    draw = ImageDraw.Draw(image)
    for row in range(40):
        draw.text((40, 20 + row * 19), f"{row:02d} The quick brown fox, and so on to the margin.", "black")
    return encoded(image, "JPEG")


def stripes() -> bytes:
    """A blind."""
    image = Image.new("RGB", (512, 512), (40, 60, 90))
    draw = ImageDraw.Draw(image)
    for top in range(0, 512, 32):
        draw.rectangle((0, top, 512, top + 15), (230, 230, 220))
    return encoded(image, "PNG")


NO_DOGS: dict[str, Callable[[], bytes]] = {
    "blank wall": wall,
    "dark wall": lambda: wall((28, 26, 30)),
    "noise": noise,
    "page of text": page,
    "blind": stripes,
}


# ---- what is no picture ------------------------------------------------------------------------


def png(width: int, height: int, rows: bytes, *, depth: int = 8) -> bytes:
    """An RGB PNG from its raw rows, or from fewer than its header promises."""
    return _png(width, height, depth, zlib.compress(rows, 9))


def bomb(side: int = 30_000) -> bytes:
    """A whole, valid PNG of 30,000 × 30,000 black pixels: 2.7 GB from a file of 3 MB."""
    rows_at_once = 100
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = compressor.compress(b"\0" * (1 + 3 * side) * rows_at_once)
    # After a full flush nothing refers back, so that the block may be repeated.
    block += compressor.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    length = (1 + 3 * side) * side
    adler = (length % 65521) << 16 | 1
    stream = b"\x78\xda" + block * (side // rows_at_once) + end + struct.pack(">I", adler)
    return _png(side, side, 8, stream)


def _png(width: int, height: int, depth: int, stream: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
<image href="file:///etc/passwd" width="64" height="64"/><circle cx="32" cy="32" r="30" fill="tan"/></svg>"""
