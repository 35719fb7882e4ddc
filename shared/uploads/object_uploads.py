"""Brings pictures into the object storage, announced, and out of it again."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from shared.database.service_database import ServiceDatabase
from shared.errors import PawtraitError
from shared.object_storage import ObjectStorage, media_type_of
from shared.telemetry import get_logger
from shared.uploads import announcements

_THREADS = 4

log = get_logger(__name__)


class ObjectUploads:
    """Uploads and removes objects in threads of its own: the models' threads do not wait for a disk.

    Args:
        database: where uploads are announced.
        storage: where the objects go.
    """

    def __init__(self, database: ServiceDatabase, storage: ObjectStorage) -> None:
        self._database = database
        self._storage = storage
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="uploads")

    async def upload(self, upload: uuid.UUID, objects: Mapping[str, bytes]) -> None:
        """Announce an upload, then store its objects by key.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``; the sweeper removes what was stored.
        """
        async with self._database.connection() as connection:
            await announcements.begin(connection, upload)
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(
                loop.run_in_executor(self._threads, self._storage.put, key, data, media_type_of(key))
                for key, data in objects.items()
            )
        )

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
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(self._threads, self._storage.delete, key) for key in keys)
        )

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
        loop = asyncio.get_running_loop()
        stored = await loop.run_in_executor(self._threads, self._storage.get, key)
        return stored.data if stored else None

    def close(self) -> None:
        """Let running work finish."""
        self._threads.shutdown(wait=True, cancel_futures=True)
