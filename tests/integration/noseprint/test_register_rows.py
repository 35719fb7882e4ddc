"""The register's tables: what goes in comes out, and what must not happen cannot."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest

from services.noseprint.register import (
    audit,
    dogs,
    lookups,
    outbox,
    owners,
    prints,
    search,
    tokens,
    uploads,
)
from services.noseprint.register.database import Database
from services.noseprint.register.dogs import PageStart
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.facts import DogFacts, OwnerFacts, Sex
from services.noseprint.register.records import Actor, DogRecord, DogState, NewPrint, Vector
from services.noseprint.register.registration_number import mask
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason
from shared.geometry import Box
from shared.idempotency import KeptAnswers
from shared.secrets.field_cipher import CannotOpenError
from shared.secrets.key_ring import KeyFile
from shared.uploads import announcements

HONG = OwnerFacts("홍길동", "+821012345678", "hong@example.com")
HOUR = timedelta(hours=1)


def unit(seed: int) -> Vector:
    vector = np.random.default_rng(seed).normal(size=256).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


async def new_dog(
    connection: Connection,
    cipher: RegisterCipher,
    *,
    seeds: tuple[int, ...] = (1,),
    state: DogState = DogState.REGISTERED,
    number: str | None = None,
    version: str = "v1",
    owner: OwnerFacts | None = None,
) -> DogRecord:
    owner_id, dog_id = uuid.uuid4(), uuid.uuid4()
    await owners.insert(connection, cipher, owner_id, owner or HONG, confirmed=owner is not None)
    number = number or f"{np.random.default_rng().integers(10**13, 10**14)}-ㄲ-5678"
    dog = DogRecord(
        dog_id,
        owner_id,
        state,
        number,
        mask(number),
        DogFacts("꿍이", "진돗개", Sex.FEMALE, 2021),
        f"public/profiles/{dog_id}.jpg",
        datetime.now(UTC),
        0,
    )
    await dogs.insert(connection, dog)
    rows = [
        NewPrint(
            uuid.uuid4(),
            uploads.nose_key(dog_id, index),
            Box(0.25, 0.25, 0.5, 0.75),
            version,
            unit(seed),
            bytes([index]),
        )
        for index, seed in enumerate(seeds)
    ]
    await prints.insert(connection, dog_id, rows)
    if state is not DogState.PENDING:
        await prints.renew_templates(connection, dog_id)
    return dog


class TestOwners:
    async def test_come_out_as_they_went_in(self, database: Database, cipher: RegisterCipher) -> None:
        owner_id = uuid.uuid4()
        async with database.transaction() as connection:
            await owners.insert(connection, cipher, owner_id, HONG, confirmed=True)
            assert await owners.read(connection, cipher, owner_id) == HONG
            assert await owners.find_confirmed(connection, cipher, HONG.phone) == owner_id
            assert await owners.find_confirmed(connection, cipher, "+821012345679") is None
            assert await owners.read(connection, cipher, uuid.uuid4()) is None

    async def test_a_phone_number_has_one_confirmed_owner(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        async with database.connection() as connection:
            await owners.insert(connection, cipher, uuid.uuid4(), HONG, confirmed=True)
            await owners.insert(connection, cipher, uuid.uuid4(), HONG, confirmed=False)
            with pytest.raises(asyncpg.UniqueViolationError):
                await owners.insert(connection, cipher, uuid.uuid4(), HONG, confirmed=True)

    async def test_a_row_put_in_another_ones_place_does_not_open(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        first, second = uuid.uuid4(), uuid.uuid4()
        async with database.connection() as connection:
            await owners.insert(connection, cipher, first, HONG, confirmed=True)
            await owners.insert(
                connection, cipher, second, OwnerFacts("Kim", "+821000000000"), confirmed=False
            )
            await connection.execute(
                "UPDATE owners SET name_sealed = (SELECT name_sealed FROM owners WHERE id = $1)"
                " WHERE id = $2",
                first,
                second,
            )
            with pytest.raises(CannotOpenError):
                await owners.read(connection, cipher, second)

    async def test_are_found_by_phone_after_the_keys_were_changed(
        self, database: Database, cipher: RegisterCipher, key_file: KeyFile
    ) -> None:
        owner_id = uuid.uuid4()
        async with database.connection() as connection:
            await owners.insert(connection, cipher, owner_id, HONG, confirmed=True)
            key_file.replace(key_file.ring().with_new("phone").with_new("fields"))
            assert await owners.find_confirmed(connection, cipher, HONG.phone) == owner_id
            assert await owners.read(connection, cipher, owner_id) == HONG

    async def test_go_with_their_last_dog(self, database: Database, cipher: RegisterCipher) -> None:
        async with database.connection() as connection:
            dog = await new_dog(connection, cipher)
            assert not await owners.delete_if_without_dogs(connection, dog.owner_id)
            await dogs.delete(connection, dog.id)
            assert await owners.delete_if_without_dogs(connection, dog.owner_id)


class TestDogs:
    async def test_come_out_as_they_went_in(self, database: Database, cipher: RegisterCipher) -> None:
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

    async def test_numbers_are_told_apart(self, database: Database, cipher: RegisterCipher) -> None:
        base = "20261120143015-ㄲ-5678"
        async with database.connection() as connection:
            for expected in (base, f"{base}-2", f"{base}-3"):
                number = await dogs.distinct_number(connection, base)
                assert number == expected
                await new_dog(connection, cipher, number=number)
            assert (
                await dogs.distinct_number(connection, "20261120143015-ㄲ-9999") == "20261120143015-ㄲ-9999"
            )
            with pytest.raises(asyncpg.UniqueViolationError):
                await new_dog(connection, cipher, number=base)

    async def test_pages_show_every_dog_once_newest_first(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        async with database.connection() as connection:
            made = [await new_dog(connection, cipher) for _ in range(7)]
            seen: list[DogRecord] = []
            while page := await dogs.page(
                connection, PageStart(seen[-1].registered_at, seen[-1].id) if seen else None, 3
            ):
                seen += page
        assert [dog.id for dog in seen] == [dog.id for dog in reversed(made)]

    async def test_a_picture_is_found_by_number_unless_several_could_be_meant(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        base = "20261120143015-ㄲ-5678"
        async with database.connection() as connection:
            dog = await new_dog(connection, cipher, number=base)
            for number in (base, mask(base)):
                assert await dogs.profile_keys_by_number(connection, number) == [dog.profile_key]
            await new_dog(connection, cipher, number=f"{base}-2")
            assert await dogs.profile_keys_by_number(connection, base) == [dog.profile_key]
            assert len(await dogs.profile_keys_by_number(connection, mask(base))) == 2

    async def test_the_size_counts_what_search_can_find(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
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

    async def test_deletion_leaves_nothing_but_the_audit(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
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


class TestSearch:
    async def test_finds_the_nearest_first(self, database: Database, cipher: RegisterCipher) -> None:
        async with database.transaction() as connection:
            made = [await new_dog(connection, cipher, seeds=(seed,)) for seed in range(20)]
            found = await search.shortlist(connection, unit(7), "v1", 5)
        assert len(found) == 5
        assert found[0].dog_id == made[7].id
        assert found[0].cosine == pytest.approx(1, abs=2e-3)
        assert [each.cosine for each in found] == sorted((each.cosine for each in found), reverse=True)
        exact = sorted((float(unit(7) @ unit(seed)) for seed in range(20)), reverse=True)[:5]
        assert [each.cosine for each in found] == pytest.approx(exact, abs=2e-3)

    async def test_keeps_models_apart_and_leaves_pending_dogs_out(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        async with database.transaction() as connection:
            await new_dog(connection, cipher, seeds=(1,), version="v0")
            await new_dog(connection, cipher, seeds=(1,), state=DogState.PENDING)
            wanted = await new_dog(connection, cipher, seeds=(1,))
            assert [each.dog_id for each in await search.shortlist(connection, unit(1), "v1", 9)] == [
                wanted.id
            ]
            assert await search.model_versions(connection) == {"v0": 1, "v1": 1}

    async def test_a_template_is_the_mean_of_the_prints(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        async with database.transaction() as connection:
            await new_dog(connection, cipher, seeds=(1, 2))
            mean = unit(1) + unit(2)
            (found,) = await search.shortlist(connection, mean / np.linalg.norm(mean), "v1", 1)
            assert found.cosine == pytest.approx(1, abs=2e-3)

    async def test_the_index_finds_the_same(self, database: Database, cipher: RegisterCipher) -> None:
        async with database.transaction() as connection:
            made = [await new_dog(connection, cipher, seeds=(seed,)) for seed in range(120)]
            await new_dog(connection, cipher, seeds=(7,), version="v0")
        async with database.connection() as connection:
            assert not await search.has_index(connection)
            await search.build_index(connection, memory="64MB")
            await search.build_index(connection, memory="64MB")
            assert await search.has_index(connection)
        async with database.transaction() as connection:
            await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            for seed in range(0, 120, 20):
                found = await search.shortlist(connection, unit(seed), "v1", 10)
                assert found[0].dog_id == made[seed].id
                assert len(found) == 10


class TestTokens:
    async def test_an_owner_token_is_for_one_dog_and_not_kept(
        self, database: Database, cipher: RegisterCipher
    ) -> None:
        async with database.connection() as connection:
            dog = await new_dog(connection, cipher)
            token = await tokens.give_owner_token(connection, dog.id)
            assert await tokens.dog_of_owner_token(connection, token) == dog.id
            for wrong in (token[:-1], token + "x", "", token.swapcase(), "\x00", "\ud800"):
                assert await tokens.dog_of_owner_token(connection, wrong) is None
            kept = await connection.fetchval("SELECT token_hash FROM owner_tokens")
            assert token.encode() not in kept

    async def test_a_contact_token_works_once(self, database: Database, cipher: RegisterCipher) -> None:
        async with database.connection() as connection:
            dog = await new_dog(connection, cipher)
            token = await tokens.give_contact_token(connection, dog.id, uuid.uuid4(), HOUR)
            assert await tokens.use_contact_token(connection, token) == dog.id
            assert await tokens.use_contact_token(connection, token) is None
            late = await tokens.give_contact_token(connection, dog.id, uuid.uuid4(), timedelta(seconds=-1))
            assert await tokens.use_contact_token(connection, late) is None

    async def test_a_code_dies_of_wrong_ones(self, database: Database, cipher: RegisterCipher) -> None:
        async with database.connection() as connection:
            dog = await new_dog(connection, cipher)
            code = await tokens.give_code(connection, dog.id, dog.owner_id, HOUR)
            for _ in range(tokens.MOST_ATTEMPTS - 1):
                assert await tokens.use_code(connection, dog.id, "0000-0000-0000") is None
            other = await new_dog(connection, cipher)
            assert await tokens.use_code(connection, other.id, code) is None
            assert await tokens.use_code(connection, dog.id, code.lower()) == dog.owner_id
            assert await tokens.use_code(connection, dog.id, code) is None
            code = await tokens.give_code(connection, dog.id, dog.owner_id, HOUR)
            for _ in range(tokens.MOST_ATTEMPTS):
                await tokens.use_code(connection, dog.id, "0000-0000-0000")
            assert await tokens.use_code(connection, dog.id, code) is None


class TestIdempotency:
    async def test_remembers_until_it_is_too_old(self, database: Database, cipher: RegisterCipher) -> None:
        answers, call = KeptAnswers(cipher, "dog_id"), "a key of the caller"
        async with database.connection() as connection:
            dog = await new_dog(connection, cipher)
            assert await answers.recall(connection, call, b"hash") is None
            await answers.remember(
                connection, call, request_hash=b"hash", made=dog.id, answer="꿍", lifetime=HOUR
            )
            assert await answers.recall(connection, call, b"hash") == "꿍"
            with pytest.raises(PawtraitError) as caught:
                await answers.recall(connection, call, b"other")
            assert caught.value.reason is Reason.INVALID_FIELD
            await connection.execute("UPDATE idempotency SET expires_at = now()")
            assert await answers.recall(connection, call, b"other") is None
            await answers.remember(
                connection, call, request_hash=b"other", made=dog.id, answer="", lifetime=HOUR
            )


class TestAudit:
    @pytest.mark.parametrize(
        "statement", ["UPDATE audit SET actor = 'system'", "DELETE FROM audit", "TRUNCATE audit"]
    )
    async def test_is_append_only(self, database: Database, statement: str) -> None:
        async with database.connection() as connection:
            await audit.record(connection, "lookup", Actor.PUBLIC, matched=True)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                await connection.execute(statement)
            row = await connection.fetchrow("SELECT event, actor, details FROM audit")
        assert row is not None
        assert dict(row) == {"event": "lookup", "actor": "public", "details": {"matched": True}}


class TestRegisteringLock:
    async def test_one_at_a_time_over_all_servers(self, database: Database, database_url: str) -> None:
        other = Database(database_url)
        await other.open()
        inside, most = 0, 0

        async def work(where: Database) -> None:
            nonlocal inside, most
            async with where.registering():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.01)
                inside -= 1

        await asyncio.gather(*(work(where) for where in (database, other) * 10))
        await other.close()
        assert most == 1

    async def test_what_was_committed_under_it_is_in_view(
        self, database: Database, database_url: str
    ) -> None:
        other = Database(database_url)
        await other.open()

        async def count_up(where: Database) -> None:
            async with where.registering() as connection:
                upload = uuid.UUID(int=await connection.fetchval("SELECT count(*) FROM uploads"))
                await announcements.begin(connection, upload)

        await asyncio.gather(*(count_up(where) for where in (database, other) * 20))
        await other.close()
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM uploads") == 40
