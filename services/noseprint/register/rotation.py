"""Writes rows again under the current keys."""

from services.noseprint.register import outbox, owners
from services.noseprint.register.encryption import RegisterCipher
from shared import idempotency
from shared.database.pool import Connection

SEALED = {
    owners.TABLE: ("name_sealed", "phone_sealed", "email_sealed"),
    outbox.TABLE: ("body_sealed",),
    idempotency.TABLE: idempotency.SEALED,
}
"""All columns with ciphertext, by table; each table has the columns ``id`` and ``key_id``."""


async def rehash_phones(connection: Connection, cipher: RegisterCipher, limit: int) -> int:
    """Hash up to ``limit`` owners' phone numbers again that are not under the current key; how many.

    Raises:
        CannotOpenError: as :func:`shared.secrets.rotation.reseal`.
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
