"""From a photo and the box of a part to the square that the network reads: the same code trains and serves.

The whole face is seen with room around it, because ears reach beyond its box. Of the other parts only the
part itself is seen, and the rest of the square is grey: what a part does not show must not vote.
"""

import json
from collections.abc import Mapping

import cv2
import numpy as np

from services.facetype.face import Part
from shared.geometry import Box, RgbImage

FILL = 127
"""The grey beyond a part or the photo; (127 / 127.5) - 1 is zero to within 0.004."""
MARGINS: Mapping[Part, float] = {Part.WHOLE: 1.8, Part.T_ZONE: 1.1, Part.LOWER: 1.1}
"""Sides of what is seen over those of the box; of the whole face, a square over the longer side. What a
network was trained with stands in its file (:func:`margins_entry`): these may change."""
_ENTRY = "margins"


def margins_entry() -> dict[str, str]:
    """The metadata entry of a network trained with :data:`MARGINS`."""
    return {_ENTRY: json.dumps({str(part): margin for part, margin in MARGINS.items()})}


def margins_of(metadata: Mapping[str, str]) -> Mapping[Part, float]:
    """What a network was trained with, from its metadata; :data:`MARGINS` where it does not say.

    Raises:
        ValueError: the entry lacks a part, or says what is no number.
    """
    if _ENTRY not in metadata:
        return MARGINS
    entry = json.loads(metadata[_ENTRY])
    try:
        return {part: float(entry[str(part)]) for part in Part}
    except (KeyError, TypeError) as error:
        raise ValueError(f"margins {metadata[_ENTRY]!r} lack a part") from error


def crop_part(
    image: RgbImage, part: Part, box: Box, size: int, margins: Mapping[Part, float] = MARGINS
) -> RgbImage:
    """Cut a part out of a photo, in its true proportions.

    Args:
        image: upright, (height, width, 3) uint8 RGB.
        part: decides how much around the box is seen.
        box: of the part.
        size: side of the result in pixels.
        margins: see :data:`MARGINS`.

    Returns:
        (size, size, 3) uint8; grey where the square leaves the part or the photo.
    """
    height, width = image.shape[:2]
    wide = (box.x_max - box.x_min) * width * margins[part]
    high = (box.y_max - box.y_min) * height * margins[part]
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
