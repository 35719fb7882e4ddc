"""``/files/…``: what the system keeps for everyone to see, when it is kept in the data folder."""

import asyncio
import hashlib

from fastapi import APIRouter, Request, Response

from gateway.caching import IMMUTABLE, cached_response
from gateway.schemas.problem import responses
from gateway.state import State
from shared.errors import PawtraitError, Reason
from shared.object_storage import FolderStorage

router = APIRouter(tags=["icons"])

_CONTENT_ADDRESSED = ("icons/", "catalogues/")
# The older clients' names say what is drawn, not with which version of the artwork.
_FOR_AN_HOUR = "public, max-age=3600"


@router.get(
    "/files/{path:path}",
    response_class=Response,
    responses={200: {"description": "The file."}, 304: {"description": "Unchanged."}, **responses(404)},
)
async def public_file(path: str, request: Request, state: State) -> Response:
    """What is kept for everyone: icons, the catalogue's pictures, cards and dogs' pictures."""
    # With S3 the bucket serves them itself, and this address has nothing.
    found = None
    if isinstance(state.storage, FolderStorage):
        found = await asyncio.to_thread(state.storage.read_public, path)
    if found is None:
        raise PawtraitError(Reason.NOT_FOUND, "no such file")
    return cached_response(
        found.data,
        found.media_type,
        hashlib.sha256(found.data).hexdigest(),
        request.headers.get("if-none-match", ""),
        cache_control=IMMUTABLE if path.startswith(_CONTENT_ADDRESSED) else _FOR_AN_HOUR,
    )
