"""Colours of a decoded picture brought to sRGB."""

import io
import logging
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from shared.geometry import RgbImage

Mode = Literal["L", "RGB", "CMYK"]

_log = logging.getLogger(__name__)
_SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}
_MAX_CACHED_BYTES = 65_536


def to_srgb(pixels: NDArray[np.uint8], mode: Mode, profile: bytes | None) -> RgbImage:
    """Convert to sRGB by the picture's own profile, or by the usual formula where it has none.

    Phones embed Display P3: read as sRGB their browns lose saturation. A profile that is broken or made
    for another mode is ignored, as browsers do.

    Args:
        pixels: (height, width) for L, (height, width, 3) for RGB, (height, width, 4) for CMYK; uint8.
        mode: what the channels mean; CMYK with 255 for full ink.
        profile: embedded ICC profile.
    """
    transform = _transform(profile, mode) if profile else None
    if transform is None and mode == "RGB":
        return pixels
    image = Image.fromarray(pixels, mode)
    return np.asarray(image.convert("RGB") if transform is None else transform.apply(image))


def _transform(profile: bytes, mode: Mode) -> ImageCms.ImageCmsTransform | None:
    """Transform to sRGB; None where there is nothing to do or the profile is of no use."""
    if len(profile) > _MAX_CACHED_BYTES:
        return _build_transform(profile, mode)
    return _cached_transform(profile, mode)


def _build_transform(profile: bytes, mode: Mode) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _SPACES[mode] or "sRGB" in (
            source.profile.profile_description or ""
        ):
            return None
        return ImageCms.ImageCmsTransform(
            source, _srgb(), mode, "RGB", intent=ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError) as error:
        _log.debug("colour profile ignored: %s", error)
        return None


# A few kinds of phones send nearly all photos; building a transform takes longer than looking one up.
_cached_transform = lru_cache(maxsize=16)(_build_transform)


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
