"""Made-up pictures of what is no nose but has dark holes in it: keyboards, tyres, walls, discs."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.geometry import RgbImage

SIDE = 320
"""Width and height of the pictures, in pixels."""


def _colour(random: np.random.Generator, low: int = 0, high: int = 256) -> tuple[float, float, float]:
    base = float(random.integers(low, high))
    return tuple(float(np.clip(base + random.normal(0, 20), 0, 255)) for _ in range(3))  # type: ignore[return-value]


def _canvas(random: np.random.Generator) -> NDArray[np.uint8]:
    return np.full((SIDE, SIDE, 3), _colour(random), np.uint8)


def wall(random: np.random.Generator) -> RgbImage:
    """A plain or unevenly lit surface."""
    coarse = random.normal(float(random.uniform(20, 235)), float(random.uniform(0, 30)), (4, 4, 3))
    return np.asarray(
        np.clip(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 255), np.uint8
    )


def keyboard(random: np.random.Generator) -> RgbImage:
    """Rows of keys with letters."""
    image = _canvas(random)
    key, ink = _colour(random), _colour(random)
    pitch = int(random.integers(18, 120))
    for row, top in enumerate(range(-pitch // 2, SIDE, pitch)):
        for left in range(-(row * pitch // 3) % pitch - pitch, SIDE, pitch):
            gap = max(pitch // 8, 2)
            cv2.rectangle(image, (left, top), (left + pitch - gap, top + pitch - gap), key, -1)
            letter = chr(int(random.integers(65, 91)))
            place = (left + pitch // 4, top + pitch // 2)
            cv2.putText(image, letter, place, cv2.FONT_HERSHEY_SIMPLEX, pitch / 70, ink, max(pitch // 40, 1))
    return image


def tyre(random: np.random.Generator) -> RgbImage:
    """Dark rings around a hub with spokes."""
    image = _canvas(random)
    centre = tuple(int(number) for number in random.integers(80, 240, 2))
    radius = int(random.integers(50, 160))
    cv2.circle(image, centre, radius, _colour(random, 5, 60), -1)
    hub = int(radius * random.uniform(0.4, 0.75))
    cv2.circle(image, centre, hub, _colour(random, 60, 230), -1)
    holes = int(random.integers(3, 9))
    for step in range(holes):
        angle = 2 * np.pi * (step + random.random() * 0.1) / holes
        place = (int(centre[0] + 0.6 * hub * np.cos(angle)), int(centre[1] + 0.6 * hub * np.sin(angle)))
        cv2.circle(image, place, max(int(hub * 0.22), 1), _colour(random, 0, 60), -1)
    return image


def two_holes(random: np.random.Generator) -> RgbImage:
    """Two dark discs on a surface without a nose's outline, such as a socket or a button."""
    image = wall(random)
    centre = random.integers(100, 220, 2)
    radius, gap = int(random.integers(6, 40)), int(random.integers(20, 90))
    dark = _colour(random, 0, 50)
    if random.random() < 0.5:
        cv2.circle(image, (int(centre[0]), int(centre[1])), gap + radius, _colour(random, 60, 250), -1)
    for side in (-1, 1):
        cv2.circle(image, (int(centre[0]) + side * gap, int(centre[1])), radius, dark, -1)
    return image


def texture(random: np.random.Generator) -> RgbImage:
    """Cells or noise all over: leather, gravel, cloth."""
    grain = int(random.integers(4, 80))
    coarse = random.integers(0, 256, (grain, grain), dtype=np.uint8)
    grey = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    tint = np.array(_colour(random, 40, 256), np.float32) / 255
    return np.asarray(np.clip(grey[..., None] * tint * random.uniform(0.3, 1), 0, 255), np.uint8)


BACKDROPS: tuple[Callable[[np.random.Generator], RgbImage], ...] = (wall, keyboard, tyre, two_holes, texture)


def backdrop(random: np.random.Generator) -> RgbImage:
    """Any of them: (320, 320, 3) RGB uint8."""
    return BACKDROPS[random.integers(len(BACKDROPS))](random)
