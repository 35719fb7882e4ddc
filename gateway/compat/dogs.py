"""``/register``, ``/lookup`` and ``/profileImg``, with the field names and sentences of the older clients."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from gateway.addresses import absolute
from gateway.dogs import Credentials, Dog, DogFacts, OwnerFacts, Sex
from gateway.nose_photos import take_nose
from gateway.problems import MEDIA_TYPE, ExtendedProblemError
from gateway.registering import RegistrationForm, register
from gateway.routes.photo_field import NoseField
from gateway.schemas.dogs import PublicDog
from gateway.schemas.problem import Problem, responses
from gateway.state import RequestDeadline, State
from shared.errors import PawtraitError, Reason

PHOTO_PATHS = frozenset({"/lookup"})
FIVE_PHOTOS_PATHS = frozenset({"/register"})

router = APIRouter(tags=["older clients"])

REGISTERED = "등록이 성공했습니다"
KNOWN = "이미 등록된 강아지입니다."
FOUND = "조회를 성공했습니다"
NOT_FOUND = "조회된 강아지가 없습니다"
FAILED = "fail"
"""The ``message`` of every problem of these two calls; :mod:`gateway.problems` adds it."""

_NUMBER = re.compile(r"(\d{14}-[^-\s]{1,8})-(?:\d{4}(?:-\d{1,6})?|\*{4})")
_MASK = "****"
_SEXES = {
    **dict.fromkeys(("male", "m", "boy", "수컷", "수", "남", "남아"), Sex.MALE),
    **dict.fromkeys(("female", "f", "girl", "암컷", "암", "여", "여아"), Sex.FEMALE),
}
NosePart = Annotated[UploadFile | None, File()]
Text = Annotated[str, Form(max_length=320)]


class RegisteredDog(BaseModel):
    """``data`` of ``POST /register``."""

    dogName: str  # noqa: N815
    dogRegistNum: str  # noqa: N815
    dogBreed: str  # noqa: N815
    dogBirthYear: str  # noqa: N815
    dogSex: str  # noqa: N815
    dogProfile: str  # noqa: N815
    isSuccess: bool  # noqa: N815


class OlderRegistration(BaseModel):
    """Answer of ``POST /register``."""

    data: RegisteredDog
    message: str = Field(examples=[REGISTERED, KNOWN])


class FoundDog(RegisteredDog):
    """``data`` of ``POST /lookup`` when a dog was found. Nothing is said of its owner."""

    registrant: str = ""
    phoneNum: str = ""  # noqa: N815
    email: str = ""
    matchRate: str = Field(examples=["99.7"])  # noqa: N815
    contactToken: str  # noqa: N815


class NoDog(BaseModel):
    """The same when none was."""

    isSuccess: bool = False  # noqa: N815


class OlderLookup(BaseModel):
    """Answer of ``POST /lookup``."""

    data: FoundDog | NoDog
    message: str = Field(examples=[FOUND, NOT_FOUND])


class Failure(Problem):
    """What anything else gets: a problem with the older clients' word for it."""

    message: str = Field(examples=[FAILED])


_FAILURE_SCHEMA = Failure.model_json_schema(ref_template="#/components/schemas/{model}")
_FAILURE_SCHEMA.pop("$defs", None)  # the description of the API has them
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"description": "It failed, and why.", "content": {MEDIA_TYPE: {"schema": _FAILURE_SCHEMA}}}
    for status in (401, 413, 415, 422, 429, 503, 504)
}


