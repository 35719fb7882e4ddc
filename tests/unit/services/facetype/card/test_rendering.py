import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from services.facetype.card import CardContent, render_landscape, render_portrait
from services.facetype.card.layout import LANDSCAPE, PORTRAIT, Layout

DISC = (140, 200, 232)
RENDERERS = [
    pytest.param(render_portrait, PORTRAIT, id="portrait"),
    pytest.param(render_landscape, LANDSCAPE, id="landscape"),
]


def disc(side: int = 640, colour: tuple[int, int, int] = DISC) -> np.ndarray:
    """Something like an icon: a disc with a dark square in it, transparent outside."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    picture = np.zeros((side, side, 4), np.uint8)
    picture[...] = (*colour, 0)
    picture[..., 3] = np.where(np.hypot(x, y) < side / 2, 255, 0)
    picture[side // 3 : -side // 3, side // 3 : -side // 3, :3] = (40, 40, 60)
    return picture


CONTENT = CardContent(disc(), "쫑긋 귀", ("귀가 먼저 듣고", "발이 뒤따라요"), "ko", "pawtrait.example")


def opened(card: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(card))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB"))


def area(pixels: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    left, top, right, bottom = box
    return pixels[top:bottom, left:right]


def inked(pixels: np.ndarray, box: tuple[int, int, int, int]) -> int:
    return int((area(pixels, box).max(axis=2) < 120).sum())


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
def test_the_size_is_what_the_format_says(render, layout: Layout):
    pixels = opened(render(CONTENT))
    assert pixels.shape == (layout.height, layout.width, 3)


def test_the_formats_are_those_that_were_agreed():
    assert (PORTRAIT.width, PORTRAIT.height) == (1080, 1350)
    assert (LANDSCAPE.width, LANDSCAPE.height) == (1200, 630)


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
def test_the_picture_stands_in_its_square_and_nothing_else_does(render, layout):
    pixels = opened(render(CONTENT))
    left, top, side = layout.picture
    square = area(pixels, (left, top, left + side, top + side))
    assert tuple(square[side // 2, side // 2]) == (40, 40, 60)
    assert np.abs(square[side // 8, side // 2].astype(int) - DISC).max() <= 2
    assert tuple(square[2, 2]) == (255, 255, 255)


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
@pytest.mark.parametrize("side", [64, 333, 512, 1024])
def test_icons_of_any_size_fill_the_same_place(render, layout, side):
    pixels = opened(render(replace(CONTENT, picture=disc(side))))
    left, top, wide = layout.picture
    middle = pixels[top + wide // 2, left : left + wide].astype(int)
    assert np.abs(middle[4] - DISC).max() < 12
    assert np.abs(middle[-5] - DISC).max() < 12


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
def test_a_photo_is_cut_to_a_disc(render, layout):
    photo = np.full((600, 900, 3), (200, 90, 40), np.uint8)
    pixels = opened(render(replace(CONTENT, picture=photo)))
    left, top, side = layout.picture
    assert tuple(pixels[top + 2, left + 2]) == (255, 255, 255)
    assert np.abs(pixels[top + side // 2, left + 4].astype(int) - (200, 90, 40)).max() <= 2


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_name_and_lines_are_set_in_their_column(render, layout, language):
    full = opened(render(replace(CONTENT, language=language)))
    bare = opened(render(replace(CONTENT, language=language, type_name="", lines=("", ""))))
    assert inked(full, layout.text) > inked(bare, layout.text) + 2000


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
@pytest.mark.parametrize("name", ["이" * 80, "Donaudampfschifffahrtsgesellschaft", "very long name " * 9])
def test_long_words_stay_in_their_column(render, layout, name):
    """Outside the column nothing changes however long the texts are."""
    full = opened(render(replace(CONTENT, type_name=name, lines=(name, name))))
    bare = opened(render(replace(CONTENT, type_name="", lines=("", ""))))
    left, top, right, bottom = layout.text
    outside = np.ones(full.shape[:2], bool)
    outside[top:bottom, left:right] = False
    assert (full[outside] == bare[outside]).all()


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
def test_the_address_stands_in_the_footer(render, layout):
    _, _, right, bottom = layout.panel
    footer = (right - 300, bottom + 8, right, layout.height)
    assert inked(opened(render(CONTENT)), footer) > inked(
        opened(render(replace(CONTENT, address=""))), footer
    )


@pytest.mark.parametrize(("render", "layout"), RENDERERS)
def test_the_ground_goes_with_the_picture(render, layout):
    blue = opened(render(CONTENT))[3, layout.width // 2]
    orange = opened(render(replace(CONTENT, picture=disc(colour=(255, 185, 163)))))[3, layout.width // 2]
    assert blue[2] > blue[0] + 20
    assert orange[0] > orange[2] + 20


@pytest.mark.parametrize("render", [render_portrait, render_landscape])
def test_the_same_content_is_the_same_file(render):
    assert render(CONTENT) == render(CONTENT)


@pytest.mark.parametrize("render", [render_portrait, render_landscape])
def test_files_are_small_even_with_a_noisy_photo(render):
    rng = np.random.default_rng(1)
    smooth = np.kron(rng.integers(40, 215, (24, 24, 3)), np.ones((32, 32, 1)))
    photo = np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    assert len(render(CONTENT)) < 300_000
    assert len(render(replace(CONTENT, picture=photo))) < 900_000


@pytest.mark.parametrize("shape", [(0, 0, 3), (10, 10), (10, 10, 1), (10, 10, 5)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="not a picture"):
        CardContent(np.zeros(shape, np.uint8), "a", ("b", "c"))


def test_pixels_other_than_bytes_are_refused():
    with pytest.raises(ValueError, match="not a picture"):
        CardContent(np.zeros((8, 8, 3), np.float32), "a", ("b", "c"))  # type: ignore[arg-type]
