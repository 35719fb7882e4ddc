"""Removes profiles whose time is up, and objects that no row names.

``python -m services.facetype.sweeper`` does it once; the server does it now and then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.facetype.opening import open_profiles
from services.facetype.profiles import objects, rows
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from shared.object_storage import ObjectStorage, open_storage
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging, get_logger
from shared.uploads import announcements
from shared.uploads.orphans import remove_orphans

_BATCH = 500

log = get_logger(__name__)


@dataclass(frozen=True)
class Swept:
    """What was removed."""

    profiles: int
    """Rows of profiles whose time was up."""
    objects: int
    """Photos and cards, theirs and those that nobody named."""


class Sweeper:
    """Cleans up.

    Args:
        database: of the profiles.
        storage: where photos and cards lie.
        settings: how long things are kept.
    """

    def __init__(self, database: Database, storage: ObjectStorage, settings: FaceTypeSettings) -> None:
        self._database = database
        self._storage = storage
        self._settings = settings

    async def sweep(self) -> Swept | None:
        """Clean up once; None when another process is at it.

        Rows go before their objects: whatever happens in between, what is left over is nobody's, and goes
        with the next sweep. An object on its way into the storage is never removed: its upload is announced
        before, and an announcement that has become old is taken away first, so that its transaction can no
        longer commit.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``.
        """
        async with self._database.maintaining() as alone:
            if not alone:
                return None
            profiles = await self._remove_expired()
            removed = await self._remove_unnamed()
        if profiles or removed:
            log.info("swept", profiles=profiles, objects=removed)
        return Swept(profiles, removed)

    async def _remove_expired(self) -> int:
        count = 0
        async with self._database.connection() as connection:
            while gone := await rows.delete_expired(connection, self._settings.retention, _BATCH):
                count += len(gone)
            await connection.execute("DELETE FROM idempotency WHERE expires_at <= now()")
            await announcements.give_up_old(connection, self._settings.upload_lifetime)
        return count

    async def _remove_unnamed(self) -> int:
        async def unnamed(keys: Sequence[str]) -> list[str]:
            async with self._database.connection() as connection:
                return await objects.unnamed(connection, keys)

        return await remove_orphans(self._storage, objects.PREFIXES, unnamed)


async def main() -> None:
    """Clean up once."""
    settings, storage_settings = FaceTypeSettings(), StorageSettings()
    async with open_profiles(settings, storage_settings) as (database, _):
        await Sweeper(database, open_storage(storage_settings), settings).sweep()


if __name__ == "__main__":
    configure_logging("sweeper", log_format="console")
    asyncio.run(main())
