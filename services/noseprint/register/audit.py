"""The append-only record of who did what to which dog. Names no person."""

import uuid
from typing import Literal

from services.noseprint.register.records import Actor
from shared.database.pool import Connection
from shared.request_context import request_id

Event = Literal[
    "registered",
    "refused",
    "disputed",
    "confirmed",
    "decided",
    "updated",
    "prints_added",
    "deleted",
    "lookup",
    "verification",
    "disclosure",
    "reported",
    "delivered",
    "keys_rotated",
]


async def record(
    connection: Connection, event: Event, actor: Actor, dog_id: uuid.UUID | None = None, **details: object
) -> None:
    """Add a row, in the transaction of what it tells.

    Args:
        details: plain values; never a name, an address, a number or a token.
    """
    await connection.execute(
        "INSERT INTO audit (event, actor, dog_id, details, request_id) VALUES ($1, $2, $3, $4, $5)",
        event,
        actor.value,
        dog_id,
        details,
        request_id.get(),
    )
