"""Pools, with a real server."""

import asyncio

import asyncpg
import numpy as np
import pytest
from pgvector import HalfVector

from shared.database.embedded import EmbeddedPostgres
from shared.database.pool import connect, is_unavailable, open_pool


async def test_connections_see_their_schema_first(database_url: str) -> None:
    async with await open_pool(database_url, schema="dogs", min_size=1, max_size=2) as pool:
        await pool.execute("CREATE SCHEMA dogs; CREATE TABLE dogs.t (n integer); INSERT INTO t VALUES (7)")
        assert await pool.fetchval("SELECT n FROM t") == 7
        assert await pool.fetchval("SHOW search_path") == '"dogs", public'
        assert await pool.fetchval("SHOW application_name") == "pawtrait-dogs"


async def test_json_and_vectors_come_back_as_they_went(database_url: str) -> None:
    vector = np.linspace(-1, 1, 256, dtype=np.float32)
    facts = {"name": "꿍이", "list": [1, None, "둘"], "nested": {"a": 0.5}}
    async with await open_pool(database_url, schema="dogs", min_size=1, max_size=2) as pool:
        row = await pool.fetchrow(
            "SELECT $1::jsonb AS facts, $2::vector AS whole, $3::halfvec AS half",
            facts,
            vector,
            HalfVector(vector),
        )
    assert row is not None
    assert row["facts"] == facts
    assert np.array_equal(np.asarray(row["whole"].to_numpy()), vector)
    assert np.allclose(row["half"].to_numpy(), vector, atol=1e-3)


async def test_a_database_without_pgvector_does_too(postgres: EmbeddedPostgres) -> None:
    administrator = await connect(postgres.superuser_url)
    await administrator.execute("CREATE DATABASE plain TEMPLATE template0 OWNER pawtrait")
    try:
        url = postgres.url.replace("/pawtrait?", "/plain?")
        async with await open_pool(url, schema="types", min_size=1, max_size=1) as pool:
            assert await pool.fetchval("SELECT '{\"a\": 1}'::jsonb") == {"a": 1}
    finally:
        await administrator.execute("DROP DATABASE plain WITH (FORCE)")
        await administrator.close()


async def test_a_pool_outlives_its_server_and_says_when_it_is_away(own_postgres: EmbeddedPostgres) -> None:
    async with await open_pool(own_postgres.url, schema="dogs", min_size=2, max_size=4) as pool:
        for stop in (own_postgres.kill, own_postgres.stop):
            holder = await pool.acquire()
            stop()
            with pytest.raises(Exception) as cut_off:  # noqa: PT011
                await holder.fetchval("SELECT 1")
            assert is_unavailable(cut_off.value), repr(cut_off.value)
            await pool.release(holder)
            for _ in range(4):
                with pytest.raises(Exception) as away:  # noqa: PT011
                    await pool.fetchval("SELECT 1")
                assert is_unavailable(away.value), repr(away.value)
            own_postgres.start()
            assert await asyncio.gather(*(pool.fetchval("SELECT 1") for _ in range(4))) == [1] * 4


async def test_a_server_that_is_not_up_yet_is_waited_for(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.stop()
    opening = asyncio.create_task(open_pool(own_postgres.url, schema="dogs", min_size=1, max_size=1))
    await asyncio.sleep(0.6)
    assert not opening.done()
    await asyncio.to_thread(own_postgres.start)
    async with await opening as pool:
        assert await pool.fetchval("SELECT 1") == 1
    own_postgres.stop()
    with pytest.raises(OSError):  # noqa: PT011
        await open_pool(own_postgres.url, schema="dogs", min_size=1, max_size=1, patience=0)


async def test_a_wrong_password_is_not_waited_for(postgres: EmbeddedPostgres) -> None:
    wrong = postgres.url.replace("//pawtrait:", "//pawtrait:x")
    with pytest.raises(asyncpg.InvalidPasswordError):
        async with asyncio.timeout(10):
            await open_pool(wrong, schema="dogs", min_size=1, max_size=1)


async def test_a_callers_mistake_is_not_the_servers_absence(database_url: str) -> None:
    connection = await connect(database_url)
    for statement in ("SELEC 1", "SELECT 1/0", "SELECT * FROM nowhere"):
        with pytest.raises(asyncpg.PostgresError) as mistake:
            await connection.fetchval(statement)
        assert not is_unavailable(mistake.value)
    assert not is_unavailable(ValueError("closed"))
    await connection.close()
