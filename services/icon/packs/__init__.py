"""Style packs: what every pack can do, whatever it is drawn with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.icon.spec import IconSpec
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

RgbaImage = NDArray[np.uint8]
"""A picture with straight (not premultiplied) alpha: shape (height, width, 4), uint8."""


@dataclass(frozen=True, slots=True)
class StyleParts:
    """What can be chosen in a style. Choices that a style does not draw are absent."""

    style: str
    """What requests call it."""
    name: str
    """What people call it, in English."""
    version: str
    ears: tuple[Ear, ...]
    furs: tuple[Fur, ...]
    patterns: tuple[Pattern, ...]
    heads: tuple[HeadShape, ...]
    beard: bool
    colours: Mapping[Colour, str]
    """Each colour with the sRGB hex of its main tone, ``#rrggbb``."""


@dataclass(frozen=True, slots=True)
class VectorArtwork:
    """A composed icon as a complete SVG document on a square view box."""

    svg: str


@dataclass(frozen=True, slots=True)
class RasterArtwork:
    """A composed icon as pixels at the pack's own size."""

    rgba: RgbaImage


Artwork = VectorArtwork | RasterArtwork


class Pack(Protocol):
    """One style of icons."""

    @property
    def style(self) -> str:
        """The name that requests use, with its version: ``classic-v1``."""
        ...

    @property
    def version(self) -> str:
        """The version of the pack's files."""
        ...

    def parts(self) -> StyleParts:
        """What can be chosen."""
        ...

    def compose(self, spec: IconSpec) -> Artwork:
        """The icon of a spec; the same spec gives the same artwork in every process."""
        ...
