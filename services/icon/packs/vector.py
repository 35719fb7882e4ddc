"""Packs of SVG fragments with palette placeholders, put together by a manifest.

A pack is a folder (or any :class:`LayerSource`) with ``manifest.yaml`` and fragments of SVG. In a
fragment ``$role_tone`` stands for a colour: the manifest says which roles there are, which of them
take the secondary colour under which pattern, and which tones each named colour has. ``$id`` stands
before every ``id``, so that two icons can stand in one page.
"""

import hashlib
import re
from collections.abc import Container, Mapping
from string import Template
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.icon.packs import StyleParts, VectorArtwork
from services.icon.sources import LayerSource
from services.icon.spec import IconSpec
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

MANIFEST = "manifest.yaml"
_XMLNS = "http://www.w3.org/2000/svg"
Hex = str

# A pack draws and nothing else: no scripts, no event handlers, nothing loaded from elsewhere.
_FORBIDDEN = re.compile(
    r"<script|<foreignObject|<!ENTITY|\son\w+=|(?:href|src)\s*=\s*[\"'](?!#)|url\((?!#)", re.I
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Layer(_Strict):
    """One fragment of the stack: its file and when it is drawn."""

    file: str
    """A name with ``{head}``, ``{ear}``, ``{fur}`` and ``{pattern}`` where it depends on them."""
    ear: Ear | None = None
    fur: frozenset[Fur] | None = None
    pattern: frozenset[Pattern] | None = None
    beard: bool | None = None

    def drawn_for(self, spec: IconSpec) -> bool:
        """Whether this layer belongs to the icon of ``spec``."""
        return (
            (self.ear is None or self.ear is spec.ear)
            and (self.fur is None or spec.fur in self.fur)
            and (self.pattern is None or spec.pattern in self.pattern)
            and (self.beard is None or self.beard is spec.beard)
        )

    def name_for(self, spec: IconSpec) -> str:
        """The fragment's file name for ``spec``."""
        return self.file.format(head=spec.head, ear=spec.ear, fur=spec.fur, pattern=spec.pattern)


class Manifest(_Strict):
    """What ``manifest.yaml`` holds."""

    style: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*-v[0-9]+$")
    name: str
    version: str
    kind: Literal["vector"]
    canvas: int = Field(gt=0)
    """Side of the view box, in units."""
    ink: Mapping[str, Hex]
    """Placeholders that are the same in every icon."""
    palettes: Mapping[Colour, Mapping[str, Hex]]
    """The tones of each colour; ``base`` is the one that names it."""
    roles: Mapping[str, frozenset[Pattern]]
    """Each role with the patterns under which it takes the secondary colour instead of the primary."""
    layers: tuple[Layer, ...]
    """Back to front."""


class VectorPack:
    """A vector pack, read and checked in full when it is loaded.

    Raises:
        ValueError: the manifest does not hold, a fragment is missing, uses an unknown placeholder, or
            holds what a drawing has no need of.

    """

    def __init__(self, source: LayerSource) -> None:
        try:
            self._manifest = Manifest.model_validate(yaml.safe_load(source.read(MANIFEST)))
        except (ValidationError, yaml.YAMLError, FileNotFoundError) as error:
            raise ValueError(f"{MANIFEST} does not hold: {error}") from error
        names = [name for name in source.list() if name.endswith(".svg")]
        self._fragments = {name: Template(_checked(name, source.read(name).decode())) for name in names}
        self._check()

    @property
    def style(self) -> str:
        """The name that requests use."""
        return self._manifest.style

    @property
    def version(self) -> str:
        """The version of the pack's files."""
        return self._manifest.version

    def parts(self) -> StyleParts:
        """What can be chosen: the whole vocabulary."""
        colours = {colour: tones["base"] for colour, tones in self._manifest.palettes.items()}
        return StyleParts(
            self.style,
            self._manifest.name,
            self.version,
            tuple(Ear),
            tuple(Fur),
            tuple(Pattern),
            tuple(HeadShape),
            True,
            colours,
        )

    def compose(self, spec: IconSpec, without: Container[str] = ()) -> VectorArtwork:
        """The icon as an SVG document of the pack's canvas size.

        Args:
            spec: what it shows.
            without: kinds of layers to leave out, by folder (``"face"``) or by file where they have none.

        """
        own = spec.canonical()
        side = self._manifest.canvas
        values = self._values(own)
        parts = [f'<svg xmlns="{_XMLNS}" viewBox="0 0 {side} {side}" width="{side}" height="{side}">']
        parts += [
            self._fragments[layer.name_for(own)].substitute(values)
            for layer in self._manifest.layers
            if layer.drawn_for(own) and layer.file.split("/")[0] not in without
        ]
        return VectorArtwork("".join([*parts, "</svg>"]))

    def _values(self, spec: IconSpec) -> dict[str, str]:
        """Every placeholder's value for a canonical spec."""
        values = dict(self._manifest.ink)
        for role, patterns in self._manifest.roles.items():
            colour = spec.secondary if spec.pattern in patterns else spec.primary
            values |= {f"{role}_{tone}": value for tone, value in self._manifest.palettes[colour].items()}
        values["id"] = "p" + hashlib.sha256(spec.key().encode()).hexdigest()[:8]
        return values

    def _check(self) -> None:
        missing = set(Colour) - set(self._manifest.palettes)
        if missing:
            raise ValueError(f"no palette for {', '.join(sorted(missing))}")
        sample = IconSpec(Ear.UP, Fur.SHORT, Pattern.NONE, Colour.TAN, Colour.TAN, style=self.style)
        known = self._values(sample)
        for name, fragment in self._fragments.items():
            if not fragment.is_valid() or not set(fragment.get_identifiers()) <= set(known):
                unknown = set(fragment.get_identifiers()) - set(known)
                raise ValueError(
                    f"{name}: unknown placeholders {', '.join(sorted(unknown)) or '(malformed)'}"
                )
        for layer in self._manifest.layers:
            for spec in _every_shape(self.style):
                if layer.drawn_for(spec) and layer.name_for(spec) not in self._fragments:
                    raise ValueError(f"{layer.name_for(spec)} is in the manifest and not in the pack")


def _every_shape(style: str) -> list[IconSpec]:
    return [
        IconSpec(ear, fur, pattern, Colour.TAN, Colour.WHITE, head, beard, style)
        for ear in Ear
        for fur in Fur
        for pattern in Pattern
        for head in HeadShape
        for beard in (False, True)
    ]


def _checked(name: str, text: str) -> str:
    found = _FORBIDDEN.search(text)
    if found:
        raise ValueError(f"{name}: a layer must not hold {found.group()!r}")
    return text.strip()
