"""Answers that a repeated call gets again, kept encrypted.

A service's table ``idempotency`` has the columns ``id uuid PRIMARY KEY, request_hash bytea, key_id text,
answer_sealed bytea, expires_at timestamptz`` and one that refers to what the call made.
"""

import uuid
from datetime import timedelta

from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason
from shared.secrets.field_cipher import FieldCipher

TABLE = "idempotency"
SEALED = ("answer_sealed",)
"""Its columns with ciphertext."""
_COLUMN = SEALED[0]
_NAMESPACE = uuid.UUID("7d0c2f4e-1b3a-5c6d-8e9f-0a1b2c3d4e5f")


class KeptAnswers:
    """Keeps answers by the key that the caller gave.

    Args:
        cipher: seals them.
        made: name of the column that refers to what the call made, e.g. ``"dog_id"``.
    """

    def __init__(self, cipher: FieldCipher, made: str) -> None:
        self._cipher = cipher
        self._made = made

    async def recall(self, connection: Connection, call_key: str, request_hash: bytes) -> str | None:
        """What was answered to this call; None when it is new.

        Raises:
            PawtraitError: ``INVALID_FIELD``: the key was used for another call.
        """
        call_id = _id_of(call_key)
        row = await connection.fetchrow(
            "SELECT request_hash, key_id, answer_sealed FROM idempotency"
            " WHERE id = $1 AND expires_at > now()",
            call_id,
        )
        if row is None:
            return None
        if row["request_hash"] != request_hash:
            raise PawtraitError(
                Reason.INVALID_FIELD,
                "the idempotency key was used for another call",
                {"field": "request_id"},
            )
        return self._cipher.open(
            row["answer_sealed"], row["key_id"], table=TABLE, column=_COLUMN, row=call_id
        )

    async def remember(
        self,
        connection: Connection,
        call_key: str,
        *,
        request_hash: bytes,
        made: uuid.UUID,
        answer: str,
        lifetime: timedelta,
    ) -> None:
        """Keep an answer, in the transaction of what it answers.

        Raises:
            asyncpg.UniqueViolationError: the same call was answered at the same time.
        """
        call_id, key = _id_of(call_key), self._cipher.current_key
        # An expired row may still lie there.
        await connection.execute("DELETE FROM idempotency WHERE id = $1 AND expires_at <= now()", call_id)
        await connection.execute(
            f"INSERT INTO idempotency (id, {self._made}, request_hash, key_id, answer_sealed, expires_at)"  # noqa: S608
            " VALUES ($1, $2, $3, $4, $5, now() + $6::interval)",
            call_id,
            made,
            request_hash,
            key,
            self._cipher.seal(answer, key, table=TABLE, column=_COLUMN, row=call_id),
            lifetime,
        )


def _id_of(call_key: str) -> uuid.UUID:
    """The id under which a caller's key is kept; the key itself is not."""
    return uuid.uuid5(_NAMESPACE, call_key)
