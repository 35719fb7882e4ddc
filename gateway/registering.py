"""Registers a dog: takes the photos, asks the service, and says what a refusal is about."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request, UploadFile

from gateway.deadline import Deadline
from gateway.dogs import Credentials, DogFacts, NewDog, OwnerFacts, Registration
from gateway.nose_photos import check_count, take_noses
from gateway.problems import ExtendedProblemError
from gateway.schemas.dogs import PublicDog
from gateway.state import GatewayState
from gateway.uploads import take_photo
from shared.errors import PawtraitError, Reason

NOSE_PHOTOS = 5
"""Photos of the nose that a registration takes."""


@dataclass(frozen=True)
class RegistrationForm:
    """What a caller sent."""

    noses: Sequence[UploadFile]
    profile: UploadFile | None
    owner: OwnerFacts
    facts: DogFacts
    dispute: bool = False
    idempotency_key: str = ""
    nose_field: str = "nose"
    profile_field: str = "profile"


async def register(
    form: RegistrationForm, caller: Credentials, request: Request, state: GatewayState, deadline: Deadline
) -> Registration:
    """Register a dog.

    Raises:
        PawtraitError: what was sent will not do, or the service's refusal. ``ALREADY_REGISTERED`` has the
            public facts of the ``dog`` as a member of its problem.

    """
    check_count(form.noses, form.nose_field, NOSE_PHOTOS, NOSE_PHOTOS)
    async with state.admission.turn():
        noses = await take_noses(form.noses, form.nose_field, state, deadline)
        profile = None
        # Browsers send a file field that was left empty as a file without a name.
        if form.profile is not None and (form.profile.filename or form.profile.size):
            profile = await take_photo(form.profile, form.profile_field, state, deadline)
        dog = NewDog(
            noses=tuple(photo.content for photo in noses),
            profile=profile.content if profile else None,
            owner=form.owner,
            facts=form.facts,
            dispute=form.dispute,
            # Always one: a call that the channel repeats must not meet its own registration.
            call_id=form.idempotency_key or uuid.uuid4().hex,
        )
        try:
            return await state.noses.register(dog, caller, deadline)
        except PawtraitError as error:
            raise explained(error, request) from error


def explained(error: PawtraitError, request: Request) -> PawtraitError:
    """A refusal as the caller of the gateway is to see it."""
    if error.reason is Reason.ALREADY_REGISTERED:
        try:
            dog = PublicDog.of_metadata(error.metadata, request)
        except ValueError:
            return PawtraitError(Reason.INTERNAL, "the service does not say which dog is registered")
        # Without the metadata: the facts of the dog are no part of the sentence.
        plain = PawtraitError(error.reason, error.message, kind=error.kind)
        return ExtendedProblemError(plain, {"dog": dog.model_dump(mode="json")})
    if error.metadata.get("field") == "request_id":
        return PawtraitError(error.reason, error.message, {"field": "Idempotency-Key"}, kind=error.kind)
    return error
