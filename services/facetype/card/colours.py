"""The colours of a card, taken from the ground that its picture stands on, so that the two go together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.facetype.card.content import CardPicture

Rgb = tuple[int, int, int]

INK: Rgb = (42, 35, 29)
SOFT: Rgb = (106, 93, 81)
PAPER: Rgb = (255, 255, 255)
BRAND: Rgb = (184, 67, 11)

_WHITE = np.full(3, 255.0)
_OPAQUE = 250
_LIGHTEST_TINT = 0.62
"""Brightness below which a photo's colour is brightened, so that a card is never gloomy."""


@dataclass(frozen=True, slots=True)
class CardColours:
    """sRGB of the card's ground, of the marks strewn over it, and of the label's ground and words."""

    ground: Rgb
    marks: Rgb
    label: Rgb
    label_ink: Rgb


def colours_of(picture: CardPicture) -> CardColours:
    """Colours to suit a picture: an icon's disc, or the top edge of a photo."""
    base = _lively(_edge(picture))
    return CardColours(
        ground=_mixed(base, _WHITE, 0.42),
        marks=_mixed(base, _WHITE, 0.22),
        label=_mixed(base, _WHITE, 0.72),
        label_ink=_mixed(base, np.zeros(3), 0.62),
    )


def _edge(picture: CardPicture) -> NDArray[np.float64]:
    """The colour of most of the outermost opaque pixels in the upper part, as (red, green, blue)."""
    height, width = picture.shape[:2]
    strip = picture[
        max(height // 50, 1) : max(height // 8, 2), width // 4 : max(width * 3 // 4, width // 4 + 1)
    ]
    pixels = strip.reshape(-1, strip.shape[2])
    if pixels.shape[1] == 4:
        pixels = pixels[pixels[:, 3] >= _OPAQUE]
    if not len(pixels):
        return np.array([232.0, 205.0, 170.0])
    return np.asarray(np.median(pixels[:, :3], axis=0), np.float64)


def _lively(
    colour: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The colour, brightened where it is dark."""
    brightness = float(colour.max()) / 255
    if brightness >= _LIGHTEST_TINT:
        return colour
    return colour + (_LIGHTEST_TINT - brightness) * 255


def _mixed(
    colour: NDArray[np.float64],
    other: NDArray[np.float64],
    share: float,
) -> Rgb:
    red, green, blue = (round(float(value)) for value in colour * (1 - share) + other * share)
    return red, green, blue
