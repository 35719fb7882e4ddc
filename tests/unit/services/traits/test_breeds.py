"""The breed table."""

from pathlib import Path

import pytest

from services.traits.breeds import BREEDS, TABLE, load_breeds
from shared.vocabulary import Ear, Fur, HeadShape

ROW = "- {id: a, name: A, synset: n1, ear: up, fur: short, pattern: none, head: flat, beard: false}\n"
BY_ID = {breed.id: breed for breed in BREEDS}


def test_there_are_120_breeds_in_the_order_of_their_synsets() -> None:
    assert len(BREEDS) == 120
    synsets = [breed.synset for breed in BREEDS]
    assert synsets == sorted(synsets)
    assert len(set(synsets)) == 120


def test_ids_are_lower_snake_and_names_start_with_a_capital() -> None:
    for breed in BREEDS:
        assert breed.id == breed.id.lower()
        assert breed.id.replace("_", "").isalpha()
        assert breed.name[0].isupper()
        assert "_" not in breed.name


@pytest.mark.parametrize(
    ("breed", "head", "beard"),
    [
        ("pug", HeadShape.FLAT, False),
        ("french_bulldog", HeadShape.FLAT, False),
        ("collie", HeadShape.LONG, False),
        ("borzoi", HeadShape.LONG, False),
        ("miniature_schnauzer", HeadShape.LONG, True),
        ("samoyed", HeadShape.ROUND, False),
        ("cairn", HeadShape.ROUND, True),
    ],
)
def test_heads_and_beards_tell_breeds_apart(breed: str, head: HeadShape, beard: bool) -> None:
    assert (BY_ID[breed].head, BY_ID[breed].beard) == (head, beard)


@pytest.mark.parametrize(
    ("breed", "ear", "fur"),
    [
        ("siberian_husky", Ear.UP, Fur.LONG),
        ("beagle", Ear.DOWN, Fur.SHORT),
        ("standard_poodle", Ear.DOWN, Fur.CURLY),
        ("french_bulldog", Ear.UP, Fur.SHORT),
    ],
)
def test_ears_and_coats_are_typical(breed: str, ear: Ear, fur: Fur) -> None:
    assert (BY_ID[breed].ear, BY_ID[breed].fur) == (ear, fur)


def test_every_head_shape_and_beard_occurs() -> None:
    assert {breed.head for breed in BREEDS} == set(HeadShape)
    assert {breed.beard for breed in BREEDS} == {True, False}


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    table = tmp_path / "breeds.yaml"
    table.write_text(ROW.replace("ear: up, ", ""))
    with pytest.raises(ValueError, match=r"breed 1: 'ear'"):
        load_breeds(table)


def test_an_unknown_word_is_named(tmp_path: Path) -> None:
    table = tmp_path / "breeds.yaml"
    table.write_text(ROW + ROW.replace("id: a", "id: b").replace("n1", "n2").replace("short", "silky"))
    with pytest.raises(ValueError, match=r"breed 2: 'silky'"):
        load_breeds(table)


@pytest.mark.parametrize(("same", "change"), [("id", ("n1", "n2")), ("synset", ("id: a", "id: b"))])
def test_repeats_are_refused(tmp_path: Path, same: str, change: tuple[str, str]) -> None:
    table = tmp_path / "breeds.yaml"
    table.write_text(ROW + ROW.replace(*change))
    with pytest.raises(ValueError, match=f"a {same} occurs twice"):
        load_breeds(table)


def test_the_shipped_table_is_read_once() -> None:
    assert load_breeds(TABLE) is load_breeds(TABLE)
