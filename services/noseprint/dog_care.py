"""What the holder of a dog's token, or an administrator, does with a dog."""

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.noseprint.access import Caller, dog_for, dog_of, no_such_dog
from services.noseprint.context import ServiceContext
from services.noseprint.photos import prepare_profile
from services.noseprint.register import audit, dogs, owners, prints, uploads
from services.noseprint.register.dogs import PageStart
from services.noseprint.register.facts import DogFacts, OwnerFacts, Sex, check_dog
from services.noseprint.register.records import Actor, DogRecord
from services.noseprint.register.registration_number import is_number
from services.noseprint.views import DogView
from shared.errors import PawtraitError, Reason
from shared.uploads import announcements
from shared.uploads.object_uploads import ObjectUploads

USUAL_PAGE, LARGEST_PAGE = 20, 100


@dataclass(frozen=True)
class DogChange:
    """What is to change; None: stays."""

    name: str | None = None
    breed: str | None = None
    sex: Sex | None = None
    birth_year: int | None = None
    """0: no longer said."""
    profile: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Page:
    """Some dogs, newest first."""

    dogs: Sequence[DogView]
    next_token: str
    """Empty: the last page."""


@dataclass(frozen=True)
class OwnerView:
    """An owner and the dogs that the caller may see."""

    id: uuid.UUID
    facts: OwnerFacts
    dogs: Sequence[DogView]


