"""The audit, which can only grow."""

import asyncpg
import pytest

from services.noseprint.register import (
    audit,
)
from services.noseprint.register.database import Database
from services.noseprint.register.records import Actor


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'system'", "DELETE FROM audit", "TRUNCATE audit"]
)
async def test_is_append_only(database: Database, statement: str) -> None:
    async with database.connection() as connection:
        await audit.record(connection, "lookup", Actor.PUBLIC, matched=True)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(statement)
        row = await connection.fetchrow("SELECT event, actor, details FROM audit")
    assert row is not None
    assert dict(row) == {"event": "lookup", "actor": "public", "details": {"matched": True}}
