"""Body, back fur, the texture of the coat, and the light that falls on it."""

from services.icon.artwork import heads
from services.icon.artwork.curves import CENTRE, Curve, half, scalloped, tufted
from services.icon.artwork.draw import both, clipped, contour, d, ellipse, path, stroke
from services.icon.artwork.heads import HEADS, Half
from shared.vocabulary import Fur, HeadShape

_SHOULDERS: Half = ((0, 330), (80, 350), (106, 396), (140, 440), (206, 478), (240, 540), (0, 560))
_BIB: Half = ((0, 372), (54, 384), (74, 424), (66, 468), (36, 506), (0, 522))


def _grown(points: Half, fur: Fur, depth: float) -> Curve:
    right = half(points)
    match fur:
        case Fur.SHORT:
            return right.both_halves()
        case Fur.LONG:
            return tufted(right, 48, lambda way: depth * min(1.0, (1 - way) / 0.15), lean=0.5).both_halves()
        case Fur.CURLY:
            return scalloped(right, 48, depth * 0.8).both_halves()


def gradients() -> str:
    """The two gradients of the drawing: light from above and dusk below."""
    return (
        '<linearGradient id="$id-glow" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="$shine" '
        'stop-opacity="0.24"/><stop offset="0.5" stop-color="$shine" stop-opacity="0"/></linearGradient>'
        '<linearGradient id="$id-dusk" x1="0" y1="0" x2="0" y2="1"><stop offset="0.45" stop-color="$shadow" '
        'stop-opacity="0"/><stop offset="1" stop-color="$shadow" stop-opacity="0.26"/></linearGradient>'
    )


def body_outline(fur: Fur) -> Curve:
    """Neck and shoulders; they run off the foot of the disc."""
    return _grown(_SHOULDERS, fur, 16)


def body(fur: Fur) -> str:
    """Neck, shoulders and chest, cut off by the disc."""
    outline = body_outline(fur)
    return clipped("disc", contour(outline, "$head_base", "$head_line"))


def bib(fur: Fur) -> str:
    """The patch on the chest."""
    return clipped("disc", path(_grown(_BIB, fur, 14), "$chest_base"))


def cast_shadow(shape: HeadShape, fur: Fur) -> str:
    """The shadow of the head on the body."""
    fallen = (heads.ruff(shape, fur) or heads.outline(shape, fur)).moved(0, 20)
    return clipped("disc", clipped("body", path(fallen, "$shadow", opacity=0.2)))


def back(shape: HeadShape, fur: Fur) -> str:
    """The coat behind the head; nothing for a short one."""
    outline = heads.ruff(shape, fur)
    if outline is None:
        return ""
    return contour(outline, "$head_shade", "$head_line")


def outline(shape: Curve) -> str:
    """The contour of the head, over everything that lies within it."""
    return contour(shape, "none", "$head_line")


def texture(shape: HeadShape, fur: Fur) -> str:
    """Strands or curls on the forehead and the cheeks, within the head."""
    drawn = _strands(shape) if fur is Fur.LONG else _curls(shape)
    return clipped("head", both(drawn))


def _strands(shape: HeadShape) -> str:
    top = HEADS[shape].outline[0][1]
    down = d("M", -2, -6, "C", 14, 22, 8, 44, 24, 66, "C", 4, 58, -2, 40, -2, -6, "Z")
    aside = d("M", 26, -6, "C", 36, 22, 44, 38, 64, 50, "C", 38, 48, 22, 26, 14, -6, "Z")
    at = f"translate({CENTRE:g} {top:g})"
    return path(down + aside, "$head_shade", opacity=0.75, transform=at)


def _curls(shape: HeadShape) -> str:
    top = HEADS[shape].outline[0][1]
    wide = HEADS[shape].outline[2][0] / 110
    spots = [(26, 30), (70, 52), (30, 74), (100, 100)]
    return "".join(
        stroke(
            d("M", CENTRE + x * wide - 15, top + y + 4, "a15 15 0 1 1 26 8a9 9 0 1 1 -12 -8"),
            "$head_shade",
            6,
        )
        for x, y in spots
    )


def shading(shape: HeadShape) -> str:
    """Light from above and shade below, laid over whatever colours the head has."""
    whole = half(HEADS[shape].outline).both_halves()
    box = whole.scaled(1.12, (CENTRE, 260))
    lifted = whole.moved(0, -15).scaled(0.985, (CENTRE, 250))
    rim = box.path() + lifted.path()
    return clipped(
        "head",
        path(box, "url(#$id-glow)"),
        path(box, "url(#$id-dusk)"),
        path(rim, "$shadow", opacity=0.10, fill_rule="evenodd"),
    )


def blush(shape: HeadShape) -> str:
    """A touch of warmth on the cheeks."""
    eye = HEADS[shape].eye
    return both(ellipse(CENTRE + eye.dx + 26, eye.y + 44, 20, 12, "$tongue", opacity=0.22))
