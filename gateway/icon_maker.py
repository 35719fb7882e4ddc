"""Chooses an icon's parts from what was read in a photo."""

from gateway.answers import IconParts
from gateway.reading import Reading


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
        secondary = reading.colours.secondary
        known |= {
            "primary": reading.colours.primary.name,
            "secondary": secondary.name if secondary else None,
        }
    return IconParts(style=style, **known)  # type: ignore[arg-type]
