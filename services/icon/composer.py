"""The icon service's one door: a spec in, a picture file out."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from services.icon import rendering
from services.icon.packs import Artwork, Pack, StyleParts, VectorArtwork
from services.icon.spec import IconSpec
from shared.errors import PawtraitError, Reason

MIN_SIZE = 32
MAX_SIZE = 1024
FileFormat = Literal["svg", "png", "webp"]
FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)

_ROOT_SIZE = re.compile(r'<svg\b[^>]*?width="(\d+)" height="(\d+)"')


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can be asked for."""

    styles: tuple[StyleParts, ...]
    formats: tuple[FileFormat, ...]
    min_size: int
    """Pixels."""
    max_size: int
    """Pixels."""


class IconComposer:
    """Composes icons from style packs. Keeps nothing between calls; safe to call from any thread."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self._packs: dict[str, Pack] = {}
        for pack in packs:
            if pack.style in self._packs:
                raise ValueError(f"two packs of style {pack.style!r}")
            self._packs[pack.style] = pack

    def parts(self) -> Catalogue:
        """What can be chosen, in each style."""
        styles = tuple(pack.parts() for pack in self._packs.values())
        return Catalogue(styles, FORMATS, MIN_SIZE, MAX_SIZE)

    def versions(self) -> dict[str, str]:
        """The version of each style's files."""
        return {style: pack.version for style, pack in self._packs.items()}

    def version(self, style: str) -> str:
        """The version of a style's files.

        Raises:
            PawtraitError: INVALID_FIELD, for an unknown style.

        """
        return self._pack(style).version

    def render(self, spec: IconSpec, format: FileFormat, size: int) -> bytes:  # noqa: A002 - the API's word
        """The file of an icon; the same arguments give the same bytes.

        Args:
            spec: what it shows.
            format: ``svg``, ``png`` or ``webp``.
            size: side in pixels, 32-1024.

        Raises:
            PawtraitError: INVALID_FIELD for an unknown style, a size out of range, an unknown format,
                or a choice that the style does not draw.

        """
        if format not in FORMATS:
            raise _invalid("format", str(format), f"format is one of {', '.join(FORMATS)}")
        check_size(size)
        pack = self._pack(spec.style)
        self._check(spec, pack.parts())
        return file_of(pack.compose(spec.canonical()), format, size)

    def _pack(self, style: str) -> Pack:
        pack = self._packs.get(style)
        if pack is None:
            raise _invalid("style", style[:80], f"style is one of {', '.join(sorted(self._packs))}")
        return pack

    @staticmethod
    def _check(spec: IconSpec, parts: StyleParts) -> None:
        # Head and beard follow the breed, so a style without them draws the dog with what it has.
        choices = {
            "ear": (spec.ear, parts.ears),
            "fur": (spec.fur, parts.furs),
            "pattern": (spec.pattern, parts.patterns),
            "primary": (spec.primary, tuple(parts.colours)),
            "secondary": (spec.secondary, tuple(parts.colours)),
        }
        for field, (value, known) in choices.items():
            if value not in known:
                raise _invalid(field, value, f"in {spec.style}, {field} is one of {', '.join(known)}")


def check_size(size: int) -> None:
    """Refuse a size out of range.

    Raises:
        PawtraitError: INVALID_FIELD.

    """
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise _invalid("size", str(size), f"size lies between {MIN_SIZE} and {MAX_SIZE} pixels")


def file_of(artwork: Artwork, format: FileFormat | Literal["jpg"], size: int) -> bytes:  # noqa: A002
    """The file of an artwork at a size in pixels; a JPEG is on white."""
    if isinstance(artwork, VectorArtwork):
        if format == "svg":
            return _sized(artwork.svg, size).encode()
        pixels = rendering.rasterise(artwork.svg, size)
    else:
        pixels = rendering.fitted(artwork.rgba, size)
    match format:
        case "png":
            return rendering.png(pixels)
        case "webp":
            return rendering.webp(pixels)
        case "jpg":
            return rendering.jpeg(pixels)
        case "svg":
            return _embedded(rendering.png(pixels), size).encode()


def _invalid(field: str, value: str, rule: str) -> PawtraitError:
    return PawtraitError(
        Reason.INVALID_FIELD, f"{field} is {value!r}, but {rule}.", {"field": field, "value": value}
    )


def _sized(svg: str, size: int) -> str:
    """The document with its width and height set; the view box stays."""
    found = _ROOT_SIZE.search(svg)
    if found is None:
        raise PawtraitError(Reason.INTERNAL, "The icon's drawing has no size.")
    return f"{svg[: found.start(1)]}{size}{svg[found.end(1) : found.start(2)]}{size}{svg[found.end(2) :]}"


def _embedded(file: bytes, size: int) -> str:
    """An SVG document around a PNG, for packs that are pixels to begin with."""
    data = base64.b64encode(file).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}">'
        f'<image width="{size}" height="{size}" href="data:image/png;base64,{data}"/></svg>'
    )
