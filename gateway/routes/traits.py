"""``POST /v1/traits``."""

import time

from fastapi import APIRouter

from gateway.from_photo import read_photo
from gateway.routes.photo_field import PhotoField
from gateway.schemas.common import Model, timings
from gateway.schemas.problem import PHOTO_ERRORS
from gateway.schemas.traits import TraitsAnswer, TraitsBody
from gateway.state import RequestDeadline, State
from shared.request_context import request_id

router = APIRouter(tags=["traits"])


@router.post("/v1/traits", responses=PHOTO_ERRORS)
async def traits(photo: PhotoField, state: State, deadline: RequestDeadline) -> TraitsAnswer:
    """Breed, ears, fur and pattern of the dog in a photo.

    Several dogs: the one with the largest head. Without the face-colour service, which finds heads, the
    whole photo is read and `partial` says so.
    """
    begun = time.perf_counter()
    picture, reading = await read_photo(photo, "photo", state, deadline, colours=False)
    found = reading.need_traits()
    provenances = {"heads": reading.heads_provenance, "traits": found.provenance}
    walls = {"photo": picture.milliseconds, **reading.timings}
    return TraitsAnswer(
        **dict(TraitsBody.of(found, reading.head_count)),
        partial=list(reading.down),
        model=Model.of(found.provenance),
        timings_ms=timings(walls, provenances, (time.perf_counter() - begun) * 1000),
        request_id=request_id.get(),
    )
