"""Writes rows again under the current key."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from shared.database.pool import Connection
from shared.secrets.field_cipher import FieldCipher


async def reseal(
    connection: Connection, cipher: FieldCipher, table: str, columns: Sequence[str], limit: int
) -> int:
    """Seal up to ``limit`` rows again that are not under the current key; how many there were.

    Args:
        connection: in a transaction.
        table: with the columns ``id`` and ``key_id``.
        columns: its columns with ciphertext or NULL.

    Raises:
        CannotOpenError: a row's key is gone, or the row was tampered with.
    """
    current = cipher.current_key
    rows = await connection.fetch(
        f"SELECT id, key_id, {', '.join(columns)} FROM {table} WHERE key_id <> $1 LIMIT $2 FOR UPDATE",  # noqa: S608
        current,
        limit,
    )
    for row in rows:
        row_id: uuid.UUID = row["id"]
        sealed: list[bytes | None] = []
        for column in columns:
            if row[column] is None:
                sealed.append(None)
                continue
            text = cipher.open(row[column], row["key_id"], table=table, column=column, row=row_id)
            sealed.append(cipher.seal(text, current, table=table, column=column, row=row_id))
        changes = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, start=3))
        await connection.execute(
            f"UPDATE {table} SET key_id = $2, {changes} WHERE id = $1",  # noqa: S608
            row_id,
            current,
            *sealed,
        )
    return len(rows)


async def until_none(
    transaction: Callable[[], AbstractAsyncContextManager[Connection]],
    step: Callable[[Connection], Awaitable[int]],
) -> int:
    """Repeat ``step``, each time in a transaction, until it finds no row; how many rows it found in all.

    Servers write with the key that was current when they began a row, so a last one may come late.
    """
    total = 0
    while True:
        async with transaction() as connection:
            done = await step(connection)
        total += done
        if done == 0:
            return total
