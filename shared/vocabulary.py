"""The words used everywhere: contracts, REST, icons, labels and models.

The values are the strings that appear in REST answers, icon URLs and label files. The protobuf
enums carry the same words in upper case with the enum's name in front (``EAR_UP``).
"""

from enum import StrEnum


class Ear(StrEnum):
    """How the ears stand."""

    UP = "up"
    """Pricked or half-pricked."""
    DOWN = "down"
    """Dropped or folded."""


class Fur(StrEnum):
    """The coat of the head."""

    SHORT = "short"
    LONG = "long"
    """Long, fluffy, shaggy or wiry."""
    CURLY = "curly"
    """Curly or woolly."""


class Pattern(StrEnum):
    """The pattern of the face."""

    NONE = "none"
    EAR_PATCH = "ear_patch"
    """Patches over ears or eyes."""
    SPOTTED = "spotted"
    """Spots, merle, ticking or brindle."""
    MUZZLE = "muzzle"
    """A mask, or a differently coloured muzzle or lower face."""
    BLAZE = "blaze"
    """A light stripe between the eyes."""
    POINTS = "points"
    """Tan eyebrow dots with tan muzzle sides."""


class HeadShape(StrEnum):
    """The outline of an icon's head."""

    ROUND = "round"
    FLAT = "flat"
    LONG = "long"


class Colour(StrEnum):
    """The names of fur colours."""

    BLACK = "black"
    WHITE = "white"
    GRAY = "gray"
    BROWN = "brown"
    RED = "red"
    TAN = "tan"
    CREAM = "cream"
