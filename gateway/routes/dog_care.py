"""``/v1/dogs/{dog_id}`` and ``/v1/owners/{owner_id}``, for those who hold a token."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile as StarletteUpload

from gateway.access import Caller
from gateway.deadline import Deadline
from gateway.dogs import DogChange
from gateway.problems import FieldFault, InvalidRequestError
from gateway.schemas.dogs import (
    ConfirmationBody,
    DogAnswer,
    DogChangeBody,
    DogListAnswer,
    OwnDog,
    OwnerAnswer,
)
from gateway.schemas.problem import TOKEN_ERRORS, responses
from gateway.state import GatewayState, RequestDeadline, State
from gateway.uploads import take_photo
from shared.request_context import request_id

router = APIRouter(prefix="/v1", tags=["dogs"])

_NOT_KEPT = {"Cache-Control": "no-store"}
_CHANGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": DogChangeBody.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    **DogChangeBody.model_json_schema(),
                    "properties": {
                        **DogChangeBody.model_json_schema()["properties"],
                        "profile": {"type": "string", "format": "binary", "description": "A new picture."},
                    },
                }
            },
        },
    }
}


@router.get("/dogs", responses=TOKEN_ERRORS)
async def list_dogs(
    caller: Caller,
    request: Request,
    response: Response,
    state: State,
    deadline: RequestDeadline,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    page_token: Annotated[str, Query(max_length=500)] = "",
) -> DogListAnswer:
    """All dogs, page by page, for an administrator; the token's own dog for its holder."""
    response.headers.update(_NOT_KEPT)
    page = await state.noses.list_dogs(page_size, page_token, caller, deadline)
    return DogListAnswer(
        dogs=[OwnDog.of(dog, request) for dog in page.dogs],
        next_page_token=page.next_token or None,
        request_id=request_id.get(),
    )


@router.get("/dogs/{dog_id}", responses=TOKEN_ERRORS)
async def read_dog(
    dog_id: str, caller: Caller, request: Request, response: Response, state: State, deadline: RequestDeadline
) -> DogAnswer:
    """One dog."""
    response.headers.update(_NOT_KEPT)
    dog = await state.noses.get(dog_id, caller, deadline)
    return DogAnswer(dog=OwnDog.of(dog, request), request_id=request_id.get())


@router.patch(
    "/dogs/{dog_id}",
    responses={**TOKEN_ERRORS, **responses(413, 415, 422)},
    openapi_extra=_CHANGE_BODY,
)
async def change_dog(
    dog_id: str, caller: Caller, request: Request, state: State, deadline: RequestDeadline
) -> DogAnswer:
    """Change what is said of a dog (JSON, or multipart with the fields and a `profile` picture).

    What is left out stays. The registration number holds for life.
    """
    change = await _change_of(request, state, deadline)
    dog = await state.noses.update(dog_id, change, caller, deadline)
    return DogAnswer(dog=OwnDog.of(dog, request), request_id=request_id.get())


@router.delete("/dogs/{dog_id}", status_code=204, responses=TOKEN_ERRORS)
async def delete_dog(dog_id: str, caller: Caller, state: State, deadline: RequestDeadline) -> None:
    """Delete a dog: its pictures, prints and rows, and its owner's when no other dog is theirs."""
    await state.noses.delete(dog_id, caller, deadline)


@router.post("/dogs/{dog_id}/confirm", responses={**TOKEN_ERRORS, **responses(422)})
async def confirm_dog(
    dog_id: str,
    confirmation: ConfirmationBody,
    caller: Caller,
    request: Request,
    state: State,
    deadline: RequestDeadline,
) -> DogAnswer:
    """Join a dog to the owner whose phone number was known, with the code that this owner was sent."""
    dog = await state.noses.confirm(dog_id, confirmation.code, caller, deadline)
    return DogAnswer(dog=OwnDog.of(dog, request), request_id=request_id.get())


@router.get("/owners/{owner_id}", responses=TOKEN_ERRORS)
async def read_owner(
    owner_id: str,
    caller: Caller,
    request: Request,
    response: Response,
    state: State,
    deadline: RequestDeadline,
) -> OwnerAnswer:
    """An owner: `me` for the holder of a token, any for an administrator. Each reading is recorded."""
    response.headers.update(_NOT_KEPT)
    owner = await state.noses.owner(owner_id, caller, deadline)
    return OwnerAnswer(
        id=owner.id,
        name=owner.facts.name,
        phone=owner.facts.phone,
        email=owner.facts.email or None,
        dogs=[OwnDog.of(dog, request) for dog in owner.dogs],
        request_id=request_id.get(),
    )


async def _change_of(request: Request, state: GatewayState, deadline: Deadline) -> DogChange:
    """What a PATCH wants changed, in either way of saying it."""
    picture: StarletteUpload | None = None
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        form = await request.form(max_files=1, max_fields=10)
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        files = {name: value for name, value in form.items() if not isinstance(value, str)}
        picture = files.pop("profile", None)
        if files:
            raise InvalidRequestError([FieldFault(name, "extra_forbidden") for name in files])
        body = _validated(fields)
    else:
        body = _validated(await request.body())
    profile = None
    if picture is not None:
        async with state.admission.turn():
            upload = UploadFile(picture.file, size=picture.size, filename=picture.filename)
            profile = (await take_photo(upload, "profile", state, deadline)).content
    return DogChange(body.name, body.breed, body.sex, body.birth_year, profile)


def _validated(given: dict[str, str] | bytes) -> DogChangeBody:
    try:
        if isinstance(given, bytes):
            return DogChangeBody.model_validate_json(given)
        return DogChangeBody.model_validate(given)
    except ValidationError as error:
        # Said as the framework says it of a body that it reads itself.
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error
