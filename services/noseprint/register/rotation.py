"""Writes rows again under the current keys."""

import uuid

from services.noseprint.register import idempotency, outbox, owners
from services.noseprint.register.encryption import FieldCipher
from shared.database.pool import Connection

SEALED = {
    owners.TABLE: ("name_sealed", "phone_sealed", "email_sealed"),
    outbox.TABLE: ("body_sealed",),
    idempotency.TABLE: ("answer_sealed",),
}
"""All columns with ciphertext, by table; each table has the columns ``id`` and ``key_id``."""


async def reseal(connection: Connection, cipher: FieldCipher, table: str, limit: int) -> int:
    """Seal up to ``limit`` rows again that are not under the current key; how many there were.

    Args:
        connection: in a transaction.
        table: one of :data:`SEALED`.

    Raises:
        CannotOpenError: a row's key is gone, or the row was tampered with.
    """
    columns, current = SEALED[table], cipher.current_key
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


async def rehash_phones(connection: Connection, cipher: FieldCipher, limit: int) -> int:
    """Hash up to ``limit`` owners' phone numbers again that are not under the current key; how many.

    Raises:
        CannotOpenError: as :func:`reseal`.
    """
    current = cipher.current_phone_key
    rows = await connection.fetch(
        "SELECT id FROM owners WHERE phone_key <> $1 LIMIT $2 FOR UPDATE", current, limit
    )
    for row in rows:
        facts = await owners.read(connection, cipher, row["id"])
        if facts is not None:
            await connection.execute(
                "UPDATE owners SET phone_key = $2, phone_hash = $3 WHERE id = $1",
                row["id"],
                current,
                cipher.phone_hash(facts.phone, current),
            )
    return len(rows)
