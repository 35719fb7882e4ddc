"""What the nose-print service says and is told, as plain Python."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.answers import Provenance
from shared.geometry import Box


class Sex(StrEnum):
    """The sex of a dog."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class DogState(StrEnum):
    """How a registration stands."""

    REGISTERED = "registered"
    UNCONFIRMED = "unconfirmed"
    """Waits for the owner of a phone number that is already known."""
    PENDING = "pending"
    """Disputed: a person decides."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller showed of who they are: an owner's token, or that they are an administrator."""

    token: str = field(default="", repr=False)
    is_administrator: bool = False


@dataclass(frozen=True, slots=True)
class NoseQuality:
    """Measures of a nose photo; see the contract for their units."""

    sharpness: float
    nose_px: int
    exposure: float
    glare: float


@dataclass(frozen=True, slots=True)
class NoseCheck:
    """What a photo is good for; ``box`` and ``quality`` are ``None`` when there is no nose in it."""

    box: Box | None
    confidence: float
    usable: bool
    reasons: tuple[str, ...]
    quality: NoseQuality | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class DogFacts:
    """What is said of a dog. Empty or ``None``: not said."""

    name: str
    breed: str = ""
    sex: Sex = Sex.UNKNOWN
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What an owner says of themselves; never in a log."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Dog:
    """A dog as the caller may see it; ``owner_id`` is empty for the public."""

    id: str
    registration_number: str
    facts: DogFacts
    profile_url: str
    registered_at: datetime
    state: DogState
    print_count: int
    owner_id: str


@dataclass(frozen=True, slots=True)
class NewDog:
    """A dog to be registered; pictures are clean JPEGs."""

    noses: tuple[bytes, ...] = field(repr=False)
    profile: bytes | None = field(repr=False)
    owner: OwnerFacts
    facts: DogFacts
    dispute: bool
    call_id: str
    """Makes a repeated call the same call."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A dog that was registered, and the token of its owner."""

    dog: Dog
    owner_token: str = field(repr=False)
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Match:
    """A dog that was found."""

    dog: Dog
    probability: float
    contact_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer to a lookup."""

    id: str
    match: Match | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a photo shows a dog."""

    id: str
    same: bool
    probability: float
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class DogChange:
    """What is to change of a dog; ``None`` stays, an empty breed and the year 0 are said no longer."""

    name: str | None = None
    breed: str | None = None
    sex: Sex | None = None
    birth_year: int | None = None
    profile: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DogPage:
    """Some dogs, newest first; ``next_token`` is empty on the last page."""

    dogs: tuple[Dog, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner and their dogs."""

    id: str
    facts: OwnerFacts
    dogs: tuple[Dog, ...]


@dataclass(frozen=True, slots=True)
class ProfilePicture:
    """A dog's picture."""

    content: bytes = field(repr=False)
    media_type: str
