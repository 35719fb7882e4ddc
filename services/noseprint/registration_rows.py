"""The rows of a registration, written in one transaction under the register's lock."""

import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from services.noseprint.context import ServiceContext
from services.noseprint.matching import DogMatch
from services.noseprint.nose_reader import NosePrint
from services.noseprint.register import (
    audit,
    dogs,
    owners,
    prints,
    registration_number,
    tokens,
    uploads,
)
from services.noseprint.register.phone import last_four
from services.noseprint.register.records import Actor, DogRecord, DogState, NewPrint
from services.noseprint.registration_call import RegistrationRequest
from shared.database.pool import Connection


async def insert_registration(
    connection: Connection,
    context: ServiceContext,
    request: RegistrationRequest,
    *,
    dog_id: uuid.UUID,
    noses: Sequence[NosePrint],
    has_profile: bool,
    found: DogMatch | None,
) -> DogRecord:
    """Store owner, dog, prints, and what the audit says of them.

    Args:
        connection: under the register's lock.
        found: the dog that this one is taken for although its owner disputes it.
    """
    owner_id, confirmed = await _owner_for(connection, context, request)
    state = DogState.REGISTERED if confirmed else DogState.UNCONFIRMED
    if found is not None:
        state = DogState.PENDING
    registered_at = await connection.fetchval("SELECT clock_timestamp()")
    number = await dogs.distinct_number(
        connection,
        registration_number.compose(
            registered_at,
            ZoneInfo(context.settings.time_zone),
            request.dog.name,
            last_four(request.owner.phone),
        ),
    )
    dog = DogRecord(
        id=dog_id,
        owner_id=owner_id,
        state=state,
        registration_number=number,
        masked_number=registration_number.mask(number),
        facts=request.dog,
        profile_key=uploads.profile_key(dog_id) if has_profile else None,
        registered_at=registered_at,
        print_count=0,
    )
    await dogs.insert(connection, dog, disputed_with=found.dog_id if found else None)
    await prints.insert(connection, dog_id, new_prints(dog_id, noses))
    if state is not DogState.PENDING:
        await prints.renew_templates(connection, dog_id)
    if found is None:
        await audit.record(connection, "registered", Actor.PUBLIC, dog_id)
    else:
        probability = round(found.probability, 4)
        await audit.record(
            connection, "disputed", Actor.PUBLIC, dog_id, other=str(found.dog_id), probability=probability
        )
    return dog


def new_prints(upload: uuid.UUID, noses: Sequence[NosePrint]) -> list[NewPrint]:
    """The rows of prints whose pictures lie in an upload, in its order."""
    return [
        NewPrint(
            id=uuid.uuid4(),
            picture_key=uploads.nose_key(upload, number),
            box=nose.box,
            model_version=nose.model_version,
            embedding=nose.embedding,
            features=nose.features.to_bytes(),
        )
        for number, nose in enumerate(noses)
    ]


async def _owner_for(
    connection: Connection, context: ServiceContext, request: RegistrationRequest
) -> tuple[uuid.UUID, bool]:
    """The dog's owner, and whether they are known to be.

    Whoever gives a number that is known without that owner's token gets an owner of their own, who is
    not confirmed. The answer is the same, and so is the work; :mod:`services.noseprint.questions` asks later.
    """
    known = await owners.find_confirmed(connection, context.cipher, request.owner.phone)
    if known is not None and (request.vouched or await _is_of(connection, request.owner_token, known)):
        return known, True
    owner_id, confirmed = uuid.uuid4(), known is None
    await owners.insert(connection, context.cipher, owner_id, request.owner, confirmed=confirmed)
    return owner_id, confirmed


async def _is_of(connection: Connection, owner_token: str, owner_id: uuid.UUID) -> bool:
    dog_id = await tokens.dog_of_owner_token(connection, owner_token) if owner_token else None
    dog = await dogs.get(connection, dog_id) if dog_id else None
    return dog is not None and dog.owner_id == owner_id
