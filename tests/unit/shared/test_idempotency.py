"""A repeated call gets the answer that it got before."""

import uuid
from datetime import timedelta

import asyncpg
import pytest

from shared.database.pool import Connection
from shared.database.service_database import ServiceDatabase
from shared.errors import PawtraitError, Reason
from shared.idempotency import KeptAnswers
from shared.secrets.field_cipher import FieldCipher
from tests.unit.shared.small_schema import cipher, key_file, small_database

__all__ = ["cipher", "key_file", "small_database"]

HOUR = timedelta(hours=1)


@pytest.fixture
def answers(cipher: FieldCipher) -> KeptAnswers:
    return KeptAnswers(cipher, "thing_id")


async def new_thing(connection: Connection) -> uuid.UUID:
    thing_id: uuid.UUID = await connection.fetchval(
        "INSERT INTO things (id) VALUES (gen_random_uuid()) RETURNING id"
    )
    return thing_id


async def test_is_recalled_until_its_time_is_up(
    small_database: ServiceDatabase, answers: KeptAnswers
) -> None:
    async with small_database.connection() as connection:
        thing = await new_thing(connection)
        assert await answers.recall(connection, "key", b"hash") is None
        await answers.remember(
            connection, "key", request_hash=b"hash", made=thing, answer="꿍", lifetime=HOUR
        )
        assert await answers.recall(connection, "key", b"hash") == "꿍"
        assert await answers.recall(connection, "another", b"hash") is None
        await connection.execute("UPDATE idempotency SET expires_at = now()")
        assert await answers.recall(connection, "key", b"hash") is None
        await answers.remember(
            connection, "key", request_hash=b"new", made=thing, answer="again", lifetime=HOUR
        )
        assert await answers.recall(connection, "key", b"new") == "again"


async def test_another_call_may_not_use_the_key(
    small_database: ServiceDatabase, answers: KeptAnswers
) -> None:
    async with small_database.connection() as connection:
        thing = await new_thing(connection)
        await answers.remember(connection, "key", request_hash=b"a", made=thing, answer="", lifetime=HOUR)
        with pytest.raises(PawtraitError) as caught:
            await answers.recall(connection, "key", b"b")
        assert (caught.value.reason, caught.value.metadata["field"]) == (Reason.INVALID_FIELD, "request_id")


async def test_two_at_once_are_told_apart(small_database: ServiceDatabase, answers: KeptAnswers) -> None:
    async with small_database.connection() as connection:
        thing = await new_thing(connection)
        await answers.remember(connection, "key", request_hash=b"a", made=thing, answer="", lifetime=HOUR)
        with pytest.raises(asyncpg.UniqueViolationError):
            await answers.remember(connection, "key", request_hash=b"a", made=thing, answer="", lifetime=HOUR)


async def test_goes_with_what_it_made_and_shows_neither_key_nor_answer(
    small_database: ServiceDatabase, answers: KeptAnswers
) -> None:
    async with small_database.connection() as connection:
        thing = await new_thing(connection)
        await answers.remember(
            connection, "a caller's key", request_hash=b"a", made=thing, answer="secret", lifetime=HOUR
        )
        row = await connection.fetchval("SELECT i::text FROM idempotency i")
        for secret in ("secret", "a caller's key"):
            assert secret not in row
            assert secret.encode().hex() not in row
        await connection.execute("DELETE FROM things")
        assert await answers.recall(connection, "a caller's key", b"a") is None
