"""Rows of profiles as plain values."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.facetype.catalogue import Language
from services.facetype.face import PartVote
from services.facetype.profiles.facts import ProfileFacts


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """A profile as it is stored."""

    id: uuid.UUID
    share_id: uuid.UUID
    """Of the public page and of the objects."""
    token_hash: bytes = field(repr=False)
    catalogue: str
    catalogue_version: str
    model_version: str
    type_id: str
    probabilities: Mapping[str, float]
    parts: tuple[PartVote, ...]
    gallery: tuple[str, ...]
    """Keys of the chosen pictures in the object storage."""
    icon_url: str
    """Empty: none."""
    language: Language
    consent: bool
    """Whether the call said that the person in the photo agrees."""
    facts: ProfileFacts
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """What of a profile the public may see."""

    share_id: uuid.UUID
    type_id: str
    language: Language
    expires_at: datetime