@router.post("/register", responses=_FAILURES)
async def register_dog(
    request: Request,
    state: State,
    deadline: RequestDeadline,
    dogNose1: NosePart = None,  # noqa: N803
    dogNose2: NosePart = None,  # noqa: N803
    dogNose3: NosePart = None,  # noqa: N803
    dogNose4: NosePart = None,  # noqa: N803
    dogNose5: NosePart = None,  # noqa: N803
    dogProfile: NosePart = None,  # noqa: N803
    registrant: Text = "",
    phoneNum: Text = "",  # noqa: N803
    email: Text = "",
    dogName: Text = "",  # noqa: N803
    dogBreed: Text = "",  # noqa: N803
    dogSex: Text = "",  # noqa: N803
    dogBirthYear: Text = "",  # noqa: N803
) -> OlderRegistration:
    """Register a dog. New or known, the answer is 200; `isSuccess` tells them apart."""
    form = RegistrationForm(
        noses=[nose for nose in (dogNose1, dogNose2, dogNose3, dogNose4, dogNose5) if nose is not None],
        profile=dogProfile,
        owner=OwnerFacts(registrant, phoneNum, email),
        facts=DogFacts(dogName, dogBreed, _sex(dogSex), _year(dogBirthYear)),
        nose_field="dogNose",
        profile_field="dogProfile",
    )
    try:
        done = await register(form, Credentials(), request, state, deadline)
    except ExtendedProblemError as error:
        known = PublicDog.model_validate(error.members["dog"])
        return OlderRegistration(data=_known(known), message=KNOWN)
    data = RegisteredDog(**_dog(done.dog, request), isSuccess=True)
    return OlderRegistration(data=data, message=REGISTERED)


@router.post("/lookup", responses=_FAILURES)
async def look_up(
    dogNose: NoseField,  # noqa: N803
    request: Request,
    state: State,
    deadline: RequestDeadline,
) -> OlderLookup:
    """Find a dog. The owner's name, phone and e-mail are empty: a `contactToken` reaches them instead."""
    async with state.admission.turn():
        photo = await take_nose(dogNose, "dogNose", state, deadline)
        found = (await state.noses.identify(photo.content, deadline)).match
    if found is None:
        return OlderLookup(data=NoDog(), message=NOT_FOUND)
    data = FoundDog(
        **_dog(found.dog, request),
        isSuccess=True,
        matchRate=f"{found.probability * 100:.1f}",
        contactToken=found.contact_token,
    )
    return OlderLookup(data=data, message=FOUND)


@router.get(
    "/profileImg/{dogRegistNum}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}},
        **responses(404, 429, 503, 504),
    },
)
async def profile_picture(
    dogRegistNum: str,  # noqa: N803
    state: State,
    deadline: RequestDeadline,
) -> Response:
    """A dog's profile picture by its registration number, whole or masked.

    The tail, which holds four digits of a phone number, is not looked at: whatever it is, the answer is the
    same, so that nobody can try out which is right.
    """
    found = _NUMBER.fullmatch(dogRegistNum)
    if found is None:
        raise PawtraitError(Reason.NOT_FOUND, "no such picture")
    picture = await state.noses.profile_picture(f"{found[1]}-{_MASK}", deadline)
    return Response(picture.content, media_type=picture.media_type, headers={"Cache-Control": "no-cache"})


def _dog(dog: Dog, request: Request) -> dict[str, str]:
    return {
        "dogName": dog.facts.name,
        "dogRegistNum": dog.registration_number,
        "dogBreed": dog.facts.breed,
        "dogBirthYear": str(dog.facts.birth_year or ""),
        "dogSex": dog.facts.sex.value,
        "dogProfile": absolute(dog.profile_url, request) if dog.profile_url else "",
    }


def _known(dog: PublicDog) -> RegisteredDog:
    return RegisteredDog(
        dogName=dog.name,
        dogRegistNum=dog.registration_number,
        dogBreed=dog.breed or "",
        dogBirthYear=str(dog.birth_year or ""),
        dogSex=dog.sex.value,
        dogProfile=dog.profile_url or "",
        isSuccess=False,
    )


def _sex(text: str) -> Sex:
    return _SEXES.get(text.strip().lower(), Sex.UNKNOWN)


def _year(text: str) -> int | None:
    # The older forms send whatever was typed; a year that is none is not worth a refusal.
    digits = text.strip()[:4]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 4 else None
