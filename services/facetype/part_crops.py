"""From a photo and the box of a part to the square that the network reads: the same code trains and serves.

The whole face is seen with room around it, because ears reach beyond its box. Of the other parts only the
part itself is seen, and the rest of the square is grey: what a part does not show must not vote.
"""

from collections.abc import Mapping

import cv2
import numpy as np

from services.facetype.face import Part
from shared.geometry import Box, RgbImage

FILL = 127
"""The grey beyond a part or the photo; (127 / 127.5) - 1 is zero to within 0.004."""
MARGINS: Mapping[Part, float] = {Part.WHOLE: 1.8, Part.T_ZONE: 1.1, Part.LOWER: 1.1}
"""Sides of what is seen over those of the box; of the whole face, a square over the longer side."""


def crop_part(image: RgbImage, part: Part, box: Box, size: int) -> RgbImage:
    """Cut a part out of a photo, in its true proportions.

    Args:
        image: upright, (height, width, 3) uint8 RGB.
        part: decides how much around the box is seen.
        box: of the part.
        size: side of the result in pixels.

    Returns:
        (size, size, 3) uint8; grey where the square leaves the part or the photo.
    """
    height, width = image.shape[:2]
    wide = (box.x_max - box.x_min) * width * MARGINS[part]
    high = (box.y_max - box.y_min) * height * MARGINS[part]
    if part is Part.WHOLE:
        wide = high = max(wide, high)
    middle_x, middle_y = (box.x_min + box.x_max) / 2 * width, (box.y_min + box.y_max) / 2 * height
    left, top = max(round(middle_x - wide / 2), 0), max(round(middle_y - high / 2), 0)
    right = min(max(round(middle_x + wide / 2), left + 1), width)
    bottom = min(max(round(middle_y + high / 2), top + 1), height)
    inside = image[min(top, height - 1) : bottom, min(left, width - 1) : right]
    # Resample only what is inside the photo and lay it on the grey: cheaper than padding first.
    scale = size / max(wide, high)
    columns = min(max(round(inside.shape[1] * scale), 1), size)
    rows = min(max(round(inside.shape[0] * scale), 1), size)
    shrinking = columns < inside.shape[1] or rows < inside.shape[0]
    resized = cv2.resize(
        inside, (columns, rows), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    )
    if columns == size and rows == size:
        return np.asarray(resized, np.uint8)
    square = np.full((size, size, 3), FILL, np.uint8)
    column = min(max(round((left - middle_x) * scale + size / 2), 0), size - columns)
    row = min(max(round((top - middle_y) * scale + size / 2), 0), size - rows)
    square[row : row + rows, column : column + columns] = resized
    return square
