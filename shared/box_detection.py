"""Detectors that give boxes with calibrated confidences: a small YOLO behind ONNX Runtime."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.geometry import Box, RgbImage
from shared.onnx_session import OnnxSession

STRIDE = 32
"""The network wants sides that are multiples of this many pixels."""
PADDING = 114
"""Grey of the margins, the one that ultralytics trains with."""
CANDIDATE_SCORE = 0.02
"""Raw score below which a candidate is not even looked at."""
SAME_IOU = 0.45
SAME_CONTAINMENT = 0.75
"""Share of the smaller box inside the larger from which the two are taken for one thing."""


@dataclass(frozen=True, slots=True)
class FoundBox:
    """A box and its calibrated confidence, 0…1: of the boxes with 0.8, eight in ten are right.

    ``kind`` is the index of the class among those that the detector was trained on.
    """

    box: Box
    confidence: float
    kind: int = 0


def logit(share: float) -> float:
    """Logarithm of the odds of a score, 0…1, kept finite."""
    clear = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(clear / (1 - clear))


def check_image(image: RgbImage) -> None:
    """Refuse what is not an RGB picture.

    Raises:
        ValueError: not (height, width, 3) uint8, or without pixels.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ValueError(f"not an RGB picture: shape {image.shape}, {image.dtype}")


