"""A service's connections: the schema in view, failures in a caller's words, one that cleans up."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.database.embedded import EmbeddedPostgres
from shared.database.service_database import ServiceDatabase
from shared.errors import PawtraitError, Reason
from shared.launcher.ports import any_free
from tests.unit.shared.small_schema import make_database, small_database

__all__ = ["small_database"]


async def test_tables_are_made_and_in_view(small_database: ServiceDatabase) -> None:
    async with small_database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM things") == 0
        assert await connection.fetchval("SELECT current_schema()") == "small"
    assert await small_database.is_up()


async def test_a_transaction_that_fails_leaves_nothing(small_database: ServiceDatabase) -> None:
    async def fail() -> None:
        async with small_database.transaction() as connection:
            await connection.execute("INSERT INTO uploads (id) VALUES (gen_random_uuid())")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with small_database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM uploads") == 0


async def test_one_process_maintains_at_a_time(
    small_database: ServiceDatabase, database_url: str, tmp_path: Path
) -> None:
    other = make_database(database_url, tmp_path)
    await other.open()
    async with small_database.maintaining() as alone, other.maintaining() as too:
        assert (alone, too) == (True, False)
    async with other.maintaining() as alone:
        assert alone
    await other.close()


async def test_mistakes_are_not_taken_for_an_outage(small_database: ServiceDatabase) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with small_database.connection() as connection:
            await connection.execute("SELECT * FROM nowhere")


async def test_a_wait_for_a_lock_that_ends_names_the_service(small_database: ServiceDatabase) -> None:
    async def wait() -> None:
        async with small_database.transaction() as connection:
            await connection.execute("SET LOCAL lock_timeout = '50ms'")
            await connection.execute("SELECT * FROM things")

    async with small_database.transaction() as holder:
        await holder.execute("LOCK TABLE things")
        with pytest.raises(PawtraitError) as caught:
            await wait()
    assert (caught.value.reason, caught.value.metadata) == (Reason.SERVICE_UNAVAILABLE, {"service": "small"})


async def test_before_it_is_open_and_without_a_server_it_is_unavailable(tmp_path: Path) -> None:
    nowhere = make_database(
        f"postgresql://a:b@127.0.0.1:{any_free('127.0.0.1', set())}/c", tmp_path, patience=0
    )
    for work in (nowhere.open(), nowhere.connection().__aenter__()):
        with pytest.raises(PawtraitError) as caught:
            await work
        assert caught.value.metadata == {"service": "database"}
    assert not await nowhere.is_up()


async def test_comes_back_with_its_server(own_postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    database = make_database(own_postgres.url, tmp_path)
    await database.open()
    await asyncio.to_thread(own_postgres.kill)
    assert not await database.is_up()
    await asyncio.to_thread(own_postgres.start)
    assert await database.is_up()
    await database.close()
