"""The built-in catalogue and its table of breeds."""

import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

import services.facetype
from services.facetype.catalogue import Catalogue, CatalogueError, load_catalogue
from services.facetype.catalogue.breed_table import read_breed_table
from services.facetype.face import Part

DOGS = Path(services.facetype.__file__).parent / "catalogues" / "dogs"


@pytest.fixture(scope="module")
def dogs() -> Catalogue:
    return load_catalogue(DOGS)


def test_there_are_five_types(dogs: Catalogue) -> None:
    assert dogs.type_ids == ("flat_faced", "long_faced", "prick_eared", "drop_eared", "bearded")
    assert not dogs.needs_consent


def test_only_the_whole_face_sees_ears(dogs: Catalogue) -> None:
    assert list(dogs.labels(Part.WHOLE)) == list(dogs.type_ids)
    plain = ["flat_faced", "long_faced", "prick_eared_or_drop_eared", "bearded"]
    assert list(dogs.labels(Part.T_ZONE)) == plain
    assert list(dogs.labels(Part.LOWER)) == plain


def test_every_breed_has_the_type_that_its_attributes_make(dogs: Catalogue) -> None:
    table = read_breed_table(dogs)  # Refuses a breed whose attributes make another type.
    assert len(table.breeds) == 120
    assert len({breed.id for breed in table.breeds}) == 120
    assert len(table.by_synset) == 120
    assert {breed.type for breed in table.breeds} == set(dogs.type_ids)


def test_the_breeds_a_type_is_common_in_are_of_that_type(dogs: Catalogue) -> None:
    types = {breed.id: breed.type for breed in read_breed_table(dogs).breeds}
    for kind in dogs.types:
        assert kind.common_breeds
        assert {types[breed] for breed in kind.common_breeds} == {kind.id}


def test_the_draw_of_held_out_breeds_can_be_repeated(dogs: Catalogue) -> None:
    table = read_breed_table(dogs)
    drawn: set[str] = set()
    for type_id in dogs.type_ids:
        ids = sorted(breed.id for breed in table.breeds if breed.type == type_id)
        drawn |= set(random.Random(f"{table.held_out_seed} {type_id}").sample(ids, 4))  # noqa: S311
    assert {breed.id for breed in table.breeds if breed.held_out} == drawn
    assert set(Counter(b.type for b in table.breeds if b.held_out).values()) == {4}


def test_a_breed_that_contradicts_itself_is_named(dogs: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_bytes((DOGS / "catalogue.yaml").read_bytes())
    document = yaml.safe_load((DOGS / "breed_types.yaml").read_text(encoding="utf-8"))
    document["breeds"][0]["type"] = "bearded"
    (tmp_path / "breed_types.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"breeds\.chihuahua\.type: is bearded, .* make prick_eared"):
        read_breed_table(load_catalogue(tmp_path))
