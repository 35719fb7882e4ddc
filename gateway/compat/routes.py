"""``/predict``, ``/color``, ``/face``, ``/icon``, ``/final`` and ``/finalImg``."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, StringConstraints

from gateway.addresses import absolute
from gateway.answers import Icon
from gateway.compat.words import breed_name, colour_words, face_indices, layer_names, stored_name
from gateway.deadline import Deadline
from gateway.from_photo import read_photo
from gateway.routes.photo_field import PhotoField
from gateway.schemas.problem import PHOTO_ERRORS, responses
from gateway.state import GatewayState, RequestDeadline, State

PHOTO_PATHS = frozenset({"/predict", "/color", "/face", "/final", "/finalImg"})

# The older clients do not always say that their JSON is JSON.
router = APIRouter(tags=["older clients"], strict_content_type=False)

_PNG: dict[int | str, dict[str, Any]] = {
    201: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}
Layer = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Layers = Annotated[
    list[Layer],
    Body(
        min_length=1,
        max_length=8,
        examples=[["200,150,100-up", "200,150,100-fur", "250,250,250-nose", "dog-face"]],
    ),
]


class Prediction(BaseModel):
    """Answer of ``POST /predict``; the names are the older clients'."""

    model_config = ConfigDict(json_schema_extra={"example": {"breed": "golden_retriever"}})

    statusCode: Literal[201] = 201  # noqa: N815
    success: Literal[True] = True
    message: str = "File uploaded successfully"
    breed: str


class StoredIcon(BaseModel):
    """Answer of ``POST /final``."""

    image_url: str


@router.post("/predict", status_code=201, responses=PHOTO_ERRORS)
async def predict(file: PhotoField, state: State, deadline: RequestDeadline) -> Prediction:
    """The dog's breed."""
    _, reading = await read_photo(file, "file", state, deadline, colours=False)
    return Prediction(breed=breed_name(reading.need_traits().breeds[0].id))


@router.post("/color", status_code=201, responses=PHOTO_ERRORS)
async def color(file: PhotoField, state: State, deadline: RequestDeadline) -> list[str]:
    """The dog's one or two colours, `"r,g,b"` in steps of 50, most common first."""
    _, reading = await read_photo(file, "file", state, deadline)
    return colour_words(reading.need_colours())


@router.post("/face", status_code=201, responses=PHOTO_ERRORS)
async def face(file: PhotoField, state: State, deadline: RequestDeadline) -> list[int]:
    """Ear, fur and pattern as indices.

    Into `["down","up"]`, `["fur","no_fur"]` and `["no","ear_dot","many","nose","pattern3"]`.
    """
    _, reading = await read_photo(file, "file", state, deadline, colours=False)
    return face_indices(reading.need_traits())


@router.post(
    "/icon",
    status_code=201,
    response_class=Response,
    responses={**_PNG, **responses(404, 422, 429, 503, 504)},
)
async def icon(layers: Layers, state: State, deadline: RequestDeadline) -> Response:
    """An icon from layer names in the order ear, fur, pattern, face and, if wanted, body."""
    composed = await state.icons.compose_layers(layers, deadline)
    return _png(composed)


@router.post("/finalImg", status_code=201, response_class=Response, responses={**_PNG, **PHOTO_ERRORS})
async def final_image(file: PhotoField, state: State, deadline: RequestDeadline) -> Response:
    """A dog's photo to its icon."""
    return _png(await _icon_of(file, state, deadline))


@router.post("/final", status_code=201, responses=PHOTO_ERRORS)
async def final(file: PhotoField, request: Request, state: State, deadline: RequestDeadline) -> StoredIcon:
    """A dog's photo to its icon, kept under the names of its layers."""
    composed = await _icon_of(file, state, deadline, store=True)
    return StoredIcon(image_url=absolute(composed.url, request))


async def _icon_of(file: UploadFile, state: GatewayState, deadline: Deadline, *, store: bool = False) -> Icon:
    _, reading = await read_photo(file, "file", state, deadline)
    layers = layer_names(reading.need_traits(), reading.need_colours())
    return await state.icons.compose_layers(layers, deadline, store_as=stored_name(layers) if store else "")


def _png(composed: Icon) -> Response:
    return Response(composed.content, status_code=201, media_type=composed.media_type)
