"""Body, back fur, the texture of the coat, and the light that falls on it."""

from services.icon.artwork import heads
from services.icon.artwork.curves import CENTRE, Curve, Depth, half, scalloped, tufted
from services.icon.artwork.draw import both, clip, clipped, contour, d, ellipse, path, stroke
from services.icon.artwork.heads import HEADS, Half
from shared.vocabulary import Fur, HeadShape

_SHOULDERS: Half = ((0, 330), (80, 350), (106, 396), (140, 440), (206, 478), (240, 540), (0, 560))
_BIB: Half = ((0, 372), (54, 384), (74, 424), (66, 468), (36, 506), (0, 522))


def _grown(points: Half, fur: Fur, depth: Depth) -> Curve:
    right = half(points)
    match fur:
        case Fur.SHORT:
            return right.both_halves()
        case Fur.LONG:
            return tufted(right, 58, depth, pointed=True).both_halves()
        case Fur.CURLY:
            return scalloped(right, 48, 13).both_halves()


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
    return _grown(_SHOULDERS, fur, lambda way: 16 if way > 0.5 else 0)


def body(fur: Fur) -> str:
    """Neck, shoulders and chest, cut off by the disc."""
    outline = body_outline(fur)
    drawn = (
        path(outline, "$head_base") + path(outline, "url(#$id-dusk)") + contour(outline, "none", "$head_line")
    )
    return clipped("disc", drawn)


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
    shadow = path(heads.outline(shape, fur).moved(0, 16), "$shadow", opacity=0.18)
    within = f"<defs>{clip('ruff', path(outline))}</defs>" + clipped("ruff", shadow)
    return path(outline, "$head_shade") + within + contour(outline, "none", "$head_line")


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
    """Rows of small bows on the crown, set like tiles."""
    head = HEADS[shape]
    top, wide = head.outline[0][1], head.outline[2][0] / 110
    rows: Half = ((0, 26), (40, 34), (20, 52), (60, 60), (0, 76), (92, 84))
    if shape is HeadShape.FLAT:
        # The forehead is low, and its folds begin under the second row.
        rows = ((0, 22), (44, 28), (88, 40), (22, 44), (66, 52))
    return "".join(
        stroke(d("M", CENTRE + (x - 13) * wide, top + y, "q", 13 * wide, 17, 26 * wide, 0), "$head_shade", 6)
        for x, y in rows
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
