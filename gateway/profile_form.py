"""What comes with ``POST /v1/profiles``, as multipart form or as JSON."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.datastructures import UploadFile as StarletteUpload

from gateway.base64_photo import decode_photo
from gateway.profiles import CardPicture

MBTI_TYPES = tuple(
    f"{energy}{seeing}{judging}{living}"
    for energy in "EI"
    for seeing in "NS"
    for judging in "FT"
    for living in "JP"
)
"""The sixteen."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST_FIELDS = 20

Body = TypeVar("Body", bound=BaseModel)


def real_date(text: str) -> str:
    """A date, YYYY-MM-DD, that there is; else pydantic is told ``not_a_date``."""
    try:
        if not _DATE.fullmatch(text.strip()):
            raise ValueError
        date.fromisoformat(text.strip())
    except ValueError:
        raise PydanticCustomError("not_a_date", "must be a date, YYYY-MM-DD") from None
    return text.strip()


def _known_mbti(text: str) -> str:
    mbti = text.strip().upper()
    if mbti not in MBTI_TYPES:
        raise PydanticCustomError("not_an_mbti", "must be one of the sixteen types")
    return mbti


BirthDate = Annotated[
    str,
    Field(
        max_length=40, examples=["2001-05-03"], description="Date of birth, YYYY-MM-DD, not in the future."
    ),
    AfterValidator(real_date),
]
Mbti = Annotated[
    str,
    Field(max_length=40, examples=["ENFP"], description="One of the sixteen Myers-Briggs types."),
    AfterValidator(_known_mbti),
]


class ProfileFields(BaseModel):
    """The fields beside the photo."""

    model_config = ConfigDict(extra="ignore")

    birth_date: BirthDate
    mbti: Mbti
    seed: Annotated[
        int | None,
        Field(ge=-(2**63), lt=2**63, description="Makes the choice of the four pictures repeatable."),
    ] = None
    consent: Annotated[
        bool, Field(description="Consent to the processing; a catalogue whose subject is people demands it.")
    ] = False
    language: Annotated[
        Literal["en", "ko"] | None, Field(description="Of the card and the texts; else by `Accept-Language`.")
    ] = None
    card_picture: Annotated[
        CardPicture,
        Field(description="What the card shows. `photo`: whoever has the link to the card sees the photo."),
    ] = CardPicture.ICON


class ProfileBody(ProfileFields):
    """The same as JSON."""

    photo: Annotated[
        str,
        Field(
            description=(
                "The photo in base64 (RFC 4648, without line breaks), or a `data:image/…;base64,` URL; at "
                "most 15 MB and 50 megapixels once decoded."
            ),
            json_schema_extra={"format": "byte"},
        ),
    ]


@dataclass(frozen=True)
class ProfileForm:
    """A call, its fields checked as far as the gateway can."""

    content: bytes | UploadFile = field(repr=False)
    """The photo; an upload waits on the disk until it is its turn."""
    fields: ProfileFields = field(repr=False)
    photo_field: str = "photo"
    """What the caller calls the photo."""

    async def photo(self) -> bytes:
        """The photo."""
        return self.content if isinstance(self.content, bytes) else await self.content.read()


async def read_form(request: Request, photo_bytes: int) -> ProfileForm:
    """What a caller sent, in either way.

    Args:
        request: its body is capped already.
        photo_bytes: largest photo.

    Raises:
        RequestValidationError: fields are missing or wrong; all of them are told.
        PawtraitError: ``INVALID_FIELD``: the photo is not base64 or empty. ``PHOTO_TOO_LARGE``.

    """
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _read_multipart(request)
    body = await request.body()
    # Parsing twenty megabytes takes a while; others are served meanwhile.
    checked = await asyncio.to_thread(validated, ProfileBody, body)
    return ProfileForm(await decode_photo(checked.photo, "photo", photo_bytes), checked)


async def _read_multipart(request: Request) -> ProfileForm:
    form = await request.form(max_files=1, max_fields=_MOST_FIELDS)
    # What a form leaves empty it does not say.
    given: dict[str, Any] = {
        name: value for name, value in form.items() if isinstance(value, str) and value and name != "photo"
    }
    photo = form.get("photo")
    faults: list[dict[str, Any]] = []
    if not isinstance(photo, StarletteUpload):
        kind = "missing" if photo is None else "file_expected"
        faults = [{"type": kind, "loc": ("body", "photo")}]
    fields = _validated_with(ProfileFields, given, faults)
    assert isinstance(photo, StarletteUpload)  # noqa: S101 - else a fault was raised
    if not photo.size:
        raise RequestValidationError([{"type": "empty_file", "loc": ("body", "photo")}])
    return ProfileForm(UploadFile(photo.file, size=photo.size, filename=photo.filename), fields)


def validated(model: type[Body], body: bytes) -> Body:
    """A JSON body.

    Raises:
        RequestValidationError: as the framework says it of a body that it reads itself.

    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(_located(error)) from error


def _validated_with(
    model: type[ProfileFields], given: Mapping[str, Any], faults: list[dict[str, Any]]
) -> ProfileFields:
    try:
        fields = model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([*faults, *_located(error)]) from error
    if faults:
        raise RequestValidationError(faults)
    return fields


def _located(error: ValidationError) -> list[dict[str, Any]]:
    # Without the input: it may be a photo.
    found = error.errors(include_url=False, include_input=False)
    return [{**fault, "loc": ("body", *fault["loc"])} for fault in found]
