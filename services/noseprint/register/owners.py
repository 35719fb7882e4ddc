"""Owners: their facts are encrypted, and one confirmed owner has a phone number."""

import uuid

from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.facts import OwnerFacts
from shared.database.pool import Connection

TABLE = "owners"


async def find_confirmed(connection: Connection, cipher: RegisterCipher, phone: str) -> uuid.UUID | None:
    """The confirmed owner of a normalised phone number."""
    found: uuid.UUID | None = await connection.fetchval(
        "SELECT id FROM owners WHERE confirmed AND phone_hash = ANY($1::bytea[])",
        cipher.phone_hashes(phone),
    )
    return found


async def insert(
    connection: Connection, cipher: RegisterCipher, owner_id: uuid.UUID, facts: OwnerFacts, *, confirmed: bool
) -> None:
    """Store an owner.

    Raises:
        asyncpg.UniqueViolationError: another confirmed owner has the number.
    """
    key, phone_key = cipher.current_key, cipher.current_phone_key
    await connection.execute(
        "INSERT INTO owners (id, confirmed, phone_hash, phone_key, key_id, name_sealed, phone_sealed,"
        " email_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        owner_id,
        confirmed,
        cipher.phone_hash(facts.phone, phone_key),
        phone_key,
        key,
        cipher.seal(facts.name, key, table=TABLE, column="name_sealed", row=owner_id),
        cipher.seal(facts.phone, key, table=TABLE, column="phone_sealed", row=owner_id),
        cipher.seal(facts.email, key, table=TABLE, column="email_sealed", row=owner_id)
        if facts.email
        else None,
    )


async def read(connection: Connection, cipher: RegisterCipher, owner_id: uuid.UUID) -> OwnerFacts | None:
    """An owner's facts in clear; None when there is no such owner.

    Raises:
        CannotOpenError: the key is gone, or the row was tampered with.
    """
    row = await connection.fetchrow(
        "SELECT key_id, name_sealed, phone_sealed, email_sealed FROM owners WHERE id = $1", owner_id
    )
    if row is None:
        return None

    def opened(column: str) -> str:
        if row[column] is None:
            return ""
        return cipher.open(row[column], row["key_id"], table=TABLE, column=column, row=owner_id)

    return OwnerFacts(opened("name_sealed"), opened("phone_sealed"), opened("email_sealed"))


async def is_confirmed(connection: Connection, owner_id: uuid.UUID) -> bool:
    """Whether the owner is the one of their phone number."""
    return bool(await connection.fetchval("SELECT confirmed FROM owners WHERE id = $1", owner_id))


async def delete_if_without_dogs(connection: Connection, owner_id: uuid.UUID) -> bool:
    """Remove an owner who has no dog left; whether that was so."""
    deleted = await connection.fetchval(
        "DELETE FROM owners WHERE id = $1 AND NOT EXISTS (SELECT FROM dogs WHERE owner_id = $1) RETURNING id",
        owner_id,
    )
    return deleted is not None


async def used_keys(connection: Connection) -> tuple[set[str], set[str]]:
    """Ids of the keys that fields are sealed with, and of those that phone numbers are hashed with."""
    fields = await connection.fetch("SELECT DISTINCT key_id FROM owners")
    phones = await connection.fetch("SELECT DISTINCT phone_key FROM owners")
    return {row["key_id"] for row in fields}, {row["phone_key"] for row in phones}
