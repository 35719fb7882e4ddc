"""Changes the keys that owners' data are encrypted with, while the service runs.

``python -m services.noseprint.rotate_keys`` adds new keys to the key file, writes every row again under
them, and with ``--drop-old`` removes the old ones, which is when a stolen old key becomes worthless. Running
servers on this machine see the new file at once; where the file is a copy (a mounted secret), first spread
the new file, then run this with ``--no-new``. Interrupted, it is simply run again with ``--no-new``.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial

from services.noseprint.opening import open_register
from services.noseprint.register import audit, rotation
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import PHONE, PURPOSES, RegisterCipher
from services.noseprint.register.records import Actor
from services.noseprint.settings import NosePrintSettings
from shared.secrets.field_cipher import FIELDS
from shared.secrets.key_ring import KeyFile
from shared.secrets.rotation import reseal, until_none
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging

_BATCH = 200


async def rotate(
    database: Database,
    keys: KeyFile,
    *,
    purposes: Sequence[str] = PURPOSES,
    new: bool = True,
    drop_old: bool = False,
    say: Callable[[str], None] = print,
) -> int:
    """Change keys; how many rows were written again.

    Args:
        new: whether keys are made; otherwise rows are only brought under the current ones.
        drop_old: whether old keys are removed once no row needs them.

    Raises:
        CannotOpenError: a row cannot be read; nothing is dropped then.
    """
    for purpose in purposes if new else ():
        keys.replace(keys.ring().with_new(purpose))
    cipher = RegisterCipher(keys)
    count = 0
    for table in rotation.SEALED if FIELDS in purposes else ():
        step = partial(reseal, cipher=cipher, table=table, columns=rotation.SEALED[table], limit=_BATCH)
        count += await until_none(database.transaction, step)
        say(f"{table}: under the current key")
    if PHONE in purposes:
        count += await until_none(
            database.transaction, lambda connection: rotation.rehash_phones(connection, cipher, _BATCH)
        )
        say("phone numbers: under the current key")
    async with database.connection() as connection:
        await audit.record(
            connection, "keys_rotated", Actor.SYSTEM, purposes=list(purposes), rows=count, new=new
        )
    if drop_old:
        for purpose in purposes:
            keys.replace(keys.ring().without_old(purpose))
        say("old keys: dropped")
    return count


async def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    settings, storage_settings = NosePrintSettings(), StorageSettings()
    async with open_register(settings, storage_settings) as (database, keys):
        count = await rotate(
            database,
            keys,
            purposes=(arguments.only,) if arguments.only else PURPOSES,
            new=not arguments.no_new,
            drop_old=arguments.drop_old,
        )
    sys.stdout.write(f"{count} rows were written again\n")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PURPOSES, help="change the keys of one purpose only")
    parser.add_argument("--no-new", action="store_true", help="make no keys: bring rows under the current")
    parser.add_argument("--drop-old", action="store_true", help="remove the old keys in the end")
    configure_logging("rotate_keys", log_format="console")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
