"""``/v1/dogs``: registering and finding."""

import time
from typing import Annotated

from fastapi import APIRouter, Form, Header, Request

from gateway.access import Caller
from gateway.addresses import absolute
from gateway.dogs import DogFacts, OwnerFacts, Sex
from gateway.nose_photos import check_count, take_nose, take_noses
from gateway.registering import RegistrationForm, register
from gateway.routes.photo_field import NoseField, NoseFields, ProfileField
from gateway.schemas.common import Model, timings
from gateway.schemas.dogs import (
    EarliestYear,
    LookupAnswer,
    MatchBody,
    MorePhotosAnswer,
    OwnDog,
    PublicDog,
    RegistrationAnswer,
    VerificationAnswer,
)
from gateway.schemas.problem import PHOTO_ERRORS, responses
from gateway.state import RequestDeadline, State
from shared.request_context import request_id

router = APIRouter(prefix="/v1/dogs", tags=["dogs"])

MOST_PHOTOS = 5
"""Photos of the nose that can be added at once."""

Name = Annotated[str, Form(min_length=1, max_length=100)]


@router.post(
    "",
    status_code=201,
    responses={**PHOTO_ERRORS, **responses(401, 409, 429)},
    # With or without a token.
    openapi_extra={"security": [{}]},
)
async def register_dog(
    nose: NoseFields,
    owner_name: Name,
    owner_phone: Annotated[str, Form(min_length=1, max_length=100)],
    dog_name: Name,
    caller: Caller,
    request: Request,
    state: State,
    deadline: RequestDeadline,
    profile: ProfileField = None,
    owner_email: Annotated[str, Form(max_length=320)] = "",
    dog_breed: Annotated[str, Form(max_length=100)] = "",
    dog_sex: Annotated[Sex, Form()] = Sex.UNKNOWN,
    dog_birth_year: Annotated[int | None, Form(ge=EarliestYear, le=9999)] = None,
    dispute: Annotated[
        bool,
        Form(description="Register although the dog seems to be registered: stored for a person to decide."),
    ] = False,
    idempotency_key: Annotated[
        str,
        Header(
            max_length=200,
            description="Any text of yours, such as a UUID: a repeated call is answered alike.",
        ),
    ] = "",
) -> RegistrationAnswer:
    """Register a dog with exactly five photos of its nose.

    The answer has the registration number and, this once, the owner token. An owner with several dogs sends
    the token of one of them as `Authorization: Bearer` to add the next. The same call with the same
    `Idempotency-Key` gets the same answer for 24 hours; stages of the first call stay in `timings_ms`.
    """
    form = RegistrationForm(
        noses=nose,
        profile=profile,
        owner=OwnerFacts(owner_name, owner_phone, owner_email),
        facts=DogFacts(dog_name, dog_breed, dog_sex, dog_birth_year),
        dispute=dispute,
        idempotency_key=idempotency_key,
    )
    done = await register(form, caller, request, state, deadline)
    return RegistrationAnswer(
        dog=OwnDog.of(done.dog, request),
        owner_token=done.owner_token,
        model=Model.of(done.provenance),
        # The service's only, so that a replay has the same.
        timings_ms=dict(done.provenance.timings),
        request_id=request_id.get(),
    )


@router.post("/lookup", responses=PHOTO_ERRORS)
async def look_up(nose: NoseField, request: Request, state: State, deadline: RequestDeadline) -> LookupAnswer:
    """Find a dog by one photo of its nose.

    `match` is null when no registered dog is near enough: there are no candidates. The owner is never
    named; a message reaches them by `POST /v1/found-reports` with the `contact_token`.
    """
    begun = time.perf_counter()
    async with state.admission.turn():
        photo = await take_nose(nose, "nose", state, deadline)
        called = time.perf_counter()
        found = await state.noses.identify(photo.content, deadline)
    ended = time.perf_counter()
    match = None
    if found.match is not None:
        match = MatchBody(
            dog=PublicDog.of(found.match.dog, request),
            probability=found.match.probability,
            contact_token=found.match.contact_token,
            evidence_url=_evidence_url(found.id, request),
        )
    walls = {"photo": photo.milliseconds, "lookup": round((ended - called) * 1000, 2)}
    return LookupAnswer(
        match=match,
        lookup_id=found.id,
        model=Model.of(found.provenance),
        timings_ms=timings(walls, {"lookup": found.provenance}, (ended - begun) * 1000),
        request_id=request_id.get(),
    )


@router.post(
    "/{dog_id}/verify",
    responses={**PHOTO_ERRORS, **responses(404, 429)},
)
async def verify_dog(
    dog_id: str, nose: NoseField, request: Request, state: State, deadline: RequestDeadline
) -> VerificationAnswer:
    """Whether one photo shows one registered dog."""
    begun = time.perf_counter()
    async with state.admission.turn():
        photo = await take_nose(nose, "nose", state, deadline)
        called = time.perf_counter()
        verified = await state.noses.verify(dog_id, photo.content, deadline)
    ended = time.perf_counter()
    walls = {"photo": photo.milliseconds, "verify": round((ended - called) * 1000, 2)}
    return VerificationAnswer(
        same=verified.same,
        probability=verified.probability,
        lookup_id=verified.id,
        evidence_url=_evidence_url(verified.id, request) if verified.same else None,
        model=Model.of(verified.provenance),
        timings_ms=timings(walls, {"verify": verified.provenance}, (ended - begun) * 1000),
        request_id=request_id.get(),
    )


@router.post(
    "/{dog_id}/noses",
    responses={**PHOTO_ERRORS, **responses(401, 403, 404, 429)},
)
async def add_noses(
    dog_id: str, nose: NoseFields, caller: Caller, request: Request, state: State, deadline: RequestDeadline
) -> MorePhotosAnswer:
    """Add one to five photos of a dog's nose; all of them are kept, or none."""
    begun = time.perf_counter()
    check_count(nose, "nose", 1, MOST_PHOTOS)
    async with state.admission.turn():
        photos = await take_noses(nose, "nose", state, deadline)
        called = time.perf_counter()
        dog, provenance = await state.noses.add_photos(
            dog_id, [photo.content for photo in photos], caller, deadline
        )
    ended = time.perf_counter()
    walls = {"photo": round((called - begun) * 1000, 2), "noses": round((ended - called) * 1000, 2)}
    return MorePhotosAnswer(
        dog=OwnDog.of(dog, request),
        timings_ms=timings(walls, {"noses": provenance}, (ended - begun) * 1000),
        request_id=request_id.get(),
    )


def _evidence_url(lookup_id: str, request: Request) -> str:
    return absolute(f"/v1/lookups/{lookup_id}/evidence.png", request)
