"""What the use cases of the service work with."""

from dataclasses import dataclass
from typing import Protocol

from services.facetype.catalogue import Catalogue
from services.facetype.face import FaceAnalysis
from services.facetype.profiles import rows
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from services.facetype.showcase import Showcase
from services.facetype.views import Views
from shared.geometry import RgbImage
from shared.inference_pool import InferencePool
from shared.object_storage import ObjectStorage
from shared.secrets.field_cipher import FieldCipher
from shared.uploads.object_uploads import ObjectUploads

MAX_SIDE = 1024
"""Longest side, pixels, that photos are scaled down to."""


class Analyser(Protocol):
    """Reads faces; :class:`services.facetype.analyser.FaceAnalyser` is the one that serves."""

    version: str
    """Of its models; changes whenever an answer could."""

    def analyse(self, image: RgbImage) -> FaceAnalysis:
        """What a photo shows. Thread-safe."""


@dataclass(frozen=True)
class ServiceContext:
    """Everything that is opened once and used by all calls."""

    settings: FaceTypeSettings
    catalogue: Catalogue
    analyser: Analyser
    database: Database
    cipher: FieldCipher
    storage: ObjectStorage
    uploads: ObjectUploads
    showcase: Showcase
    views: Views
    pool: InferencePool
    card_address: str
    """Where cards say that they come from; empty: nothing."""

    def close(self) -> None:
        """Stop the threads."""
        self.pool.close()
        self.uploads.close()

    async def see_that_it_can_work(self) -> None:
        """Compare what is stored with the keys that there are.

        Raises:
            ValueError: rows are encrypted with a key that is not in the ring.
        """
        async with self.database.connection() as connection:
            used = await rows.used_keys(connection)
        if missing := sorted(used - self.cipher.field_keys()):
            raise ValueError(f"profiles are encrypted with keys that are not there: {', '.join(missing)}")
