"""A database with a service's tables and nothing in them, for tests.

One for all tests of a session, emptied before each: making one takes seconds.
"""

from pathlib import Path

import asyncpg

from shared.database import migrations
from shared.database.embedded import EmbeddedPostgres
from shared.database.pool import connect


async def prepared_database(
    postgres: EmbeddedPostgres, name: str, *, schema: str, folder: Path, empty: str
) -> str:
    """Address of the database ``name``; made when it is missing.

    Args:
        postgres: the server.
        name: of the database, one for each kind of tests.
        schema: of the service.
        folder: of its migrations.
        empty: statements that empty its tables.
    """
    url = postgres.url.replace("/pawtrait?", f"/{name}?")
    administrator = await asyncpg.connect(postgres.superuser_url)
    try:
        if not await administrator.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await administrator.execute(f"CREATE DATABASE {name} TEMPLATE pawtrait OWNER pawtrait")
    finally:
        await administrator.close()
    owner = await connect(url)
    try:
        await migrations.apply(owner, folder, schema)
        await owner.execute(empty)
    finally:
        await owner.close()
    return url
