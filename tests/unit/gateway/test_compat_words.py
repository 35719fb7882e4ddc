import pytest

from gateway.answers import FaceColours, Provenance, Swatch, Traits
from gateway.compat.words import (
    breed_name,
    colour_words,
    face_indices,
    layer_names,
    rounded,
    stored_name,
)
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

SOME = Provenance("m", "1", {})


def _swatch(colour: str, share: float = 0.5) -> Swatch:
    return Swatch(Colour.TAN, colour, (50.0, 0.0, 0.0), share)


def _colours(primary: Swatch, secondary: Swatch | None) -> FaceColours:
    return FaceColours(primary, secondary, (primary,), SOME)


def _traits(ear: Ear = Ear.UP, fur: Fur = Fur.LONG, pattern: Pattern = Pattern.NONE) -> Traits:
    return Traits(0.99, (), ear, 0.9, fur, 0.9, pattern, 0.9, HeadShape.ROUND, False, SOME)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("#000000", "0,0,0"),
        ("#ffffff", "250,250,250"),
        ("#181818", "0,0,0"),
        ("#191919", "50,50,50"),
        ("#c89b6a", "200,150,100"),
        ("#4a4b7d", "50,100,150"),
        ("#e0e1fa", "200,250,250"),
    ],
)
def test_colours_are_rounded_to_the_nearest_fifty(colour: str, expected: str):
    assert rounded(_swatch(colour)) == expected


def test_every_grey_level_goes_to_the_nearest_step():
    for level in range(256):
        channel = int(rounded(_swatch(f"#{level:02x}0000")).split(",")[0])
        assert channel % 50 == 0
        assert 0 <= channel <= 250
        assert abs(channel - level) <= 25


def test_colours_come_most_common_first():
    words = colour_words(_colours(_swatch("#000000", 0.2), _swatch("#ffffff", 0.6)))
    assert words == ["250,250,250", "0,0,0"]


def test_one_colour_or_two_alike_give_one():
    assert colour_words(_colours(_swatch("#000000"), None)) == ["0,0,0"]
    assert colour_words(_colours(_swatch("#000000"), _swatch("#010101"))) == ["0,0,0"]


@pytest.mark.parametrize(("ear", "index"), [(Ear.DOWN, 0), (Ear.UP, 1)])
def test_ear_index(ear: Ear, index: int):
    assert face_indices(_traits(ear=ear))[0] == index


@pytest.mark.parametrize(("fur", "index"), [(Fur.LONG, 0), (Fur.CURLY, 0), (Fur.SHORT, 1)])
def test_fur_index(fur: Fur, index: int):
    assert face_indices(_traits(fur=fur))[1] == index


@pytest.mark.parametrize(
    ("pattern", "index"),
    [
        (Pattern.NONE, 0),
        (Pattern.EAR_PATCH, 1),
        (Pattern.SPOTTED, 2),
        (Pattern.MUZZLE, 3),
        (Pattern.POINTS, 3),
        (Pattern.BLAZE, 4),
    ],
)
def test_pattern_index(pattern: Pattern, index: int):
    assert face_indices(_traits(pattern=pattern))[2] == index


def test_layers_are_named_as_the_older_packs_name_them():
    layers = layer_names(
        _traits(Ear.UP, Fur.CURLY, Pattern.MUZZLE), _colours(_swatch("#c89664"), _swatch("#fafafa"))
    )
    assert layers == ["200,150,100-up", "200,150,100-fur", "250,250,250-nose", "dog-face"]
    assert stored_name(layers) == "200,150,100-up200,150,100-fur250,250,250-nose.jpg"


def test_without_a_second_colour_the_pattern_takes_the_first():
    layers = layer_names(_traits(Ear.DOWN, Fur.SHORT, Pattern.BLAZE), _colours(_swatch("#000000"), None))
    assert layers == ["0,0,0-down", "0,0,0-no_fur", "0,0,0-pattern3", "dog-face"]


@pytest.mark.parametrize(
    ("breed", "older"),
    [
        ("maltese_dog", "maltese_dog"),
        ("doberman", "doberman"),
        ("toy_poodle", "toy_poodle"),
        ("french_bulldog", "french_bulldog"),
        ("siberian_husky", "siberian_husky"),
        ("shih_tzu", "shih-tzu"),
        ("golden_retriever", "golden_retriever"),
        ("german_short_haired_pointer", "german_short_haired_pointer"),
    ],
)
def test_breed_names_of_the_older_clients(breed: str, older: str):
    assert breed_name(breed) == older
