"""Photos of noses, from upload to what the service gets."""

import asyncio
from collections.abc import Sequence

from fastapi import UploadFile

from gateway.deadline import Deadline
from gateway.photos import Photo, PhotoSize
from gateway.problems import FieldFault, InvalidRequestError
from gateway.state import GatewayState
from gateway.uploads import take_photo
from shared.errors import PawtraitError


async def take_nose(upload: UploadFile, field: str, state: GatewayState, deadline: Deadline) -> Photo:
    """One photo of a nose, at the size that noses need. Raises as :func:`gateway.uploads.take_photo`."""
    settings = state.settings
    return await take_photo(
        upload, field, state, deadline, PhotoSize(settings.nose_side, settings.nose_quality)
    )


async def take_noses(
    uploads: Sequence[UploadFile], field: str, state: GatewayState, deadline: Deadline
) -> tuple[Photo, ...]:
    """Several of them, side by side as far as there are threads.

    Raises:
        PawtraitError: as :func:`take_nose`, with the index of the first bad one as ``photo``.

    """
    taken = await asyncio.gather(
        *(take_nose(upload, field, state, deadline) for upload in uploads), return_exceptions=True
    )
    photos = []
    for index, result in enumerate(taken):
        if isinstance(result, PawtraitError):
            result.metadata["photo"] = str(index)
        if isinstance(result, BaseException):
            raise result
        photos.append(result)
    return tuple(photos)


def check_count(uploads: Sequence[UploadFile], field: str, least: int, most: int) -> None:
    """See that there are as many as there must be.

    Raises:
        InvalidRequestError: there are fewer or more.

    """
    if len(uploads) < least:
        raise InvalidRequestError([FieldFault(field, "too_short", {"min_length": least})])
    if len(uploads) > most:
        raise InvalidRequestError([FieldFault(field, "too_long", {"max_length": most})])
