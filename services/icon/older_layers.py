"""The older clients' layer names, answered with the artwork of today."""

from collections.abc import Mapping, Sequence
from typing import Literal

from services.icon.colour_distance import nearest
from services.icon.composer import FileFormat, check_size, file_of
from services.icon.older_names import Kind, LayerName, Rgb, parse
from services.icon.packs import Pack
from services.icon.packs.flat import MAX_LAYERS, FlatLayerPack, unknown_layer
from services.icon.spec import DEFAULT_STYLE, IconSpec
from shared.colour_space import hex_to_rgb
from shared.errors import PawtraitError, Reason
from shared.vocabulary import Colour, Ear, Fur, Pattern

_FURS = {"fur": Fur.LONG, "no_fur": Fur.SHORT}
_PATTERNS = {
    "no": Pattern.NONE,
    "ear_dot": Pattern.EAR_PATCH,
    "many": Pattern.SPOTTED,
    "nose": Pattern.MUZZLE,
    "pattern3": Pattern.BLAZE,
}


class LayerComposer:
    """Answers older layer names from a flat pack, or from today's artwork where there is none.

    Args:
        pack: a :class:`FlatLayerPack`, whose own layers are laid over each other, or any other pack,
            whose artwork stands for them.

    """

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    @property
    def style(self) -> str:
        """The style that answers."""
        return self._pack.style

    @property
    def version(self) -> str:
        """The version of that style's files."""
        return self._pack.version

    def render(self, names: Sequence[str], format: FileFormat | Literal["jpg"], size: int) -> bytes:  # noqa: A002
        """The file of an icon of named layers; the same arguments give the same bytes.

        Args:
            names: layer names in the order ear, fur, pattern, face and, if wanted, body.
            format: ``svg``, ``png``, ``webp`` or ``jpg`` (on white).
            size: side in pixels, 32-1024.

        Raises:
            PawtraitError: NOT_FOUND naming the first unknown layer; INVALID_FIELD for no layers, too
                many, or a size out of range.

        """
        check_size(size)
        if isinstance(self._pack, FlatLayerPack):
            return file_of(self._pack.stack_layers(names), format, size)
        spec = spec_from_layers(names, self._pack.parts().colours, self._pack.style)
        return file_of(self._pack.compose(spec), format, size)


def spec_from_layers(
    names: Sequence[str], palette: Mapping[Colour, str], style: str = DEFAULT_STYLE
) -> IconSpec:
    """The icon that a list of older layers stands for.

    The fur layer's colour becomes the primary colour, the pattern layer's the secondary one, each as
    the nearest in CIELAB of the palette. Face and body are always drawn, so their layers say nothing
    new.

    Args:
        names: layer names in any order: an ear and a fur, and at most one each of pattern, face, body.
        palette: the hex of each colour.
        style: the style to draw in.

    Raises:
        PawtraitError: NOT_FOUND naming the first unknown layer; INVALID_FIELD when the ear or the fur
            is missing, a kind is given twice, or there are too many layers.

    """
    if len(names) > MAX_LAYERS:
        raise _invalid(f"An icon has at most {MAX_LAYERS} layers, but {len(names)} are given.")
    layers: dict[Kind, LayerName] = {}
    for name in names:
        layer = parse(name)
        if layer is None:
            raise unknown_layer(name)
        if layer.kind in layers:
            raise _invalid(f"There are two {layer.kind} layers.")
        layers[layer.kind] = layer
    for kind in (Kind.EAR, Kind.FUR):
        if kind not in layers:
            raise _invalid(f"There is no {kind} layer.")
    colours = {colour: hex_to_rgb(value) for colour, value in palette.items()}
    primary = nearest(_colour(layers[Kind.FUR]), colours)
    pattern = layers.get(Kind.PATTERN)
    return IconSpec(
        ear=Ear(layers[Kind.EAR].word),
        fur=_FURS[layers[Kind.FUR].word],
        pattern=_PATTERNS[pattern.word] if pattern else Pattern.NONE,
        primary=primary,
        secondary=nearest(_colour(pattern), colours) if pattern else primary,
        style=style,
    ).canonical()


def _colour(layer: LayerName) -> Rgb:
    if layer.colour is None:
        raise ValueError(f"{layer} has no colour")
    return layer.colour


def _invalid(message: str) -> PawtraitError:
    return PawtraitError(Reason.INVALID_FIELD, message, {"field": "layers"})
