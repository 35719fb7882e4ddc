"""What a camera makes of the scene: depth of field, exposure, white balance, grain, JPEG."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.icon.painting.fields import Field, blurred, f32, noise


def developed(rng: Generator, picture: Field) -> NDArray[np.uint8]:
    """The finished photo: shape (height, width, 3), RGB, uint8."""
    height, width = picture.shape[:2]
    y, x = f32(np.arange(height)[:, None]), f32(np.arange(width)[None])
    away = np.hypot((x - width / 2) / width, (y - height / 2) / height)
    balance = f32(rng.normal(1, 0.02, 3))
    out = (
        picture * balance * float(rng.uniform(0.88, 1.12)) * (1 - rng.uniform(0, 0.5) * away[..., None] ** 2)
    )
    haze = blurred(out, 18) * 0.06
    out = _rolled_off(np.clip(out * 0.97 + haze, 0, 2))
    contrast = rng.uniform(0.0, 0.35)
    out = out * (1 - contrast) + contrast * (3 * out**2 - 2 * out**3)
    grain = f32(rng.normal(0, 1, picture.shape)) * 0.4 + noise(rng, (height, width), 0.7)[..., None]
    out = out + grain * rng.uniform(0.004, 0.014)
    photo: NDArray[np.uint8] = np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8)
    return photo


def _rolled_off(light: Field) -> Field:
    """Highlights run into white slowly, as on film, instead of being cut off."""
    knee = 0.78
    above = np.maximum(light - knee, 0)
    return f32(np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-above / (1 - knee))))


def jpeg(photo: NDArray[np.uint8], quality: int) -> bytes:
    """The file of an RGB photo."""
    _, packed = cv2.imencode(
        ".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return packed.tobytes()
