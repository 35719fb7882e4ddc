"""``/v1/face-types`` and ``/v1/faces/analyze``."""

import time

from fastapi import APIRouter, Request, Response

from gateway.addresses import absolute
from gateway.catalogue import for_accept_language
from gateway.profiles import Outcome
from gateway.routes.photo_field import PhotoField
from gateway.schemas.common import Model, timings
from gateway.schemas.problem import PHOTO_ERRORS, responses
from gateway.schemas.profiles import AnalysisAnswer, CountedTypeBody, FaceTypesAnswer, RefusalBody
from gateway.state import RequestDeadline, State
from gateway.uploads import take_photo
from shared.request_context import request_id

router = APIRouter(prefix="/v1", tags=["face types"])


@router.get("/face-types", responses=responses(503, 504))
async def face_types(
    request: Request, response: Response, state: State, deadline: RequestDeadline
) -> FaceTypesAnswer:
    """The types of face that there are, each with the number of stored profiles."""
    response.headers.update({"Cache-Control": "no-cache", "Vary": "Accept-Language"})
    texts = for_accept_language(request.headers.get("accept-language", ""))
    found = await state.faces.types(texts.language, deadline)
    return FaceTypesAnswer(
        catalogue=found.catalogue,
        subject=found.subject,
        consent_required=found.consent_required,
        language=found.language,
        languages=list(found.languages),
        profile_count=sum(kind.profile_count for kind in found.types),
        types=[CountedTypeBody.of(kind, request) for kind in found.types],
        refusals=[
            RefusalBody(
                reason=refusal.outcome,
                title=texts.title(refusal.outcome),
                detail=texts.detail(refusal.outcome, {}),
                example_url=absolute(refusal.example_url, request) if refusal.example_url else None,
            )
            for refusal in found.refusals
        ],
        request_id=request_id.get(),
    )


@router.post("/faces/analyze", responses=PHOTO_ERRORS)
async def analyse_face(
    photo: PhotoField, request: Request, state: State, deadline: RequestDeadline
) -> AnalysisAnswer:
    """Whether one whole face is in a photo, and of which type. Nothing is stored.

    Any photo that can be read is answered with 200 and its `outcome`; for guided capture.
    """
    begun = time.perf_counter()
    async with state.admission.turn():
        picture = await take_photo(photo, "photo", state, deadline)
        called = time.perf_counter()
        found = await state.faces.analyse(picture.content, deadline)
        spent = round((time.perf_counter() - called) * 1000, 2)
    texts = for_accept_language(request.headers.get("accept-language", ""))
    outcome = found.analysis.outcome
    return AnalysisAnswer(
        **AnalysisAnswer.parts_of(found.analysis, request),
        advice=None if outcome is Outcome.OK else texts.detail(outcome, {}),
        model=Model.of(found.provenance),
        timings_ms=timings(
            {"photo": picture.milliseconds, "analysis": spent},
            {"analysis": found.provenance},
            (time.perf_counter() - begun) * 1000,
        ),
        request_id=request_id.get(),
    )
