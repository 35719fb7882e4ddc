"""Owner tokens, contact tokens and confirmation codes in the database: hashes only."""

import uuid
from datetime import timedelta

from shared.database.pool import Connection
from shared.secrets.tokens import hash_code, hash_token, new_code, new_token

MOST_ATTEMPTS = 5
"""Wrong codes after which a confirmation code is dead."""


async def give_owner_token(connection: Connection, dog_id: uuid.UUID) -> str:
    """A new owner token for one dog."""
    token = new_token()
    await connection.execute(
        "INSERT INTO owner_tokens (token_hash, dog_id) VALUES ($1, $2)", hash_token(token), dog_id
    )
    return token


async def dog_of_owner_token(connection: Connection, token: str) -> uuid.UUID | None:
    """The dog that an owner token is for."""
    found: uuid.UUID | None = await connection.fetchval(
        "SELECT dog_id FROM owner_tokens WHERE token_hash = $1", hash_token(token)
    )
    return found


async def give_contact_token(
    connection: Connection, dog_id: uuid.UUID, lookup_id: uuid.UUID, lifetime: timedelta
) -> str:
    """A new contact token for one message to a dog's owner."""
    token = new_token()
    await connection.execute(
        "INSERT INTO contact_tokens (token_hash, dog_id, lookup_id, expires_at)"
        " VALUES ($1, $2, $3, now() + $4::interval)",
        hash_token(token),
        dog_id,
        lookup_id,
        lifetime,
    )
    return token


async def use_contact_token(connection: Connection, token: str) -> uuid.UUID | None:
    """The dog that a contact token is for, which is used up by this; None: unknown, used up or too old."""
    found: uuid.UUID | None = await connection.fetchval(
        "UPDATE contact_tokens SET used_at = now()"
        " WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING dog_id",
        hash_token(token),
    )
    return found


async def give_code(
    connection: Connection, dog_id: uuid.UUID, owner_id: uuid.UUID, lifetime: timedelta
) -> str:
    """A new code that joins a dog to an owner; it is for that owner's eyes only."""
    code = new_code()
    await connection.execute(
        "INSERT INTO confirmation_codes (dog_id, owner_id, code_hash, expires_at)"
        " VALUES ($1, $2, $3, now() + $4::interval)",
        dog_id,
        owner_id,
        hash_code(code),
        lifetime,
    )
    return code


async def use_code(connection: Connection, dog_id: uuid.UUID, code: str) -> uuid.UUID | None:
    """The owner that a dog may be joined to; None: the code is wrong, used up, too old, or none waits.

    A wrong one counts: commit the transaction all the same.
    """
    row = await connection.fetchrow(
        "UPDATE confirmation_codes SET attempts = attempts + 1"
        " WHERE dog_id = $1 AND attempts < $2 AND expires_at > now() RETURNING owner_id, code_hash",
        dog_id,
        MOST_ATTEMPTS,
    )
    if row is None or row["code_hash"] != hash_code(code):
        return None
    await connection.execute("DELETE FROM confirmation_codes WHERE dog_id = $1", dog_id)
    owner_id: uuid.UUID = row["owner_id"]
    return owner_id
