"""Dogs."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.noseprint.register import registration_number
from services.noseprint.register.facts import DogFacts, Sex
from services.noseprint.register.records import DogRecord, DogState
from shared.database.pool import Connection

_COLUMNS = (
    "dogs.id, owner_id, state, registration_number, masked_number, name, breed, sex, birth_year,"
    " profile_key, registered_at, (SELECT count(*) FROM prints WHERE dog_id = dogs.id) AS print_count"
)


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page begins: after the dog that was registered then."""

    registered_at: datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Unasked:
    """An unconfirmed dog that nobody was asked about."""

    id: uuid.UUID
    owner_id: uuid.UUID
    name: str
    masked_number: str


async def insert(
    connection: Connection,
    dog: DogRecord,
    *,
    disputed_with: uuid.UUID | None = None,
) -> None:
    """Store a dog; its prints are stored apart."""
    await connection.execute(
        "INSERT INTO dogs (id, owner_id, state, registration_number, masked_number, name, breed, sex,"
        " birth_year, profile_key, registered_at, disputed_with)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        dog.id,
        dog.owner_id,
        dog.state.value,
        dog.registration_number,
        dog.masked_number,
        dog.facts.name,
        dog.facts.breed,
        dog.facts.sex.value,
        dog.facts.birth_year,
        dog.profile_key,
        dog.registered_at,
        disputed_with,
    )


async def distinct_number(connection: Connection, number: str) -> str:
    """``number`` with a suffix when others have it. To be called under the register's lock."""
    rows = await connection.fetch(
        # Not LIKE: an initial may be a character that LIKE reads as a pattern.
        "SELECT registration_number FROM dogs WHERE masked_number = $1",
        registration_number.mask(number),
    )
    return registration_number.distinct(number, {row["registration_number"] for row in rows})


async def get(connection: Connection, dog_id: uuid.UUID, *, lock: bool = False) -> DogRecord | None:
    """A dog; with ``lock`` nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM dogs WHERE id = $1{' FOR UPDATE' if lock else ''}",  # noqa: S608
        dog_id,
    )
    return _record(row) if row else None


async def of_owner(connection: Connection, owner_id: uuid.UUID) -> list[DogRecord]:
    """An owner's dogs, newest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM dogs WHERE owner_id = $1 ORDER BY registered_at DESC, id DESC",  # noqa: S608
        owner_id,
    )
    return [_record(row) for row in rows]


async def page(connection: Connection, after: PageStart | None, limit: int) -> list[DogRecord]:
    """Dogs, newest first."""
    if after is None:
        rows = await connection.fetch(
            f"SELECT {_COLUMNS} FROM dogs ORDER BY registered_at DESC, id DESC LIMIT $1",  # noqa: S608
            limit,
        )
    else:
        rows = await connection.fetch(
            f"SELECT {_COLUMNS} FROM dogs WHERE (registered_at, id) < ($1, $2)"  # noqa: S608
            " ORDER BY registered_at DESC, id DESC LIMIT $3",
            after.registered_at,
            after.id,
            limit,
        )
    return [_record(row) for row in rows]


async def profile_keys_by_number(connection: Connection, number: str) -> list[str]:
    """Keys of the pictures of dogs with a number, whole or masked; at most two are looked for."""
    column = "masked_number" if registration_number.is_masked(number) else "registration_number"
    rows = await connection.fetch(
        f"SELECT profile_key FROM dogs WHERE {column} = $1 AND state <> 'pending' LIMIT 2",  # noqa: S608
        number,
    )
    return [row["profile_key"] for row in rows if row["profile_key"] is not None]


async def update_facts(connection: Connection, dog_id: uuid.UUID, facts: DogFacts) -> None:
    """Replace what is said of a dog; its registration number holds for life."""
    await connection.execute(
        "UPDATE dogs SET name = $2, breed = $3, sex = $4, birth_year = $5 WHERE id = $1",
        dog_id,
        facts.name,
        facts.breed,
        facts.sex.value,
        facts.birth_year,
    )


async def update_profile(connection: Connection, dog_id: uuid.UUID, profile_key: str) -> None:
    """Replace the key of the profile picture."""
    await connection.execute("UPDATE dogs SET profile_key = $2 WHERE id = $1", dog_id, profile_key)


async def update_state(connection: Connection, dog_id: uuid.UUID, state: DogState) -> None:
    """Say how the registration stands."""
    await connection.execute("UPDATE dogs SET state = $2 WHERE id = $1", dog_id, state.value)


async def next_unasked(connection: Connection) -> Unasked | None:
    """The unconfirmed dog that waits longest, and counts as asked about when the transaction ends."""
    row = await connection.fetchrow(
        "UPDATE dogs SET asked_at = now() WHERE id = ("
        " SELECT id FROM dogs WHERE state = 'unconfirmed' AND asked_at IS NULL"
        " ORDER BY registered_at LIMIT 1 FOR UPDATE SKIP LOCKED"
        ") RETURNING id, owner_id, name, masked_number"
    )
    return Unasked(row["id"], row["owner_id"], row["name"], row["masked_number"]) if row else None


async def join_owner(connection: Connection, dog_id: uuid.UUID, owner_id: uuid.UUID) -> None:
    """Give a dog that was waiting to its confirmed owner."""
    await connection.execute("UPDATE dogs SET owner_id = $2 WHERE id = $1", dog_id, owner_id)


async def delete(connection: Connection, dog_id: uuid.UUID) -> None:
    """Remove a dog and all rows that are about it, the audit apart."""
    await connection.execute("DELETE FROM dogs WHERE id = $1", dog_id)


async def count_searchable(connection: Connection) -> int:
    """How many dogs a search can find."""
    return int(await connection.fetchval("SELECT dogs FROM register_size"))


def _record(row: asyncpg.Record) -> DogRecord:
    return DogRecord(
        id=row["id"],
        owner_id=row["owner_id"],
        state=DogState(row["state"]),
        registration_number=row["registration_number"],
        masked_number=row["masked_number"],
        facts=DogFacts(row["name"], row["breed"], Sex(row["sex"]), row["birth_year"]),
        profile_key=row["profile_key"],
        registered_at=row["registered_at"],
        print_count=row["print_count"],
    )
