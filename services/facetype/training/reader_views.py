"""The crops that the part reader learns from, and how they vary."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.facetype.face import Part
from services.facetype.part_crops import FILL, crop_part
from services.facetype.training.reader_samples import Sample
from shared.geometry import Box, RgbImage
from shared.training.spoiling import spoil

SHIFT, STRETCH = 0.06, 0.12
"""How far a detector's boxes stray: sides shift by up to that share, sizes by up to e to the power of it."""


def load(sample: Sample) -> RgbImage:
    """The picture of a sample, (height, width, 3) uint8 RGB.

    Raises:
        ValueError: it cannot be read.
    """
    picture = cv2.imread(str(sample.path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError(f"cannot read {sample.path}")
    return np.asarray(picture, np.uint8)


def fixed_crops(image: RgbImage, sample: Sample, size: int) -> RgbImage:
    """The crops that serving would cut: (3, size, size, 3), grey for a part that the sample lacks."""
    return np.stack(
        [
            crop_part(image, part, sample.boxes[part], size) if part in sample.boxes else grey(size)
            for part in Part
        ]
    )


def random_crops(image: RgbImage, sample: Sample, size: int, rng: np.random.Generator) -> RgbImage:
    """The same with boxes that stray, other light, less detail, perhaps mirrored."""
    # All boxes of a face stray together, and each a little by itself.
    common = rng.uniform(-1, 1, 4)
    crops = []
    for part in Part:
        if part not in sample.boxes:
            crops.append(grey(size))
            continue
        straying = 0.6 * common + 0.4 * rng.uniform(-1, 1, 4)
        crops.append(spoil(crop_part(image, part, strayed(sample.boxes[part], straying), size), rng))
    return np.stack(crops)


def grey(size: int) -> RgbImage:
    """A crop of nothing."""
    return np.full((size, size, 3), FILL, np.uint8)


def strayed(box: Box, by: NDArray[np.float64]) -> Box:
    """``box`` moved and stretched by shares of its size; ``by`` is x, y, width and height, -1…1."""
    wide, high = box.x_max - box.x_min, box.y_max - box.y_min
    x = (box.x_min + box.x_max) / 2 + by[0] * SHIFT * wide
    y = (box.y_min + box.y_max) / 2 + by[1] * SHIFT * high
    wide, high = wide * np.exp(by[2] * STRETCH), high * np.exp(by[3] * STRETCH)
    edges = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    x_min, y_min, x_max, y_max = (float(np.clip(edge, 0.0, 1.0)) for edge in edges)
    return Box(x_min, y_min, x_max, y_max) if x_min < x_max and y_min < y_max else box
