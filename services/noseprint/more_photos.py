"""Adding nose photos to a dog that is registered."""

import uuid
from collections.abc import Sequence

from services.noseprint.access import Caller, dog_for, no_such_dog
from services.noseprint.agreement import disagreement
from services.noseprint.context import ServiceContext
from services.noseprint.photos import ReadPhoto, total_stages
from services.noseprint.register import audit, dogs, prints, uploads
from services.noseprint.register.records import Actor, DogState
from services.noseprint.registration_rows import new_prints
from services.noseprint.views import DogView
from shared.database.pool import Connection
from shared.errors import PawtraitError, Reason
from shared.inference_pool import Stopwatch
from shared.uploads import announcements
from shared.uploads.object_uploads import ObjectUploads

MOST_AT_ONCE = 5
MOST_PRINTS = 25
"""Prints that one dog may have."""


class MorePhotos:
    """The use case.

    Args:
        context: what it works with.
        pictures: where photos are kept.
    """

    def __init__(self, context: ServiceContext, pictures: ObjectUploads) -> None:
        self._context = context
        self._pictures = pictures

    async def add(
        self, caller: Caller, dog_id: uuid.UUID, photos: Sequence[bytes], *, time_left: float | None
    ) -> tuple[DogView, list[tuple[str, float]]]:
        """Store more prints of a dog: all of the photos or none. The dog, and the stages with milliseconds.

        Raises:
            PawtraitError: as :func:`services.noseprint.access.dog_for`; a photo will not do;
                ``PHOTOS_DISAGREE``: a photo does not show this dog; ``INVALID_FIELD``: too few or too many.
        """
        if not 1 <= len(photos) <= MOST_AT_ONCE:
            raise PawtraitError(
                Reason.INVALID_FIELD, f"send one to {MOST_AT_ONCE} nose photos", {"field": "nose"}
            )
        async with self._context.database.connection() as connection:
            dog, _ = await dog_for(connection, caller, dog_id)
        if dog.print_count + len(photos) > MOST_PRINTS:
            raise PawtraitError(
                Reason.INVALID_FIELD, f"a dog has at most {MOST_PRINTS} nose photos", {"field": "nose"}
            )
        read, watches = await self._context.read_photos(photos, time_left=time_left)
        watch = Stopwatch(total_stages(watches))
        upload = uuid.uuid4()
        stored = {uploads.nose_key(upload, number): photo.picture for number, photo in enumerate(read)}
        async with self._context.database.connection() as connection:
            with watch.stage("verify"):
                await self._check(connection, dog_id, read, time_left)
        with watch.stage("upload"):
            await self._pictures.upload(upload, stored)
        with watch.stage("insert"):
            async with self._context.database.transaction() as connection:
                dog, actor = await dog_for(connection, caller, dog_id, lock=True)
                await prints.insert(connection, dog_id, new_prints(upload, [photo.nose for photo in read]))
                if dog.state is not DogState.PENDING:
                    await prints.renew_templates(connection, dog_id)
                await announcements.finish(connection, upload)
                await audit.record(connection, "prints_added", actor, dog_id, prints=len(read))
                after = await dogs.get(connection, dog_id)
        if after is None:
            raise no_such_dog()
        views = self._context.views
        return views.administrator(after) if actor is Actor.ADMINISTRATOR else views.owner(
            after
        ), watch.stages

    async def _check(
        self, connection: Connection, dog_id: uuid.UUID, read: Sequence[ReadPhoto], time_left: float | None
    ) -> None:
        finder, odd = self._context.finder, []
        for index, photo in enumerate(read):
            compared = await finder.compare(connection, photo.probe, dog_id, time_left=time_left)
            if compared is None or compared[0].probability < compared[1]:
                odd.append(index)
        if odd:
            raise disagreement(odd)
