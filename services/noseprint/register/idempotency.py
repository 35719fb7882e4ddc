"""Answers that a repeated call gets again, kept encrypted."""

import uuid
from datetime import timedelta

from services.noseprint.register.encryption import FieldCipher
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason

TABLE = "idempotency"
_COLUMN = "answer_sealed"
_NAMESPACE = uuid.UUID("7d0c2f4e-1b3a-5c6d-8e9f-0a1b2c3d4e5f")


def id_of(key: str) -> uuid.UUID:
    """The id under which a caller's key is kept; the key itself is not."""
    return uuid.uuid5(_NAMESPACE, key)


async def recall(
    connection: Connection, cipher: FieldCipher, call_id: uuid.UUID, request_hash: bytes
) -> str | None:
    """What was answered to this call; None when it is new.

    Raises:
        PawtraitError: ``INVALID_FIELD``: the key was used for another call.
    """
    row = await connection.fetchrow(
        "SELECT request_hash, key_id, answer_sealed FROM idempotency WHERE id = $1 AND expires_at > now()",
        call_id,
    )
    if row is None:
        return None
    if row["request_hash"] != request_hash:
        raise PawtraitError(
            Reason.INVALID_FIELD,
            "the idempotency key was used for another registration",
            {"field": "request_id"},
        )
    return cipher.open(row["answer_sealed"], row["key_id"], table=TABLE, column=_COLUMN, row=call_id)


async def remember(
    connection: Connection,
    cipher: FieldCipher,
    call_id: uuid.UUID,
    *,
    request_hash: bytes,
    dog_id: uuid.UUID,
    answer: str,
    lifetime: timedelta,
) -> None:
    """Keep an answer, in the transaction of what it answers."""
    key = cipher.current_key
    # An expired row may still lie there.
    await connection.execute("DELETE FROM idempotency WHERE id = $1 AND expires_at <= now()", call_id)
    await connection.execute(
        "INSERT INTO idempotency (id, dog_id, request_hash, key_id, answer_sealed, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, now() + $6::interval)",
        call_id,
        dog_id,
        request_hash,
        key,
        cipher.seal(answer, key, table=TABLE, column=_COLUMN, row=call_id),
        lifetime,
    )
