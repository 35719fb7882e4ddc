"""``python -m shared.database.migrate SCHEMA=FOLDER …``: applies migrations before a new version rolls out.

Services apply their own when they start, so this is for whoever wants a failing migration to stop a rollout
before the first server of the new version starts. ``DATABASE_URL`` says where.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import asyncpg

from shared.database import migrations
from shared.database.pool import connect


async def migrate(url: str, folders: dict[str, Path], *, patience: float = 60.0) -> dict[str, list[str]]:
    """Apply what is missing; the files that were applied now, by schema.

    Raises:
        OSError, asyncpg.PostgresError: the server cannot be reached in that time, or refuses.
        shared.database.migrations.MigrationError: a migration fails, or an applied one was changed.
    """
    applied = {}
    for schema, folder in folders.items():
        connection = await connect(url, patience=patience)
        try:
            applied[schema] = await migrations.apply(connection, folder, schema)
        finally:
            await connection.close()
    return applied


def read_folders(words: list[str]) -> dict[str, Path]:
    """``SCHEMA=FOLDER`` words.

    Raises:
        ValueError: a word is not of that form, or there is no such folder.
    """
    folders = {}
    for word in words:
        schema, sign, folder = word.partition("=")
        if not (schema and sign and folder):
            raise ValueError(f"{word!r} is not SCHEMA=FOLDER")
        if not Path(folder).is_dir():
            raise ValueError(f"there is no folder {folder}")
        folders[schema] = Path(folder)
    return folders


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", metavar="SCHEMA=FOLDER")
    options = parser.parse_args()
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("DATABASE_URL is not set")
    try:
        applied = asyncio.run(migrate(url, read_folders(options.folders)))
    except (ValueError, OSError, asyncpg.PostgresError, migrations.MigrationError) as error:
        sys.exit(str(error))
    for schema, names in applied.items():
        print(f"{schema}: {', '.join(names) or 'nothing to apply'}")


if __name__ == "__main__":
    main()
