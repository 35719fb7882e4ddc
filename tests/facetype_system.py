"""What tests of the face type service share: a database, a small catalogue, and pictures."""

import io
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from services.facetype.profiles.database import MIGRATIONS, SCHEMA, Database
from shared.database.embedded import EmbeddedPostgres
from tests.prepared_database import prepared_database

NAME = "facetype_tests"
EMPTY = "SET search_path = facetype, public; DELETE FROM profiles; DELETE FROM uploads;"
BORN = date(1993, 5, 17)
MBTI = "INFJ"


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> str:
    """A database with the tables and nothing in them."""
    return await prepared_database(postgres, NAME, schema=SCHEMA, folder=MIGRATIONS, empty=EMPTY)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The service's connections to it."""
    opened = Database(database_url)
    await opened.open()
    yield opened
    await opened.close()


def png(red: int, green: int, blue: int, *, side: int = 64, alpha: int | None = None) -> bytes:
    """A picture of one colour."""
    colour = (red, green, blue) if alpha is None else (red, green, blue, alpha)
    file = io.BytesIO()
    Image.fromarray(np.full((side, side, len(colour)), colour, np.uint8)).save(file, "PNG")
    return file.getvalue()


def write_catalogue(folder: Path, *, subject: str = "shapes", pictures: int = 6) -> Path:
    """A catalogue folder of two shapes, with a gallery and an example, without networks."""
    texts = {"en": "Round", "ko": "둥근 모양"}
    described = {"en": "It has no corner. It rolls.\n\nIt never stops.", "ko": "모서리가 없다.\n\n굴러간다."}
    corners = {"en": "Cornered", "ko": "각진 모양"}
    content = {
        "id": "shapes",
        "version": "3",
        "subject": subject,
        "attributes": {"corner": ["none", "some"]},
        "parts": {"whole": ["corner"], "t_zone": ["corner"], "lower": ["corner"]},
        "types": [
            {"id": "round", "attributes": {"corner": ["none"]}, "name": texts, "description": described},
            {
                "id": "cornered",
                "attributes": {"corner": ["some"]},
                "name": corners,
                "description": described,
                "card_lines": {"en": ["Sharp.", "Clear."], "ko": ["날카롭다.", "또렷하다."]},
                "common_breeds": ["square"],
            },
        ],
    }
    shutil.rmtree(folder, ignore_errors=True)
    for number, type_id in enumerate(("round", "cornered")):
        gallery = folder / "gallery" / type_id
        gallery.mkdir(parents=True)
        for picture in range(pictures):
            (gallery / f"{picture:02}.png").write_bytes(png(200, 40 * number, 20 * picture, alpha=255))
    (folder / "examples").mkdir()
    (folder / "examples" / "cut_off.png").write_bytes(png(1, 2, 3))
    (folder / "catalogue.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    return folder
