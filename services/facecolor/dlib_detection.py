"""dlib's public dog-head detector, selectable in place of the project's own."""

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from services.facecolor.detection import Head, larger_first
from shared.box_detection import check_image
from shared.geometry import Box, RgbImage


class DlibHeadDetector:
    """dlib's MMOD convolutional dog-head detector (``dogHeadDetector.dat``, Davis King, CC0).

    It takes seconds a picture, misses heads below about 80 px, and reports square boxes that may
    reach beyond the picture; they are clipped here.

    Args:
        path: ``dogHeadDetector.dat``.
        upsampling: how often the picture is doubled in size first, 0…2: finds smaller heads at four
            times the cost each.
        threshold: lowest detection confidence reported.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: dlib is not installed (extra ``dlib``), or the file is not a detector of its kind.
        ValueError: ``upsampling`` out of range.
    """

    name = "dlib-mmod-dog-head"
    version = "1"

    def __init__(self, path: Path, upsampling: int = 0, threshold: float = 0.0) -> None:
        if not 0 <= upsampling <= 2:
            raise ValueError(f"upsampling must be 0, 1 or 2, not {upsampling}")
        if not path.is_file():
            raise FileNotFoundError(f"dlib's dog-head detector not found: {path}")
        try:
            import dlib
        except ImportError as error:
            raise RuntimeError("dlib is not installed: pip install 'pawtrait[dlib]'") from error
        self._detector: Any = dlib.cnn_face_detection_model_v1(str(path))
        self._upsampling = upsampling
        self._threshold = threshold
        # dlib's networks keep their activations in the object: one call at a time.
        self._lock = Lock()

    def detect(self, image: RgbImage) -> list[Head]:
        """Heads in the picture, the larger face first; see :class:`HeadDetector`."""
        check_image(image)
        height, width = image.shape[:2]
        heads = []
        with self._lock:
            detections = self._detector(np.ascontiguousarray(image), self._upsampling)
        for found in detections:
            edges = (
                found.rect.left() / width,
                found.rect.top() / height,
                found.rect.right() / width,
                found.rect.bottom() / height,
            )
            x_min, y_min, x_max, y_max = (min(max(edge, 0.0), 1.0) for edge in edges)
            if found.confidence >= self._threshold and x_min < x_max and y_min < y_max:
                heads.append(
                    Head(Box(x_min, y_min, x_max, y_max), min(max(float(found.confidence), 0.0), 1.0))
                )
        return larger_first(heads)
