"""Noise, smears and light on arrays of pixels."""

from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""One figure a pixel: shape (height, width)."""
Vectors = tuple[Field, Field]
"""A direction for each pixel: its x and y part."""


def f32(values: Any) -> Field:
    """An array of any figures as single precision, the precision that pictures are painted in."""
    return np.asarray(values, np.float32)


def blurred(field: Field, sigma: float) -> Field:
    """Gaussian blur with a standard deviation in pixels; colours are blurred channel by channel."""
    if sigma < 0.2:
        return field
    if sigma > 6:
        # A wide blur loses nothing at a lower resolution and takes a fraction of the time.
        step = min(8.0, sigma / 3)
        height, width = field.shape[:2]
        small = cv2.resize(
            field, (max(2, round(width / step)), max(2, round(height / step))), interpolation=cv2.INTER_AREA
        )
        soft = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
        return f32(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC))
    return f32(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def noise(rng: Generator, shape: tuple[int, int], sigma: float) -> Field:
    """Smooth noise of mean 0 and standard deviation 1; ``sigma`` is the size of its grains, pixels."""
    raw = blurred(rng.standard_normal(shape).astype(np.float32), sigma)
    return f32((raw - raw.mean()) / (raw.std() + 1e-6))


def unit(x: Field, y: Field) -> Vectors:
    """The directions of vectors, without their lengths."""
    length = np.hypot(x, y) + 1e-6
    return (x / length).astype(np.float32), (y / length).astype(np.float32)


def smeared(field: Field, along: Vectors, length: float, both_ways: bool = True) -> Field:
    """Each pixel's mean over a stroke along its direction: a line integral convolution, cut short.

    After Cabral and Leedom, "Imaging vector fields using line integral convolution", 1993; strokes
    bend with the field, but only in four steps.
    """
    height, width = field.shape
    x0, y0 = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    total, count = field.copy(), 1
    for sign in (1.0, -1.0) if both_ways else (1.0,):
        x, y = x0.copy(), y0.copy()
        dx, dy = along
        steps = max(2, round(length / 2))
        for i in range(steps):
            if i and i % max(1, steps // 4) == 0:
                dx = f32(cv2.remap(along[0], x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE))
                dy = f32(cv2.remap(along[1], x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE))
            x += sign * dx * 2
            y += sign * dy * 2
            total += cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            count += 1
    return f32(total / count)


def standardised(field: Field) -> Field:
    """The field with mean 0 and standard deviation 1."""
    return f32((field - field.mean()) / (field.std() + 1e-6))


def pushed(field: Field, along: Vectors, reach: Field) -> Field:
    """The field moved along a direction, by ``reach`` pixels at each pixel."""
    height, width = field.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(
        field, x - along[0] * reach, y - along[1] * reach, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return f32(moved)


def shifted(field: Field, right: float, down: float) -> Field:
    """The field moved by whole pixels, with 0 moving in."""
    move = np.array([[1, 0, round(right)], [0, 1, round(down)]], np.float32)
    return f32(cv2.warpAffine(field, move, field.shape[::-1]))


def inflated(mask: Field, bulge: float) -> Field:
    """The height of a cushion over a mask, pixels: 0 at its edge, at most ``bulge``."""
    depth = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    most = float(depth.max()) or 1.0
    inside = 1 - np.clip(depth / most, 0, 1)
    return f32(bulge * np.sqrt(np.clip(1 - inside**2.2, 0, 1)))


def lit(height: Field, light: tuple[float, float, float], relief: float = 1.0) -> Field:
    """Lambert's law over a height field: 0…1, 1 where the surface faces the light."""
    gx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) / 8 * relief
    gy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) / 8 * relief
    length = np.sqrt(gx**2 + gy**2 + 1)
    lx, ly, lz = np.array(light) / np.linalg.norm(light)
    return f32(np.clip((-gx * lx - gy * ly + lz) / length, 0, 1))
