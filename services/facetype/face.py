"""What a face consists of and what can be said of it: plain types that every module here shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.geometry import Box


class Part(StrEnum):
    """A part of a face."""

    WHOLE = "whole"
    """The face with everything that belongs to it, ears included."""
    T_ZONE = "t_zone"
    """Eyes and bridge of the nose."""
    LOWER = "lower"
    """Muzzle, mouth and chin."""


class Outcome(StrEnum):
    """What came of looking at a photo."""

    OK = "OK"
    NO_FACE = "NO_FACE"
    CUT_OFF = "CUT_OFF"
    """A face that leaves the frame."""
    TOO_SMALL = "TOO_SMALL"
    SEVERAL_FACES = "SEVERAL_FACES"
    TURNED_AWAY = "TURNED_AWAY"
    NOT_CLASSIFIABLE = "NOT_CLASSIFIABLE"
    """A whole face, but every part of it abstains."""


@dataclass(frozen=True, slots=True)
class DetectedPart:
    """A part found in a photo; ``confidence`` is calibrated, 0…1."""

    part: Part
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class PartVote:
    """What one part of the face says."""

    part: Part
    box: Box
    type_id: str | None
    """The type it votes for; None: it abstains, because what it shows fits several types alike."""
    probability: float
    """Calibrated, 0…1, of that vote; of an abstention, of the likeliest type all the same."""


@dataclass(frozen=True, slots=True)
class FaceAnalysis:
    """What a photo shows."""

    outcome: Outcome
    type_id: str | None = None
    """The likeliest type; None unless the outcome is OK."""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Type → calibrated probability, summing to 1, in the catalogue's order; empty unless there is a face."""
    parts: tuple[PartVote, ...] = ()
    """The parts found on the one face that was read."""
    face_probability: float = 0.0
    """Calibrated probability, 0…1, that what was found is a face at all; 0 where nothing was found."""
    stages: tuple[tuple[str, float], ...] = ()
    """Wall time of each stage in milliseconds, in the order they ran."""
