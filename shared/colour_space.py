"""sRGB, CIELAB and hexadecimal colours.

sRGB is IEC 61966-2-1 with 8 bits a channel; CIELAB is CIE 1976 L*a*b* under D65, 2° observer:
L* 0…100, a* (green to red) and b* (blue to yellow) about -128…127.
"""

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_TO_XYZ = np.array(
    [
        [0.4123907993, 0.3575843394, 0.1804807884],
        [0.2126390059, 0.7151686788, 0.0721923154],
        [0.0193308187, 0.1191947798, 0.9505321522],
    ]
)
_FROM_XYZ = np.linalg.inv(_TO_XYZ)
# The white of sRGB itself, so that neutral greys get a* = b* = 0 exactly.
_WHITE = _TO_XYZ.sum(axis=1)
_DELTA = 6 / 29
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _linear_table() -> FloatArray:
    encoded = np.arange(256) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear_table()


def rgb_to_lab(rgb: NDArray[np.uint8]) -> FloatArray:
    """SRGB to CIELAB.

    Args:
        rgb: shape (…, 3), uint8.

    Returns:
        The same shape, float64.

    Raises:
        ValueError: not uint8, or the last axis is not three channels.
    """
    if rgb.dtype != np.uint8 or rgb.ndim == 0 or rgb.shape[-1] != 3:
        raise ValueError(f"not uint8 RGB: shape {rgb.shape}, {rgb.dtype}")
    relative = _LINEAR[rgb] @ _TO_XYZ.T / _WHITE
    f = np.where(relative > _DELTA**3, np.cbrt(relative), relative / (3 * _DELTA**2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_to_rgb(lab: ArrayLike) -> NDArray[np.uint8]:
    """CIELAB to sRGB, clipped to what sRGB can show.

    Args:
        lab: shape (…, 3).

    Returns:
        The same shape, uint8.
    """
    values = np.asarray(lab, dtype=np.float64)
    y = (values[..., 0] + 16) / 116
    f = np.stack([y + values[..., 1] / 500, y, y - values[..., 2] / 200], axis=-1)
    relative = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29))
    linear = np.clip((relative * _WHITE) @ _FROM_XYZ.T, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)


def rgb_to_hex(rgb: ArrayLike) -> str:
    """Three channels 0…255 as ``"#rrggbb"``, lower case."""
    red, green, blue = (int(channel) for channel in np.asarray(rgb))
    return f"#{red:02x}{green:02x}{blue:02x}"


def hex_to_rgb(text: str) -> tuple[int, int, int]:
    """``"#rrggbb"`` as three channels 0…255.

    Raises:
        ValueError: not of that form.
    """
    if not _HEX.fullmatch(text):
        raise ValueError(f'not a colour of the form "#rrggbb": {text!r}')
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def lab_to_hex(lab: ArrayLike) -> str:
    """CIELAB as ``"#rrggbb"``, clipped to what sRGB can show."""
    return rgb_to_hex(lab_to_rgb(lab))


def hex_to_lab(text: str) -> FloatArray:
    """``"#rrggbb"`` as CIELAB, shape (3,).

    Raises:
        ValueError: not of that form.
    """
    return rgb_to_lab(np.array(hex_to_rgb(text), np.uint8))


def difference(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """CIE 1976 colour difference ΔE*ab between CIELAB colours, broadcast over leading axes."""
    distance = np.linalg.norm(np.asarray(first, float) - np.asarray(second, float), axis=-1)
    return np.asarray(distance, np.float64)
