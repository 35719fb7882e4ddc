"""``/v1/icons``."""

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from gateway.accept import image_type_wanted
from gateway.addresses import absolute
from gateway.answers import IconFormat
from gateway.caching import IMMUTABLE, cached_response
from gateway.from_photo import FromPhoto, icon_from_photo
from gateway.routes.photo_field import PhotoField
from gateway.schemas.common import Model, timings
from gateway.schemas.face_colors import FaceColorsBody
from gateway.schemas.icons import (
    DEFAULT_SIZE,
    STYLE_NAME,
    FromPhotoAnswer,
    IconAnswer,
    IconBody,
    IconRequest,
    PartsAnswer,
    PartsQuery,
    Size,
    StyleName,
)
from gateway.schemas.problem import PHOTO_ERRORS, responses
from gateway.schemas.traits import TraitsBody
from gateway.state import RequestDeadline, State
from shared.errors import PawtraitError, Reason
from shared.request_context import request_id

router = APIRouter(prefix="/v1/icons", tags=["icons"])

_EXTENSIONS = {form.value: form for form in IconFormat}
_STYLE = re.compile(STYLE_NAME)
_IMAGE_CONTENT: dict[str, Any] = {
    form.media_type: {"schema": {"type": "string", "format": "binary"}} for form in IconFormat
}


@router.post(
    "/from-photo",
    response_model=FromPhotoAnswer,
    responses={200: {"content": _IMAGE_CONTENT}, **PHOTO_ERRORS},
)
async def from_photo(
    request: Request,
    photo: PhotoField,
    state: State,
    deadline: RequestDeadline,
    image_format: Annotated[
        IconFormat | None, Form(alias="format", description="File format of the icon; PNG unless said.")
    ] = None,
    size: Annotated[Size, Form()] = DEFAULT_SIZE,
    style: Annotated[StyleName, Form()] = "",
) -> FromPhotoAnswer | Response:
    """A dog's photo to its icon, traits and colours.

    With `Accept: image/*` (or the type of one format) the icon's bytes come back, and its address in
    `Content-Location`. When a service is down, what the others found comes back, and `partial` names the
    one that is missing.
    """
    begun = time.perf_counter()
    wanted = image_type_wanted(request.headers.get("accept", ""))
    chosen = image_format or _format_of(wanted)
    result = await icon_from_photo(photo, style, chosen, size, state, deadline)
    total = (time.perf_counter() - begun) * 1000
    if wanted is not None:
        return _bytes(result, request)
    return _json(result, chosen, total, request)


def _format_of(media_type: str | None) -> IconFormat:
    return next((form for form in IconFormat if form.media_type == media_type), IconFormat.PNG)


def _bytes(result: FromPhoto, request: Request) -> Response:
    if result.icon is None:
        assert result.icon_error is not None  # noqa: S101
        raise result.icon_error
    headers = {
        "Content-Location": absolute(result.icon.url, request),
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    if result.partial:
        headers["X-Partial"] = ", ".join(result.partial)
    return Response(result.icon.content, headers=headers, media_type=result.icon.media_type)


def _json(result: FromPhoto, chosen: IconFormat, total: float, request: Request) -> FromPhotoAnswer:
    reading, icon = result.reading, result.icon
    provenances = {
        "heads": reading.heads_provenance,
        "traits": reading.traits.provenance if reading.traits else None,
        "face_colors": reading.colours.provenance if reading.colours else None,
        "icon": icon.provenance if icon else None,
    }
    walls = {"photo": result.photo.milliseconds, **reading.timings, "icon": result.icon_milliseconds}
    body = None
    if icon is not None:
        url = absolute(icon.url, request)
        body = IconBody.of(icon, url, chosen, result.parts)
    return FromPhotoAnswer(
        icon=body,
        traits=TraitsBody.of(reading.traits, reading.head_count) if reading.traits else None,
        face_colors=FaceColorsBody.of(reading.colours, reading.head) if reading.colours else None,
        partial=result.partial,
        model={name: Model.of(found) for name, found in provenances.items() if found},
        timings_ms=timings(walls, provenances, total),
        request_id=request_id.get(),
    )


@router.post("", responses=responses(413, 422, 429, 503, 504))
async def make_icon(
    wanted: IconRequest, request: Request, state: State, deadline: RequestDeadline
) -> IconAnswer:
    """Draw an icon from parts and keep it."""
    begun = time.perf_counter()
    parts = wanted.parts(wanted.style)
    icon = await state.icons.compose(parts, wanted.format, wanted.size, store=True, deadline=deadline)
    spent = (time.perf_counter() - begun) * 1000
    url = absolute(icon.url, request)
    return IconAnswer(
        icon=IconBody.of(icon, url, wanted.format, parts),
        model=Model.of(icon.provenance),
        timings_ms=timings({"icon": round(spent, 2)}, {"icon": icon.provenance}, spent),
        request_id=request_id.get(),
    )


@router.get("/parts", responses=responses(429, 503, 504))
async def icon_parts(state: State, deadline: RequestDeadline) -> PartsAnswer:
    """The styles, and what each can draw."""
    return PartsAnswer.of(await state.icons.choices(deadline), request_id.get())


@router.get(
    "/{style}.{extension}",
    response_class=Response,
    responses={
        200: {"content": _IMAGE_CONTENT},
        304: {"description": "Unchanged."},
        **responses(404, 422, 429, 503, 504),
    },
)
async def draw_icon(
    style: str,
    extension: str,
    wanted: Annotated[PartsQuery, Query()],
    request: Request,
    state: State,
    deadline: RequestDeadline,
) -> Response:
    """An icon by its parts. The same address is the same bytes for good."""
    if extension not in _EXTENSIONS or not _STYLE.fullmatch(style):
        raise PawtraitError(Reason.NOT_FOUND, "no such style or file format")
    try:
        icon = await state.icons.compose(
            wanted.parts(style), _EXTENSIONS[extension], wanted.size, store=False, deadline=deadline
        )
    except PawtraitError as error:
        if error.reason is Reason.INVALID_FIELD and error.metadata.get("field") == "style":
            # In this address the style is part of the path.
            raise PawtraitError(Reason.NOT_FOUND, error.message) from error
        raise
    return cached_response(
        icon.content,
        icon.media_type,
        icon.content_hash,
        request.headers.get("if-none-match", ""),
        cache_control=IMMUTABLE,
    )
