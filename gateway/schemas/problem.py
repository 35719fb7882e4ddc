"""Errors, for the API's description. They are made in :mod:`gateway.problems`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.problems import MEDIA_TYPE

_EXAMPLE: dict[str, Any] = {
    "type": "https://pawtrait.example/problems/no-dog-found",
    "title": "No dog found",
    "status": 422,
    "detail": "We could not find a dog in this photo. Try one in which the dog's face is clearly visible.",
    "reason": "NO_DOG_FOUND",
    "request_id": "5f0c1f0e9a",
}


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    type: str = Field(description="Identifies the kind of problem.")
    title: str = Field(description="Its name, in the caller's language.")
    status: int
    detail: str = Field(description="What to do about it, in the caller's language (English or Korean).")
    reason: str = Field(description="Stable, upper-snake; branch on this.")
    request_id: str
    fields: list[FieldProblem] | None = Field(
        None, description="What is wrong with each field: with `INVALID_FIELD`, and where a face will not do."
    )
    example_url: str | None = Field(
        None, description="With a face that will not do: where a picture of what would do is served."
    )
    service: str | None = Field(None, description="The service that failed, where one did.")
    photos: list[int] | None = Field(
        None, description="Which of several photos it is about, counted from 0 in the order sent."
    )
    dog: dict[str, Any] | None = Field(
        None, description="With `ALREADY_REGISTERED` only: the public facts of the dog, as a lookup has them."
    )


_DESCRIPTIONS = {
    401: "No token, or one that is nobody's: `UNAUTHENTICATED`.",
    403: "A token without the right: `PERMISSION_DENIED`.",
    404: "There is no such thing: `NOT_FOUND`.",
    409: "The dog is registered: `ALREADY_REGISTERED`, with the public facts of that `dog`.",
    413: "Too many bytes or pixels: `PHOTO_TOO_LARGE`.",
    415: "Not a picture: `NOT_AN_IMAGE`.",
    422: "What is in the photo will not do, for example `NO_DOG_FOUND`; or `INVALID_FIELD` with `fields`.",
    429: "Too often: `TOO_MANY_REQUESTS`, with `Retry-After`.",
    503: (
        "A service is full, down or starting: `SERVICE_UNAVAILABLE`; nothing new can be kept: "
        "`STORAGE_FULL`. With `Retry-After`."
    ),
    504: "Out of time: `DEADLINE_EXCEEDED`.",
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route declares about its errors."""
    # The validation error that the framework would describe is none that it sends.
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


TOKEN_ERRORS = responses(401, 403, 404, 422, 429, 503, 504)
"""Errors of every call that needs a token."""

PHOTO_ERRORS = responses(413, 415, 422, 429, 503, 504)
"""Errors of every call that takes a photo."""
