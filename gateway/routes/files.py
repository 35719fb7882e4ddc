"""``/files/…``: what the system keeps for everyone to see, when it is kept in the data folder."""

import asyncio
import hashlib

from fastapi import APIRouter, Request, Response

from gateway.caching import immutable_response, matches
from gateway.schemas.problem import responses
from gateway.state import State
from shared.errors import PawtraitError, Reason
from shared.object_storage import FolderStorage

router = APIRouter(tags=["icons"])

PUBLIC_PREFIX = "public/"
_CONTENT_ADDRESSED = "icons/"


@router.get(
    "/files/{path:path}",
    response_class=Response,
    responses={200: {"description": "The file."}, **responses(404)},
)
async def public_file(path: str, request: Request, state: State) -> Response:
    """A kept icon."""
    # With S3 the bucket serves them itself, and this address has nothing.
    found = None
    if isinstance(state.storage, FolderStorage) and _harmless(path):
        found = await asyncio.to_thread(state.storage.get, PUBLIC_PREFIX + path)
    if found is None:
        raise PawtraitError(Reason.NOT_FOUND, "no such file")
    known = request.headers.get("if-none-match", "")
    content_hash = hashlib.sha256(found.data).hexdigest()
    if path.startswith(_CONTENT_ADDRESSED):
        return immutable_response(found.data, found.media_type, content_hash, known)
    # The older clients' names say what is drawn, not with which version of the artwork.
    headers = {"ETag": f'"{content_hash}"', "Cache-Control": "public, max-age=3600"}
    if matches(headers["ETag"], known):
        return Response(status_code=304, headers=headers)
    return Response(found.data, headers=headers, media_type=found.media_type)


def _harmless(path: str) -> bool:
    """Whether every part of a path is a plain name. The storage checks as well; two locks, one door."""
    parts = path.split("/")
    plain = all(part and not part.startswith(".") for part in parts)
    return plain and path.isprintable() and "\\" not in path and len(path) <= 512
