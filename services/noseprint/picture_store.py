"""Brings the register's pictures into the object storage, and out of it again."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from services.noseprint.register import uploads
from services.noseprint.register.database import Database
from shared.errors import PawtraitError
from shared.object_storage import ObjectStorage
from shared.telemetry import get_logger

_THREADS = 4

log = get_logger(__name__)


class PictureStore:
    """Uploads and removes pictures in threads of its own: the models' threads do not wait for a disk.

    Args:
        database: where uploads are announced.
        storage: where the pictures go.
    """

    def __init__(self, database: Database, storage: ObjectStorage) -> None:
        self._database = database
        self._storage = storage
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="pictures")

    async def upload(self, upload: uuid.UUID, pictures: Mapping[str, bytes]) -> None:
        """Announce an upload, then store its pictures by key.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``; the sweeper removes what was stored.
        """
        async with self._database.connection() as connection:
            await uploads.begin(connection, upload)
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(
                loop.run_in_executor(self._threads, self._storage.put, key, picture, uploads.MEDIA_TYPE)
                for key, picture in pictures.items()
            )
        )

    async def take_back(self, upload: uuid.UUID, keys: Iterable[str]) -> None:
        """Remove the pictures of an upload that no row names or will name.

        Failures are left to the sweeper.
        """
        try:
            await self.remove(keys)
            async with self._database.connection() as connection:
                await uploads.give_up(connection, upload)
        except PawtraitError as error:
            log.warning("upload_left_to_sweeper", upload=str(upload), reason=error.reason.value)

    async def remove(self, keys: Iterable[str]) -> None:
        """Remove pictures.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``.
        """
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(self._threads, self._storage.delete, key) for key in keys)
        )

    async def remove_or_leave(self, keys: Iterable[str]) -> None:
        """Remove pictures that no row names any more; failures are left to the sweeper."""
        try:
            await self.remove(keys)
        except PawtraitError as error:
            log.warning("pictures_left_to_sweeper", reason=error.reason.value)

    async def get(self, key: str) -> bytes | None:
        """A picture; None when there is none.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``.
        """
        loop = asyncio.get_running_loop()
        stored = await loop.run_in_executor(self._threads, self._storage.get, key)
        return stored.data if stored else None

    def close(self) -> None:
        """Let running work finish."""
        self._threads.shutdown(wait=True, cancel_futures=True)
