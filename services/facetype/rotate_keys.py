"""Changes the key that profiles are encrypted with, while the service runs.

``python -m services.facetype.rotate_keys`` adds a new key to the key file, writes every row again under it,
and with ``--drop-old`` removes the old ones, which is when a stolen old key becomes worthless. Running
servers on this machine see the new file at once; where the file is a copy (a mounted secret), first spread
the new file, then run this with ``--no-new``. Interrupted, it is simply run again with ``--no-new``.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from functools import partial

from services.facetype.opening import open_cipher, open_profiles
from services.facetype.profiles import rows
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from shared import idempotency
from shared.secrets.field_cipher import FIELDS
from shared.secrets.key_ring import KeyFile
from shared.secrets.rotation import reseal, until_none
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging

SEALED = {rows.TABLE: rows.SEALED, idempotency.TABLE: idempotency.SEALED}
"""All columns with ciphertext, by table."""
_BATCH = 200


async def rotate(
    database: Database,
    keys: KeyFile,
    *,
    new: bool = True,
    drop_old: bool = False,
    say: Callable[[str], None] = print,
) -> int:
    """Change the key; how many rows were written again.

    Args:
        new: whether a key is made; otherwise rows are only brought under the current one.
        drop_old: whether old keys are removed once no row needs them.

    Raises:
        CannotOpenError: a row cannot be read; nothing is dropped then.
    """
    if new:
        keys.replace(keys.ring().with_new(FIELDS))
    cipher = open_cipher(keys)
    count = 0
    for table, columns in SEALED.items():
        step = partial(reseal, cipher=cipher, table=table, columns=columns, limit=_BATCH)
        count += await until_none(database.transaction, step)
        say(f"{table}: under the current key")
    if drop_old:
        keys.replace(keys.ring().without_old(FIELDS))
        say("old keys: dropped")
    return count


async def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    async with open_profiles(FaceTypeSettings(), StorageSettings()) as (database, keys):
        count = await rotate(database, keys, new=not arguments.no_new, drop_old=arguments.drop_old)
    sys.stdout.write(f"{count} rows were written again\n")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-new", action="store_true", help="make no key: bring rows under the current one")
    parser.add_argument("--drop-old", action="store_true", help="remove the old keys in the end")
    configure_logging("rotate_keys", log_format="console")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
