"""Brings pictures into the object storage, announced, and out of it again."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping

from shared.database.service_database import ServiceDatabase
from shared.errors import PawtraitError
from shared.object_storage import ObjectStorage, StorageCalls
from shared.room import Room
from shared.telemetry import get_logger
from shared.uploads import announcements

log = get_logger(__name__)


class ObjectUploads:
    """Uploads and removes objects.

    Args:
        database: where uploads are announced.
        storage: where the objects go.
        room: of the database; None: it is another machine's.
    """

    def __init__(self, database: ServiceDatabase, storage: ObjectStorage, room: Room | None = None) -> None:
        self._database = database
        self._calls = StorageCalls(storage)
        self._room = room

    async def upload(self, upload: uuid.UUID, objects: Mapping[str, bytes]) -> None:
        """Announce an upload, then store its objects by key.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``, ``STORAGE_FULL``; the sweeper removes what was stored.
        """
        if self._room is not None:
            self._room.check()
        async with self._database.connection() as connection:
            await announcements.begin(connection, upload)
        await asyncio.gather(*(self._calls.put(key, data) for key, data in objects.items()))

    async def take_back(self, upload: uuid.UUID, keys: Iterable[str]) -> None:
        """Remove the objects of an upload that no row names or will name.

        Failures are left to the sweeper.
        """
        try:
            await self.remove(keys)
            async with self._database.connection() as connection:
                await announcements.give_up(connection, upload)
        except PawtraitError as error:
            log.warning("upload_left_to_sweeper", upload=str(upload), reason=error.reason.value)

    async def remove(self, keys: Iterable[str]) -> None:
        """Remove objects.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``.
        """
        await asyncio.gather(*(self._calls.delete(key) for key in keys))

    async def remove_or_leave(self, keys: Iterable[str]) -> None:
        """Remove objects that no row names any more; failures are left to the sweeper."""
        try:
            await self.remove(keys)
        except PawtraitError as error:
            log.warning("pictures_left_to_sweeper", reason=error.reason.value)

    async def get(self, key: str) -> bytes | None:
        """An object; None when there is none.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``.
        """
        stored = await self._calls.get(key)
        return stored.data if stored else None

    def close(self) -> None:
        """Let running work finish."""
        self._calls.close()
