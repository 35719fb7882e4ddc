"""Messages that reached no owner, for an operator to pass on by telephone.

``python -m services.noseprint.undelivered`` shows them with the owner's name and number: those to owners
without an e-mail address, those that no server took, and all of them where there is no ``SMTP_URL``. Every
look is in the audit. ``… --done ID`` notes that a message was passed on.
"""

import argparse
import asyncio
import sys
import uuid

from services.noseprint.opening import open_register
from services.noseprint.register import audit, outbox, owners
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.register.records import Actor
from services.noseprint.settings import NosePrintSettings
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging


async def show(database: Database, cipher: RegisterCipher) -> list[str]:
    """A paragraph for each message, oldest first.

    Raises:
        CannotOpenError: a key is gone.
    """
    paragraphs = []
    async with database.transaction() as connection:
        for message in await outbox.undelivered(connection, cipher):
            owner = await owners.read(connection, cipher, message.owner_id)
            if owner is None:
                continue
            lines = [f"{name}: {text}" for name, text in message.body.items()]
            paragraphs.append(
                "\n  ".join([f"{message.id} {message.kind}", f"to {owner.name}, {owner.phone}", *lines])
            )
            await audit.record(
                connection,
                "disclosure",
                Actor.ADMINISTRATOR,
                message.dog_id,
                what="message",
                id=str(message.id),
            )
    return paragraphs


async def note_done(database: Database, message_id: uuid.UUID) -> bool:
    """Note that a message was passed on; whether it was waiting for that."""
    async with database.transaction() as connection:
        dog_id = await outbox.passed_on(connection, message_id)
        if dog_id is None:
            return False
        await audit.record(
            connection, "delivered", Actor.ADMINISTRATOR, dog_id, message=str(message_id), by="hand"
        )
    return True


async def run(arguments: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    async with open_register(NosePrintSettings(), StorageSettings()) as (database, keys):
        if arguments.done is None:
            sys.stdout.writelines(
                paragraph + "\n\n" for paragraph in await show(database, RegisterCipher(keys))
            )
            return 0
        done = await note_done(database, arguments.done)
    if not done:
        sys.stderr.write("no such message waits\n")
    return 0 if done else 1


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--done", type=uuid.UUID, metavar="ID", help="this message was passed on")
    configure_logging("undelivered", log_format="console")
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
