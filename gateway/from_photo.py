"""Photo to icon, all the way."""

import time
from dataclasses import dataclass

from fastapi import UploadFile

from gateway.answers import Icon, IconFormat, IconParts
from gateway.deadline import Deadline
from gateway.icon_maker import parts_for
from gateway.photos import Photo
from gateway.reading import Reading
from gateway.state import GatewayState
from gateway.uploads import take_photo
from shared.errors import ErrorKind, PawtraitError, Reason


@dataclass(frozen=True, slots=True)
class FromPhoto:
    """What was read and drawn; ``icon`` is ``None`` when its service is down or cannot keep it."""

    photo: Photo
    reading: Reading
    parts: IconParts
    icon: Icon | None
    icon_error: PawtraitError | None
    icon_milliseconds: float

    @property
    def partial(self) -> list[str]:
        """Names of the services that were down."""
        return [*self.reading.down, *([] if self.icon else ["icon"])]


async def read_photo(
    upload: UploadFile, field: str, state: GatewayState, deadline: Deadline, *, colours: bool = True
) -> tuple[Photo, Reading]:
    """Take a photo and read what is in it, with or without the colours.

    Raises:
        PawtraitError: as :meth:`gateway.reading.DogReader.read` and :func:`gateway.uploads.take_photo`.

    """
    async with state.admission.turn():
        photo = await take_photo(upload, field, state, deadline)
        return photo, await state.reader.read(photo.content, deadline, colours=colours)


async def icon_from_photo(
    upload: UploadFile,
    style: str,
    image_format: IconFormat,
    size: int,
    state: GatewayState,
    deadline: Deadline,
) -> FromPhoto:
    """Take a photo, read it, and draw and keep the icon.

    Raises:
        PawtraitError: as :func:`read_photo`, or ``INVALID_FIELD`` for a style that there is not. The
            icon service being down, or having no room, is no error: it is in the result.

    """
    async with state.admission.turn():
        photo = await take_photo(upload, "photo", state, deadline)
        reading = await state.reader.read(photo.content, deadline)
        parts = parts_for(reading, style)
        icon, icon_error = None, None
        begun = time.perf_counter()
        try:
            icon = await state.icons.compose(parts, image_format, size, store=True, deadline=deadline)
        except PawtraitError as error:
            # No room to keep the icon is no reason to keep back what the photo shows.
            if error.kind is not ErrorKind.UNAVAILABLE and error.reason is not Reason.STORAGE_FULL:
                raise
            icon_error = error
        spent = round((time.perf_counter() - begun) * 1000, 2)
    return FromPhoto(photo, reading, parts, icon, icon_error, spent)
