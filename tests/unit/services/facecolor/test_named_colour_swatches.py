"""Joining measured colours with learned names."""

import pytest

from services.facecolor.named_swatches import REACH, TYPICAL_LAB, distance, fit_names, nearest_name
from services.facecolor.palette import MeasuredColour
from shared.colour_space import lab_to_hex
from shared.vocabulary import Colour

Lab = tuple[float, float, float]


def shade(name: Colour, darker: float = 0.0, bluer: float = 0.0) -> Lab:
    lightness, a, b = TYPICAL_LAB[name]
    return lightness - darker, a, b - bluer


@pytest.mark.parametrize("name", list(Colour))
def test_every_name_is_nearest_to_its_typical_colour(name: Colour) -> None:
    assert nearest_name(TYPICAL_LAB[name]) is name


def test_two_names_take_the_colours_that_fit_them() -> None:
    black, white = MeasuredColour(shade(Colour.BLACK), 0.6), MeasuredColour(shade(Colour.WHITE), 0.4)
    first, second = fit_names([black, white], Colour.WHITE, Colour.BLACK)
    assert first.lab == pytest.approx(white.lab)
    assert first.share == pytest.approx(0.4)
    assert second is not None
    assert second.lab == pytest.approx(black.lab)
    assert second.share == pytest.approx(0.6)


def test_light_and_shaded_parts_of_one_colour_are_merged_by_share() -> None:
    palette = [
        MeasuredColour(shade(Colour.WHITE), 0.5),
        MeasuredColour(shade(Colour.WHITE, darker=20, bluer=6), 0.3),
        MeasuredColour(shade(Colour.BLACK), 0.2),
    ]
    first, second = fit_names(palette, Colour.WHITE, Colour.BLACK)
    assert first.share == pytest.approx(0.8)
    assert first.lab[0] == pytest.approx(TYPICAL_LAB[Colour.WHITE][0] - 20 * 0.3 / 0.8)
    assert second is not None
    assert second.share == pytest.approx(0.2)


def test_white_in_blue_shade_keeps_a_hex_near_white() -> None:
    blue = MeasuredColour((45.0, 2.0, -25.0), 1.0)
    first, second = fit_names([blue], Colour.WHITE, None)
    assert second is None
    assert distance(first.lab, Colour.WHITE) == pytest.approx(REACH)
    red, green, shaded = (int(lab_to_hex(first.lab)[at : at + 2], 16) for at in (1, 3, 5))
    assert shaded - min(red, green) < 60
    assert first.share == pytest.approx(1.0)


def test_a_colour_that_is_measured_as_both_is_not_counted_twice() -> None:
    only = MeasuredColour(shade(Colour.TAN), 1.0)
    first, second = fit_names([only], Colour.TAN, Colour.CREAM)
    assert first.share == pytest.approx(1.0)
    assert second is not None
    assert second.share == 0.0
    assert distance(second.lab, Colour.CREAM) <= REACH + 1e-9


def test_a_name_without_colours_gets_the_spare_one() -> None:
    far = MeasuredColour((50.0, 60.0, -40.0), 0.3)
    tan = MeasuredColour(shade(Colour.TAN), 0.7)
    first, second = fit_names([tan, far], Colour.TAN, Colour.BLACK)
    assert first.share == pytest.approx(0.7)
    assert second is not None
    assert second.share == pytest.approx(0.3)
    assert distance(second.lab, Colour.BLACK) <= REACH + 1e-9


@pytest.mark.parametrize(
    ("primary", "secondary"),
    [(one, other) for one in Colour for other in [*Colour, None] if one is not other],
)
def test_any_names_over_any_palette_stay_within_reach_and_share(
    primary: Colour, secondary: Colour | None
) -> None:
    palette = [
        MeasuredColour((5.0, 0.0, 0.0), 0.4),
        MeasuredColour((95.0, -3.0, 4.0), 0.35),
        MeasuredColour((50.0, 20.0, 30.0), 0.25),
    ]
    first, second = fit_names(palette, primary, secondary)
    assert distance(first.lab, primary) <= REACH + 1e-9
    assert 0 < first.share <= 1
    if secondary is not None:
        assert second is not None
        assert distance(second.lab, secondary) <= REACH + 1e-9
        assert first.share + second.share <= 1 + 1e-9


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit_names([], Colour.TAN, None)
    with pytest.raises(ValueError, match="another colour"):
        fit_names([MeasuredColour((50.0, 0.0, 0.0), 1.0)], Colour.TAN, Colour.TAN)
