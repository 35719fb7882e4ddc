"""The second colour of an icon."""

import pytest

from gateway.answers import Breed, FaceColours, Provenance, Swatch, Traits
from gateway.icon_maker import parts_for
from gateway.reading import Reading
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

SOME = Provenance("some", "1", {})


def _reading(pattern: Pattern, primary: Colour, secondary: Colour | None) -> Reading:
    def swatch(name: Colour) -> Swatch:
        return Swatch(name, "#808080", (53.6, 0.0, 0.0), 0.5)

    traits = Traits(
        0.9,
        (Breed("pug", "Pug", 0.9),),
        Ear.UP,
        0.9,
        Fur.SHORT,
        0.9,
        pattern,
        0.9,
        HeadShape.FLAT,
        False,
        SOME,
    )
    second = swatch(secondary) if secondary else None
    colours = FaceColours(swatch(primary), second, (swatch(primary),), SOME)
    return Reading(None, 1, None, traits, colours, {}, {})


class TestSecondColour:
    @pytest.mark.parametrize("pattern", [pattern for pattern in Pattern if pattern is not Pattern.NONE])
    @pytest.mark.parametrize("primary", list(Colour))
    def test_a_pattern_always_shows(self, pattern: Pattern, primary: Colour) -> None:
        parts = parts_for(_reading(pattern, primary, None))
        assert parts.secondary not in (None, primary)

    @pytest.mark.parametrize("pattern", list(Pattern))
    def test_a_named_colour_is_kept(self, pattern: Pattern) -> None:
        assert parts_for(_reading(pattern, Colour.TAN, Colour.GRAY)).secondary is Colour.GRAY

    def test_no_pattern_needs_no_second_colour(self) -> None:
        assert parts_for(_reading(Pattern.NONE, Colour.TAN, None)).secondary is None
