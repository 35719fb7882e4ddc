"""The register in a real PostgreSQL: a database of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.noseprint.register.database import MIGRATIONS, SCHEMA, Database
from services.noseprint.register.encryption import FieldCipher
from services.noseprint.register.key_ring import KeyFile
from shared.database import migrations
from shared.database.embedded import EmbeddedPostgres
from shared.database.pool import connect

# Only whoever owns the tables can do this to the audit.
EMPTY = """
SET search_path = noseprint, public;
DELETE FROM dogs; DELETE FROM owners; DELETE FROM uploads; DELETE FROM lookups; DELETE FROM contact_tokens;
ALTER TABLE audit DISABLE TRIGGER USER;
DELETE FROM audit;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_not_emptied;
DROP INDEX IF EXISTS templates_hnsw;
"""

NAME = "noseprint_tests"


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> str:
    """A database with the tables and nothing in them.

    One for all tests of the session, emptied before each: making one takes seconds.
    """
    url = postgres.url.replace("/pawtrait?", f"/{NAME}?")
    administrator = await asyncpg.connect(postgres.superuser_url)
    try:
        if not await administrator.fetchval("SELECT true FROM pg_database WHERE datname = $1", NAME):
            await administrator.execute(f"CREATE DATABASE {NAME} TEMPLATE pawtrait OWNER pawtrait")
    finally:
        await administrator.close()
    owner = await connect(url)
    try:
        await migrations.apply(owner, MIGRATIONS, SCHEMA)
        await owner.execute(EMPTY)
    finally:
        await owner.close()
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The register's connections to it."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    """New keys."""
    keys = KeyFile(tmp_path / "keys" / "noseprint.json")
    keys.create_if_missing()
    return keys


@pytest.fixture
def cipher(key_file: KeyFile) -> FieldCipher:
    """What owners' data are sealed with."""
    return FieldCipher(key_file)
