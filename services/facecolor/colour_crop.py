"""The square around a head that the colour head looks at, at run time and in training."""

import cv2
import numpy as np

from shared.geometry import Box, RgbImage

MARGIN = 1.4
"""Side of the square, in longer sides of the head box: ears and some of the neck come with the face."""
BORDER = 127
"""Grey where the square reaches past the picture; about 0 after normalisation."""


def head_square(image: RgbImage, head: Box, size: int, margin: float = MARGIN) -> RgbImage:
    """The square around a head, scaled to ``size`` pixels a side.

    Args:
        image: an upright picture.
        head: where the head is.
        size: side of the result, pixels.
        margin: side of the square in longer sides of the box.

    Returns:
        Shape (size, size, 3), uint8, RGB.
    """
    height, width = image.shape[:2]
    box_width, box_height = (head.x_max - head.x_min) * width, (head.y_max - head.y_min) * height
    side = max(margin * max(box_width, box_height), 1.0)
    left = (head.x_min + head.x_max) / 2 * width - side / 2
    top = (head.y_min + head.y_max) / 2 * height - side / 2
    scale = size / side
    x_min, x_max = _inside(left, side, width)
    y_min, y_max = _inside(top, side, height)
    part = image[y_min:y_max, x_min:x_max]
    canvas = np.full((size, size, 3), BORDER, np.uint8)
    x, columns = _target((x_min - left) * scale, (x_max - x_min) * scale, size)
    y, rows = _target((y_min - top) * scale, (y_max - y_min) * scale, size)
    # Area averaging when shrinking: sharp photos would alias otherwise.
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[y : y + rows, x : x + columns] = cv2.resize(part, (columns, rows), interpolation=interpolation)
    return canvas


def _inside(start: float, side: float, limit: int) -> tuple[int, int]:
    """First and one past the last pixel of the square that the picture has; at least one pixel."""
    first = min(max(round(start), 0), limit - 1)
    last = min(max(round(start + side), first + 1), limit)
    return first, last


def _target(start: float, length: float, size: int) -> tuple[int, int]:
    """Start and length within the canvas; at least one pixel."""
    first = min(max(round(start), 0), size - 1)
    return first, min(max(round(length), 1), size - first)
