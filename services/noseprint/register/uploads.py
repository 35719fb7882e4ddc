"""Pictures of the register in the object storage.

Nose photos lie at ``noses/<upload>/<number>.jpg``, profile pictures at ``public/profiles/<upload>.jpg``; how
they come there, and what becomes of those that no row names, is told in :mod:`shared.uploads`.
"""

import uuid
from collections.abc import Sequence

from shared.database.pool import Connection

NOSES = "noses/"
PROFILES = "public/profiles/"
MEDIA_TYPE = "image/jpeg"


def nose_key(upload: uuid.UUID, number: int) -> str:
    """Key of the nose photo with that number, from 0."""
    return f"{NOSES}{upload}/{number}.jpg"


def profile_key(upload: uuid.UUID) -> str:
    """Key of the profile picture of an upload."""
    return f"{PROFILES}{upload}.jpg"


def upload_of(key: str) -> uuid.UUID | None:
    """The upload that a key was made for; None when it is no key of the register."""
    for prefix in (NOSES, PROFILES):
        if key.startswith(prefix):
            try:
                return uuid.UUID(key.removeprefix(prefix).partition("/")[0].removesuffix(".jpg"))
            except ValueError:
                return None
    return None


async def unnamed(connection: Connection, keys: Sequence[str]) -> list[str]:
    """Those of ``keys`` that no row names and no upload is bringing."""
    uploads = [upload_of(key) for key in keys]
    # One statement, so one view of the tables: a key cannot slip from announced to named between two looks.
    rows = await connection.fetch(
        "SELECT key FROM unnest($1::text[], $2::uuid[]) AS stored (key, upload)"
        " WHERE upload IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM prints WHERE picture_key = key)"
        " AND NOT EXISTS (SELECT FROM dogs WHERE profile_key = key)"
        " AND NOT EXISTS (SELECT FROM uploads WHERE uploads.id = upload)",
        list(keys),
        uploads,
    )
    return [row["key"] for row in rows]
