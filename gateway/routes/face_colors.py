"""``POST /v1/face-colors``."""

import time

from fastapi import APIRouter

from gateway.from_photo import read_photo
from gateway.routes.photo_field import PhotoField
from gateway.schemas.common import Model, timings
from gateway.schemas.face_colors import FaceColorsAnswer, FaceColorsBody
from gateway.schemas.problem import PHOTO_ERRORS
from gateway.state import RequestDeadline, State
from shared.request_context import request_id

router = APIRouter(tags=["face colours"])


@router.post("/v1/face-colors", responses=PHOTO_ERRORS)
async def face_colors(photo: PhotoField, state: State, deadline: RequestDeadline) -> FaceColorsAnswer:
    """Where the dog's head is and what colours its fur has.

    The traits service tells whether there is a dog at all. When it is down, a head that was found has to
    do, and `partial` says so.
    """
    begun = time.perf_counter()
    picture, reading = await read_photo(photo, "photo", state, deadline)
    found = reading.need_colours()
    provenances = {
        "heads": reading.heads_provenance,
        "traits": reading.traits.provenance if reading.traits else None,
        "face_colors": found.provenance,
    }
    walls = {"photo": picture.milliseconds, **reading.timings}
    return FaceColorsAnswer(
        **dict(FaceColorsBody.of(found, reading.head)),
        partial=list(reading.down),
        model=Model.of(found.provenance),
        timings_ms=timings(walls, provenances, (time.perf_counter() - begun) * 1000),
        request_id=request_id.get(),
    )
