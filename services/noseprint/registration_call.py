"""A call to register a dog, its answer, and how the answer is kept for a repeated call."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from services.noseprint.register.facts import DogFacts, OwnerFacts, Sex
from services.noseprint.register.records import DogState
from services.noseprint.views import DogView


@dataclass(frozen=True)
class RegistrationRequest:
    """What a caller asks for; facts are checked already."""

    noses: Sequence[bytes] = field(repr=False)
    """Encoded pictures."""
    owner: OwnerFacts
    dog: DogFacts
    profile: bytes | None = field(default=None, repr=False)
    dispute: bool = False
    """Register, for a person to decide, even when the dog seems to be registered already."""
    owner_token: str = field(default="", repr=False)
    """Of another dog of the same owner; empty: none."""
    call_key: str = ""
    """Makes a repeated call the same call; empty: none."""
    vouched: bool = False
    """Whether an operator of the register vouches that the phone number is the owner's."""


@dataclass(frozen=True)
class Registered:
    """A registration."""

    dog: DogView
    owner_token: str = field(repr=False)
    model_name: str
    model_version: str
    stages: tuple[tuple[str, float], ...]
    """Name and milliseconds; the commit itself comes after."""


def request_hash(request: RegistrationRequest) -> bytes:
    """SHA-256 of everything in a request but its key, so that a key is not used for two."""
    digest = hashlib.sha256()
    facts = [
        asdict(request.dog),
        [request.owner.name, request.owner.phone, request.owner.email],
        request.dispute,
        request.owner_token,
        request.profile is not None,
    ]
    parts = [json.dumps(facts).encode(), request.profile or b"", *request.noses]
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


def format_answer(answer: Registered) -> str:
    """The answer as text."""
    return json.dumps(asdict(answer), default=_plain, ensure_ascii=False)


def parse_answer(text: str) -> Registered:
    """The opposite of :func:`format_answer`."""
    content = json.loads(text)
    dog = content["dog"]
    facts = dog["facts"]
    view = DogView(
        id=uuid.UUID(dog["id"]),
        registration_number=dog["registration_number"],
        facts=DogFacts(facts["name"], facts["breed"], Sex(facts["sex"]), facts["birth_year"]),
        profile_url=dog["profile_url"],
        registered_at=datetime.fromisoformat(dog["registered_at"]),
        state=DogState(dog["state"]),
        print_count=dog["print_count"],
        owner_id=uuid.UUID(dog["owner_id"]),
    )
    stages = tuple((name, milliseconds) for name, milliseconds in content["stages"])
    return Registered(view, content["owner_token"], content["model_name"], content["model_version"], stages)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
