"""The photos that types are checked on, and the type that each should have."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from services.facetype.catalogue import Catalogue
from services.facetype.catalogue.breed_table import read_breed_table
from services.facetype.labelling.photos import read_photos
from shared.geometry import RgbImage
from shared.training.dataset import Split, split_of
from shared.training.pictures import load_upright

LONG_SIDE = 500
"""Photos are shown in about the size they were taken in."""


@dataclass(frozen=True, slots=True)
class CheckedPhoto:
    """A photo with the type of its dog's breed."""

    file: str
    path: Path
    size: tuple[int, int]
    """True width and height in pixels; the stored copy may be squeezed."""
    breed: str
    type_id: str
    held_out: bool
    """Whether its breed was left out of all training."""
    split: Split
    contradicted: bool
    """Whether its ears, labelled by hand, are not those that its breed's type has."""

    def load(self) -> RgbImage:
        """The photo in its true proportions."""
        return load_upright(self.path, self.size, LONG_SIDE)


def read_checked_photos(catalogue: Catalogue, data: Path) -> list[CheckedPhoto]:
    """Every photo of a breed of the catalogue's table, by file name."""
    breeds = read_breed_table(catalogue).by_synset
    ears = read_ears(data / "trait_labels.csv")
    checked = []
    for file, photo in sorted(read_photos(data).items()):
        breed = breeds.get(photo.synset)
        if breed is None:
            continue
        allowed = catalogue.type(breed.type).attributes.get("ears", ())
        checked.append(
            CheckedPhoto(
                file,
                photo.path,
                (photo.width, photo.height),
                breed.id,
                breed.type,
                breed.held_out,
                split_of(file),
                contradicted=contradicts(ears.get(file), allowed),
            )
        )
    return checked


def read_ears(path: Path) -> dict[str, str]:
    """Hand labels of the ears by file: ``prick`` or ``drop``; photos without are absent."""
    words = {"up": "prick", "down": "drop"}
    if not path.is_file():
        return {}
    with path.open(newline="") as lines:
        return {row["file"]: words[row["ear"]] for row in csv.DictReader(lines) if row["ear"] in words}


def contradicts(ears: str | None, allowed: Collection[str]) -> bool:
    """Whether ears, if they were labelled, are none of those that a type may have, if it says any."""
    return ears is not None and bool(allowed) and ears not in allowed
