"""The layer names of the older clients: ``200,150,100-up``, ``250,250,250-nose``, ``dog-face``."""

import re
from dataclasses import dataclass
from enum import StrEnum

FACE = "dog-face"
Rgb = tuple[int, int, int]


class Kind(StrEnum):
    """What a layer shows."""

    EAR = "ear"
    FUR = "fur"
    PATTERN = "pattern"
    FACE = "face"
    BODY = "body"


_WORDS = {
    "up": Kind.EAR,
    "down": Kind.EAR,
    "fur": Kind.FUR,
    "no_fur": Kind.FUR,
    "no": Kind.PATTERN,
    "ear_dot": Kind.PATTERN,
    "many": Kind.PATTERN,
    "nose": Kind.PATTERN,
    "pattern3": Kind.PATTERN,
}
_NAME = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3})(?:-([a-z_0-9]+)|_(body))")


@dataclass(frozen=True, slots=True)
class LayerName:
    """A layer name in its parts; only the face has no colour."""

    kind: Kind
    word: str
    colour: Rgb | None

    def __str__(self) -> str:
        if self.colour is None:
            return self.word
        return ",".join(map(str, self.colour)) + ("_" if self.kind is Kind.BODY else "-") + self.word


def parse(name: str) -> LayerName | None:
    """The parts of a layer name, or None when it is none."""
    if name == FACE:
        return LayerName(Kind.FACE, FACE, None)
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    red, green, blue = (int(found[i]) for i in (1, 2, 3))
    word = found[4] or found[5]
    kind = Kind.BODY if found[5] else _WORDS.get(word)
    if kind is None or max(red, green, blue) > 255:
        return None
    return LayerName(kind, word, (red, green, blue))
