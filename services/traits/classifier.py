"""Reads a dog's traits from its photo: the domain code of the traits service."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.traits.breeds import BREEDS
from services.traits.trunks import join_readings, read_views, trunks_from_json
from shared.figures import softmax
from shared.geometry import Box, RgbImage
from shared.onnx_session import OnnxSession
from shared.vocabulary import Ear, Fur, HeadShape, Pattern

T = TypeVar("T", bound=StrEnum)

MODEL_FILE = "traits.onnx"
CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A breed that the dog may be of."""

    id: str
    name: str
    probability: float
    """Calibrated, 0…1."""


@dataclass(frozen=True, slots=True)
class Estimate(Generic[T]):
    """The likeliest value of a trait."""

    value: T
    probability: float
    """Calibrated, 0…1."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a photo says about the dog in it. ``head`` and ``beard`` are those of the likeliest breed."""

    dog_probability: float
    """Calibrated, 0…1."""
    is_dog: bool
    """Whether ``dog_probability`` reaches the classifier's threshold; if not, the rest means nothing."""
    breeds: tuple[Candidate, ...]
    """The five likeliest, likeliest first."""
    ear: Estimate[Ear]
    fur: Estimate[Fur]
    pattern: Estimate[Pattern]
    head: HeadShape
    beard: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities, for one way of reading a photo."""

    temperatures: dict[str, float]
    """Of breed, ear, fur and pattern: logits are divided by it (Guo et al. 2017)."""
    dog_scale: float
    dog_shift: float
    """dog probability = sigmoid(scale × logit + shift) (Platt 1999)."""


class TraitsClassifier:
    """The traits network with its calibration. Deterministic and safe to call from several threads.

    Args:
        model_folder: holds ``traits.onnx``.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: no model in the folder.
        ValueError: the model was made for other breeds or words than this code knows.
    """

    name = "traits"

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        # Always as many views, with a head and without, so an arena stays small.
        self._session = OnnxSession(model_folder / MODEL_FILE, threads, arena=True)
        metadata = self._session.metadata
        self.version = metadata["version"]
        self._trunks = trunks_from_json(metadata["trunks"])
        self.dog_threshold = float(metadata["dog_threshold"])
        """Photos whose dog probability is below this show no dog."""
        self._calibration = {mode: Calibration(**json.loads(metadata[mode])) for mode in ("head", "whole")}
        classes = json.loads(metadata["classes"])
        expected = {
            "breed": [breed.id for breed in BREEDS],
            "ear": [str(word) for word in Ear],
            "fur": [str(word) for word in Fur],
            "pattern": [str(word) for word in Pattern],
        }
        if classes != expected:
            raise ValueError(f"{MODEL_FILE} was made for other classes than this code knows")

    def logits(self, image: RgbImage, head: Box | None) -> dict[str, NDArray[np.float32]]:
        """The network's uncalibrated answers: task → (classes,)."""
        return join_readings(self._trunks, read_views(self._session, self._trunks, image, head))

    def probabilities(self, image: RgbImage, head: Box | None) -> dict[str, NDArray[np.float64]]:
        """Calibrated probabilities: task → (classes,), and ``dog`` → (1,)."""
        calibration = self._calibration["whole" if head is None else "head"]
        answers = self.logits(image, head)
        found = {
            task: softmax(answers[task][None] / temperature)[0]
            for task, temperature in calibration.temperatures.items()
        }
        logit = calibration.dog_scale * answers["dog"].astype(np.float64) + calibration.dog_shift
        found["dog"] = 1 / (1 + np.exp(-np.clip(logit, -50, 50)))
        return found

    def classify(self, image: RgbImage, head: Box | None) -> Traits:
        """Read the traits of the dog in ``image``.

        Args:
            image: upright, (height, width, 3) uint8 RGB.
            head: where the dog's head is; None = look at the whole photo, which reads worse.

        Raises:
            ValueError: ``image`` is not such an array, or is empty.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ValueError(f"not an RGB picture of bytes: shape {image.shape}, {image.dtype}")
        found = self.probabilities(image, head)
        order = np.argsort(-found["breed"], kind="stable")[:CANDIDATES]
        breed = BREEDS[int(order[0])]
        dog = float(found["dog"][0])
        return Traits(
            dog_probability=dog,
            is_dog=dog >= self.dog_threshold,
            breeds=tuple(
                Candidate(BREEDS[index].id, BREEDS[index].name, float(found["breed"][index]))
                for index in order
            ),
            ear=_estimate(Ear, found["ear"]),
            fur=_estimate(Fur, found["fur"]),
            pattern=_estimate(Pattern, found["pattern"]),
            head=breed.head,
            beard=breed.beard,
        )


def _estimate(words: type[T], probabilities: NDArray[np.float64]) -> Estimate[T]:
    best = int(probabilities.argmax())
    return Estimate(list(words)[best], float(probabilities[best]))
