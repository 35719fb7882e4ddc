"""What the use cases of the service work with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.noseprint.matching import DogFinder
from services.noseprint.photos import PhotoReader, ReadPhoto
from services.noseprint.register import owners, search
from services.noseprint.register.database import Database
from services.noseprint.register.encryption import RegisterCipher
from services.noseprint.settings import NosePrintSettings
from services.noseprint.views import DogViews
from shared.errors import PawtraitError
from shared.inference_pool import InferencePool, Stopwatch
from shared.object_storage import ObjectStorage
from shared.telemetry import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class ServiceContext:
    """Everything that is opened once and used by all calls."""

    settings: NosePrintSettings
    database: Database
    cipher: RegisterCipher
    storage: ObjectStorage
    views: DogViews
    pool: InferencePool
    photos: PhotoReader
    finder: DogFinder

    def close(self) -> None:
        """Stop the threads."""
        self.pool.close()
        self.finder.close()

    async def see_that_it_can_work(self) -> None:
        """Compare what is stored with the keys and the models that there are.

        Raises:
            ValueError: owners' data are encrypted with a key that is not in the ring: with another ring
                nobody could be reached, and every phone number would look new.
        """
        async with self.database.connection() as connection:
            used_fields, used_phone = await owners.used_keys(connection)
            versions = await search.model_versions(connection)
        fields, phone = self.cipher.field_keys(), self.cipher.phone_keys()
        if missing := sorted((used_fields - fields) | (used_phone - phone)):
            raise ValueError(f"the register is encrypted with keys that are not there: {', '.join(missing)}")
        for version in versions.keys() - self.finder.versions:
            log.warning(
                "prints_not_found",
                model_version=version,
                dogs=versions[version],
                hint="set NOSEPRINT_PREVIOUS_MODEL_FOLDER, or run python -m services.noseprint.jobs.reembed",
            )

    async def read_photo(
        self, photo: bytes, watch: Stopwatch, *, keep: bool, time_left: float | None
    ) -> ReadPhoto:
        """Read one photo in a thread; raises as :meth:`PhotoReader.read`."""
        return await self.pool.run(lambda: self.photos.read(photo, watch, keep=keep), time_left=time_left)

    async def read_photos(
        self, photos: Sequence[bytes], *, time_left: float | None
    ) -> tuple[list[ReadPhoto], list[Stopwatch]]:
        """Read several photos that are to be kept, side by side as far as there are threads.

        Raises:
            PawtraitError: as :meth:`PhotoReader.read`, with the index of the first bad photo as ``photo``.
        """
        watches = [Stopwatch() for _ in photos]
        results = await asyncio.gather(
            *(
                self.read_photo(photo, watch, keep=True, time_left=time_left)
                for photo, watch in zip(photos, watches, strict=True)
            ),
            return_exceptions=True,
        )
        read = []
        for index, result in enumerate(results):
            if isinstance(result, PawtraitError):
                result.metadata["photo"] = str(index)
            if isinstance(result, BaseException):
                raise result
            read.append(result)
        return read, watches
