"""``/v1/profiles``: a photo's type of face, kept with a birth date and an MBTI, to read, share and delete."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from gateway.access import Caller
from gateway.catalogue import for_accept_language
from gateway.profile_form import ProfileBody, ProfileFields, read_form
from gateway.profile_making import make_profile
from gateway.schemas.common import Model, timings
from gateway.schemas.problem import PHOTO_ERRORS, TOKEN_ERRORS
from gateway.schemas.profiles import CreatedProfileAnswer, KeptProfile, ProfileAnswer
from gateway.state import RequestDeadline, State
from shared.request_context import request_id

router = APIRouter(prefix="/v1/profiles", tags=["face types"])

NOT_KEPT = {"Cache-Control": "no-store"}


def _multipart_schema() -> dict[str, Any]:
    schema = ProfileFields.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    photo = {
        "type": "string",
        "format": "binary",
        "description": (
            "JPEG, PNG, WebP or HEIC, told by its content, at most 15 MB and 50 megapixels. Metadata is "
            "dropped."
        ),
    }
    return {
        **schema,
        "title": "ProfileForm",
        "properties": {"photo": photo, **schema["properties"]},
        "required": ["photo", *schema["required"]],
    }


def _json_schema() -> dict[str, Any]:
    schema = ProfileBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _multipart_schema()},
            "application/json": {"schema": _json_schema()},
        },
    }
}


@router.post(
    "",
    status_code=201,
    responses=PHOTO_ERRORS,
    openapi_extra=_BODY,
)
async def create_profile(
    request: Request,
    response: Response,
    state: State,
    deadline: RequestDeadline,
    idempotency_key: Annotated[
        str,
        Header(
            max_length=200,
            description="Any text of yours, such as a UUID: a repeated call is answered alike.",
        ),
    ] = "",
) -> CreatedProfileAnswer:
    """Find the type of the one face in a photo, and keep it with birth date and MBTI.

    The photo comes as a file of a form, or in base64 as JSON. The answer has the type, four pictures of it,
    the dog's icon, a card to share and, this once, the profile's token. Birth date and MBTI are stored
    encrypted; everything is removed after a time, or with `DELETE`. A photo that will not do is 422 with its
    `reason` and a picture of what would (`example_url`), and nothing is stored.
    """
    begun = time.perf_counter()
    response.headers.update(NOT_KEPT)
    form = await read_form(request, state.settings.photo_bytes)
    language = (
        form.fields.language or for_accept_language(request.headers.get("accept-language", "")).language
    )
    made = await make_profile(form, language, idempotency_key, state, deadline)
    return CreatedProfileAnswer(
        profile=KeptProfile.of(made.created.profile, request),
        token=made.created.token,
        partial=list(made.partial),
        model=Model.of(made.created.provenance),
        timings_ms=timings(made.walls, made.provenances, (time.perf_counter() - begun) * 1000),
        request_id=request_id.get(),
    )


@router.get("/{profile_id}", responses=TOKEN_ERRORS)
async def read_profile(
    profile_id: str,
    caller: Caller,
    request: Request,
    response: Response,
    state: State,
    deadline: RequestDeadline,
) -> ProfileAnswer:
    """A profile, for the holder of its token; in the language of `Accept-Language`, else that of its card."""
    response.headers.update(NOT_KEPT)
    profile = await state.faces.get(profile_id, asked_language(request), caller, deadline)
    return ProfileAnswer(profile=KeptProfile.of(profile, request), request_id=request_id.get())


@router.delete("/{profile_id}", status_code=204, responses=TOKEN_ERRORS)
async def delete_profile(profile_id: str, caller: Caller, state: State, deadline: RequestDeadline) -> None:
    """Delete a profile: its row, photo, cards and page."""
    await state.faces.delete(profile_id, caller, deadline)


def asked_language(request: Request) -> str:
    """The language of ours that ``Accept-Language`` asks for; empty: it is not there."""
    header = request.headers.get("accept-language", "")
    return for_accept_language(header).language if header.strip() else ""
