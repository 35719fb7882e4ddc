"""What the services answer, as plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.geometry import Box
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern


class IconFormat(StrEnum):
    """The file formats of an icon."""

    SVG = "svg"
    PNG = "png"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return "image/svg+xml" if self is IconFormat.SVG else f"image/{self.value}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which model answered and how long its stages took, in milliseconds by name."""

    name: str
    version: str
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Head:
    """A dog's head, and how sure the detector is, 0…1."""

    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads in a photo, the largest first."""

    heads: tuple[Head, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour of a face: sRGB ``#rrggbb``, CIELAB (D65), and its share of the fur, 0…1."""

    name: Colour
    hex: str
    lab: tuple[float, float, float]
    share: float


@dataclass(frozen=True, slots=True)
class FaceColours:
    """The colours of a face."""

    primary: Swatch
    secondary: Swatch | None
    palette: tuple[Swatch, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Breed:
    """A breed the dog may be, with its calibrated probability, 0…1."""

    id: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Traits:
    """What kind of dog it is. ``*_probability`` are calibrated, 0…1."""

    dog_probability: float
    breeds: tuple[Breed, ...]
    ear: Ear
    ear_probability: float
    fur: Fur
    fur_probability: float
    pattern: Pattern
    pattern_probability: float
    head: HeadShape
    beard: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class IconParts:
    """What an icon shows. ``style`` empty is the default style; ``secondary`` ``None`` is the primary."""

    style: str = ""
    ear: Ear = Ear.DOWN
    fur: Fur = Fur.SHORT
    pattern: Pattern = Pattern.NONE
    primary: Colour = Colour.TAN
    secondary: Colour | None = None
    head: HeadShape = HeadShape.ROUND
    beard: bool = False


@dataclass(frozen=True, slots=True)
class Icon:
    """A composed icon; ``url`` is empty unless it was kept."""

    content: bytes = field(repr=False)
    media_type: str
    content_hash: str
    url: str
    size: int
    style: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Style:
    """A style pack and what it can draw; colours are sRGB ``#rrggbb`` by name."""

    id: str
    name: str
    ears: tuple[Ear, ...]
    furs: tuple[Fur, ...]
    patterns: tuple[Pattern, ...]
    heads: tuple[HeadShape, ...]
    colours: Mapping[Colour, str]
    beards: bool
    formats: tuple[IconFormat, ...]


@dataclass(frozen=True, slots=True)
class IconChoices:
    """The styles, the default one first, and the sizes allowed, pixels."""

    styles: tuple[Style, ...]
    min_size: int
    max_size: int
