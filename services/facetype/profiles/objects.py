"""Photo and cards of a profile in the object storage.

They lie under the profile's ``share_id``: the photo where nobody can read it, the cards where anybody can who
knows their address. How they come there together with the row, and what becomes of those that no row names,
is told in :mod:`shared.uploads`.
"""

import uuid
from collections.abc import Sequence

from shared.database.pool import Connection

PHOTOS = "faces/"
CARDS = "public/cards/"
PREFIXES = (PHOTOS, CARDS)


def photo_key(share_id: uuid.UUID) -> str:
    """Key of the photo."""
    return f"{PHOTOS}{share_id}/photo.jpg"


def portrait_key(share_id: uuid.UUID) -> str:
    """Key of the upright card."""
    return f"{CARDS}{share_id}/portrait.png"


def landscape_key(share_id: uuid.UUID) -> str:
    """Key of the lying card."""
    return f"{CARDS}{share_id}/landscape.png"


def keys_of(share_id: uuid.UUID) -> tuple[str, ...]:
    """Keys of everything that a profile has."""
    return photo_key(share_id), portrait_key(share_id), landscape_key(share_id)


def upload_of(key: str) -> uuid.UUID | None:
    """The ``share_id`` that a key was made for; None when it is no key of a profile."""
    for prefix in PREFIXES:
        if key.startswith(prefix):
            try:
                return uuid.UUID(key.removeprefix(prefix).partition("/")[0])
            except ValueError:
                return None
    return None


async def unnamed(connection: Connection, keys: Sequence[str]) -> list[str]:
    """Those of ``keys`` that no row names and no upload is bringing."""
    # One statement, so one view of the tables: a key cannot slip from announced to named between two looks.
    rows = await connection.fetch(
        "SELECT key FROM unnest($1::text[], $2::uuid[]) AS stored (key, upload)"
        " WHERE upload IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM profiles WHERE key IN (photo_key, portrait_key, landscape_key)"
        " AND share_id = upload)"
        " AND NOT EXISTS (SELECT FROM uploads WHERE uploads.id = upload)",
        list(keys),
        [upload_of(key) for key in keys],
    )
    return [row["key"] for row in rows]
