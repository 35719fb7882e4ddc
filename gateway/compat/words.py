"""The older clients' words for what today's services say."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from gateway.answers import FaceColours, Swatch, Traits
from shared.vocabulary import Ear, Fur, Pattern

EARS = ("down", "up")
FURS = ("fur", "no_fur")
PATTERNS = ("no", "ear_dot", "many", "nose", "pattern3")

FACE_LAYER = "dog-face"

_EAR_WORDS = {Ear.DOWN: "down", Ear.UP: "up"}
_FUR_WORDS = {Fur.SHORT: "no_fur", Fur.LONG: "fur", Fur.CURLY: "fur"}
_PATTERN_WORDS = {
    Pattern.NONE: "no",
    Pattern.EAR_PATCH: "ear_dot",
    Pattern.SPOTTED: "many",
    Pattern.MUZZLE: "nose",
    Pattern.POINTS: "nose",
    Pattern.BLAZE: "pattern3",
}
_STEP, _BRIGHTEST = 50, 250
_HEX = re.compile("#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")


@cache
def _breed_names() -> dict[str, str]:
    path = Path(__file__).with_name("breed_names.yaml")
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def breed_name(breed_id: str) -> str:
    """The older name of a breed."""
    return _breed_names().get(breed_id, breed_id)


def face_indices(traits: Traits) -> list[int]:
    """Ear, fur and pattern as indices into :data:`EARS`, :data:`FURS` and :data:`PATTERNS`."""
    return [
        EARS.index(_EAR_WORDS[traits.ear]),
        FURS.index(_FUR_WORDS[traits.fur]),
        PATTERNS.index(_PATTERN_WORDS[traits.pattern]),
    ]


def colour_words(colours: FaceColours) -> list[str]:
    """One or two colours as ``"r,g,b"``, most common first, each channel a multiple of 50."""
    swatches = [colours.primary, *([colours.secondary] if colours.secondary else [])]
    swatches.sort(key=lambda swatch: -swatch.share)
    return list(dict.fromkeys(rounded(swatch) for swatch in swatches))


def rounded(swatch: Swatch) -> str:
    """A colour as ``"r,g,b"``, each channel rounded to the nearest multiple of 50, 0 to 250."""
    found = _HEX.fullmatch(swatch.hex)
    if found is None:
        raise ValueError(f"not a colour: {swatch.hex!r}")
    channels = (int(channel, 16) for channel in found.groups())
    return ",".join(str(min((channel + _STEP // 2) // _STEP * _STEP, _BRIGHTEST)) for channel in channels)


def layer_names(traits: Traits, colours: FaceColours) -> list[str]:
    """The layers that draw the dog: ear, fur and pattern in its colours, and the face."""
    primary = rounded(colours.primary)
    secondary = rounded(colours.secondary) if colours.secondary else primary
    return [
        f"{primary}-{_EAR_WORDS[traits.ear]}",
        f"{primary}-{_FUR_WORDS[traits.fur]}",
        f"{secondary}-{_PATTERN_WORDS[traits.pattern]}",
        FACE_LAYER,
    ]


def stored_name(layers: Sequence[str]) -> str:
    """The file name that an icon of these layers is kept under."""
    return "".join(layers[:3]) + ".jpg"
