import csv
from pathlib import Path

import pytest

import services.facetype
from services.facetype.catalogue import load_catalogue
from services.facetype.catalogue.breed_table import BreedTable, read_breed_table
from services.facetype.evaluation.baseline import looked_up, read_breeds

DOGS = Path(services.facetype.__file__).parent / "catalogues" / "dogs"


@pytest.fixture(scope="module")
def table() -> BreedTable:
    return read_breed_table(load_catalogue(DOGS))


def test_the_likeliest_breed_decides(table: BreedTable) -> None:
    assert looked_up({"pug": 0.6, "beagle": 0.4}, table) == "flat_faced"
    assert looked_up({"pug": 0.4, "beagle": 0.6}, table) == "drop_eared"


def test_breeds_can_be_taken_from_the_classifier(table: BreedTable) -> None:
    assert looked_up({"borzoi": 0.9, "beagle": 0.1}, table, {"borzoi"}) == "drop_eared"


def test_a_file_is_read_by_photo(tmp_path: Path, table: BreedTable) -> None:
    path = tmp_path / "breeds.csv"
    ids = [breed.id for breed in table.breeds]
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["file", *ids])
        writer.writerow(["a.webp", *(0.5 if name == "pug" else 0.001 for name in ids)])
    read = read_breeds(path, table)
    assert looked_up(read["a.webp"], table) == "flat_faced"


def test_a_file_that_lacks_a_breed_is_refused(tmp_path: Path, table: BreedTable) -> None:
    path = tmp_path / "breeds.csv"
    path.write_text("file,pug\na.webp,1.0\n")
    with pytest.raises(ValueError, match=r"columns missing: affenpinscher"):
        read_breeds(path, table)
