"""Smooth random fields, from which everything that varies over a nose is made."""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def smooth_noise(rng: np.random.Generator, width: int, height: int, wavelength: float) -> Field:
    """A field (height, width) of about zero mean and unit variance that varies over ``wavelength`` pixels."""
    across, down = max(int(width / wavelength), 1) + 3, max(int(height / wavelength), 1) + 3
    coarse = rng.standard_normal((down, across), dtype=np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine * 1.3, np.float32)


def smoothstep(values: Field, low: float, high: float) -> Field:
    """0 below ``low``, 1 above ``high``, without a kink between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def signed_distance(mask: NDArray[np.uint8]) -> Field:
    """Distance to the edge of a mask in pixels: positive inside (mask > 0), negative outside."""
    inside = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 3)
    outside = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(inside - outside, np.float32)
