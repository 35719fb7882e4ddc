"""Older style packs: flat PNG layers on white, laid over each other.

The layers are named ``<colour>-<ear>``, ``<colour>-<fur>``, ``<colour2>-<pattern>``, ``dog-face`` and
``<colour>_body``, each with ``.png``; ``<colour>`` is ``r,g,b``. The white that touches a layer's
border is paper and becomes transparent, the white inside the drawing is paint and stays.
"""

import io
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from services.icon import rendering
from services.icon.colour_distance import nearest
from services.icon.older_names import FACE, Kind, LayerName, parse
from services.icon.packs import RasterArtwork, RgbaImage, StyleParts
from services.icon.sources import LayerSource
from services.icon.spec import IconSpec
from shared.colour_space import hex_to_rgb
from shared.errors import PawtraitError, Reason
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

MAX_LAYERS = 8
"""Most layers in one call; an icon has five, some packs more."""
_MAX_PIXELS = 4096 * 4096
_KEPT = 24
"""Decoded layers that stay in memory; a pack of 512 px layers takes a megabyte each."""
_PAPER = 250
"""From here on, in all three channels, a pixel is white."""

_FURS = {Fur.SHORT: "no_fur", Fur.LONG: "fur", Fur.CURLY: "fur"}
_PATTERNS = {
    Pattern.NONE: "no",
    Pattern.EAR_PATCH: "ear_dot",
    Pattern.SPOTTED: "many",
    Pattern.MUZZLE: "nose",
    Pattern.POINTS: "nose",
    Pattern.BLAZE: "pattern3",
}


class FlatLayerPack:
    """A pack of flat layers, read from any source.

    Raises:
        ValueError: the source has no ``dog-face.png``, no ears or no furs.

    """

    def __init__(
        self, source: LayerSource, style: str, palette: Mapping[Colour, str], version: str = "1"
    ) -> None:
        """Take stock of the pack.

        Args:
            source: where the files are.
            style: the name that requests will use.
            palette: the hex of each colour of the vocabulary; a layer in the nearest colour is taken.
            version: the version of the files, for answers.

        """
        self._source = source
        self._style = style
        self._version = version
        self._palette = dict(palette)
        stems = [name[:-4] for name in source.list() if name.endswith(".png") and "/" not in name]
        self._names = {parsed for stem in stems if (parsed := parse(stem)) is not None}
        for kind in (Kind.EAR, Kind.FUR, Kind.FACE):
            if not any(name.kind is kind for name in self._names):
                raise ValueError(f"not a pack of flat layers: no layer of the kind {kind}")
        self._kept: OrderedDict[str, RgbaImage] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def style(self) -> str:
        """The name that requests use."""
        return self._style

    @property
    def version(self) -> str:
        """The version of the pack's files."""
        return self._version

    def parts(self) -> StyleParts:
        """What this pack draws of the vocabulary: round heads without beards."""
        words = {name.word for name in self._names}
        patterns = tuple(p for p in Pattern if p is Pattern.NONE or _PATTERNS[p] in words)
        return StyleParts(
            self._style,
            "Older layers",
            self._version,
            tuple(ear for ear in Ear if ear in words),
            tuple(fur for fur in Fur if _FURS[fur] in words),
            patterns,
            (HeadShape.ROUND,),
            False,
            self._palette,
        )

    def compose(self, spec: IconSpec) -> RasterArtwork:
        """The icon of a spec, each layer in the nearest colour that the pack has.

        Raises:
            PawtraitError: INVALID_FIELD when the pack does not draw a chosen part.

        """
        own = spec.canonical()
        first, second = hex_to_rgb(self._palette[own.primary]), hex_to_rgb(self._palette[own.secondary])
        wanted = [
            LayerName(Kind.EAR, own.ear, first),
            LayerName(Kind.FUR, _FURS[own.fur], first),
            LayerName(Kind.PATTERN, _PATTERNS[own.pattern], second),
            LayerName(Kind.FACE, FACE, None),
            LayerName(Kind.BODY, "body", first),
        ]
        has_body = any(name.kind is Kind.BODY for name in self._names)
        return RasterArtwork(
            self._stacked([str(name) for name in wanted if has_body or name.kind is not Kind.BODY])
        )

    def compose_layers(self, names: Sequence[str]) -> bytes:
        """A PNG of the layers laid over each other in the order given, a body beneath the rest.

        A colour that the pack lacks is replaced by the nearest one in CIELAB that it has.

        Raises:
            PawtraitError: NOT_FOUND naming the first layer that the pack does not have in any colour;
                INVALID_FIELD for no layers or too many.

        """
        return rendering.png(self.stack_layers(names).rgba)

    def stack_layers(self, names: Sequence[str]) -> RasterArtwork:
        """The pixels of :meth:`compose_layers`, at the pack's own size."""
        if not 1 <= len(names) <= MAX_LAYERS:
            message = f"An icon has 1 to {MAX_LAYERS} layers, but {len(names)} are given."
            raise PawtraitError(Reason.INVALID_FIELD, message, {"field": "layers"})
        return RasterArtwork(self._stacked(names))

    def _stacked(self, names: Sequence[str]) -> RgbaImage:
        found = [(name, self._found(name)) for name in names]
        files = [layer for _, layer in found if layer is not None]
        files.sort(key=lambda layer: layer.kind is not Kind.BODY)
        face = self._layer(next(str(layer) for layer in self._names if layer.kind is Kind.FACE))
        height, width = face.shape[:2]
        canvas = Image.new("RGBA", (width, height))
        for layer in files:
            drawn = Image.fromarray(self._layer(str(layer)))
            if drawn.size != canvas.size:
                drawn = drawn.resize(canvas.size, Image.Resampling.LANCZOS)
            canvas.alpha_composite(drawn)
        return np.asarray(canvas)

    def _found(self, name: str) -> LayerName | None:
        """The layer of the pack for a name; None for the pattern ``no``, which may have no file."""
        wanted = parse(name)
        if wanted is None:
            raise unknown_layer(name)
        same = [own for own in self._names if (own.kind, own.word) == (wanted.kind, wanted.word)]
        if not same:
            if (wanted.kind, wanted.word) == (Kind.PATTERN, "no"):
                return None
            raise unknown_layer(name)
        if wanted.colour is None:
            return same[0]
        return nearest(
            wanted.colour, {own: own.colour for own in sorted(same, key=str) if own.colour is not None}
        )

    def _layer(self, stem: str) -> RgbaImage:
        with self._lock:
            if stem in self._kept:
                self._kept.move_to_end(stem)
                return self._kept[stem]
        layer = without_paper(_decoded(stem, self._source.read(f"{stem}.png")))
        with self._lock:
            self._kept[stem] = layer
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return layer


