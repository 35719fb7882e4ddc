"""Removes what nobody needs any more: expired rows, and pictures that no row names.

``python -m services.noseprint.sweeper`` does it once; the server does it now and then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.noseprint.opening import open_register
from services.noseprint.register import search, uploads
from services.noseprint.register.database import Database
from services.noseprint.settings import NosePrintSettings
from shared.object_storage import ObjectStorage, open_storage
from shared.storage_settings import StorageSettings
from shared.telemetry import configure_logging, get_logger
from shared.uploads import announcements
from shared.uploads.orphans import remove_orphans

log = get_logger(__name__)


@dataclass(frozen=True)
class Swept:
    """What was removed."""

    rows: int
    pictures: int


class Sweeper:
    """Cleans up.

    Args:
        database: the register.
        storage: where its pictures lie.
        settings: how long things are kept.
    """

    def __init__(self, database: Database, storage: ObjectStorage, settings: NosePrintSettings) -> None:
        self._database = database
        self._storage = storage
        self._settings = settings

    async def sweep(self) -> Swept | None:
        """Clean up once; None when another process is at it.

        A picture on its way into the storage is never removed: its upload is announced before, and an
        announcement that has become old is taken away first, so that its transaction can no longer commit.

        Raises:
            PawtraitError: ``SERVICE_UNAVAILABLE``.
        """
        async with self._database.maintaining() as alone:
            if not alone:
                return None
            rows = await self._remove_expired()
            pictures = await self._remove_unnamed()
            await self._index_when_it_pays()
        if rows or pictures:
            log.info("swept", rows=rows, pictures=pictures)
        return Swept(rows, pictures)

    async def _remove_expired(self) -> int:
        statements = (
            "DELETE FROM contact_tokens WHERE expires_at <= now() OR used_at IS NOT NULL",
            "DELETE FROM lookups WHERE expires_at <= now()",
            "DELETE FROM idempotency WHERE expires_at <= now()",
            "DELETE FROM confirmation_codes WHERE expires_at <= now()",
        )
        count = 0
        async with self._database.connection() as connection:
            for statement in statements:
                count += _affected(await connection.execute(statement))
            count += _affected(
                await connection.execute(
                    "DELETE FROM outbox WHERE created_at <= now() - $1::interval",
                    self._settings.outbox_retention,
                )
            )
            count += await announcements.give_up_old(connection, self._settings.upload_lifetime)
        return count

    async def _remove_unnamed(self) -> int:
        async def unnamed(keys: Sequence[str]) -> list[str]:
            async with self._database.connection() as connection:
                return await uploads.unnamed(connection, keys)

        return await remove_orphans(self._storage, (uploads.NOSES, uploads.PROFILES), unnamed)

    async def _index_when_it_pays(self) -> None:
        if self._settings.index_from == 0:
            return
        async with self._database.connection() as connection:
            templates = sum((await search.model_versions(connection)).values())
            if templates >= self._settings.index_from and not await search.has_index(connection):
                log.info("building_index", templates=templates)
                await search.build_index(connection, memory=self._settings.index_memory)


def _affected(status: str) -> int:
    return int(status.rpartition(" ")[2])


async def main() -> None:
    """Clean up once."""
    settings, storage_settings = NosePrintSettings(), StorageSettings()
    async with open_register(settings, storage_settings) as (database, _):
        await Sweeper(database, open_storage(storage_settings), settings).sweep()


if __name__ == "__main__":
    configure_logging("sweeper", log_format="console")
    asyncio.run(main())
