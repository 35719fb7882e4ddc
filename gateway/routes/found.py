"""``POST /v1/found-reports`` and ``GET /v1/lookups/{lookup_id}/evidence.png``: after a dog was found."""

from fastapi import APIRouter, Request, Response

from gateway.access import credentials_of
from gateway.schemas.dogs import FoundReportAnswer, FoundReportBody
from gateway.schemas.problem import responses
from gateway.state import RequestDeadline, State
from shared.errors import PawtraitError, Reason
from shared.request_context import request_id

router = APIRouter(prefix="/v1", tags=["dogs"])


@router.post(
    "/found-reports",
    status_code=201,
    responses=responses(401, 403, 413, 422, 429, 503, 504),
)
async def report_found(
    report: FoundReportBody, request: Request, state: State, deadline: RequestDeadline
) -> FoundReportAnswer:
    """Send the owner of a dog that was looked up a message. The owner decides whether to answer.

    The `contact_token` of the lookup comes in the body, or as `Authorization: Bearer`.
    """
    shown = credentials_of(request.headers.get("authorization", ""), "", state.keys).token
    token = report.contact_token or shown
    if not token:
        raise PawtraitError(Reason.UNAUTHENTICATED, "a report needs the contact token of a lookup")
    report_id = await state.noses.report(token, report.message, report.contact, deadline)
    return FoundReportAnswer(id=report_id, request_id=request_id.get())


@router.get(
    "/lookups/{lookup_id}/evidence.png",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        **responses(404, 429, 503, 504),
    },
)
async def evidence(lookup_id: str, state: State, deadline: RequestDeadline) -> Response:
    """The matched points of the two noses, side by side; for an hour after the lookup."""
    async with state.admission.turn():
        png = await state.noses.evidence(lookup_id, deadline)
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, no-store"})
