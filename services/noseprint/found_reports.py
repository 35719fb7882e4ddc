"""A finder's message to an owner, and an owner's word that a dog is theirs."""

import uuid

from services.noseprint.access import Caller, dog_for
from services.noseprint.context import ServiceContext
from services.noseprint.register import audit, dogs, outbox, owners, tokens
from services.noseprint.register.facts import check_text
from services.noseprint.register.records import Actor, DogState
from services.noseprint.views import DogView
from shared.errors import PawtraitError, Reason

LONGEST_MESSAGE, LONGEST_CONTACT = 2000, 200


class FoundReports:
    """Relays messages; the owner decides what to make of them."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def create(self, contact_token: str, message: str, contact: str) -> uuid.UUID:
        """Put a finder's message into the outbox of the dog's owner; the id of the report.

        Raises:
            PawtraitError: ``INVALID_FIELD``; ``PERMISSION_DENIED``: the token is unknown, used up or too old;
                ``SERVICE_UNAVAILABLE``.
        """
        body = {
            "message": check_text(message, "message", LONGEST_MESSAGE, lines=True),
            "contact": check_text(contact, "contact", LONGEST_CONTACT),
        }
        async with self._context.database.transaction() as connection:
            dog_id = await tokens.use_contact_token(connection, contact_token)
            dog = await dogs.get(connection, dog_id) if dog_id else None
            if dog is None:
                raise PawtraitError(
                    Reason.PERMISSION_DENIED, "the contact token is unknown, used up or too old"
                )
            report_id = await outbox.put(
                connection,
                self._context.cipher,
                "found_report",
                dog_id=dog.id,
                owner_id=dog.owner_id,
                body={"dog": dog.facts.name, "number": dog.registration_number, **body},
            )
            await audit.record(connection, "reported", Actor.PUBLIC, dog.id, report=str(report_id))
        return report_id


class Confirmation:
    """Joins dogs to owners."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def confirm(self, caller: Caller, dog_id: uuid.UUID, code: str) -> DogView:
        """Join a dog to the owner who was sent the code.

        Raises:
            PawtraitError: as :func:`services.noseprint.access.dog_for`; ``PERMISSION_DENIED``: the code is
                wrong, used up or too old, or the dog waits for none.
        """
        async with self._context.database.transaction() as connection:
            dog, actor = await dog_for(connection, caller, dog_id, lock=True)
            owner_id = await tokens.use_code(connection, dog_id, code)
            if owner_id is not None:
                await dogs.join_owner(connection, dog_id, owner_id)
                await owners.delete_if_without_dogs(connection, dog.owner_id)
                if dog.state is DogState.UNCONFIRMED:
                    await dogs.update_state(connection, dog_id, DogState.REGISTERED)
                await audit.record(connection, "confirmed", actor, dog_id)
            after = await dogs.get(connection, dog_id)
        # Raised after the commit, for a wrong code counts.
        if owner_id is None or after is None:
            raise PawtraitError(Reason.PERMISSION_DENIED, "the code is wrong, used up or too old")
        return self._context.views.owner(after)
