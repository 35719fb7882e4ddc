"""Finding dogs' noses in a photo."""

from dataclasses import dataclass
from pathlib import Path

from services.noseprint.looks import Looks
from shared.box_detection import OnnxBoxDetector
from shared.geometry import Box, RgbImage

MODEL_FILE = "nose_detector.onnx"


@dataclass(frozen=True, slots=True)
class Nose:
    """A dog's nose: the bare leather with both nostrils, as a box around it.

    ``confidence`` (0…1) is calibrated: of the boxes with 0.8, eight in ten are noses.
    """

    box: Box
    confidence: float


class NoseDetector:
    """A small YOLO trained on noses near and far, run by ONNX Runtime. Thread-safe.

    It looks more than once where its file says so: see :class:`Looks`.

    Args:
        model: ``nose_detector.onnx`` or the folder it lies in.
        threads: cores that one call may use.
        threshold: confidence from which a box is reported; the model's own when None.

    Raises:
        FileNotFoundError: there is no model file.
    """

    def __init__(self, model: Path, threads: int = 1, threshold: float | None = None) -> None:
        self._boxes = OnnxBoxDetector(model / MODEL_FILE if model.is_dir() else model, threads, threshold)
        self.name = self._boxes.name
        self.version = self._boxes.version
        self.threshold = self._boxes.threshold
        self._looks = Looks.told_by(self._boxes.metadata)

    def detect(self, image: RgbImage) -> list[Nose]:
        """Noses in an upright picture, the most prominent (sure and large) first.

        Args:
            image: shape (height, width, 3), uint8, RGB.

        Returns:
            An empty list when there is none.

        Raises:
            ValueError: not such an array.
        """
        if self._looks is None:
            noses = [Nose(found.box, found.confidence) for found in self._boxes.find(image)]
        else:
            noses = [
                Nose(box, self._boxes.calibrated(score))
                for box, score in self._looks.candidates(self._boxes, image)
            ]
            noses = [nose for nose in noses if nose.confidence >= self.threshold]
        return sorted(noses, key=lambda nose: nose.confidence * nose.box.area, reverse=True)
