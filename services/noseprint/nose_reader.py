"""From a photo to a nose print: find, check, align, embed, and take its local features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import AlignedNose, align
from services.noseprint.detection import Nose, NoseDetector
from services.noseprint.embedding import Embedder
from services.noseprint.local_features import LocalFeatures, extract
from services.noseprint.quality import ADVICE, NoseQuality, measure, reasons_against, reasons_without_nose
from shared.errors import PawtraitError, Reason
from shared.geometry import Box, RgbImage
from shared.inference_pool import Stopwatch


@dataclass(frozen=True, slots=True)
class NoseCheck:
    """What a photo is good for."""

    nose: Nose | None
    """The most prominent nose found; None when there is none."""
    quality: NoseQuality | None
    """Its measures; None when there is no nose."""
    reasons: tuple[Reason, ...]
    """Why it cannot be read, the most telling first; empty when it can."""

    @property
    def usable(self) -> bool:
        """Whether registration and lookup accept the photo."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class NosePrint:
    """A nose as it is compared with others."""

    box: Box
    confidence: float
    quality: NoseQuality
    embedding: NDArray[np.float32]
    """Shape (256,), unit length."""
    features: LocalFeatures
    aligned: AlignedNose
    model_version: str


class NoseReader:
    """Reads nose prints. Thread-safe and deterministic.

    Args:
        model_folder: folder of ``nose_detector.onnx`` and ``embedder.onnx``.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: a model file is missing.
    """

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        self._detector = NoseDetector(model_folder, threads)
        self._embedder = Embedder(model_folder, threads)
        self.name = self._embedder.name
        self.version = self._embedder.version
        """The embedder's: prints of different versions cannot be compared."""

    def check(self, image: RgbImage, watch: Stopwatch | None = None) -> NoseCheck:
        """Say whether a photo shows a usable nose.

        Args:
            image: shape (height, width, 3), uint8, RGB, upright, up to 2,048 pixels long.
            watch: gets the stages ``detect`` and ``quality``.

        Raises:
            ValueError: ``image`` is not such an array.
        """
        watch = watch or Stopwatch()
        with watch.stage("detect"):
            noses = self._detector.detect(image)
        with watch.stage("quality"):
            if not noses:
                return NoseCheck(None, None, reasons_without_nose(image))
            quality = measure(image, noses[0].box)
            return NoseCheck(noses[0], quality, reasons_against(noses, quality))

    def read(self, image: RgbImage, watch: Stopwatch | None = None) -> NosePrint:
        """The print of the nose in a photo.

        Args:
            image: as for :meth:`check`.
            watch: gets the stages ``detect``, ``quality``, ``align``, ``embed`` and ``features``.

        Raises:
            PawtraitError: the nose cannot be read; the first reason, and what a person can do about it.
            ValueError: ``image`` is not such an array.
        """
        watch = watch or Stopwatch()
        checked = self.check(image, watch)
        if checked.reasons or checked.nose is None or checked.quality is None:
            reason = checked.reasons[0]
            raise PawtraitError(reason, ADVICE[reason])
        with watch.stage("align"):
            aligned = align(image, checked.nose.box)
        with watch.stage("embed"):
            embedding = self._embedder.embed(aligned.pixels[np.newaxis])[0]
        with watch.stage("features"):
            features = extract(aligned)
        return NosePrint(
            checked.nose.box,
            checked.nose.confidence,
            checked.quality,
            embedding,
            features,
            aligned,
            self.version,
        )
