"""The painted portraits: repeatable, labelled truly, and of the kind that ships."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from services.icon.portraits import LABELS, SHIPPED, painted, random_subject, write
from shared.colour_space import difference, hex_to_lab, rgb_to_lab
from shared.geometry import Box
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

FOLDER = Path(__file__).resolve().parents[3] / "portraits"
SMALL = (240, 180)


def test_the_same_seed_paints_the_same_picture() -> None:
    first, second, other = (painted(seed, size=SMALL) for seed in (5, 5, 6))
    assert np.array_equal(first.photo, second.photo)
    assert (first.subject, first.head) == (second.subject, second.head)
    assert not np.array_equal(first.photo, other.photo)


@pytest.mark.parametrize("seed", range(6))
def test_a_portrait_is_a_picture_with_a_head_in_it(seed: int) -> None:
    portrait = painted(seed, size=SMALL)
    assert (portrait.photo.shape, portrait.photo.dtype) == ((180, 240, 3), np.uint8)
    assert 0.02 < portrait.head.area < 0.9
    assert portrait.photo.std() > 15


@pytest.mark.parametrize("colour", list(Colour))
def test_the_coat_has_the_colour_that_the_label_says(colour: Colour) -> None:
    """Of all colours the right one, or black and brown in the dark, lies nearest to the forehead."""
    subject = SHIPPED[0][3].__class__(Ear.UP, Fur.SHORT, Pattern.NONE, colour, colour, HeadShape.ROUND, False)
    portrait = painted(21, subject, size=SMALL)
    left, top, right, bottom = portrait.head.pixels(240, 180)
    forehead = portrait.photo[
        top + (bottom - top) // 8 : top + (bottom - top) // 3,
        left + (right - left) // 3 : right - (right - left) // 3,
    ]
    lab = np.median(rgb_to_lab(forehead.reshape(-1, 3)), axis=0)
    near = {Colour.BLACK: "#2a2829", Colour.WHITE: "#dcd8d0", Colour.GRAY: "#828080", Colour.BROWN: "#5c3c2a",
            Colour.RED: "#a05a2e", Colour.TAN: "#c49868", Colour.CREAM: "#d8c4a0"}  # fmt: skip
    distances = sorted((float(difference(lab, hex_to_lab(value))), name) for name, value in near.items())
    assert colour in (distances[0][1], distances[1][1])


def test_random_dogs_cover_the_vocabulary() -> None:
    rng = np.random.default_rng(0)
    dogs = [random_subject(rng) for _ in range(400)]
    for field, words in (
        ("ear", Ear),
        ("fur", Fur),
        ("pattern", Pattern),
        ("primary", Colour),
        ("head", HeadShape),
    ):
        counts = [sum(getattr(dog, field) is word for dog in dogs) for word in words]
        assert min(counts) > 15, (field, counts)
    assert all(dog.secondary is dog.primary for dog in dogs if dog.pattern is Pattern.NONE)
    assert all(dog.secondary is not dog.primary for dog in dogs if dog.pattern is not Pattern.NONE)


def test_write_lists_what_it_paints(tmp_path: Path) -> None:
    files = write(tmp_path, 3, 9, SMALL)
    labels = yaml.safe_load((tmp_path / LABELS).read_text())
    assert [label["file"] for label in labels] == [file.name for file in files]
    for label in labels:
        Box(**label["head_box"])
        assert Pattern(label["pattern"])
        with Image.open(tmp_path / label["file"]) as picture:
            assert (picture.format, picture.size) == ("JPEG", SMALL)


class TestShipped:
    def test_all_are_there_and_small(self) -> None:
        labels = yaml.safe_load((FOLDER / LABELS).read_text())
        assert len(labels) == len(SHIPPED) == 6
        for label, (name, _, _, subject) in zip(labels, SHIPPED, strict=True):
            file = FOLDER / label["file"]
            assert file.stem == name
            assert file.stat().st_size < 150_000
            assert (label["ear"], label["fur"], label["pattern"]) == (
                subject.ear,
                subject.fur,
                subject.pattern,
            )
            with Image.open(file) as picture:
                assert picture.size == (800, 600)

    def test_they_differ(self) -> None:
        subjects = [subject for _, _, _, subject in SHIPPED]
        assert {s.ear for s in subjects} == set(Ear)
        assert {s.fur for s in subjects} == set(Fur)
        assert {s.head for s in subjects} == set(HeadShape)
        assert len({s.primary for s in subjects}) >= 4
