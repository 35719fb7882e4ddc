"""Faces, their types and kept profiles."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.addresses import absolute, to_share
from gateway.profiles import FaceAnalysis, FaceType, Outcome, Part, PartVote, Profile
from gateway.schemas.common import Model, Partial, Probability, RequestIdField, Timings
from shared.geometry import Box

_PARTS_EXAMPLE: list[dict[str, Any]] = [
    {
        "part": "whole",
        "box": {"x_min": 0.21, "y_min": 0.1, "x_max": 0.63, "y_max": 0.58},
        "type": "prick_eared",
        "probability": 0.93,
    },
    {
        "part": "t_zone",
        "box": {"x_min": 0.3, "y_min": 0.22, "x_max": 0.55, "y_max": 0.41},
        "type": "prick_eared",
        "probability": 0.64,
    },
]
PROFILE_EXAMPLE: dict[str, Any] = {
    "id": "0b6f2a52-6b5b-4a87-9d2c-2f0f4d0c7d11",
    "outcome": "OK",
    "type": {
        "id": "prick_eared",
        "name": "Prick-eared",
        "description": "A face of middle length between ears that stand up …\n\nSuch a mind wants work …",
        "card_lines": ["Ears up: nothing gets past this one.", "Curious first, cautious later."],
    },
    "probabilities": {"prick_eared": 0.91, "drop_eared": 0.04, "bearded": 0.02},
    "parts": _PARTS_EXAMPLE,
    "gallery": [f"http://localhost:8000/files/catalogues/dogs/prick_eared/{name}.png" for name in "abcd"],
    "icon_url": "http://localhost:8000/v1/icons/classic-v1.png?ear=up&fur=long&primary=gray",
    "share_card_url": "http://localhost:8000/files/cards/9f2c.png",
    "share_card_landscape_url": "http://localhost:8000/files/cards/1c07.png",
    "share_url": "http://localhost:8000/s/3c1b6a0a-6d0e-4b43-9a55-8a5d9a0f2c11",
    "birth_date": "2001-05-03",
    "mbti": "ENFP",
    "language": "en",
    "catalogue": "dogs-1",
    "model": {"name": "face-type", "version": "1"},
    "created_at": "2026-11-20T05:30:15Z",
    "expires_at": "2027-02-18T05:30:15Z",
}


class PlainBox(BaseModel):
    """A rectangle in fractions of the upright picture."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @classmethod
    def of(cls, box: Box) -> "PlainBox":
        """The body for a box."""
        return cls(**{name: round(getattr(box, name), 4) for name in ("x_min", "y_min", "x_max", "y_max")})


class PartBody(BaseModel):
    """What one part of the face says."""

    part: Part
    box: PlainBox
    type: str | None = Field(description="Type that it votes for; null: what it shows fits several alike.")
    probability: Probability

    @classmethod
    def of(cls, vote: PartVote) -> "PartBody":
        """The body for a vote."""
        return cls(part=vote.part, box=PlainBox.of(vote.box), type=vote.type_id, probability=vote.probability)


Probabilities = Annotated[
    dict[str, float], Field(description="Calibrated probability of each type; they sum to 1.")
]


class TypeBody(BaseModel):
    """A type of the catalogue, in words."""

    id: str
    name: str
    description: str = Field(description="Paragraphs, parted by an empty line.")
    card_lines: list[str] = Field(description="The two lines of a card.")


class CountedTypeBody(TypeBody):
    """The same with what is shown of it and how often it was found."""

    common_breeds: list[str] = Field(description="Breeds that it is common in, by identifier.")
    gallery: list[str] = Field(description="Where pictures of the type are served.")
    profile_count: int = Field(ge=0, description="Number of stored profiles.")

    @classmethod
    def of(cls, kind: FaceType, request: Request) -> "CountedTypeBody":
        """The body for a type."""
        return cls(
            **dict(type_body(kind)),
            common_breeds=list(kind.common_breeds),
            gallery=[absolute(url, request) for url in kind.gallery],
            profile_count=kind.profile_count,
        )


def type_body(kind: FaceType) -> TypeBody:
    """The words of a type."""
    return TypeBody(
        id=kind.id, name=kind.name, description=kind.description, card_lines=list(kind.card_lines)
    )


