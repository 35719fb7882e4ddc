"""Opens everything that the service works with, as its settings say."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.noseprint.context import ServiceContext
from services.noseprint.embedding import Embedder
from services.noseprint.matching import DogFinder, Scorer
from services.noseprint.nose_reader import NoseReader
from services.noseprint.photos import PhotoReader
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import PURPOSES, RegisterCipher
from services.noseprint.scoring import MatchScorer
from services.noseprint.settings import NosePrintSettings
from services.noseprint.views import DogViews
from shared.database.address import database_address
from shared.inference_pool import InferencePool
from shared.object_storage import open_storage
from shared.secrets.key_ring import KeyFile, open_key_file
from shared.storage_settings import StorageSettings

KEYS = Path("keys") / "noseprint.json"
"""Where keys lie in the data folder unless a setting says otherwise."""


def open_keys(settings: NosePrintSettings, data_dir: Path) -> KeyFile:
    """The file of keys; made, with a line in the log, in the data folder only.

    Raises:
        FileNotFoundError: the setting names a file that is not there.
        ValueError: it is no file of keys.
    """
    return open_key_file(settings.keys_file, data_dir / KEYS, PURPOSES)


@dataclass(frozen=True)
class Models:
    """What reads photos and compares what was read."""

    photos: PhotoReader
    scorers: Mapping[str, Scorer]
    """By version of the model."""
    current: str
    """Version of the model that new prints are made with."""


def open_models(settings: NosePrintSettings) -> Models:
    """The models that the settings name.

    Raises:
        FileNotFoundError: a model file is missing.
    """
    reader = NoseReader(settings.model_folder, settings.inference_threads)
    current = reader.version
    scorers: dict[str, Scorer] = {current: MatchScorer(settings.model_folder)}
    previous: dict[str, Embedder] = {}
    if settings.previous_model_folder is not None:
        embedder = Embedder(settings.previous_model_folder, settings.inference_threads)
        if embedder.version != current:
            previous[embedder.version] = embedder
            scorers[embedder.version] = MatchScorer(settings.previous_model_folder)
    return Models(PhotoReader(reader, previous), scorers, current)


@asynccontextmanager
async def open_register(
    settings: NosePrintSettings, storage_settings: StorageSettings
) -> AsyncIterator[tuple[Database, KeyFile]]:
    """Database and keys for a command that needs no models.

    Raises:
        OSError, PawtraitError: the database cannot be started or reached.
    """
    with database_address(settings.database_url, storage_settings.data_dir) as url:
        async with Database(url).opened() as database:
            yield database, open_keys(settings, storage_settings.data_dir)


def open_context(
    settings: NosePrintSettings,
    storage_settings: StorageSettings,
    database: Database,
    keys: KeyFile,
    models: Models,
) -> ServiceContext:
    """Everything together; the database is opened apart."""
    storage = open_storage(storage_settings)
    # Whoever holds the register's lock compares noses: that must not wait behind photos that are being read.
    comparing = InferencePool(settings.workers, "noseprint-compare")
    return ServiceContext(
        settings=settings,
        database=database,
        cipher=RegisterCipher(keys),
        storage=storage,
        views=DogViews(storage),
        pool=InferencePool(settings.workers, "noseprint"),
        photos=models.photos,
        finder=DogFinder(models.scorers, models.current, comparing, shortlist=settings.shortlist),
    )
