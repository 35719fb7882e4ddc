"""Rows of the table ``uploads`` (``id uuid PRIMARY KEY, begun_at timestamptz NOT NULL DEFAULT now()``)."""

import uuid
from datetime import timedelta

from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason


async def begin(connection: Connection, upload: uuid.UUID) -> None:
    """Announce an upload; to be committed before the first object is stored."""
    await connection.execute("INSERT INTO uploads (id) VALUES ($1)", upload)


async def finish(connection: Connection, upload: uuid.UUID) -> None:
    """Take the announcement away, in the transaction that names the objects.

    Raises:
        PawtraitError: ``SERVICE_UNAVAILABLE``: it took so long that the sweeper gave the upload up.
    """
    if await connection.fetchval("DELETE FROM uploads WHERE id = $1 RETURNING id", upload) is None:
        raise PawtraitError(
            Reason.SERVICE_UNAVAILABLE, "the upload of the pictures took too long", {"service": "storage"}
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
