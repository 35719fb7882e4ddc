"""Pictures of the register in the object storage, and which of them are on their way there.

Nose photos lie at ``noses/<upload>/<number>.jpg``, profile pictures at ``public/profiles/<upload>.jpg``. An
upload is announced in the table ``uploads`` and committed before its first picture is stored; the
transaction that names the pictures in rows takes the announcement away. So a picture that neither a row nor
an announcement of the last hour or so stands for is nobody's: the sweeper may remove it.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason

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


async def begin(connection: Connection, upload: uuid.UUID) -> None:
    """Announce an upload; to be committed before the first picture is stored."""
    await connection.execute("INSERT INTO uploads (id) VALUES ($1)", upload)


async def finish(connection: Connection, upload: uuid.UUID) -> None:
    """Take the announcement away, in the transaction that names the pictures.

    Raises:
        PawtraitError: ``SERVICE_UNAVAILABLE``: it took so long that the sweeper gave the upload up.
    """
    if await connection.fetchval("DELETE FROM uploads WHERE id = $1 RETURNING id", upload) is None:
        raise PawtraitError(
            Reason.SERVICE_UNAVAILABLE, "the upload of the pictures took too long", {"service": "noseprint"}
        )


async def give_up(connection: Connection, upload: uuid.UUID) -> None:
    """Take the announcement away when nothing was stored, or all of it was removed again."""
    await connection.execute("DELETE FROM uploads WHERE id = $1", upload)


async def give_up_old(connection: Connection, age: timedelta) -> int:
    """Take away announcements older than ``age``; their transactions can no longer commit. How many."""
    rows = await connection.fetch(
        "DELETE FROM uploads WHERE begun_at <= now() - $1::interval RETURNING id", age
    )
    return len(rows)


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
