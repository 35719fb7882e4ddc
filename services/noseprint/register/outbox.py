"""Messages to owners: encrypted rows that wait for delivery."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import asyncpg

from shared.database.pool import Connection
from shared.secrets.field_cipher import FieldCipher

TABLE = "outbox"
_COLUMN = "body_sealed"
_COLUMNS = "id, kind, dog_id, owner_id, key_id, body_sealed, attempts"
Kind = Literal["found_report", "confirmation"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is to be delivered."""

    id: uuid.UUID
    kind: Kind
    dog_id: uuid.UUID
    owner_id: uuid.UUID
    attempts: int
    body: dict[str, str]


async def put(
    connection: Connection,
    cipher: FieldCipher,
    kind: Kind,
    *,
    dog_id: uuid.UUID,
    owner_id: uuid.UUID,
    body: dict[str, str],
) -> uuid.UUID:
    """Add a message; its id."""
    message_id, key = uuid.uuid4(), cipher.current_key
    text = json.dumps(body, ensure_ascii=False)
    await connection.execute(
        "INSERT INTO outbox (id, kind, dog_id, owner_id, key_id, body_sealed)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        message_id,
        kind,
        dog_id,
        owner_id,
        key,
        cipher.seal(text, key, table=TABLE, column=_COLUMN, row=message_id),
    )
    return message_id


async def count_recent(connection: Connection, owner_id: uuid.UUID, kind: Kind, time: timedelta) -> int:
    """How many messages of a kind an owner was sent within ``time``."""
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM outbox"
            " WHERE owner_id = $1 AND kind = $2 AND created_at > now() - $3::interval",
            owner_id,
            kind,
            time,
        )
    )


async def next_due(connection: Connection, cipher: FieldCipher) -> Waiting | None:
    """The message that has waited longest of those that are due and can be sent by e-mail.

    It stays locked until the transaction ends, so that no other process sends it as well.
    """
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM outbox WHERE state = 'waiting' AND next_attempt_at <= now()"  # noqa: S608
        " AND EXISTS (SELECT FROM owners WHERE owners.id = owner_id AND email_sealed IS NOT NULL)"
        " ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    return _opened(cipher, row) if row else None


async def delivered(connection: Connection, message_id: uuid.UUID) -> None:
    """Say that a message went out."""
    await connection.execute(
        "UPDATE outbox SET state = 'delivered', delivered_at = now(), attempts = attempts + 1,"
        " last_error = NULL WHERE id = $1",
        message_id,
    )


async def passed_on(connection: Connection, message_id: uuid.UUID) -> uuid.UUID | None:
    """Say that a message that did not go out was passed on otherwise; its dog, None when it did not wait."""
    found: uuid.UUID | None = await connection.fetchval(
        "UPDATE outbox SET state = 'delivered', delivered_at = now()"
        " WHERE id = $1 AND state <> 'delivered' RETURNING dog_id",
        message_id,
    )
    return found


async def postpone(
    connection: Connection, message_id: uuid.UUID, pause: timedelta | None, error: str
) -> None:
    """Say that a message did not go out: try again after ``pause``, or never when it is None."""
    await connection.execute(
        "UPDATE outbox SET attempts = attempts + 1, last_error = $3,"
        " state = CASE WHEN $2::interval IS NULL THEN 'failed' ELSE state END,"
        " next_attempt_at = now() + coalesce($2::interval, '0') WHERE id = $1",
        message_id,
        pause,
        error,
    )


async def of_owner(connection: Connection, cipher: FieldCipher, owner_id: uuid.UUID) -> list[Waiting]:
    """All messages to an owner that are still kept, oldest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM outbox WHERE owner_id = $1 ORDER BY created_at",  # noqa: S608
        owner_id,
    )
    return [_opened(cipher, row) for row in rows]


async def undelivered(connection: Connection, cipher: FieldCipher) -> list[Waiting]:
    """All messages that did not go out, oldest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM outbox WHERE state <> 'delivered' ORDER BY created_at"  # noqa: S608
    )
    return [_opened(cipher, row) for row in rows]


def _opened(cipher: FieldCipher, row: asyncpg.Record) -> Waiting:
    text = cipher.open(row["body_sealed"], row["key_id"], table=TABLE, column=_COLUMN, row=row["id"])
    return Waiting(row["id"], row["kind"], row["dog_id"], row["owner_id"], row["attempts"], json.loads(text))
