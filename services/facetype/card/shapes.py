"""Soft-edged shapes as masks, drawn large and scaled down, kept because every card needs the same ones."""

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image

_FINER = 4


@lru_cache(maxsize=16)
def rounded(width: int, height: int, radius: int) -> Image.Image:
    """A rectangle with round corners that fills the mask; a circle where the radius is half its side."""
    mask = np.full((height, width), 255, np.uint8)
    side = radius * _FINER
    corner = np.zeros((side, side), np.uint8)
    cv2.circle(corner, (side, side), side, 255, -1)
    corner = np.asarray(cv2.resize(corner, (radius, radius), interpolation=cv2.INTER_AREA), np.uint8)
    mask[:radius, :radius] = corner
    mask[:radius, -radius:] = corner[:, ::-1]
    mask[-radius:, :radius] = corner[::-1]
    mask[-radius:, -radius:] = corner[::-1, ::-1]
    return Image.fromarray(mask)


@lru_cache(maxsize=4)
def corners(width: int, height: int, radius: int) -> tuple[tuple[int, int, Image.Image], ...]:
    """The four corners of such a rectangle as (left, top, mask): all of it that is not simply filled."""
    whole = rounded(width, height, radius)
    return tuple(
        (x, y, whole.crop((x, y, x + radius, y + radius)))
        for x in (0, width - radius)
        for y in (0, height - radius)
    )


@lru_cache(maxsize=4)
def shadow(
    width: int, height: int, radius: int, blur: int, strength: float
) -> tuple[tuple[int, int, Image.Image], ...]:
    """The shadow of such a rectangle as far as it shows, as (left, top, mask) of four strips around it.

    Places are relative to the rectangle's corner; the shadow reaches ``2 * blur`` beyond it.
    """
    edge = 2 * blur
    mask = np.zeros((height + 2 * edge, width + 2 * edge), np.uint8)
    mask[edge : edge + height, edge : edge + width] = np.asarray(rounded(width, height, radius))
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), blur / 2), np.float32) * strength
    whole = Image.fromarray(soft.astype(np.uint8))
    strip = edge + radius
    right, bottom = whole.width - strip, whole.height - strip
    boxes = (
        (0, 0, whole.width, strip),
        (0, bottom, whole.width, whole.height),
        (0, strip, strip, bottom),
        (right, strip, whole.width, bottom),
    )
    return tuple((box[0] - edge, box[1] - edge, whole.crop(box)) for box in boxes)


@lru_cache(maxsize=64)
def paw(size: int, degrees: int) -> Image.Image:
    """The mark of the project, a paw, turned clockwise."""
    side = size * _FINER
    mask = np.zeros((side, side), np.uint8)
    unit = side / 64
    for x, y, wide, tall, turn in (
        (16.5, 29, 5.6, 7.4, -18),
        (26.3, 19.4, 5.8, 7.8, -6),
        (37.7, 19.4, 5.8, 7.8, 6),
        (47.5, 29, 5.6, 7.4, 18),
        (32, 41, 10.5, 9.5, 0),
        (25.4, 46, 6.6, 5.4, -14),
        (38.6, 46, 6.6, 5.4, 14),
    ):
        place, axes = (round(x * unit), round(y * unit)), (round(wide * unit), round(tall * unit))
        cv2.ellipse(mask, place, axes, turn, 0, 360, 255, -1)
    turned = cv2.warpAffine(
        mask,
        cv2.getRotationMatrix2D((side / 2, side / 2), -degrees, 1.0),
        (side, side),
        flags=cv2.INTER_LINEAR,
    )
    return Image.fromarray(
        np.asarray(cv2.resize(turned, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
    )