@dataclass(frozen=True, slots=True)
class Letterbox:
    """A picture fitted into the network's input, and the way back."""

    pixels: NDArray[np.float32]
    """Shape (1, 3, height, width), 0…1; sides are multiples of the stride."""
    left: int
    top: int
    width: int
    """Width of the picture inside the input, in pixels."""
    height: int

    def to_fractions(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (n, 4: x_min, y_min, x_max, y_max) from input pixels to fractions of the picture, clipped."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        extent = np.array([self.width, self.height, self.width, self.height], np.float32)
        return np.asarray(np.clip((boxes - offset) / extent, 0.0, 1.0), np.float32)


def fitted_size(width: int, height: int, long_side: int, max_pixels: int) -> tuple[int, int]:
    """Width and height to scale a picture to, in pixels.

    The longest side becomes ``long_side``, or as many strides less as it takes for the padded input
    to have at most ``max_pixels``: a square picture must not take longer than an oblong one.
    """
    while True:
        scale = long_side / max(width, height)
        scaled = max(round(width * scale), 1), max(round(height * scale), 1)
        padded_width, padded_height = (side + -side % STRIDE for side in scaled)
        if padded_width * padded_height <= max_pixels or long_side <= STRIDE:
            return scaled
        long_side -= STRIDE


def scaled(image: RgbImage, width: int, height: int) -> RgbImage:
    """A picture at another size, without the aliasing that sharp photos would show.

    Averaging over whole blocks of two by two pixels and interpolating what remains is about ten times
    faster than averaging over fractions of pixels. An odd last row or column is left out.
    """
    while image.shape[1] >= 2 * width and image.shape[0] >= 2 * height:
        half_width, half_height = image.shape[1] // 2, image.shape[0] // 2
        even = image[: 2 * half_height, : 2 * half_width]
        image = np.asarray(
            cv2.resize(even, (half_width, half_height), interpolation=cv2.INTER_AREA), np.uint8
        )
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def letterbox(image: RgbImage, long_side: int, max_pixels: int) -> Letterbox:
    """Scale a picture as :func:`fitted_size` says and pad it, centred, to multiples of the stride."""
    width, height = fitted_size(image.shape[1], image.shape[0], long_side, max_pixels)
    resized = scaled(image, width, height)
    spare_width, spare_height = -width % STRIDE, -height % STRIDE
    left, top = spare_width // 2, spare_height // 2
    padded = cv2.copyMakeBorder(
        resized,
        top,
        spare_height - top,
        left,
        spare_width - left,
        cv2.BORDER_CONSTANT,
        value=(PADDING, PADDING, PADDING),
    )
    pixels = cv2.dnn.blobFromImage(padded, scalefactor=1 / 255)
    return Letterbox(np.asarray(pixels, np.float32), left, top, width, height)


def distinct(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    """Indices of the boxes that remain, best score first, when each thing keeps one box.

    Non-maximum suppression that, besides boxes overlapping by IoU, also drops a box lying mostly
    inside (or around) a better one: a muzzle in its own head is no second dog.
    """
    areas = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1e-9)
    remaining = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while remaining.size:
        best, others = int(remaining[0]), remaining[1:]
        kept.append(best)
        width = np.minimum(boxes[best, 2], boxes[others, 2]) - np.maximum(boxes[best, 0], boxes[others, 0])
        height = np.minimum(boxes[best, 3], boxes[others, 3]) - np.maximum(boxes[best, 1], boxes[others, 1])
        overlap = np.maximum(width, 0) * np.maximum(height, 0)
        iou = overlap / (areas[best] + areas[others] - overlap)
        containment = overlap / np.minimum(areas[best], areas[others])
        remaining = others[(iou <= SAME_IOU) & (containment <= SAME_CONTAINMENT)]
    return kept


class OnnxBoxDetector:
    """A detector exported by ultralytics, with what it must know in the file's metadata.

    The graph takes ``images`` (1, 3, height, width), 0…1, and gives (1, 4 + classes, candidates): centre x
    and y, width and height in input pixels, the raw score of each class. Thread-safe.

    Args:
        model: the ONNX file. Its metadata: ``name``, ``version``, ``long_side`` and ``max_pixels`` of the
            input, ``calibration_slope`` and ``calibration_offset`` (one number for all classes or, parted
            by commas, one a class), ``threshold``.
        threads: cores that one call may use.
        threshold: confidence from which a box is reported; the model's own when None.

    Raises:
        FileNotFoundError: there is no model file.
    """

    def __init__(self, model: Path, threads: int = 1, threshold: float | None = None) -> None:
        self._session = OnnxSession(model, threads)
        self.metadata = metadata = self._session.metadata
        self.name = metadata["name"]
        self.version = metadata["version"]
        self._long_side = int(metadata["long_side"])
        self._max_pixels = int(metadata["max_pixels"])
        self._slopes = [float(number) for number in metadata["calibration_slope"].split(",")]
        self._offsets = [float(number) for number in metadata["calibration_offset"].split(",")]
        self.threshold = float(metadata["threshold"]) if threshold is None else threshold

    def find(self, image: RgbImage) -> list[FoundBox]:
        """Boxes in an upright picture, the surest first.

        Raises:
            ValueError: ``image`` is not (height, width, 3) uint8.
        """
        sure = [
            replace(one, confidence=confidence)
            for one in self.candidates(image)
            if (confidence := self.calibrated(logit(one.confidence), one.kind)) >= self.threshold
        ]
        return sorted(sure, key=lambda one: -one.confidence)

    def candidates(
        self, image: RgbImage, lowest: float = CANDIDATE_SCORE, longest_side: int | None = None
    ) -> list[FoundBox]:
        """Boxes with the network's raw scores for confidences, each thing once, the best of each class first.

        Args:
            image: shape (height, width, 3), uint8, RGB.
            lowest: raw score from which a box counts.
            longest_side: of the network's input, in pixels, when it is not the file's own.

        Raises:
            ValueError: ``image`` is not such a picture.
        """
        check_image(image)
        if longest_side is None:
            fitted = letterbox(image, self._long_side, self._max_pixels)
        else:
            fitted = letterbox(image, longest_side, longest_side**2)
        (output,) = self._session.run(**{self._session.input_names[0]: fitted.pixels}).values()
        found: list[FoundBox] = []
        for kind, scores in enumerate(output[0][4:]):
            likely = scores >= lowest
            places = output[0][:4, likely].T  # (n, 4: centre x, y, width, height)
            found += self._boxes(places, scores[likely], kind, fitted)
        return found

    def calibrated(self, score_logit: float, kind: int = 0) -> float:
        """The probability, 0…1, that a raw score of a class stands for (Platt 1999: a line of logits)."""
        slope = self._slopes[min(kind, len(self._slopes) - 1)]
        offset = self._offsets[min(kind, len(self._offsets) - 1)]
        return float(1 / (1 + np.exp(-(slope * score_logit + offset))))

    @staticmethod
    def _boxes(
        places: NDArray[np.float32], scores: NDArray[np.float32], kind: int, fitted: Letterbox
    ) -> list[FoundBox]:
        """The boxes of one class, each thing once, the best score first."""
        half = places[:, 2:4] / 2
        boxes = fitted.to_fractions(np.hstack([places[:, :2] - half, places[:, :2] + half]))
        found = []
        for index in distinct(boxes, scores):
            x_min, y_min, x_max, y_max = (float(edge) for edge in boxes[index])
            if x_min < x_max and y_min < y_max:
                found.append(FoundBox(Box(x_min, y_min, x_max, y_max), float(scores[index]), kind))
        return found
