"""Pictures made for the tests: a scene with a known corner for each colour, in any format."""

import io
import struct
import zlib
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from shared.geometry import RgbImage

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 40), (40, 60, 200), (120, 120, 120)


@cache
def scene(width: int = 96, height: int = 64) -> RgbImage:
    """Four quarters: red, green (top), blue, grey (bottom)."""
    picture = np.zeros((height, width, 3), np.uint8)
    for row, colours in enumerate(((RED, GREEN), (BLUE, GREY))):
        for column, colour in enumerate(colours):
            top, left = row * height // 2, column * width // 2
            picture[top : top + height - height // 2, left : left + width - width // 2] = colour
    picture.flags.writeable = False
    return picture


@cache
def photo(width: int, height: int, seed: int = 0) -> RgbImage:
    """Something as rich in detail as a photo: smooth blobs and sensor noise."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noisy = smooth.astype(np.int16) + generator.integers(-9, 10, (height, width, 1), dtype=np.int16)
    picture = noisy.clip(0, 255).astype(np.uint8)
    picture.flags.writeable = False
    return picture


def saved(image: Image.Image | RgbImage, file_format: str, **options: object) -> bytes:
    """``image`` as a file."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    if file_format == "HEIF":
        pillow_heif.from_pillow(image).save(buffer, **{"quality": 90, **options})
    else:
        image.save(buffer, file_format, **options)
    return buffer.getvalue()


@cache
def sample(file_format: str, size: tuple[int, int] | None = None) -> bytes:
    """The scene, or a photo of ``size`` (width, height), in one of the formats that are taken."""
    options = {"JPEG": {"quality": 92}, "WEBP": {"quality": 90}}.get(file_format, {})
    return saved(photo(*size) if size else scene(), file_format, **options)


def orientation_exif(orientation: int) -> bytes:
    """EXIF with nothing but an orientation, as a camera of either byte order writes it."""
    order, head = (">", b"MM\0*") if orientation % 2 else ("<", b"II*\0")
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + head + struct.pack(f"{order}IH", 8, 1) + entry + b"\0\0\0\0"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_declaring(width: int, height: int, packed: bytes, *before: bytes) -> bytes:
    """A grey 8-bit PNG that declares a size, whatever ``packed`` holds; ``before`` are further chunks."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    chunks = b"".join(before) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + chunks


def display_p3() -> bytes:
    """An ICC profile like those of phones: Display P3 primaries with the curve of sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {
        b"rXYZ": (0.51512, 0.2412, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407),
    }
    for index in range(struct.unpack_from(">I", profile, 128)[0]):
        tag, offset, _size = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if tag in columns:
            fixed = [round(value * 65536) for value in columns[tag]]
            struct.pack_into(">iii", profile, offset + 8, *fixed)
    return (
        bytes(profile)
        .replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))
        .replace(b"sRGB built-in", b"wide built-in")
    )
