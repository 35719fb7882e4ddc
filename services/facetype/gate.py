"""Whether a photo shows exactly one face: whole, in frame, large enough, roughly towards the camera."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.facetype.face import Outcome
from services.facetype.gate_measures import measures_of
from services.facetype.part_detection import FoundFace
from shared.model_files import ModelFileError, check_model_file

FILE = "gate.json"


PLAIN = (
    "face_confidence",
    "cut_confidence",
    "face_probability",
    "cut_probability",
    "other_confidence",
    "other_share",
    "side_px",
)
"""The limits that are plain numbers."""


class GateError(ValueError):
    """A ``gate.json`` that cannot be used; the message names file and field."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A logistic decision over the measures of a face."""

    offset: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, measures: Mapping[str, float]) -> float:
        """Probability, 0…1, of what the decision is about."""
        total = self.offset + sum(weight * measures[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-min(max(total, -40.0), 40.0)))

    def finds(self, measures: Mapping[str, float]) -> bool:
        """Whether the probability reaches the threshold."""
        return self.probability(measures) >= self.threshold


@dataclass(frozen=True, slots=True)
class Limits:
    """What a photo must keep to.

    ``face_confidence``: least confidence of the detector in a face; ``face_probability``: least probability
    of the reader that its crop is one; ``cut_confidence`` and ``cut_probability``: the same of a face that
    is cut off, of which less is seen; ``other_confidence`` and ``other_share``: confidence, and area as
    a share of the largest face's, from which a further face counts; ``side_px``: least length of the face's
    shorter side in pixels of the photo.
    """

    face_confidence: float
    cut_confidence: float
    face_probability: float
    cut_probability: float
    other_confidence: float
    other_share: float
    side_px: float
    cut: Judge
    turned: Judge


def _judge(document: Mapping[str, Any]) -> Judge:
    weights = {str(name): float(weight) for name, weight in document["weights"].items()}
    unknown = set(weights) - set(measures_of(100, 100, None))
    if unknown:
        raise ValueError(f"unknown measure {', '.join(sorted(unknown))}")
    return Judge(float(document["offset"]), weights, float(document["threshold"]))


def read_limits(path: Path) -> Limits:
    """Limits of a ``gate.json``.

    Raises:
        GateError: it is missing, not JSON, lacks a number, or is not the file that was released.
    """
    try:
        check_model_file(path)
        document = json.loads(path.read_text(encoding="utf-8"))
        for name in ("confidence", "probability"):
            document.setdefault(f"cut_{name}", document[f"face_{name}"])
        plain = {name: float(document[name]) for name in PLAIN}
        return Limits(**plain, cut=_judge(document["cut"]), turned=_judge(document["turned"]))
    except ModelFileError as error:
        raise GateError(str(error)) from error
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise GateError(f"{path}: {type(error).__name__}: {error}") from error


def prominent(faces: Sequence[FoundFace], least: float) -> FoundFace | None:
    """The face that a photo is about, sure and large, of those of a confidence; None without any."""
    likely = [face for face in faces if face.confidence >= least]
    return max(likely, key=lambda face: face.confidence**2 * math.sqrt(face.box.area), default=None)


class Gate:
    """Decides whether a photo will do; thread-safe.

    Args:
        limits: ``gate.json`` or the catalogue folder it lies in, or the limits themselves.

    Raises:
        GateError: the file cannot be used.
    """

    def __init__(self, limits: Path | Limits) -> None:
        if isinstance(limits, Path):
            limits = read_limits(limits / FILE if limits.is_dir() else limits)
        self.limits = limits

    def main_face(self, faces: Sequence[FoundFace]) -> FoundFace | None:
        """The face that a photo is about; None when there is none, not even a part of one."""
        return prominent(faces, min(self.limits.face_confidence, self.limits.cut_confidence))

    def judge(
        self,
        width: int,
        height: int,
        faces: Sequence[FoundFace],
        face_probability: float | None = None,
    ) -> Outcome:
        """What is to be said of a photo.

        Args:
            width: of the upright photo in pixels.
            height: the same.
            faces: what the detector found in it, in any order.
            face_probability: the reader's probability that the main face is a face at all, if it was asked.
        """
        limits, face = self.limits, self.main_face(faces)
        if face is None:
            return Outcome.NO_FACE
        measures = measures_of(width, height, face)
        cut = limits.cut.finds(measures)
        probability = 1.0 if face_probability is None else face_probability
        if face.confidence < limits.face_confidence or probability < limits.face_probability:
            seen = face.confidence >= limits.cut_confidence and probability >= limits.cut_probability
            return Outcome.CUT_OFF if cut and seen else Outcome.NO_FACE
        if self._others(face, faces):
            return Outcome.SEVERAL_FACES
        if cut:
            return Outcome.CUT_OFF
        if measures["side_px"] < limits.side_px:
            return Outcome.TOO_SMALL
        if limits.turned.finds(measures):
            return Outcome.TURNED_AWAY
        return Outcome.OK

    def _others(self, face: FoundFace, faces: Sequence[FoundFace]) -> list[FoundFace]:
        """The further faces that count."""
        least = self.limits.other_share * face.box.area
        return [
            other
            for other in faces
            if other is not face
            and other.confidence >= self.limits.other_confidence
            and other.box.area >= least
        ]
