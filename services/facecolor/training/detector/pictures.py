"""Reading the photos of the training data in their true aspect ratio."""

from pathlib import Path

import cv2
import numpy as np

from services.facecolor.training.detector.labels import Photo
from shared.geometry import RgbImage


def photo_path(data: Path, photo: Photo) -> Path:
    """The sharper copy of a photo where there is one."""
    sharp = data / "stanford_dogs_500" / photo.file
    if sharp.is_file():
        return sharp
    return data / "stanford_dogs_224" / f"{photo.synset}-{photo.breed}" / photo.file


def load_upright(path: Path, size: tuple[int, int] | None, long_side: int) -> RgbImage:
    """A photo in its true aspect ratio, scaled to a longest side.

    Args:
        path: the picture, perhaps squeezed to a square.
        size: its true width and height in pixels; None when it is stored as it is.
        long_side: longest side of the result, in pixels.

    Raises:
        ValueError: the file is not a readable picture.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError(f"cannot read {path}")
    width, height = size or (picture.shape[1], picture.shape[0])
    scale = long_side / max(width, height)
    target = (max(round(width * scale), 1), max(round(height * scale), 1))
    shrinking = target[0] * target[1] < picture.shape[0] * picture.shape[1]
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, target, interpolation=interpolation), np.uint8)