class DogCare:
    """The use cases.

    Every method raises ``PawtraitError``: ``UNAUTHENTICATED``, ``PERMISSION_DENIED``, ``NOT_FOUND`` as
    :func:`services.noseprint.access.dog_for` does, and ``SERVICE_UNAVAILABLE``.

    Args:
        context: what they work with.
        pictures: where photos are kept.
    """

    def __init__(self, context: ServiceContext, pictures: ObjectUploads) -> None:
        self._context = context
        self._pictures = pictures

    async def get(self, caller: Caller, dog_id: uuid.UUID) -> DogView:
        """One dog."""
        async with self._context.database.connection() as connection:
            dog, actor = await dog_for(connection, caller, dog_id)
        return self._view(dog, actor)

    async def list_dogs(self, caller: Caller, page_size: int, page_token: str) -> Page:
        """All dogs for an administrator, page by page; the token's dog for its holder.

        Args:
            page_size: 1…100; 0 for 20.
            page_token: from the page before; empty for the first.
        """
        if not 0 <= page_size <= LARGEST_PAGE:
            raise PawtraitError(
                Reason.INVALID_FIELD, f"page_size must be 1 to {LARGEST_PAGE}", {"field": "page_size"}
            )
        after = _parse_page_token(page_token) if page_token else None
        async with self._context.database.connection() as connection:
            if not caller.is_administrator:
                own = await dogs.get(connection, await dog_of(connection, caller))
                return Page([self._context.views.owner(own)] if own and not after else [], "")
            limit = page_size or USUAL_PAGE
            found = await dogs.page(connection, after, limit + 1)
        views = [self._context.views.administrator(dog) for dog in found[:limit]]
        return Page(views, _page_token(found[limit - 1]) if len(found) > limit else "")

    async def update(self, caller: Caller, dog_id: uuid.UUID, change: DogChange) -> DogView:
        """Change what is said of a dog, or its picture. Its registration number holds for life.

        Raises:
            PawtraitError: also ``INVALID_FIELD``, ``NOT_AN_IMAGE``, ``PHOTO_TOO_LARGE``.
        """
        async with self._context.database.connection() as connection:
            before, _ = await dog_for(connection, caller, dog_id)
        _changed(before.facts, change)  # says what is wrong before anything is uploaded
        upload, old_key = uuid.uuid4(), None
        if change.profile is not None:
            given = change.profile
            picture = await self._context.pool.run(lambda: prepare_profile(given), time_left=None)
            await self._pictures.upload(upload, {uploads.profile_key(upload): picture})
        async with self._context.database.transaction() as connection:
            dog, actor = await dog_for(connection, caller, dog_id, lock=True)
            await dogs.update_facts(connection, dog_id, _changed(dog.facts, change))
            if change.profile is not None:
                old_key = dog.profile_key
                await dogs.update_profile(connection, dog_id, uploads.profile_key(upload))
                await announcements.finish(connection, upload)
            await audit.record(connection, "updated", actor, dog_id)
            after = await dogs.get(connection, dog_id)
        if old_key:
            await self._pictures.remove_or_leave([old_key])
        if after is None:
            raise no_such_dog()
        return self._view(after, actor)

    async def delete(self, caller: Caller, dog_id: uuid.UUID) -> None:
        """Delete a dog: rows, embeddings and pictures; its owner as well when no other dog is theirs."""
        async with self._context.database.transaction() as connection:
            dog, actor = await dog_for(connection, caller, dog_id, lock=True)
            keys = await prints.picture_keys(connection, dog_id)
            await dogs.delete(connection, dog_id)
            await owners.delete_if_without_dogs(connection, dog.owner_id)
            await audit.record(connection, "deleted", actor, dog_id)
        await self._pictures.remove_or_leave([*keys, *([dog.profile_key] if dog.profile_key else [])])

    async def owner(self, caller: Caller, owner_id: uuid.UUID | None) -> OwnerView:
        """An owner in clear: all for an administrator, themselves and the token's dog for a token's holder.

        Args:
            owner_id: None: the owner whose token this is.
        """
        views = self._context.views
        async with self._context.database.transaction() as connection:
            if caller.is_administrator and owner_id is not None:
                actor, wanted = Actor.ADMINISTRATOR, owner_id
                shown = [views.administrator(dog) for dog in await dogs.of_owner(connection, owner_id)]
            else:
                dog, actor = await dog_for(connection, Caller(caller.token), await dog_of(connection, caller))
                if owner_id not in (None, dog.owner_id):
                    raise PawtraitError(Reason.PERMISSION_DENIED, "the token is another owner's")
                wanted, shown = dog.owner_id, [views.owner(dog)]
            facts = await owners.read(connection, self._context.cipher, wanted)
            if facts is None:
                raise PawtraitError(Reason.NOT_FOUND, "there is no such owner")
            await audit.record(connection, "disclosure", actor, what="owner", owner=str(wanted))
        return OwnerView(wanted, facts, shown)

    async def profile_picture(self, number: str) -> tuple[str, bytes]:
        """Address and content of the profile picture of the dog with a number, whole or masked.

        Raises:
            PawtraitError: ``NOT_FOUND``: no such dog, several of them, or it has no picture.
        """
        keys: list[str] = []
        if is_number(number):
            async with self._context.database.connection() as connection:
                keys = await dogs.profile_keys_by_number(connection, number)
        picture = await self._pictures.get(keys[0]) if len(keys) == 1 else None
        if picture is None:
            raise PawtraitError(Reason.NOT_FOUND, "there is no such picture")
        return self._context.storage.url(keys[0]), picture

    def _view(self, dog: DogRecord, actor: Actor) -> DogView:
        views = self._context.views
        return views.administrator(dog) if actor is Actor.ADMINISTRATOR else views.owner(dog)


def _changed(facts: DogFacts, change: DogChange) -> DogFacts:
    return check_dog(
        facts.name if change.name is None else change.name,
        facts.breed if change.breed is None else change.breed,
        change.sex or facts.sex,
        facts.birth_year if change.birth_year is None else change.birth_year,
        prefix="",
    )


def _page_token(dog: DogRecord) -> str:
    return base64.urlsafe_b64encode(f"{dog.registered_at.isoformat()} {dog.id}".encode()).decode()


def _parse_page_token(token: str) -> PageStart:
    try:
        moment, dog_id = base64.b64decode(token, altchars=b"-_", validate=True).decode().split(" ")
        start = PageStart(datetime.fromisoformat(moment), uuid.UUID(dog_id))
        if start.registered_at.tzinfo is None:
            raise ValueError("without a time zone")
    except (ValueError, binascii.Error):
        raise PawtraitError(
            Reason.INVALID_FIELD, "page_token is not from a page before", {"field": "page_token"}
        ) from None
    return start
