"""What several tests of the icon service need."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.icon.composer import IconComposer
from services.icon.packs.loading import built_in_pack
from services.icon.spec import IconSpec
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

COMPOSER = IconComposer([built_in_pack()])
SHAPES = [(head, ear, fur) for head in HeadShape for ear in Ear for fur in Fur]


def spec(
    ear: Ear = Ear.UP,
    fur: Fur = Fur.SHORT,
    pattern: Pattern = Pattern.NONE,
    primary: Colour = Colour.TAN,
    secondary: Colour = Colour.WHITE,
    head: HeadShape = HeadShape.ROUND,
    beard: bool = False,
) -> IconSpec:
    return IconSpec(ear, fur, pattern, primary, secondary, head, beard)


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


def pixels(icon: IconSpec, size: int = 128) -> NDArray[np.int16]:
    return np.asarray(opened(COMPOSER.render(icon, "png", size)).convert("RGBA")).astype(np.int16)


def changed(first: IconSpec, second: IconSpec, size: int = 128) -> float:
    """Share of the pixels that differ visibly: by over 24 of 255 in some channel."""
    return float((np.abs(pixels(first, size) - pixels(second, size)).max(axis=2) > 24).mean())
