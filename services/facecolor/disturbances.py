"""What happens to clients' photos, done to photos with a known head: for measuring robustness."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from shared.geometry import Box, RgbImage

Disturbance = Callable[[RgbImage, Box], tuple[RgbImage, Box]]
"""Takes and gives a picture and the box of the head in it."""


def darker(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """A third of the light."""
    return np.asarray(image // 3, np.uint8), head


def overexposed(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Nearly twice the light, clipped."""
    return np.asarray(np.clip(image * 1.8, 0, 255), np.uint8), head


def colourless(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Shades of grey."""
    return np.asarray(
        cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8
    ), head


def blurred(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Out of focus by 0.4 % of the longest side (standard deviation)."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.004 * max(image.shape[:2])), np.uint8), head


def compressed(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """JPEG at quality 15."""
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 15])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8), head


def warped(image: RgbImage, head: Box, matrix: np.ndarray, width: int, height: int) -> tuple[RgbImage, Box]:
    """An affine map (2 × 3, input pixels to output pixels) of the picture, and of the head as an ellipse."""
    angles = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    centre = np.array([head.x_min + head.x_max, head.y_min + head.y_max]) / 2
    radius = np.array([head.x_max - head.x_min, head.y_max - head.y_min]) / 2
    outline = centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pixels = outline * [image.shape[1], image.shape[0]]
    moved = (pixels @ matrix[:, :2].T + matrix[:, 2]) / [width, height]
    low, high = np.clip(moved.min(axis=0), 0, 1), np.clip(moved.max(axis=0), 0, 1)
    result = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(result, np.uint8), Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def turned(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Turned by 25 degrees about the head."""
    height, width = image.shape[:2]
    middle = ((head.x_min + head.x_max) / 2 * width, (head.y_min + head.y_max) / 2 * height)
    return warped(image, head, cv2.getRotationMatrix2D(middle, 25, 1.0), width, height)


def squeezed(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Narrowed to 70 % of its width."""
    height, width = image.shape[:2]
    narrow = round(0.7 * width)
    return warped(image, head, np.array([[narrow / width, 0, 0], [0, 1, 0]], np.float64), narrow, height)


def cut(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Cropped so that the left third of the head is outside."""
    height, width = image.shape[:2]
    left = (head.x_min + (head.x_max - head.x_min) / 3) * width
    rest = max(round(width - left), 1)
    return warped(image, head, np.array([[1, 0, -left], [0, 1, 0]], np.float64), rest, height)


def close(image: RgbImage, head: Box) -> tuple[RgbImage, Box]:
    """Cropped to the head with a margin of a tenth, as someone might who only wants the face."""
    height, width = image.shape[:2]
    across, down = 0.1 * (head.x_max - head.x_min), 0.1 * (head.y_max - head.y_min)
    left, top = max(head.x_min - across, 0) * width, max(head.y_min - down, 0) * height
    right, bottom = min(head.x_max + across, 1) * width, min(head.y_max + down, 1) * height
    matrix = np.array([[1, 0, -left], [0, 1, -top]], np.float64)
    return warped(image, head, matrix, max(round(right - left), 1), max(round(bottom - top), 1))


DISTURBANCES: dict[str, Disturbance] = {
    function.__name__: function
    for function in (darker, overexposed, colourless, blurred, compressed, turned, squeezed, cut, close)
}
