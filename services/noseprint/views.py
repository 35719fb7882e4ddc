"""Dogs as callers see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from services.noseprint.register.facts import DogFacts
from services.noseprint.register.records import DogRecord, DogState
from shared.errors import PawtraitError, Reason
from shared.object_storage import ObjectStorage


@dataclass(frozen=True, slots=True)
class DogView:
    """What one kind of caller sees of a dog."""

    id: uuid.UUID
    registration_number: str
    """Whole for the owner, masked for everybody else."""
    facts: DogFacts
    profile_url: str
    """Empty: no picture."""
    registered_at: datetime
    state: DogState
    print_count: int
    owner_id: uuid.UUID | None
    """None for the public."""


class DogViews:
    """Makes views of dogs.

    Args:
        storage: where profile pictures lie.
    """

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage

    def public(self, dog: DogRecord) -> DogView:
        """What anybody may see."""
        return self._view(dog, dog.masked_number, _as_callers_see(dog.state), None)

    def owner(self, dog: DogRecord) -> DogView:
        """What the holder of the dog's token sees."""
        return self._view(dog, dog.registration_number, _as_callers_see(dog.state), dog.owner_id)

    def administrator(self, dog: DogRecord) -> DogView:
        """What an administrator sees: how the registration really stands, but not the whole number."""
        return self._view(dog, dog.masked_number, dog.state, dog.owner_id)

    def _view(self, dog: DogRecord, number: str, state: DogState, owner_id: uuid.UUID | None) -> DogView:
        return DogView(
            id=dog.id,
            registration_number=number,
            facts=dog.facts,
            profile_url=self._storage.url(dog.profile_key) if dog.profile_key else "",
            registered_at=dog.registered_at,
            state=state,
            print_count=dog.print_count,
            owner_id=owner_id,
        )


def already_registered(dog: DogView, probability: float) -> PawtraitError:
    """The refusal of a dog that is registered, with that dog's public facts."""
    return PawtraitError(
        Reason.ALREADY_REGISTERED,
        "a dog with this nose is registered already",
        {
            "id": str(dog.id),
            "registration_number": dog.registration_number,
            "name": dog.facts.name,
            "breed": dog.facts.breed,
            "sex": dog.facts.sex.value,
            "birth_year": str(dog.facts.birth_year or ""),
            "profile_url": dog.profile_url,
            "registered_at": dog.registered_at.isoformat(),
            "probability": f"{probability:.4f}",
        },
    )


def _as_callers_see(state: DogState) -> DogState:
    # Otherwise whoever registers a dog could tell whether a phone number is known.
    return DogState.REGISTERED if state is DogState.UNCONFIRMED else state
