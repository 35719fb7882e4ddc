"""Registrations take turns, over all servers."""

import asyncio
import uuid

from services.noseprint.register.database import Database
from shared.uploads import announcements


async def test_one_at_a_time_over_all_servers(database: Database, database_url: str) -> None:
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


async def test_what_was_committed_under_it_is_in_view(database: Database, database_url: str) -> None:
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
