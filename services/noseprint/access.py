"""Who a caller is, and what they may do."""

import uuid
from dataclasses import dataclass, field

from services.noseprint.register import dogs, tokens
from services.noseprint.register.records import Actor, DogRecord
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason


@dataclass(frozen=True, slots=True)
class Caller:
    """What a caller showed."""

    token: str = field(default="", repr=False)
    """An owner token; empty: none."""
    is_administrator: bool = False
    """As the gateway found out."""


async def dog_for(
    connection: Connection, caller: Caller, dog_id: uuid.UUID, *, lock: bool = False
) -> tuple[DogRecord, Actor]:
    """A dog that the caller may read and change, and as whom.

    Args:
        lock: whether nobody else may change it until the transaction ends.

    Raises:
        PawtraitError: ``UNAUTHENTICATED``: no token, or one that is nobody's. ``NOT_FOUND``: no such dog.
            ``PERMISSION_DENIED``: the token is another dog's.
    """
    if not caller.is_administrator and not caller.token:
        raise unauthenticated()
    dog = await dogs.get(connection, dog_id, lock=lock)
    if dog is None:
        raise no_such_dog()
    if caller.is_administrator:
        return dog, Actor.ADMINISTRATOR
    if await dog_of(connection, caller) != dog_id:
        raise PawtraitError(Reason.PERMISSION_DENIED, "the token is another dog's")
    return dog, Actor.OWNER


async def dog_of(connection: Connection, caller: Caller) -> uuid.UUID:
    """The dog that the caller's token is for.

    Raises:
        PawtraitError: ``UNAUTHENTICATED``: no token, or one that is nobody's.
    """
    dog_id = await tokens.dog_of_owner_token(connection, caller.token) if caller.token else None
    if dog_id is None:
        raise unauthenticated()
    return dog_id


def unauthenticated() -> PawtraitError:
    """The refusal of a caller without a valid token."""
    return PawtraitError(Reason.UNAUTHENTICATED, "this needs the dog's owner token")


def no_such_dog() -> PawtraitError:
    """What is said when there is no dog with an id."""
    return PawtraitError(Reason.NOT_FOUND, "there is no such dog")
