"""What jobs work with: the service's own use cases, without the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from procrastinate import App

from services.noseprint.context import ServiceContext
from services.noseprint.jobs.queue import open_queue
from services.noseprint.opening import Models, open_context, open_keys, open_models
from services.noseprint.register.database import Database
from services.noseprint.settings import NosePrintSettings
from shared.database.address import database_address, database_room
from shared.storage_settings import StorageSettings
from shared.uploads.object_uploads import ObjectUploads


@dataclass(frozen=True)
class Workshop:
    """Queue, register, pictures and models."""

    app: App
    context: ServiceContext
    pictures: ObjectUploads


@asynccontextmanager
async def open_workshop(
    settings: NosePrintSettings, storage_settings: StorageSettings, models: Models | None = None
) -> AsyncIterator[Workshop]:
    """Open everything.

    Args:
        models: those that the settings name unless given.

    Raises:
        OSError, PawtraitError: the database cannot be started or reached; a model or key file is missing.
    """
    keys = open_keys(settings, storage_settings.data_dir)
    models = models or open_models(settings)
    with database_address(settings.database_url, storage_settings.data_dir) as url:
        database = Database(url, max_size=settings.database_connections)
        await database.open()
        context = open_context(settings, storage_settings, database, keys, models)
        pictures = ObjectUploads(database, context.storage, database_room(storage_settings))
        try:
            await context.see_that_it_can_work()
            async with open_queue(url, database) as app:
                yield Workshop(app, context, pictures)
        finally:
            context.close()
            pictures.close()
            await database.close()
