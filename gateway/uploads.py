"""The photo of a multipart request, from upload to clean JPEG."""

from fastapi import UploadFile

from gateway.deadline import Deadline
from gateway.photos import Photo, PhotoSize
from gateway.problems import FieldFault, InvalidRequestError
from gateway.state import GatewayState


async def take_photo(
    upload: UploadFile,
    field: str,
    state: GatewayState,
    deadline: Deadline,
    size: PhotoSize | None = None,
) -> Photo:
    """Decode and clean an upload. Call it with a turn of :class:`gateway.admission.Admission`.

    Args:
        upload: the file.
        field: its name, for errors.
        state: the gateway's.
        deadline: of the caller.
        size: of the photo, where it is not the usual.

    Raises:
        InvalidRequestError: the file is empty.
        PawtraitError: ``NOT_AN_IMAGE``, ``PHOTO_TOO_LARGE`` or ``DEADLINE_EXCEEDED``.

    """
    data = await upload.read()
    if not data:
        raise InvalidRequestError([FieldFault(field, "empty_file")])
    return await state.photos.prepare(data, deadline, size)