def without_paper(rgb: RgbaImage) -> RgbaImage:
    """Make the white that touches the border of a picture transparent.

    The pixels on the edge of the drawing are a mixture of paint and paper; they keep the paint's
    colour and become as transparent as the paper's share in them.

    Args:
        rgb: shape (height, width, 3), uint8.

    Returns:
        Shape (height, width, 4), uint8, straight alpha.

    """
    white = (rgb.min(axis=2) >= _PAPER).astype(np.uint8)
    # A frame of white joins all borders, so that one region is all of the paper.
    framed = cv2.copyMakeBorder(white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, regions = cv2.connectedComponents(framed, connectivity=4)
    paper = (regions == regions[0, 0])[1:-1, 1:-1]
    edge = cv2.dilate(paper.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~paper
    # How far a pixel is from white, against the paint beside it, is the paint's share in it.
    distance = 255 - rgb.min(axis=2).astype(np.float32)
    paint = cv2.dilate(np.where(paper, 0, distance), np.ones((3, 3), np.uint8))
    share = np.where(edge, np.clip(distance / np.maximum(paint, 1), 0.05, 1), 1.0)
    share[paper] = 0
    solid = np.maximum(share, 1e-3)[..., None]
    colour = np.clip((rgb - 255 * (1 - solid)) / solid, 0, 255)
    out = np.dstack([np.where(edge[..., None], colour, rgb), share * 255])
    out[paper] = 0
    layer: RgbaImage = np.rint(out).astype(np.uint8)
    return layer


def unknown_layer(name: str) -> PawtraitError:
    """The answer to a layer name that no pack has."""
    shown = name[:80]
    return PawtraitError(Reason.NOT_FOUND, f"There is no layer {shown!r}.", {"layer": shown})


def _decoded(stem: str, file: bytes) -> RgbaImage:
    try:
        with Image.open(io.BytesIO(file), formats=["PNG"]) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise PawtraitError(Reason.INTERNAL, f"The layer {stem!r} of the pack is too large.")
            picture.thumbnail((1024, 1024), Image.Resampling.LANCZOS)
            with_alpha = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError) as error:
        raise PawtraitError(
            Reason.INTERNAL, f"The layer {stem!r} of the pack is not a PNG picture."
        ) from error
    sheet = Image.new("RGBA", with_alpha.size, "white")
    sheet.alpha_composite(with_alpha)
    return np.asarray(sheet.convert("RGB"))
