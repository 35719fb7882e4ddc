"""The three heads: where their features sit and how their outlines run. Units of the canvas."""

from collections.abc import Callable
from dataclasses import dataclass

from services.icon.artwork.curves import Curve, half, scalloped, tufted
from shared.vocabulary import Fur, HeadShape

Half = tuple[tuple[float, float], ...]
"""Points of a right half-outline, top to bottom, as (distance from the axis, y)."""


@dataclass(frozen=True)
class Eye:
    """Place and size of the eyes: ``dx`` from the axis, radii across and down."""

    dx: float
    y: float
    rx: float
    ry: float


@dataclass(frozen=True)
class Nose:
    """Place and size of the nose: its middle, half its width and half its height."""

    y: float
    half_width: float
    half_height: float


@dataclass(frozen=True)
class Head:
    """The geometry that the layers of one head shape share."""

    outline: Half
    muzzle: Half
    mask: Half
    """The lower face that the pattern ``muzzle`` covers."""
    eye: Eye
    nose: Nose
    mouth_y: float
    mouth_dx: float
    chin_y: float
    beard_dx: float
    """Half the width of a beard."""
    ruff: Half
    """Where a long coat stands out behind the head, from below the ears down."""
    puff: Half
    """Where a curly coat stands out behind the head, from the crown down."""


HEADS: dict[HeadShape, Head] = {
    HeadShape.ROUND: Head(
        outline=(
            (0, 118), (62, 130), (112, 164), (142, 212), (151, 266),
            (141, 318), (108, 362), (58, 388), (0, 396),
        ),
        muzzle=((0, 268), (36, 274), (66, 300), (78, 334), (64, 372), (0, 388)),
        mask=((0, 232), (44, 244), (94, 286), (120, 330), (112, 374), (60, 410), (0, 416)),
        eye=Eye(62, 244, 21, 24),
        nose=Nose(294, 28, 20),
        mouth_y=336,
        mouth_dx=37,
        chin_y=396,
        beard_dx=98,
        ruff=((112, 158), (164, 212), (186, 288), (168, 360), (112, 414), (40, 438), (0, 442)),
        puff=((0, 86), (86, 100), (146, 154), (180, 234), (186, 306), (158, 374), (90, 418), (0, 434)),
    ),
    HeadShape.FLAT: Head(
        outline=(
            (0, 140), (74, 148), (130, 172), (163, 216), (175, 272),
            (170, 328), (136, 374), (76, 396), (0, 402),
        ),
        muzzle=((0, 252), (46, 256), (92, 288), (112, 332), (98, 376), (48, 393), (0, 389)),
        mask=((0, 212), (58, 224), (120, 270), (152, 322), (136, 382), (70, 414), (0, 416)),
        eye=Eye(86, 246, 28, 29),
        nose=Nose(276, 28, 17),
        mouth_y=318,
        mouth_dx=64,
        chin_y=402,
        beard_dx=124,
        ruff=((122, 168), (174, 220), (191, 290), (172, 362), (114, 416), (44, 438), (0, 442)),
        puff=((0, 106), (96, 118), (164, 168), (202, 244), (206, 318), (172, 384), (96, 424), (0, 438)),
    ),
    HeadShape.LONG: Head(
        outline=(
            (0, 98), (50, 107), (92, 136), (115, 184), (114, 234),
            (98, 286), (82, 334), (73, 380), (47, 414), (0, 424),
        ),
        muzzle=((0, 246), (26, 254), (44, 298), (58, 346), (60, 386), (38, 410), (0, 416)),
        mask=((0, 222), (32, 234), (64, 278), (88, 330), (98, 386), (60, 436), (0, 440)),
        eye=Eye(57, 216, 18, 21),
        nose=Nose(344, 30, 22),
        mouth_y=384,
        mouth_dx=31,
        chin_y=424,
        beard_dx=82,
        ruff=((86, 138), (136, 200), (166, 284), (158, 362), (108, 424), (40, 452), (0, 456)),
        puff=((0, 62), (74, 76), (128, 130), (154, 214), (166, 300), (152, 372), (92, 436), (0, 456)),
    ),
}  # fmt: skip


def _cheeks(most: float) -> Callable[[float], float]:
    """Tufts grow on the cheeks: none on the crown, none under the chin."""
    return lambda way: most * max(0.0, min(1.0, (way - 0.28) / 0.2, (0.94 - way) / 0.1))


def outline(shape: HeadShape, fur: Fur) -> Curve:
    """The closed outline of a head with its coat."""
    right = half(HEADS[shape].outline)
    match fur:
        case Fur.SHORT:
            return right.both_halves()
        case Fur.LONG:
            return tufted(right, 54, _cheeks(20)).both_halves()
        case Fur.CURLY:
            return scalloped(right, 42, 11).both_halves()


def ruff(shape: HeadShape, fur: Fur) -> Curve | None:
    """The closed outline of the coat that stands out behind the head; short coats have none."""
    match fur:
        case Fur.SHORT:
            return None
        case Fur.LONG:
            right = half(HEADS[shape].ruff)
            return tufted(right, 66, 27, pointed=True).both_halves()
        case Fur.CURLY:
            return scalloped(half(HEADS[shape].puff), 60, 18).both_halves()
