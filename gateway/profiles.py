"""What the face type service says and is told, as plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from gateway.answers import Provenance
from shared.geometry import Box


class Outcome(StrEnum):
    """What came of looking at a photo."""

    OK = "OK"
    NO_FACE = "NO_FACE"
    CUT_OFF = "CUT_OFF"
    TOO_SMALL = "TOO_SMALL"
    SEVERAL_FACES = "SEVERAL_FACES"
    TURNED_AWAY = "TURNED_AWAY"
    NOT_CLASSIFIABLE = "NOT_CLASSIFIABLE"


class Part(StrEnum):
    """A part of a face."""

    WHOLE = "whole"
    T_ZONE = "t_zone"
    """Eyes and bridge of the nose."""
    LOWER = "lower"
    """Muzzle, mouth and chin."""


class CardPicture(StrEnum):
    """What a card shows."""

    ICON = "icon"
    """The icon; a gallery picture when there is none."""
    PHOTO = "photo"
    """The photo itself: whoever has the link sees it."""
    GALLERY = "gallery"


@dataclass(frozen=True, slots=True)
class PartVote:
    """What one part of a face votes for; ``type_id`` is ``None`` when it cannot tell."""

    part: Part
    box: Box
    type_id: str | None
    probability: float


@dataclass(frozen=True, slots=True)
class FaceAnalysis:
    """What a photo shows. ``type_id`` is ``None`` and ``example_url`` may be set unless the outcome is OK."""

    outcome: Outcome
    type_id: str | None
    probabilities: Mapping[str, float]
    parts: tuple[PartVote, ...]
    example_url: str


@dataclass(frozen=True, slots=True)
class AnalysedFace:
    """An analysis of which nothing is kept."""

    analysis: FaceAnalysis
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class FaceType:
    """A type of the catalogue, its words in the language asked for."""

    id: str
    name: str
    description: str
    card_lines: tuple[str, ...]
    common_breeds: tuple[str, ...]
    gallery: tuple[str, ...]
    profile_count: int


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to be made; the photo is a clean JPEG."""

    photo: bytes = field(repr=False)
    birth_date: date = field(repr=False)
    mbti: str = field(repr=False)
    seed: int | None
    consent: bool
    language: str
    card_picture: CardPicture
    icon_png: bytes = field(repr=False)
    """Empty: none."""
    icon_url: str
    call_id: str
    """Makes a repeated call the same call."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as its holder sees it."""

    id: str
    share_id: str
    analysis: FaceAnalysis
    type: FaceType
    gallery: tuple[str, ...]
    icon_url: str
    portrait_url: str
    landscape_url: str
    birth_date: str = field(repr=False)
    mbti: str = field(repr=False)
    language: str
    catalogue: str
    model: Provenance
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CreatedProfile:
    """A profile that was made, and its token."""

    profile: Profile
    token: str = field(repr=False)
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of photo that is refused; ``example_url`` may be empty."""

    outcome: Outcome
    example_url: str


@dataclass(frozen=True, slots=True)
class FaceTypes:
    """The catalogue with counts."""

    catalogue: str
    subject: str
    consent_required: bool
    language: str
    languages: tuple[str, ...]
    types: tuple[FaceType, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class SharedProfile:
    """What anybody with the link may see."""

    type: FaceType
    portrait_url: str
    landscape_url: str
    card_language: str
    language: str
