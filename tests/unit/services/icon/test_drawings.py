"""The pictures of a catalogue: those that ship are what the list says, and lists are checked."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from pydantic import ValidationError

from services.icon.composer import IconComposer
from services.icon.drawings import DrawingList, write
from services.icon.packs.loading import built_in_pack
from services.icon.photo_examples import SIZE, Frame, PlacedDog, draw_example
from services.icon.spec import DrawnDog
from shared.vocabulary import HeadShape

DOGS = Path(__file__).resolve().parents[4] / "services" / "facetype" / "catalogues" / "dogs"
PUG = {
    "head": "flat",
    "ear": "down",
    "fur": "short",
    "pattern": "muzzle",
    "primary": "tan",
    "secondary": "black",
}


@pytest.fixture(scope="module")
def shipped() -> DrawingList:
    return DrawingList.model_validate(yaml.safe_load((DOGS / "drawings.yaml").read_text(encoding="utf-8")))


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("RGBA"))


def test_the_pictures_that_ship_are_those_on_the_list(shipped: DrawingList, tmp_path: Path) -> None:
    drawn = write(shipped, tmp_path)
    names = {file.relative_to(tmp_path) for file in drawn}
    kept = {
        file.relative_to(DOGS)
        for folder in ("gallery", "examples")
        for file in (DOGS / folder).rglob("*.png")
    }
    assert names == kept
    for name in names:
        assert np.array_equal(pixels(tmp_path / name), pixels(DOGS / name)), (
            f"{name} is not what the list says"
        )


def test_a_gallery_picture_looks_like_the_icon(shipped: DrawingList) -> None:
    composer = IconComposer([built_in_pack()])
    for name in ("01-pug", "03-boston-terrier"):
        icon = Image.open(
            io.BytesIO(composer.render(shipped.gallery["flat_faced"][name].spec(), "png", shipped.size))
        )
        wanted, kept = (
            np.asarray(icon.convert("RGBA")).astype(int),
            pixels(DOGS / f"gallery/flat_faced/{name}.png"),
        )
        assert (wanted[..., 3] == kept[..., 3]).all()
        assert np.abs(wanted - kept)[wanted[..., 3] > 0].max() <= 2


def test_every_type_has_pictures_that_all_differ(shipped: DrawingList) -> None:
    catalogue = yaml.safe_load((DOGS / "catalogue.yaml").read_text(encoding="utf-8"))
    assert set(shipped.gallery) == {kind["id"] for kind in catalogue["types"]}
    for dogs in shipped.gallery.values():
        assert len(dogs) >= 8
        assert max(Counter(dog.spec().key() for dog in dogs.values()).values()) == 1


def test_pictures_show_what_makes_their_type(shipped: DrawingList) -> None:
    gallery = shipped.gallery
    assert {dog.head for dog in gallery["flat_faced"].values()} == {HeadShape.FLAT}
    assert {dog.head for dog in gallery["long_faced"].values()} == {HeadShape.LONG}
    middle = [*gallery["prick_eared"].values(), *gallery["drop_eared"].values(), *gallery["bearded"].values()]
    assert {dog.head for dog in middle} == {HeadShape.ROUND}
    assert {(dog.ear.value, dog.beard) for dog in gallery["prick_eared"].values()} == {("up", False)}
    assert {(dog.ear.value, dog.beard) for dog in gallery["drop_eared"].values()} == {("down", False)}
    assert all(dog.beard for dog in gallery["bearded"].values())


def test_all_of_it_is_small() -> None:
    files = [*(DOGS / "gallery").rglob("*.png"), *(DOGS / "examples").glob("*.png")]
    assert sum(file.stat().st_size for file in files) < 2_500_000


def test_an_example_shows_another_photo_on_each_side(shipped: DrawingList) -> None:
    for name, example in shipped.examples.items():
        picture = np.asarray(draw_example(example))
        assert picture.shape == (SIZE[1], SIZE[0], 4)
        left, right = picture[40:280, 40:300].astype(int), picture[40:280, 372:632].astype(int)
        assert np.abs(left - right).mean() > 8, name


def test_a_dog_may_stand_partly_or_wholly_outside_its_frame(shipped: DrawingList) -> None:
    example = next(iter(shipped.examples.values()))
    placed = [
        PlacedDog(dog=DrawnDog(**PUG), x=x, y=y, scale=2) for x, y in ((-3, 0.5), (0.5, 4), (1.1, -0.2))
    ]
    draw_example(example.model_copy(update={"wrong": Frame(ground="#ffffff", dogs=tuple(placed))}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 8},
        {"size": 300, "gallery": {"../up": {"a": PUG}}},
        {"size": 300, "gallery": {"a": {"b/c": PUG}}},
        {"size": 300, "gallery": {"a": {"b": {**PUG, "ear": "sideways"}}}},
        {"size": 300, "gallery": {"a": {"b": {**PUG, "tail": "long"}}}},
        {"size": 300, "examples": {"a": {"wrong": {"ground": "red"}, "right": {"ground": "#ffffff"}}}},
    ],
)
def test_lists_that_do_not_hold_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DrawingList.model_validate(wrong)
