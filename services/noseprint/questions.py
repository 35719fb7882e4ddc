"""Asks owners whether dogs that were registered with their phone numbers are theirs."""

from datetime import timedelta

from services.noseprint.register import dogs, outbox, owners, tokens
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from shared.database.pool import Connection
from shared.telemetry import get_logger

MOST_A_DAY = 5
"""Questions to one owner in a day: nobody's mailbox is filled by whoever knows their number."""
_DAY = timedelta(days=1)

log = get_logger(__name__)


class Questions:
    """Puts a message with a code into the outbox of the owner of each unconfirmed dog's number.

    Apart from the registration, so that its time does not tell whether the number is known.

    Args:
        database: the register.
        cipher: opens numbers and seals messages.
        code_lifetime: time in which the owner can answer.
    """

    def __init__(self, database: Database, cipher: RegisterCipher, code_lifetime: timedelta) -> None:
        self._database = database
        self._cipher = cipher
        self._code_lifetime = code_lifetime

    async def ask_waiting(self) -> int:
        """Ask about every dog that nobody was asked about yet; about how many.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``: the database is away.
        """
        count = 0
        while True:
            async with self._database.transaction() as connection:
                dog = await dogs.next_unasked(connection)
                if dog is None:
                    return count
                await self._ask(connection, dog)
            count += 1

    async def _ask(self, connection: Connection, dog: dogs.Unasked) -> None:
        facts = await owners.read(connection, self._cipher, dog.owner_id)
        known = await owners.find_confirmed(connection, self._cipher, facts.phone) if facts else None
        if known is None or await outbox.count_recent(connection, known, "confirmation", _DAY) >= MOST_A_DAY:
            return  # an administrator can still decide
        code = await tokens.give_code(connection, dog.id, known, self._code_lifetime)
        await outbox.put(
            connection,
            self._cipher,
            "confirmation",
            dog_id=dog.id,
            owner_id=known,
            body={"dog": dog.name, "number": dog.masked_number, "code": code},
        )
