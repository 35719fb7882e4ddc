"""Finding dogs' heads: what a detector is, and the project's own network behind it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.box_detection import OnnxBoxDetector
from shared.geometry import Box, RgbImage

MODEL_FILE = "head_detector.onnx"


@dataclass(frozen=True, slots=True)
class Head:
    """A dog's head: from the brow to the chin, without the tips of the ears.

    ``confidence`` (0…1) is calibrated: of the boxes with 0.8, eight in ten are heads.
    """

    box: Box
    confidence: float


class HeadDetector(Protocol):
    """Finds the heads of the dogs in a picture."""

    name: str
    version: str

    def detect(self, image: RgbImage) -> list[Head]:
        """Heads in an upright picture, the larger face first; an empty list when there is none.

        Args:
            image: shape (height, width, 3), uint8, RGB.

        Raises:
            ValueError: not such an array.
        """
        ...


def larger_first(heads: list[Head]) -> list[Head]:
    """Heads by the area that they cover, the largest first."""
    return sorted(heads, key=lambda head: head.box.area, reverse=True)


class OnnxHeadDetector:
    """The project's own detector: a small YOLO trained on the teacher's boxes, run by ONNX Runtime.

    Args:
        model: ``head_detector.onnx`` or the folder it lies in.
        threads: cores that one call may use.
        threshold: confidence from which a box is reported; the model's own when None.

    Raises:
        FileNotFoundError: there is no model file.
    """

    def __init__(self, model: Path, threads: int = 1, threshold: float | None = None) -> None:
        self._boxes = OnnxBoxDetector(model / MODEL_FILE if model.is_dir() else model, threads, threshold)
        self.name = self._boxes.name
        self.version = self._boxes.version

    def detect(self, image: RgbImage) -> list[Head]:
        """Heads in the picture, the larger face first; see :class:`HeadDetector`."""
        return larger_first([Head(found.box, found.confidence) for found in self._boxes.find(image)])
