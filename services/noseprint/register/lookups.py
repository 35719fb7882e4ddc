"""Lookups of the last hour or so, so that their evidence can be drawn."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared.database.pool import Connection
from shared.geometry import Box


@dataclass(frozen=True, slots=True)
class Evidence:
    """What evidence is drawn from."""

    nose: bytes
    """The aligned nose that was looked up: a grey PNG."""
    picture_key: str
    """Of the registered photo."""
    box: Box
    """Of the nose in that photo."""


async def record(
    connection: Connection,
    lookup_id: uuid.UUID,
    kind: Literal["identify", "verify"],
    *,
    probability: float,
    lifetime: timedelta,
    dog_id: uuid.UUID | None = None,
    print_id: uuid.UUID | None = None,
    nose: bytes | None = None,
) -> None:
    """Keep a lookup. One that matched nothing keeps neither dog nor nose."""
    await connection.execute(
        "INSERT INTO lookups (id, kind, dog_id, print_id, nose, probability, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)",
        lookup_id,
        kind,
        dog_id,
        print_id,
        nose,
        probability,
        lifetime,
    )


async def evidence(connection: Connection, lookup_id: uuid.UUID) -> Evidence | None:
    """What a lookup's evidence is drawn from; None: unknown, too old, or it matched nothing."""
    row = await connection.fetchrow(
        "SELECT nose, picture_key, box FROM lookups JOIN prints ON prints.id = print_id"
        " WHERE lookups.id = $1 AND expires_at > now() AND nose IS NOT NULL",
        lookup_id,
    )
    return Evidence(row["nose"], row["picture_key"], Box(*row["box"])) if row else None
