"""Rows of the register as plain values."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from services.noseprint.register.facts import DogFacts
from shared.geometry import Box

Vector = NDArray[np.float32]
"""An embedding: shape (256,), unit length."""


class DogState(StrEnum):
    """How a registration stands."""

    REGISTERED = "registered"
    UNCONFIRMED = "unconfirmed"
    """The owner of its phone number has not said yes. Nothing that callers see tells it from registered."""
    PENDING = "pending"
    """Disputed: waits for a person to decide, and is found by no search."""


class Actor(StrEnum):
    """Who did something, for the audit."""

    PUBLIC = "public"
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class DogRecord:
    """A dog as it is stored."""

    id: uuid.UUID
    owner_id: uuid.UUID
    state: DogState
    registration_number: str
    """Whole; for the owner alone."""
    masked_number: str
    facts: DogFacts
    profile_key: str | None
    """Key of the profile picture in the object storage."""
    registered_at: datetime
    print_count: int


@dataclass(frozen=True, slots=True)
class NewPrint:
    """A print that is to be stored."""

    id: uuid.UUID
    picture_key: str
    box: Box
    model_version: str
    embedding: Vector
    features: bytes
    """:meth:`services.noseprint.local_features.LocalFeatures.to_bytes`."""


@dataclass(frozen=True, slots=True)
class StoredPrint:
    """A print without its local features, which are large and fetched for few."""

    id: uuid.UUID
    dog_id: uuid.UUID
    model_version: str
    embedding: Vector
