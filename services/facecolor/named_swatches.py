"""Joins what was measured with what it is called.

The palette is measured and each of its colours bears the nearest name of the vocabulary. The primary
and secondary colours bear *learned* names; their hex, CIELAB and share come from the measured colours
that fit those names best. A learned name can differ from the nearest one: white fur in the shade
measures as a bluish grey and is white all the same.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.facecolor.palette import LIGHTNESS_WEIGHT, MeasuredColour
from shared.colour_space import lab_to_hex
from shared.vocabulary import Colour

TYPICAL_LAB: dict[Colour, tuple[float, float, float]] = {
    Colour.BLACK: (19.5, 0.4, -1.0),
    Colour.WHITE: (79.3, 0.1, 2.4),
    Colour.GRAY: (43.1, 1.5, 3.3),
    Colour.BROWN: (33.4, 6.5, 10.7),
    Colour.RED: (35.5, 16.9, 22.5),
    Colour.TAN: (57.8, 8.7, 22.9),
    Colour.CREAM: (71.6, 1.9, 10.5),
}
"""CIELAB of each name as photos show it: the median of the largest measured colour over the training
photos whose dog was labelled with that name and no other."""
REACH = 24.0
"""How far (ΔE*ab, lightness weighted) a measured colour may lie from a name's typical colour and still
be taken for it. Larger than the distance between neighbouring names: the name is already known, and
only light and shadow have to be covered."""

_SCALE = np.array([LIGHTNESS_WEIGHT, 1.0, 1.0])
Lab = tuple[float, float, float]


def distance(lab: Lab, name: Colour) -> float:
    """ΔE*ab with weighted lightness between a colour and a name's typical colour."""
    return float(np.linalg.norm((np.array(lab) - np.array(TYPICAL_LAB[name])) * _SCALE))


def nearest_name(lab: Lab) -> Colour:
    """The name whose typical colour lies nearest."""
    return min(TYPICAL_LAB, key=lambda name: distance(lab, name))


def fit_names(
    palette: Sequence[MeasuredColour], primary: Colour, secondary: Colour | None
) -> tuple[MeasuredColour, MeasuredColour | None]:
    """The measured colours that best fit the learned names.

    Each colour of the palette goes to the nearer of the names, if within :data:`REACH`. The colours of
    a name are merged: shares add up, CIELAB is averaged by share. A name that got none takes the nearest
    colour that the other name does not need; if there is none, it takes the nearest of all with a share
    of 0, since no patch of its own was measured. A result outside a name's reach (deep shade, a strong
    cast) is moved straight towards the typical colour until it is within, so that the hex looks like
    its name.

    Args:
        palette: one or more measured colours.
        primary: learned name of the main colour.
        secondary: learned name of the second colour, different from ``primary``; None for none.

    Returns:
        The primary and the secondary colour; the latter None when ``secondary`` is.

    Raises:
        ValueError: the palette is empty, or both names are the same.
    """
    if not palette:
        raise ValueError("a palette has at least one colour")
    if primary is secondary:
        raise ValueError("the secondary colour is another colour than the primary")
    names = [primary] if secondary is None else [primary, secondary]
    groups: dict[Colour, list[MeasuredColour]] = {name: [] for name in names}
    for colour in palette:
        best = min(names, key=lambda name: distance(colour.lab, name))
        if distance(colour.lab, best) <= REACH:
            groups[best].append(colour)
    for name in names:
        if not groups[name]:
            _adopt(name, palette, groups)
    fitted = [_merged(groups[name], name, palette) for name in names]
    return fitted[0], fitted[1] if secondary is not None else None


def _adopt(
    name: Colour, palette: Sequence[MeasuredColour], groups: dict[Colour, list[MeasuredColour]]
) -> None:
    """Give a name without colours the nearest one that can be spared."""
    holder = next((group for other, group in groups.items() if other is not name), [])
    spare = [colour for colour in palette if colour not in holder or len(holder) > 1]
    if not spare:
        return
    chosen = min(spare, key=lambda colour: distance(colour.lab, name))
    if chosen in holder:
        holder.remove(chosen)
    groups[name].append(chosen)


def _merged(group: list[MeasuredColour], name: Colour, palette: Sequence[MeasuredColour]) -> MeasuredColour:
    if group:
        share = sum(colour.share for colour in group)
        weights = np.array([colour.share for colour in group]) / share
        lab = weights @ np.array([colour.lab for colour in group])
    else:
        share = 0.0
        lab = np.array(min(palette, key=lambda colour: distance(colour.lab, name)).lab)
    return MeasuredColour(_within_reach(lab, name), min(share, 1.0))


def _within_reach(lab: NDArray[np.float64], name: Colour) -> Lab:
    typical = np.array(TYPICAL_LAB[name])
    away = lab - typical
    length = float(np.linalg.norm(away * _SCALE))
    if length > REACH:
        lab = typical + away * (REACH / length)
    return float(lab[0]), float(lab[1]), float(lab[2])


def hex_of(colour: MeasuredColour) -> str:
    """The colour in sRGB as ``"#rrggbb"``."""
    return lab_to_hex(colour.lab)