class KeptProfile(BaseModel):
    """A kept profile."""

    model_config = ConfigDict(json_schema_extra={"example": PROFILE_EXAMPLE})

    id: str
    outcome: Outcome
    type: TypeBody
    probabilities: Probabilities
    parts: list[PartBody]
    gallery: list[str] = Field(description="Where four different pictures of the type are served.")
    icon_url: str | None = Field(description="Where the icon drawn from the photo is served; null: none.")
    share_card_url: str = Field(description="The card, 1080 × 1350 pixels, PNG.")
    share_card_landscape_url: str = Field(description="The card, 1200 × 630 pixels, PNG.")
    share_url: str = Field(description="A page with card and type, for a link that unfolds in a chat.")
    birth_date: str
    mbti: str
    language: str
    catalogue: str = Field(description="Catalogue that the type is of, with its version.")
    model: Model
    created_at: datetime
    expires_at: datetime = Field(description="When photo, cards and profile will be removed.")

    @classmethod
    def of(cls, profile: Profile, request: Request) -> "KeptProfile":
        """The body for a profile."""
        return cls(
            id=profile.id,
            outcome=profile.analysis.outcome,
            type=type_body(profile.type),
            probabilities=dict(profile.analysis.probabilities),
            parts=[PartBody.of(vote) for vote in profile.analysis.parts],
            gallery=[absolute(url, request) for url in profile.gallery],
            icon_url=to_share(profile.icon_url, request) if profile.icon_url else None,
            share_card_url=absolute(profile.portrait_url, request),
            share_card_landscape_url=absolute(profile.landscape_url, request),
            share_url=share_url(profile.share_id, request),
            birth_date=profile.birth_date,
            mbti=profile.mbti,
            language=profile.language,
            catalogue=profile.catalogue,
            model=Model.of(profile.model),
            created_at=profile.created_at,
            expires_at=profile.expires_at,
        )


def share_url(share_id: str, request: Request) -> str:
    """Where the public page of a profile is."""
    return to_share(f"/s/{share_id}", request)


class ProfileAnswer(BaseModel):
    """Answer of ``GET /v1/profiles/{id}``."""

    profile: KeptProfile
    request_id: RequestIdField


class CreatedProfileAnswer(BaseModel):
    """Answer of ``POST /v1/profiles``."""

    profile: KeptProfile
    token: str = Field(description="Reads and deletes this profile as `Authorization: Bearer`. Shown once.")
    partial: Partial
    model: Model
    timings_ms: Timings
    request_id: RequestIdField


class AnalysisAnswer(BaseModel):
    """Answer of ``POST /v1/faces/analyze``."""

    outcome: Outcome
    type: str | None = Field(description="The likeliest type; null unless the outcome is OK.")
    probabilities: Probabilities
    parts: list[PartBody]
    advice: str | None = Field(description="What to do better, in the caller's language; null when it is OK.")
    example_url: str | None = Field(description="A picture of what would do; null when it is OK.")
    model: Model
    timings_ms: Timings
    request_id: RequestIdField

    @classmethod
    def parts_of(cls, analysis: FaceAnalysis, request: Request) -> dict[str, Any]:
        """What of an analysis stands in the body."""
        return {
            "outcome": analysis.outcome,
            "type": analysis.type_id,
            "probabilities": dict(analysis.probabilities),
            "parts": [PartBody.of(vote) for vote in analysis.parts],
            "example_url": absolute(analysis.example_url, request) if analysis.example_url else None,
        }


class RefusalBody(BaseModel):
    """A kind of photo that is refused."""

    reason: Outcome
    title: str
    detail: str = Field(description="What to do about it.")
    example_url: str | None = Field(description="A picture of what would do.")


class FaceTypesAnswer(BaseModel):
    """Answer of ``GET /v1/face-types``."""

    catalogue: str = Field(description="Identifier with version.", examples=["dogs-1"])
    subject: str = Field(description="What the faces are of.", examples=["dogs"])
    consent_required: bool
    language: str
    languages: list[str]
    profile_count: int = Field(ge=0, description="Stored profiles of all these types.")
    types: list[CountedTypeBody]
    refusals: list[RefusalBody]
    request_id: RequestIdField
