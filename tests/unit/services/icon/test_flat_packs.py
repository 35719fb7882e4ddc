"""Older packs of flat PNG layers on white, from pack to icon."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from services.icon.composer import IconComposer
from services.icon.older_layers import LayerComposer, spec_from_layers
from services.icon.older_names import Kind, parse
from services.icon.packs.flat import FlatLayerPack, without_paper
from services.icon.packs.loading import built_in_pack
from services.icon.sources import FolderSource
from services.icon.spec import IconSpec
from shared.errors import PawtraitError, Reason
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern
from tests.unit.services.icon.helpers import opened

PALETTE = built_in_pack().parts().colours
OLDER = ["200,150,100-up", "200,150,100-fur", "250,250,250-nose", "dog-face"]


def _layer(folder: Path, name: str, box: tuple[int, int, int, int], colour: str, eye: bool = False) -> None:
    """An ellipse on white paper, drawn large and scaled so that its edge is smooth; maybe a white eye."""
    large = Image.new("RGB", (800, 800), "white")
    pen = ImageDraw.Draw(large)
    pen.ellipse([4 * edge for edge in box], fill=colour)
    if eye:
        pen.ellipse([4 * edge for edge in (90, 90, 110, 110)], fill="white")
    large.resize((200, 200), Image.Resampling.BOX).save(folder / f"{name}.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for rgb in ("200,150,100", "50,50,50"):
        colour = f"rgb({rgb})"
        _layer(tmp_path, f"{rgb}-up", (20, 10, 60, 60), colour)
        _layer(tmp_path, f"{rgb}-down", (10, 80, 40, 150), colour)
        _layer(tmp_path, f"{rgb}-fur", (30, 30, 170, 180), colour)
        _layer(tmp_path, f"{rgb}-no_fur", (50, 50, 150, 150), colour)
        _layer(tmp_path, f"{rgb}_body", (20, 140, 180, 199), colour)
    _layer(tmp_path, "250,250,250-nose", (70, 110, 130, 150), "rgb(240,240,240)")
    _layer(tmp_path, "50,0,0-nose", (70, 110, 130, 150), "rgb(50,0,0)")
    _layer(tmp_path, "dog-face", (80, 80, 120, 120), "rgb(10,10,10)", eye=True)
    return tmp_path


@pytest.fixture
def pack(folder: Path) -> FlatLayerPack:
    return FlatLayerPack(FolderSource(folder), "flat-v1", PALETTE)


def _pixels(file: bytes) -> np.ndarray:
    return np.asarray(opened(file).convert("RGBA"))


class TestPaper:
    def test_white_at_the_border_goes_and_white_inside_stays(self, folder: Path) -> None:
        layer = without_paper(np.asarray(Image.open(folder / "dog-face.png").convert("RGB")))
        assert layer[0, 0, 3] == 0
        assert tuple(layer[100, 100]) == (255, 255, 255, 255)
        assert tuple(layer[84, 100]) == (10, 10, 10, 255)

    def test_the_edge_keeps_the_paint_and_not_the_paper(self, folder: Path) -> None:
        layer = without_paper(np.asarray(Image.open(folder / "50,50,50-fur.png").convert("RGB")))
        edge = (layer[..., 3] > 0) & (layer[..., 3] < 255)
        assert edge.sum() > 50, "a smooth edge stays smooth"
        assert layer[edge][:, :3].mean() < 90, "no white fringe"

    def test_paper_in_two_places_goes(self) -> None:
        """A stripe from top to bottom parts the paper; both sides touch the border."""
        picture = np.full((50, 50, 3), 255, np.uint8)
        picture[:, 20:30] = 60
        alpha = without_paper(picture)[..., 3]
        assert alpha[25, 5] == alpha[25, 45] == 0
        assert alpha[25, 25] == 255

    def test_paper_does_not_leak_through_a_diagonal_line(self) -> None:
        picture = np.full((40, 40, 3), 255, np.uint8)
        for i in range(10, 30):
            for x, y in ((i, 10), (i, 29), (10, i), (29, i)):
                picture[y, x] = 0
        picture[10, 10] = 255
        assert without_paper(picture)[20, 20, 3] == 255

    def test_an_all_white_layer_is_empty(self) -> None:
        assert without_paper(np.full((8, 8, 3), 255, np.uint8))[..., 3].max() == 0


class TestComposeLayers:
    def test_stacks_in_the_order_given(self, pack: FlatLayerPack) -> None:
        drawn = _pixels(pack.compose_layers(OLDER))
        assert drawn.shape == (200, 200, 4)
        assert drawn[0, 0, 3] == 0
        assert tuple(drawn[60, 100]) == (200, 150, 100, 255), "fur"
        assert tuple(drawn[130, 100]) == (240, 240, 240, 255), "pattern over fur"
        assert tuple(drawn[100, 100]) == (255, 255, 255, 255), "the eye's white"

    def test_body_lies_beneath(self, pack: FlatLayerPack) -> None:
        drawn = _pixels(pack.compose_layers([*OLDER, "50,50,50_body"]))
        assert tuple(drawn[150, 100][:3]) == (200, 150, 100)
        assert tuple(drawn[195, 100][:3]) == (50, 50, 50)

    @pytest.mark.parametrize(
        ("asked", "given"),
        [("250,150,100", (200, 150, 100)), ("0,0,0", (50, 50, 50)), ("57,44,61", (50, 50, 50))],
    )
    def test_a_missing_colour_falls_back_to_the_nearest(
        self, pack: FlatLayerPack, asked: str, given: Sequence[int]
    ) -> None:
        drawn = _pixels(pack.compose_layers([f"{asked}-up", f"{asked}-fur", "dog-face"]))
        assert tuple(drawn[60, 100][:3]) == given

    def test_no_pattern_needs_no_file(self, pack: FlatLayerPack) -> None:
        without = pack.compose_layers(["50,50,50-up", "50,50,50-fur", "dog-face"])
        assert pack.compose_layers(["50,50,50-up", "50,50,50-fur", "0,0,0-no", "dog-face"]) == without

    @pytest.mark.parametrize(
        "name", ["200,150,100-many", "cat-face", "200,150-up", "../dog-face", "300,0,0-up", ""]
    )
    def test_an_unknown_layer_is_named(self, pack: FlatLayerPack, name: str) -> None:
        with pytest.raises(PawtraitError) as error:
            pack.compose_layers(["200,150,100-up", name])
        assert (error.value.reason, error.value.metadata) == (Reason.NOT_FOUND, {"layer": name})

    @pytest.mark.parametrize("names", [[], ["dog-face"] * 9])
    def test_too_few_or_too_many(self, pack: FlatLayerPack, names: list[str]) -> None:
        with pytest.raises(PawtraitError) as error:
            pack.compose_layers(names)
        assert error.value.reason is Reason.INVALID_FIELD

    def test_layers_of_another_size_are_fitted(self, folder: Path, pack: FlatLayerPack) -> None:
        with Image.open(folder / "50,50,50-fur.png") as picture:
            picture.resize((400, 400)).save(folder / "50,50,50-fur.png")
        drawn = _pixels(pack.compose_layers(["50,50,50-up", "50,50,50-fur", "dog-face"]))
        assert drawn.shape == (200, 200, 4)
        assert drawn[170, 100, 3] == 255

    def test_a_broken_file_is_no_crash(self, folder: Path, pack: FlatLayerPack) -> None:
        (folder / "50,50,50-fur.png").write_bytes(b"no picture")
        with pytest.raises(PawtraitError, match="not a PNG") as error:
            pack.compose_layers(["50,50,50-up", "50,50,50-fur", "dog-face"])
        assert error.value.reason is Reason.INTERNAL


class TestAsStyle:
    def test_parts_are_what_the_pack_has(self, pack: FlatLayerPack) -> None:
        parts = pack.parts()
        assert set(parts.patterns) == {Pattern.NONE, Pattern.MUZZLE, Pattern.POINTS}
        assert (parts.heads, parts.beard) == ((HeadShape.ROUND,), False)

    @pytest.mark.parametrize("format_", ["png", "webp", "svg"])
    def test_renders_through_the_composer(self, pack: FlatLayerPack, format_: str) -> None:
        composer = IconComposer([built_in_pack(), pack])
        icon = IconSpec(Ear.UP, Fur.LONG, Pattern.MUZZLE, Colour.TAN, Colour.WHITE, style="flat-v1")
        file = composer.render(icon, format_, 100)
        assert file == composer.render(icon, format_, 100)
        if format_ == "svg":
            assert b"data:image/png;base64," in file
        else:
            picture = opened(file).convert("RGBA")
            assert picture.size == (100, 100)
            assert picture.getpixel((0, 0))[3] == 0
            assert np.abs(np.array(picture.getpixel((50, 30))[:3]) - (200, 150, 100)).max() < 8

    def test_what_it_does_not_draw_is_refused(self, pack: FlatLayerPack) -> None:
        icon = IconSpec(Ear.UP, Fur.LONG, Pattern.BLAZE, Colour.TAN, Colour.WHITE, style="flat-v1")
        with pytest.raises(PawtraitError, match="pattern") as error:
            IconComposer([pack]).render(icon, "png", 64)
        assert error.value.metadata["field"] == "pattern"

    def test_head_and_beard_follow_the_breed_and_are_not_refused(self, pack: FlatLayerPack) -> None:
        composer = IconComposer([pack])
        plain = IconSpec(Ear.UP, Fur.LONG, Pattern.NONE, Colour.TAN, Colour.TAN, style="flat-v1")
        other = IconSpec(
            Ear.UP,
            Fur.LONG,
            Pattern.NONE,
            Colour.TAN,
            Colour.TAN,
            HeadShape.LONG,
            beard=True,
            style="flat-v1",
        )
        assert composer.render(other, "png", 64) == composer.render(plain, "png", 64)

    def test_a_folder_without_layers_is_no_pack(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="not a pack"):
            FlatLayerPack(FolderSource(tmp_path), "flat-v1", PALETTE)

    def test_an_oblong_pack_is_centred_and_not_squeezed(self, folder: Path) -> None:
        for file in folder.glob("*.png"):
            with Image.open(file) as picture:
                picture.crop((0, 50, 200, 150)).save(file)
        oblong = FlatLayerPack(FolderSource(folder), "flat-v1", PALETTE)
        icon = IconSpec(Ear.UP, Fur.SHORT, Pattern.NONE, Colour.BLACK, Colour.BLACK, style="flat-v1")
        alpha = _pixels(IconComposer([oblong]).render(icon, "png", 200))[..., 3]
        assert alpha[:49].max() == alpha[151:].max() == 0
        assert alpha[100, 100] == 255


class TestOlderNamesWithoutAPack:
    def test_the_example_of_the_older_clients(self) -> None:
        icon = spec_from_layers(OLDER, PALETTE)
        assert icon == IconSpec(Ear.UP, Fur.LONG, Pattern.MUZZLE, Colour.TAN, Colour.WHITE)

    @pytest.mark.parametrize(
        ("word", "pattern"),
        [
            ("no", Pattern.NONE), ("ear_dot", Pattern.EAR_PATCH), ("many", Pattern.SPOTTED),
            ("nose", Pattern.MUZZLE), ("pattern3", Pattern.BLAZE),
        ],
    )  # fmt: skip
    def test_each_pattern(self, word: str, pattern: Pattern) -> None:
        icon = spec_from_layers(["0,0,0-down", "0,0,0-no_fur", f"250,250,250-{word}", "dog-face"], PALETTE)
        assert (icon.pattern, icon.ear, icon.fur, icon.primary) == (
            pattern,
            Ear.DOWN,
            Fur.SHORT,
            Colour.BLACK,
        )

    @pytest.mark.parametrize(
        ("rgb", "colour"),
        [
            ("50,50,50", Colour.BLACK), ("250,250,250", Colour.WHITE), ("150,150,150", Colour.GRAY),
            ("100,50,50", Colour.BROWN), ("200,100,50", Colour.RED), ("200,150,100", Colour.TAN),
            ("250,250,200", Colour.CREAM),
        ],
    )  # fmt: skip
    def test_the_nearest_colour(self, rgb: str, colour: Colour) -> None:
        assert spec_from_layers([f"{rgb}-up", f"{rgb}-fur"], PALETTE).primary is colour

    @pytest.mark.parametrize("format_", ["png", "webp", "jpg", "svg"])
    def test_draws(self, format_: str) -> None:
        file = LayerComposer(built_in_pack()).render(OLDER, format_, 128)
        assert file == LayerComposer(built_in_pack()).render(OLDER, format_, 128)
        if format_ == "jpg":
            assert opened(file).format == "JPEG"
            assert min(opened(file).getpixel((1, 1))) > 250, "on white"

    def test_with_a_pack_its_own_layers_are_drawn(self, pack: FlatLayerPack) -> None:
        layers = LayerComposer(pack)
        assert layers.style == "flat-v1"
        drawn = _pixels(layers.render(OLDER, "png", 200))
        assert tuple(drawn[60, 100]) == (200, 150, 100, 255)

    @pytest.mark.parametrize(
        "names", [[], ["0,0,0-up"], ["0,0,0-fur"], ["0,0,0-up", "50,0,0-down", "0,0,0-fur"], OLDER * 3]
    )
    def test_incomplete_or_doubled(self, names: list[str]) -> None:
        with pytest.raises(PawtraitError) as error:
            spec_from_layers(names, PALETTE)
        assert (error.value.reason, error.value.metadata["field"]) == (Reason.INVALID_FIELD, "layers")

    def test_an_unknown_layer_is_named(self) -> None:
        with pytest.raises(PawtraitError) as error:
            LayerComposer(built_in_pack()).render(["0,0,0-up", "0,0,0-fur", "0,0,0-stripes"], "png", 64)
        assert (error.value.reason, error.value.metadata["layer"]) == (Reason.NOT_FOUND, "0,0,0-stripes")


class TestNames:
    @pytest.mark.parametrize("name", [*OLDER, "0,50,250_body", "1,2,3-no_fur", "1,2,3-pattern3"])
    def test_there_and_back(self, name: str) -> None:
        assert str(parse(name)) == name

    def test_kinds(self) -> None:
        kinds = [parsed.kind for name in [*OLDER, "0,0,0_body"] if (parsed := parse(name))]
        assert kinds == [Kind.EAR, Kind.FUR, Kind.PATTERN, Kind.FACE, Kind.BODY]

    @pytest.mark.parametrize(
        "name", ["", "dog-face.png", "1,2,3-body", "1,2,3_up", "256,0,0-up", " 1,2,3-up", "1,2,3-up\n"]
    )
    def test_what_is_no_name(self, name: str) -> None:
        assert parse(name) is None


def test_a_source_gives_only_its_own_files(folder: Path) -> None:
    source = FolderSource(folder)
    assert "dog-face.png" in source.list()
    with pytest.raises(FileNotFoundError):
        source.read("../../etc/hostname")
    assert cv2.imdecode(np.frombuffer(source.read("dog-face.png"), np.uint8), 1) is not None
    assert Image.open(io.BytesIO(source.read("dog-face.png"))).size == (200, 200)
