"""``POST /v1/noses/check``."""

import time

from fastapi import APIRouter, Request

from gateway.catalogue import for_accept_language
from gateway.nose_photos import take_nose
from gateway.routes.photo_field import NoseField
from gateway.schemas.common import Model, timings
from gateway.schemas.noses import NoseCheckAnswer, nose_box_of, quality_of
from gateway.schemas.problem import responses
from gateway.state import RequestDeadline, State
from shared.request_context import request_id

router = APIRouter(tags=["noses"])


@router.post(
    "/v1/noses/check",
    responses=responses(413, 415, 422, 429, 503, 504),
)
async def check_nose(
    nose: NoseField, request: Request, state: State, deadline: RequestDeadline
) -> NoseCheckAnswer:
    """Whether a photo would do for registration and lookup, and if not, what to do better.

    Answers 200 for every picture that can be read.
    """
    begun = time.perf_counter()
    async with state.admission.turn():
        photo = await take_nose(nose, "nose", state, deadline)
        called = time.perf_counter()
        check = await state.noses.check(photo.content, deadline)
    ended = time.perf_counter()
    texts = for_accept_language(request.headers.get("accept-language", ""))
    walls = {"photo": photo.milliseconds, "check": round((ended - called) * 1000, 2)}
    return NoseCheckAnswer(
        nose_box=nose_box_of(check),
        usable=check.usable,
        reasons=list(check.reasons),
        advice=[texts.detail(reason, {}) for reason in check.reasons],
        quality=quality_of(check),
        model=Model.of(check.provenance),
        timings_ms=timings(walls, {"check": check.provenance}, (ended - begun) * 1000),
        request_id=request_id.get(),
    )
