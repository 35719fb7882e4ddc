"""Dogs: their numbers, pages and pictures, and that nothing of them is left."""

import uuid

import asyncpg
import pytest

from services.noseprint.register import (
    audit,
    dogs,
    lookups,
    outbox,
    owners,
    prints,
    tokens,
)
from services.noseprint.register.database import Database
from services.noseprint.register.dogs import PageStart
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.records import Actor, DogRecord, DogState
from services.noseprint.register.registration_number import mask
from shared.idempotency import KeptAnswers
from tests.integration.noseprint.register.rows import HONG, HOUR, new_dog


async def test_come_out_as_they_went_in(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher, seeds=(1, 2, 3))
        read = await dogs.get(connection, dog.id)
    assert read is not None
    assert read.print_count == 3
    assert (read.facts, read.state, read.registration_number) == (
        dog.facts,
        dog.state,
        dog.registration_number,
    )
    assert read.registered_at == dog.registered_at


async def test_numbers_are_told_apart(database: Database, cipher: RegisterCipher) -> None:
    base = "20261120143015-ㄲ-5678"
    async with database.connection() as connection:
        for expected in (base, f"{base}-2", f"{base}-3"):
            number = await dogs.distinct_number(connection, base)
            assert number == expected
            await new_dog(connection, cipher, number=number)
        assert await dogs.distinct_number(connection, "20261120143015-ㄲ-9999") == "20261120143015-ㄲ-9999"
        with pytest.raises(asyncpg.UniqueViolationError):
            await new_dog(connection, cipher, number=base)


async def test_pages_show_every_dog_once_newest_first(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        made = [await new_dog(connection, cipher) for _ in range(7)]
        seen: list[DogRecord] = []
        while page := await dogs.page(
            connection, PageStart(seen[-1].registered_at, seen[-1].id) if seen else None, 3
        ):
            seen += page
    assert [dog.id for dog in seen] == [dog.id for dog in reversed(made)]


async def test_a_picture_is_found_by_number_unless_several_could_be_meant(
    database: Database, cipher: RegisterCipher
) -> None:
    base = "20261120143015-ㄲ-5678"
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher, number=base)
        for number in (base, mask(base)):
            assert await dogs.profile_keys_by_number(connection, number) == [dog.profile_key]
        await new_dog(connection, cipher, number=f"{base}-2")
        assert await dogs.profile_keys_by_number(connection, base) == [dog.profile_key]
        assert len(await dogs.profile_keys_by_number(connection, mask(base))) == 2


async def test_the_size_counts_what_search_can_find(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        assert await dogs.count_searchable(connection) == 0
        registered = await new_dog(connection, cipher)
        await new_dog(connection, cipher, state=DogState.UNCONFIRMED)
        pending = await new_dog(connection, cipher, state=DogState.PENDING)
        assert await dogs.count_searchable(connection) == 2
        await dogs.update_state(connection, pending.id, DogState.REGISTERED)
        assert await dogs.count_searchable(connection) == 3
        await dogs.delete(connection, registered.id)
        assert await dogs.count_searchable(connection) == 2


async def test_deletion_leaves_nothing_but_the_audit(database: Database, cipher: RegisterCipher) -> None:
    async with database.connection() as connection:
        dog = await new_dog(connection, cipher, owner=HONG)
        print_id = (await prints.of_dogs(connection, [dog.id]))[0].id
        await tokens.give_owner_token(connection, dog.id)
        lookup_id = uuid.uuid4()
        await lookups.record(
            connection,
            lookup_id,
            "identify",
            probability=0.9,
            lifetime=HOUR,
            dog_id=dog.id,
            print_id=print_id,
            nose=b"png",
        )
        await tokens.give_contact_token(connection, dog.id, lookup_id, HOUR)
        await tokens.give_code(connection, dog.id, dog.owner_id, HOUR)
        await outbox.put(
            connection, cipher, "found_report", dog_id=dog.id, owner_id=dog.owner_id, body={"a": "b"}
        )
        await KeptAnswers(cipher, "dog_id").remember(
            connection, "a key", request_hash=b"x", made=dog.id, answer="{}", lifetime=HOUR
        )
        await audit.record(connection, "registered", Actor.PUBLIC, dog.id)
        await dogs.delete(connection, dog.id)
        await owners.delete_if_without_dogs(connection, dog.owner_id)
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'noseprint'"
            " AND tablename NOT IN ('audit', 'applied_migrations', 'register_size')"
            " AND tablename NOT LIKE 'procrastinate%'"
        )
        assert len(tables) >= 9
        for table in tables:
            count = await connection.fetchval(f"SELECT count(*) FROM {table['tablename']}")  # noqa: S608
            assert count == 0, table["tablename"]
        assert await connection.fetchval("SELECT count(*) FROM audit") == 1
