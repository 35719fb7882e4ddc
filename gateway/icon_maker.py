"""Chooses an icon's parts from what was read in a photo."""

from gateway.answers import FaceColours, IconParts, Traits
from gateway.reading import Reading
from shared.vocabulary import Colour, Pattern

_USUAL = {Pattern.BLAZE: Colour.WHITE, Pattern.POINTS: Colour.TAN}
"""Second colour of a pattern that nothing was said of; black for the others."""


def parts_for(reading: Reading, style: str = "") -> IconParts:
    """The parts that look like the dog; what is not known keeps the default of :class:`IconParts`."""
    known: dict[str, object] = {}
    if reading.traits is not None:
        traits = reading.traits
        known |= {
            "ear": traits.ear,
            "fur": traits.fur,
            "pattern": traits.pattern,
            "head": traits.head,
            "beard": traits.beard,
        }
    if reading.colours is not None:
        known |= {
            "primary": reading.colours.primary.name,
            "secondary": _second_colour(reading.colours, reading.traits),
        }
    return IconParts(style=style, **known)  # type: ignore[arg-type]


def _second_colour(colours: FaceColours, traits: Traits | None) -> Colour | None:
    """The colour of the pattern.

    A face that has a pattern has two colours, even when the second was not named: then the pattern
    takes the colour that it usually has, so that it shows.
    """
    primary = colours.primary.name
    if colours.secondary is not None and colours.secondary.name is not primary:
        return colours.secondary.name
    if traits is None or traits.pattern is Pattern.NONE:
        return None
    usual = _USUAL.get(traits.pattern, Colour.BLACK)
    if usual is not primary:
        return usual
    return Colour.WHITE if primary is Colour.BLACK else Colour.BLACK
