"""A person's decision about dogs that wait for one.

``python -m services.noseprint.decide`` lists disputed dogs, and the unconfirmed ones; ``… accept ID``
registers a disputed dog, ``… reject ID`` deletes either.
"""

import argparse
import asyncio
import sys
import uuid

from services.noseprint.opening import open_register
from services.noseprint.register import audit, dogs, owners, prints
from services.noseprint.register.database import Database
from services.noseprint.register.records import Actor, DogState
from services.noseprint.settings import NosePrintSettings
from shared.object_storage import open_storage
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging
from shared.uploads.object_uploads import ObjectUploads


async def undecided(database: Database) -> list[str]:
    """A line for each dog that waits: id, state, number, name, and the dog it was taken for."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT id, state, masked_number, name, disputed_with FROM dogs WHERE state <> 'registered'"
            " ORDER BY registered_at"
        )
    return [
        f"{row['id']}  {row['state']:<11}  {row['masked_number']}  {row['name']}"
        + (f"  taken for {row['disputed_with']}" if row["disputed_with"] else "")
        for row in rows
    ]


async def accept(database: Database, dog_id: uuid.UUID) -> bool:
    """Register a disputed dog after all: lookups find it from now on. Whether it was waiting for that."""
    async with database.registering() as connection:
        dog = await dogs.get(connection, dog_id, lock=True)
        if dog is None or dog.state is not DogState.PENDING:
            return False
        confirmed = await owners.is_confirmed(connection, dog.owner_id)
        state = DogState.REGISTERED if confirmed else DogState.UNCONFIRMED
        await dogs.update_state(connection, dog_id, state)
        await prints.renew_templates(connection, dog_id)
        await audit.record(connection, "decided", Actor.ADMINISTRATOR, dog_id, accepted=True)
    return True


async def reject(database: Database, pictures: ObjectUploads, dog_id: uuid.UUID) -> bool:
    """Delete a disputed or unconfirmed dog with everything that is kept of it. Whether it was waiting."""
    async with database.transaction() as connection:
        dog = await dogs.get(connection, dog_id, lock=True)
        if dog is None or dog.state is DogState.REGISTERED:
            return False
        keys = await prints.picture_keys(connection, dog_id)
        await dogs.delete(connection, dog_id)
        await owners.delete_if_without_dogs(connection, dog.owner_id)
        await audit.record(connection, "decided", Actor.ADMINISTRATOR, dog_id, accepted=False)
    await pictures.remove_or_leave([*keys, *([dog.profile_key] if dog.profile_key else [])])
    return True


async def run(arguments: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    settings, storage_settings = NosePrintSettings(), StorageSettings()
    async with open_register(settings, storage_settings) as (database, _):
        if arguments.decision is None:
            sys.stdout.writelines(line + "\n" for line in await undecided(database))
            return 0
        if arguments.decision == "accept":
            done = await accept(database, arguments.dog_id)
        else:
            pictures = ObjectUploads(database, open_storage(storage_settings))
            done = await reject(database, pictures, arguments.dog_id)
            pictures.close()
    if not done:
        sys.stderr.write("no such dog waits for a decision\n")
    return 0 if done else 1


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    decisions = parser.add_subparsers(dest="decision")
    for name in ("accept", "reject"):
        decisions.add_parser(name).add_argument("dog_id", type=uuid.UUID)
    configure_logging("decide", log_format="console")
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
