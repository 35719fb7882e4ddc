"""The use cases with a real database and storage, and an analyser that tells types by colour."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.context import ServiceContext
from services.facetype.create_profile import CreatedProfile, ProfileCreation
from services.facetype.creation import GivenFields
from services.facetype.face import FaceAnalysis, Outcome, Part, PartVote
from services.facetype.opening import open_context, open_keys
from services.facetype.profile_care import ProfileCare
from services.facetype.profiles import objects
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from services.facetype.showcase import publish
from services.facetype.sweeper import Sweeper
from shared.geometry import Box, RgbImage
from shared.object_storage import FolderStorage
from shared.storage_settings import StorageSettings
from tests.facetype_system import BORN, MBTI, database, database_url, png, write_catalogue

__all__ = ["Workplace", "catalogue", "database", "database_url", "workplace"]

WHOLE = Box(0.25, 0.25, 0.75, 0.75)
GREEN, BLUE, RED = png(0, 200, 0), png(0, 0, 200), png(200, 0, 0)
"""A round face, a cornered one, and one that is cut off."""


class ColourAnalyser:
    """Green is round, blue is cornered, everything else is cut off."""

    version = "colours-1"

    def analyse(self, image: RgbImage) -> FaceAnalysis:
        """What the middle of the photo says."""
        red, green, blue = (int(value) for value in image[image.shape[0] // 2, image.shape[1] // 2])
        if red > 100:
            return FaceAnalysis(Outcome.CUT_OFF, face_probability=0.9)
        kind, other = ("round", "cornered") if green > blue else ("cornered", "round")
        votes = (
            PartVote(Part.WHOLE, WHOLE, kind, 0.75),
            PartVote(Part.LOWER, Box(0.4, 0.6, 0.6, 0.75), None, 0.5),
        )
        return FaceAnalysis(
            Outcome.OK, kind, {kind: 0.75, other: 0.25}, votes, 0.99, (("parts", 1.0), ("types", 2.0))
        )


@dataclass
class Workplace:
    """Use cases, and a look at what they left behind."""

    context: ServiceContext
    creation: ProfileCreation
    care: ProfileCare

    async def create(self, photo: bytes = GREEN, **fields: Any) -> CreatedProfile:
        """Make a profile."""
        given = GivenFields(**{"birth_date": BORN.isoformat(), "mbti": MBTI, **fields})
        return await self.creation.create(photo, given, time_left=None)

    def sweeper(self, **changes: Any) -> Sweeper:
        """A sweeper of other settings."""
        settings = self.context.settings.model_copy(update=changes)
        return Sweeper(self.context.database, self.context.storage, settings)

    async def rows(self, table: str = "profiles") -> int:
        """How many rows a table has."""
        async with self.context.database.connection() as connection:
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608

    def kept(self) -> list[str]:
        """Keys of all photos and cards."""
        return [key for prefix in objects.PREFIXES for key in self.context.storage.list(prefix)]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Two shapes."""
    return load_catalogue(write_catalogue(tmp_path / "shapes"))


@asynccontextmanager
async def opened(
    database: Database, catalogue: Catalogue, folder: Path, **settings: Any
) -> AsyncIterator[Workplace]:
    """A workplace whose data lie in ``folder``."""
    chosen = FaceTypeSettings(**{"sweep_every": timedelta(0), **settings})
    storage = FolderStorage(folder / "objects")
    context = open_context(
        chosen,
        StorageSettings(data_dir=folder, public_base_url="https://pawtrait.example"),
        catalogue=catalogue,
        analyser=ColourAnalyser(),
        database=database,
        keys=open_keys(chosen, folder),
        storage=storage,
        showcase=publish(catalogue, storage),
    )
    await context.see_that_it_can_work()
    yield Workplace(context, ProfileCreation(context), ProfileCare(context))
    context.close()


@pytest.fixture
async def workplace(database: Database, catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Workplace]:
    """A workplace with nothing in it."""
    async with opened(database, catalogue, tmp_path / "data") as workplace:
        yield workplace
