"""Reading the colours of a dog's face: measured palette, learned names."""

from dataclasses import dataclass
from pathlib import Path

from services.facecolor.colour_names import ColourNamer
from services.facecolor.named_swatches import fit_names, hex_of, nearest_name
from services.facecolor.palette import MeasuredColour, measure_palette
from shared.box_detection import check_image
from shared.geometry import Box, RgbImage
from shared.vocabulary import Colour


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour of a face."""

    name: Colour
    hex: str
    """sRGB as ``"#rrggbb"``, lower case."""
    lab: tuple[float, float, float]
    """CIELAB (D65): L* 0…100, a* and b* about -128…127."""
    share: float
    """Share of the sampled fur, 0…1."""


@dataclass(frozen=True, slots=True)
class FaceColours:
    """The colours of a face."""

    primary: Swatch
    secondary: Swatch | None
    """None: the face has one colour."""
    palette: tuple[Swatch, ...]
    """One to five measured colours, the largest share first; shares sum to 1."""


class FaceColourReader:
    """Measures the palette of a face and names its primary and secondary colour.

    Thread-safe and deterministic: the same picture and box give the same answer.

    Args:
        model_folder: folder that ``colour_head.onnx`` lies in.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: there is no model file.
        ValueError: the model names other colours than the vocabulary.
    """

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        self._namer = ColourNamer(model_folder, threads)
        self.name = self._namer.name
        self.version = self._namer.version

    def read(self, image: RgbImage, head: Box) -> FaceColours:
        """The colours of the face in a box of an upright picture.

        How a swatch gets its hex when its learned name differs from what was measured is told in
        :func:`services.facecolor.named_swatches.fit_names`.

        Raises:
            ValueError: ``image`` is not (height, width, 3) uint8.
        """
        check_image(image)
        names = self._namer.name_colours(image, head)
        palette = measure_palette(image, head)
        primary, secondary = fit_names(palette, names.primary, names.secondary)
        return FaceColours(
            primary=_swatch(primary, names.primary),
            secondary=_swatch(secondary, names.secondary) if secondary and names.secondary else None,
            palette=tuple(_swatch(colour, nearest_name(colour.lab)) for colour in palette),
        )


def _swatch(colour: MeasuredColour, name: Colour) -> Swatch:
    return Swatch(name, hex_of(colour), colour.lab, colour.share)
