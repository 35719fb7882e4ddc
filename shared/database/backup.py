"""Backups of the database: made, listed and restored.

``python -m shared.database.backup dump`` writes the schemas of all services with ``pg_dump`` and keeps the
file; ``list`` shows what is kept; ``restore [NAME]`` brings back the newest or the one that is named, all of
it or nothing. Owners' data stay encrypted in a backup: without the file of keys, which is not in it, nobody
reads them. Pictures are in the object storage and not in the backup either.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from psycopg.conninfo import conninfo_to_dict

from shared.database.address import database_address
from shared.database.backup_store import BackupSettings, BackupStore, open_store
from shared.database.cluster import installation
from shared.database.pool import connect
from shared.model_files import sha256
from shared.room import is_full
from shared.storage_settings import StorageSettings

_DUMP, _SUM = ".dump", ".dump.sha256"
_NAME = re.compile(r"\d{8}T\d{6}Z")
_SCHEMA_LINE = re.compile(r"^\d+; \d+ \d+ SCHEMA - (\S+) ", re.MULTILINE)
_OF_POSTGRES = ("public", "information_schema")

# What libpq reads from the environment, by its name in an address. An address on the command line would
# show its password to everybody on the machine.
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


class BackupError(Exception):
    """A backup cannot be made, is damaged, or does not fit the database."""


class Backups:
    """Makes and restores them.

    Args:
        url: of the database.
        store: where they are kept.
        keep: how many of the newest are kept.
        pg_bin: folder of ``pg_dump`` and ``pg_restore``; None: those that come with the system.
    """

    def __init__(self, url: str, store: BackupStore, *, keep: int, pg_bin: Path | None = None) -> None:
        self._url = url
        self._store = store
        self._keep = keep
        self._pg_bin = pg_bin

    def names(self) -> list[str]:
        """Backups that are complete, oldest first."""
        files = set(self._store.names())
        names = {file.removesuffix(_SUM) for file in files if file.endswith(_SUM)}
        return sorted(name for name in names if _NAME.fullmatch(name) and name + _DUMP in files)

    async def dump(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
        """Make a backup, then remove those that are too many; its name.

        Raises:
            BackupError: the database holds nothing of ours, ``pg_dump`` fails, or the backup cannot be kept,
                for want of room or otherwise. Nothing of it is left then, and no older one was removed.
            OSError, asyncpg.PostgresError: the database cannot be reached.
        """
        schemas = await self._schemas()
        if not schemas:
            raise BackupError("the database has no tables of any service")
        name = now().strftime("%Y%m%dT%H%M%SZ")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "dump"
            chosen = [f"--schema={schema}" for schema in schemas]
            self._run(
                "pg_dump", "--format=custom", "--no-owner", "--no-privileges", *chosen, f"--file={file}"
            )
            if set(schemas_in(self._listing(file))) != set(schemas):
                raise BackupError("pg_dump left out a schema")
            # Read to its end: where only the last page finds no room, pg_dump says that all is well.
            self._run("pg_restore", f"--file={os.devnull}", str(file))
            total = Path(folder) / "sum"
            total.write_text(f"{sha256(file)}  {name}{_DUMP}\n")
            self._keep_files(name, file, total)
        for old in self.names()[: -self._keep]:
            # The sum first: what is half removed must not look complete.
            self._store.delete(old + _SUM)
            self._store.delete(old + _DUMP)
        return name

    def _keep_files(self, name: str, file: Path, total: Path) -> None:
        try:
            self._store.put(name + _DUMP, file)
            self._store.put(name + _SUM, total)  # last: a backup without it counts as unfinished
        except OSError as error:
            for half in (name + _SUM, name + _DUMP):
                with suppress(OSError):
                    self._store.delete(half)
            why = "there is no room for it" if is_full(error) else str(error)
            raise BackupError(f"the backup was not kept: {why}. Those before it are as they were") from error

    async def restore(self, name: str | None = None, *, replace: bool = False) -> list[str]:
        """Bring a backup back in one transaction; the schemas that it held.

        Args:
            name: of the backup; None takes the newest.
            replace: whether schemas that exist step aside, as ``<schema>_before_<time>``, for an operator to
                drop once the restored ones are found right.

        Raises:
            BackupError: there is no such backup, it is damaged, schemas exist that may not be replaced, or
                ``pg_restore`` fails; the database is as it was then, but for schemas that stepped aside.
        """
        if name is None:
            name = next(reversed(self.names()), None)
            if name is None:
                raise BackupError("there is no backup")
        if name not in self.names():
            raise BackupError(f"there is no complete backup {name}")
        with tempfile.TemporaryDirectory() as folder:
            file, total = Path(folder) / "dump", Path(folder) / "sum"
            self._store.get(name + _DUMP, file)
            self._store.get(name + _SUM, total)
            if total.read_text().split()[0] != sha256(file):
                raise BackupError(
                    f"the backup {name} is damaged: its SHA-256 is not the one it was kept with"
                )
            schemas = schemas_in(self._listing(file))
            await self._make_room(schemas, replace=replace)
            self._run(
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={conninfo_to_dict(self._url).get('dbname', '')}",
                str(file),
            )
        return schemas

    async def _schemas(self) -> list[str]:
        """Schemas of services, those that an operator put aside left out."""
        connection = await connect(self._url)
        try:
            rows = await connection.fetch(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> ALL($1)"
                " AND nspname !~ '_before_[0-9]{14}$'"
                " AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass"
                "                 AND objid = pg_namespace.oid AND deptype = 'e') ORDER BY nspname",
                list(_OF_POSTGRES),
            )
        finally:
            await connection.close()
        return [row["nspname"] for row in rows]

    async def _make_room(self, schemas: list[str], *, replace: bool) -> None:
        connection = await connect(self._url)
        try:
            there = [schema for schema in await self._schemas() if schema in schemas]
            if there and not replace:
                raise BackupError(f"the database already has {', '.join(there)}; --replace puts them aside")
            stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
            for schema in there:
                # Quoted by the server's own rule.
                statement = await connection.fetchval(
                    "SELECT format('ALTER SCHEMA %I RENAME TO %I', $1::text, $2::text)",
                    schema,
                    f"{schema}_before_{stamp}",
                )
                await connection.execute(statement)
            # The tables need it, and only they are in the backup.
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public")
        finally:
            await connection.close()

    def _listing(self, file: Path) -> str:
        """Table of contents; reading it also shows that the file is one."""
        return self._run("pg_restore", "--list", str(file))

    def _run(self, program: str, *words: str) -> str:
        folder = self._pg_bin or installation() / "bin"
        known = conninfo_to_dict(self._url)
        address = {variable: str(known[key]) for key, variable in _VARIABLES.items() if known.get(key)}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **address}
        done = subprocess.run(  # noqa: S603
            [str(folder / program), *words], env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            # Values of rows can stand in PostgreSQL's details; its first line is only what went wrong.
            said = done.stderr.strip().splitlines()
            raise BackupError(f"{program} failed: {said[0] if said else done.returncode}")
        return done.stdout


def schemas_in(listing: str) -> list[str]:
    """Names of the schemas in what ``pg_restore --list`` prints."""
    return _SCHEMA_LINE.findall(listing)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("dump", help="make a backup")
    commands.add_parser("list", help="show what is kept, oldest first")
    restore = commands.add_parser("restore", help="bring one back")
    restore.add_argument("name", nargs="?", help="of a backup; none: the newest")
    restore.add_argument("--replace", action="store_true", help="put what is there aside first")
    options = parser.parse_args()
    settings, storage = BackupSettings(), StorageSettings()
    try:
        with database_address(settings.database_url, storage.data_dir) as url:
            backups = Backups(url, open_store(settings, storage), keep=settings.keep, pg_bin=settings.pg_bin)
            if options.command == "dump":
                print(f"kept {asyncio.run(backups.dump())}")
            elif options.command == "list":
                print(*backups.names(), sep="\n")
            else:
                name = options.name or settings.restore_name or None
                replace = options.replace or settings.restore_replace
                schemas = asyncio.run(backups.restore(name, replace=replace))
                print(f"restored {', '.join(schemas)}")
    except (BackupError, OSError, asyncpg.PostgresError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
