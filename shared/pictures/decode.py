"""From a stranger's bytes to an upright sRGB array."""

import io
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import cv2
import numpy as np
import pillow_heif
from PIL import Image, ImageChops

from shared.errors import PawtraitError, Reason
from shared.geometry import RgbImage
from shared.pictures import jpeg, png, webp
from shared.pictures.colour import Mode, to_srgb
from shared.pictures.container import Container
from shared.pictures.limits import PictureLimits, not_an_image
from shared.pictures.pixels import fitted_size, scale_down, to_plain_mode, turn_upright

DEFAULT_LIMITS = PictureLimits()

# Full-size pixels of a picture this large take up to 200 MB, so only one is decoded at a time.
_LARGE_PIXELS = 16_000_000
_one_large_at_a_time = threading.Lock()

_PLAIN_MODES: dict[str, Mode] = {"L": "L", "RGB": "RGB", "CMYK": "CMYK"}


def decode_picture(data: bytes, *, max_side: int, limits: PictureLimits = DEFAULT_LIMITS) -> RgbImage:
    """Decode a JPEG, PNG, WebP or HEIC picture; the type is told from the content.

    The first picture of several, turned upright, in sRGB, transparency over
    :data:`shared.pictures.pixels.BACKGROUND`, scaled down (never up) so that the longest side has at most
    ``max_side`` pixels. The same bytes give the same array. Safe to call from several threads; large
    pictures wait for one another.

    Args:
        data: the encoded picture, at most ``limits.max_bytes`` long.
        max_side: longest side of the result in pixels, 1…16,000.
        limits: caps on bytes and on declared pixels.

    Returns:
        Contiguous (height, width, 3) uint8, red green blue.

    Raises:
        PawtraitError: ``NOT_AN_IMAGE`` for anything that is not a whole, readable picture of those types;
            ``PHOTO_TOO_LARGE`` beyond ``limits``.
    """
    limits.check_bytes(len(data))
    try:
        return _decode(bytes(data), max_side, limits)
    except PawtraitError:
        raise
    except MemoryError as error:
        raise PawtraitError(Reason.PHOTO_TOO_LARGE, "The picture needs more memory than there is.") from error
    except Exception as error:
        # Decoders raise nearly anything on broken input (SyntaxError, struct.error, OSError, EOFError,
        # ValueError, cv2.error …); all of it means the same to the caller.
        raise not_an_image(f"its content is broken ({type(error).__name__})") from error


def _decode(data: bytes, max_side: int, limits: PictureLimits) -> RgbImage:
    container, load = _open(data)
    limits.check_size(container.width, container.height)
    size = fitted_size(container.width, container.height, max_side)
    with _turn_for(container.width * container.height):
        plain = to_plain_mode(load(container, size))
        scaled = scale_down(plain, size)
    srgb = to_srgb(scaled, _PLAIN_MODES[plain.mode], container.profile)
    return np.ascontiguousarray(turn_upright(srgb, container.orientation))


def _turn_for(pixels: int) -> AbstractContextManager[object]:
    return _one_large_at_a_time if pixels > _LARGE_PIXELS else nullcontext()


def _open(data: bytes) -> tuple[Container, Callable[[Container, tuple[int, int]], Image.Image]]:
    """Tell the type from the content; the container's facts, and what decodes it."""
    if not data:
        raise not_an_image("it is empty")
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.read_jpeg(data), _load_jpeg
    if data.startswith(png.SIGNATURE):
        return png.read_png(data), _load_png
    if webp.is_webp(data):
        return webp.read_webp(data), _load_webp
    if data[4:8] == b"ftyp" and pillow_heif.is_supported(data[:64]):
        return _read_heif(data)
    raise not_an_image("it begins like none of them")


def _load_jpeg(container: Container, size: tuple[int, int]) -> Image.Image:
    image = Image.open(io.BytesIO(container.data), formats=["JPEG"])
    image.draft(None, size)  # the decoder's own scaling, by 1/2, 1/4 or 1/8, never below `size`
    image.load()
    if image.mode == "CMYK" and "adobe" not in image.info:
        # Pillow takes every CMYK for Adobe's, which stores the inks inverted; other programs do not.
        return ImageChops.invert(image)
    return image


def _load_png(container: Container, _size: tuple[int, int]) -> Image.Image:
    image = Image.open(io.BytesIO(container.data), formats=["PNG"])
    image.load()
    return image


def _load_webp(container: Container, size: tuple[int, int]) -> Image.Image:
    # Pillow decodes every WebP as an animation, which takes four times the memory of its pixels.
    pixels = cv2.imdecode(np.frombuffer(container.data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise not_an_image("a broken WebP")
    if pixels.shape[2] == 4:
        return Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA))
    if container.width >= 2 * size[0]:  # opaque and large: spare the copy that a Pillow image is
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def _read_heif(data: bytes) -> tuple[Container, Callable[[Container, tuple[int, int]], Image.Image]]:
    heif = pillow_heif.open_heif(data)  # reads the boxes; pixels are decoded on demand, already upright
    width, height = heif.size
    return Container(width, height, b"", profile=heif.info.get("icc_profile")), lambda *_: heif.to_pillow()
