"""Opens everything that the service works with, as its settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from services.facetype.catalogue import Catalogue
from services.facetype.context import Analyser, ServiceContext
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from services.facetype.showcase import Showcase
from services.facetype.views import Views
from shared.database.address import database_address, database_room
from shared.inference_pool import InferencePool
from shared.object_storage import ObjectStorage
from shared.secrets.field_cipher import FIELDS, FieldCipher
from shared.secrets.key_ring import KeyFile, open_key_file
from shared.storage_settings import StorageSettings
from shared.uploads.object_uploads import ObjectUploads

OWNER = "facetype"
"""Name under which fields are sealed."""
KEYS = Path("keys") / "facetype.json"
"""Where keys lie in the data folder unless a setting says otherwise."""


def open_keys(settings: FaceTypeSettings, data_dir: Path) -> KeyFile:
    """The file of keys; made, with a line in the log, in the data folder only.

    Raises:
        FileNotFoundError: the setting names a file that is not there.
        ValueError: it is no file of keys.
    """
    return open_key_file(settings.keys_file, data_dir / KEYS, (FIELDS,))


def open_cipher(keys: KeyFile) -> FieldCipher:
    """What profiles are sealed with."""
    return FieldCipher(keys, OWNER)


@asynccontextmanager
async def open_profiles(
    settings: FaceTypeSettings, storage_settings: StorageSettings
) -> AsyncIterator[tuple[Database, KeyFile]]:
    """Database and keys for a command that needs no models.

    Raises:
        OSError, PawtraitError: the database cannot be started or reached.
    """
    with database_address(settings.database_url, storage_settings.data_dir) as url:
        async with Database(url).opened() as database:
            yield database, open_keys(settings, storage_settings.data_dir)


def open_context(
    settings: FaceTypeSettings,
    storage_settings: StorageSettings,
    *,
    catalogue: Catalogue,
    analyser: Analyser,
    database: Database,
    keys: KeyFile,
    storage: ObjectStorage,
    showcase: Showcase,
) -> ServiceContext:
    """Everything together; what may have to be waited for is opened apart."""
    return ServiceContext(
        settings=settings,
        catalogue=catalogue,
        analyser=analyser,
        database=database,
        cipher=open_cipher(keys),
        storage=storage,
        uploads=ObjectUploads(database, storage, database_room(storage_settings)),
        showcase=showcase,
        views=Views(catalogue, showcase, storage),
        pool=InferencePool(settings.workers, "facetype"),
        card_address=urlsplit(storage_settings.public_base_url).netloc,
    )
