"""Boxes as fractions of the upright picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
"""An upright picture: shape (height, width, 3), uint8, channels red, green, blue."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of a picture: 0 is its left or top edge, 1 its right or bottom.

    Raises:
        ValueError: an edge lies outside 0…1, or the box has no area.

    """

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def __post_init__(self) -> None:
        inside = all(0.0 <= edge <= 1.0 for edge in (self.x_min, self.y_min, self.x_max, self.y_max))
        if not inside or self.x_min >= self.x_max or self.y_min >= self.y_max:
            raise ValueError(f"not a box within the picture: {self}")

    @property
    def area(self) -> float:
        """Share of the picture that the box covers, 0…1."""
        return (self.x_max - self.x_min) * (self.y_max - self.y_min)

    def iou(self, other: "Box") -> float:
        """Intersection over union with ``other``, 0…1."""
        width = min(self.x_max, other.x_max) - max(self.x_min, other.x_min)
        height = min(self.y_max, other.y_max) - max(self.y_min, other.y_min)
        if width <= 0 or height <= 0:
            return 0.0
        overlap = width * height
        return overlap / (self.area + other.area - overlap)

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in whole pixels of a picture; at least one pixel each way."""
        left = min(int(self.x_min * width), width - 1)
        top = min(int(self.y_min * height), height - 1)
        right = min(max(round(self.x_max * width), left + 1), width)
        bottom = min(max(round(self.y_max * height), top + 1), height)
        return left, top, right, bottom
