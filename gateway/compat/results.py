"""``/RegisterResult`` and its stub ``/RegisterUserImg_sample``, as the older clients speak."""

import asyncio
import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.addresses import absolute
from gateway.base64_photo import decode_photo
from gateway.catalogue import for_accept_language
from gateway.profile_form import Mbti, ProfileFields, ProfileForm, real_date, validated
from gateway.profile_making import FACE_REASONS, make_profile
from gateway.profiles import FaceType
from gateway.schemas.problem import PHOTO_ERRORS, responses
from gateway.state import GatewayState, RequestDeadline, State
from shared.errors import PawtraitError, Reason

SAMPLE = "/RegisterUserImg_sample"
TEXT_PHOTO_PATHS = frozenset({"/RegisterResult", SAMPLE})

router = APIRouter(tags=["older clients"])

PICTURES = 4
NO_FACE, NOT_CLASSIFIABLE = 0, 6
"""Outcomes of which nothing is said; between them lie the first five types of the catalogue."""

_LANGUAGE = "ko"
"""The older apps are Korean and do not always say so."""
_IN_PARTS = re.compile(r"(\d{4})[-./ ]?(\d{2})[-./ ]?(\d{2})", re.ASCII)


def _any_spelling(text: str) -> str:
    """The older apps' ways of writing a date, as ``YYYY-MM-DD``."""
    found = _IN_PARTS.fullmatch(text.strip())
    return real_date("-".join(found.groups()) if found else text)


class FirstUser(BaseModel):
    """Whose face it is. Anything else that comes along, such as a salary, is not read."""

    model_config = ConfigDict(extra="ignore")

    user_img: Annotated[str, Field(description="The photo in base64.", json_schema_extra={"format": "byte"})]
    age: Annotated[
        str,
        Field(max_length=40, examples=["2001-05-03"], description="Birth date, with or without separators."),
        AfterValidator(_any_spelling),
    ]
    mbti: Mbti


class RegisterResultBody(BaseModel):
    """Body of ``POST /RegisterResult``."""

    model_config = ConfigDict(extra="ignore")

    first_user: FirstUser
    result: Annotated[
        dict[str, Any],
        Field(
            examples=[dict.fromkeys(("human", "male_type", "dsc", "img1", "img2", "img3", "img4"), "")],
            description="Comes back, filled in when a type was found.",
        ),
    ]


class OlderResult(BaseModel):
    """The ``result`` of the body; whatever else stood in it comes back as it was."""

    model_config = ConfigDict(extra="allow")


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "first_user": FirstUser.model_json_schema(),
                        "result": RegisterResultBody.model_json_schema()["properties"]["result"],
                    },
                    "required": ["first_user", "result"],
                }
            }
        },
    }
}


@router.post(
    "/RegisterResult",
    responses=PHOTO_ERRORS,
    openapi_extra=_BODY,
)
async def register_result(request: Request, state: State, deadline: RequestDeadline) -> OlderResult:
    """The type of the face in a photo; photo and row are stored.

    A photo in which there is no face that will do, or one of no type, gives `result` back as it came, and
    nothing is stored.
    """
    body = await _read(request)
    photo = await _photo_of(body, state)
    form = ProfileForm(
        photo, ProfileFields(birth_date=body.first_user.age, mbti=body.first_user.mbti), _PHOTO_FIELD
    )
    try:
        profile = (await make_profile(form, _language(request), "", state, deadline)).created.profile
    except PawtraitError as error:
        if error.reason in FACE_REASONS:
            return OlderResult(**body.result)
        raise _renamed(error) from error
    return _filled(body.result, profile.type, profile.gallery, request)


@router.post(
    SAMPLE,
    responses={**responses(404), **PHOTO_ERRORS},
    openapi_extra=_BODY,
)
async def register_sample(
    request: Request,
    state: State,
    deadline: RequestDeadline,
    outcome: Annotated[
        int,
        Query(
            alias="Model_rst",
            ge=NO_FACE,
            le=NOT_CLASSIFIABLE,
            description="0: no face. 1 to 5: a type. 6: not classifiable.",
        ),
    ],
) -> OlderResult:
    """The same with the outcome given: for those who develop clients. Nothing is looked at or stored.

    404 unless the setting `GATEWAY_COMPAT_SAMPLE` turns it on.
    """
    _see_that_it_is_on(state)
    body = await _read(request)
    await _photo_of(body, state)
    types = (await state.faces.types(_language(request), deadline)).types
    if outcome in (NO_FACE, NOT_CLASSIFIABLE) or outcome > len(types):
        return OlderResult(**body.result)
    kind = types[outcome - 1]
    return _filled(body.result, kind, kind.gallery, request)


_PHOTO_FIELD = "first_user.user_img"
_OLDER_NAMES = {"birth_date": "first_user.age", "mbti": "first_user.mbti"}


def _see_that_it_is_on(state: GatewayState) -> None:
    if not state.settings.compat_sample:
        raise PawtraitError(Reason.NOT_FOUND, "the stub is off")


async def _read(request: Request) -> RegisterResultBody:
    # The older clients do not always say that their JSON is JSON.
    return await asyncio.to_thread(validated, RegisterResultBody, await request.body())


async def _photo_of(body: RegisterResultBody, state: GatewayState) -> bytes:
    # Android's usual encoder breaks lines.
    text = body.first_user.user_img.replace("\n", "").replace("\r", "")
    return await decode_photo(text, _PHOTO_FIELD, state.settings.photo_bytes)


def _language(request: Request) -> str:
    header = request.headers.get("accept-language", "")
    return for_accept_language(header).language if header.strip() else _LANGUAGE


def _renamed(error: PawtraitError) -> PawtraitError:
    """An error of the service with the older names of the fields."""
    field = error.metadata.get("field", "")
    if error.reason is not Reason.INVALID_FIELD or not field:
        return error
    names = ",".join(_OLDER_NAMES.get(name, name) for name in field.split(","))
    return PawtraitError(error.reason, error.message, {"field": names}, kind=error.kind)


def _filled(
    result: dict[str, Any], kind: FaceType, gallery: tuple[str, ...], request: Request
) -> OlderResult:
    pictures = {
        f"img{place}": absolute(url, request) for place, url in enumerate(gallery[:PICTURES], start=1)
    }
    return OlderResult(
        **{**result, "human": "True", "male_type": kind.name, "dsc": kind.description, **pictures}
    )
