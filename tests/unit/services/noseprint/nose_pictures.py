"""Made noses and pictures around them, for tests that need no photos."""

from functools import cache

import cv2
import numpy as np

from services.noseprint.synthesis.individual import grow_individual
from services.noseprint.synthesis.photographs import NosePhoto, take_photo
from shared.geometry import Box, RgbImage

SEED = 7


@cache
def made_nose(number: int, view: int, hardness: float = 0.3) -> NosePhoto:
    """A photo of a synthetic nose; numbers are individuals."""
    return take_photo(grow_individual(SEED, number), SEED, number, view, hardness)


def turned(image: RgbImage, box: Box, degrees: float, scale: float = 1.0) -> tuple[RgbImage, Box]:
    """The picture turned anticlockwise about the middle of the box, and the box around the turned nose."""
    height, width = image.shape[:2]
    centre = ((box.x_min + box.x_max) / 2 * width, (box.y_min + box.y_max) / 2 * height)
    matrix = cv2.getRotationMatrix2D(centre, degrees, scale)
    result = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    radii = np.array([(box.x_max - box.x_min) / 2 * width, (box.y_max - box.y_min) / 2 * height])
    half = np.linalg.norm(matrix[:, :2] * radii, axis=1) / (width, height)
    middle = np.array(centre) / (width, height)
    edges = np.clip([*(middle - half), *(middle + half)], 0, 1)
    return np.asarray(result, np.uint8), Box(*(float(edge) for edge in edges))
