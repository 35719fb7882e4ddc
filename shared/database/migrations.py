"""Plain SQL migrations through asyncpg.

A folder holds files ``0001_what_it_does.sql``, ``0002_….sql``, …; each is applied once, in order, in a
transaction of its own. What was applied stands in ``<schema>.applied_migrations`` with a checksum.

The libraries that run plain SQL through asyncpg (asyncpg-trek, pogo-migrate) neither keep two servers that
start together apart nor notice an applied file that was changed, hence these few lines.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.database.pool import Connection

_FILE = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,62}")


class MigrationError(Exception):
    """The files and what was applied do not fit together, or a file cannot be applied."""


@dataclass(frozen=True)
class Migration:
    """One file."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of its text, in hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read(folder: Path) -> list[Migration]:
    """The migrations of a folder, in order.

    Raises:
        MigrationError: a file is misnamed, two have the same number, or there is none.

    """
    files = sorted(folder.glob("*.sql"))
    for file in files:
        if not _FILE.fullmatch(file.name):
            raise MigrationError(f"{file.name} is not named like 0001_what_it_does.sql")
    numbers = [file.name[:4] for file in files]
    if not files or len(set(numbers)) != len(numbers):
        raise MigrationError(f"{folder} has no migrations, or two with the same number")
    # Line ends may differ from checkout to checkout.
    texts = [file.read_text(encoding="utf-8").replace("\r\n", "\n") for file in files]
    return [Migration(file.name, text) for file, text in zip(files, texts, strict=True)]


async def apply(connection: Connection, folder: Path, schema: str) -> list[str]:
    """Apply what is missing. Several processes may do so at the same time: one does it, the others wait.

    While a file is applied the search path is ``schema``, then ``public``; the schema is made when it is
    missing. A file must not contain transaction commands, nor what refuses to run in a transaction.

    Args:
        connection: outside a transaction.
        folder: of the files.
        schema: whose tables they make, in lower snake case.

    Returns:
        The names of the files applied now.

    Raises:
        MigrationError: an applied file has changed or was replaced, or a file fails, with PostgreSQL's words.

    """
    if not _SCHEMA.fullmatch(schema):
        raise MigrationError(f"{schema!r} is no name for a schema")
    migrations = read(folder)
    key = int.from_bytes(hashlib.sha256(f"migrations of {schema}".encode()).digest()[:8], signed=True)
    # Of the session, not of a transaction: each file has a transaction of its own. Waiting has no limit
    # but the statement's, for another may be rewriting a large table.
    await connection.execute("SELECT pg_advisory_lock($1)", key, timeout=3600)
    try:
        await _make_record(connection, schema)
        applied = await _applied(connection, schema)
        _check(migrations, applied, schema)
        missing = migrations[len(applied) :]
        for migration in missing:
            await _apply_one(connection, migration, schema)
        return [migration.name for migration in missing]
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", key)


async def _make_record(connection: Connection, schema: str) -> None:
    # Asked first: a role that may not create schemas is none the worse when it exists.
    if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", schema):
        await connection.execute(f"CREATE SCHEMA {schema}")
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS {schema}.applied_migrations ("
        " name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )


async def _applied(connection: Connection, schema: str) -> dict[str, str]:
    rows = await connection.fetch(
        f"SELECT name, checksum FROM {schema}.applied_migrations ORDER BY name"  # noqa: S608
    )
    return {row["name"]: row["checksum"] for row in rows}


def _check(migrations: list[Migration], applied: dict[str, str], schema: str) -> None:
    """What was applied must be the first of the files, unchanged.

    More than the files is no fault: while a newer version is rolled out, the older one still starts.
    """
    for migration, (name, checksum) in zip(migrations, applied.items(), strict=False):
        if migration.name != name:
            raise MigrationError(f"{schema}: {name} was applied, but {migration.name} is in its place")
        if migration.checksum != checksum:
            raise MigrationError(f"{schema}: {name} was changed after it had been applied")


async def _apply_one(connection: Connection, migration: Migration, schema: str) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL search_path = {schema}, public")
            await connection.execute(migration.sql, timeout=3600)
            await connection.execute(
                f"INSERT INTO {schema}.applied_migrations (name, checksum) VALUES ($1, $2)",  # noqa: S608
                migration.name,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{schema}: {migration.name}: {error}") from error
