"""Training photos as they were taken: some are stored squeezed to a square."""

from pathlib import Path

import cv2
import numpy as np

from shared.geometry import RgbImage


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
