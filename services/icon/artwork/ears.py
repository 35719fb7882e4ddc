"""The right ears: outline, inside and fold for each head, stand and coat; the left ones are mirrored."""

from collections.abc import Callable
from dataclasses import dataclass

from services.icon.artwork.curves import Curve, scalloped, through, tufted
from services.icon.artwork.draw import both, clipped, contour, path
from shared.vocabulary import Ear, Fur, HeadShape

Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class EarShape:
    """An ear, clockwise: its free edge first and then the edge that lies on the head."""

    free: Path
    """From where the ear leaves the head, over the tip, to where it meets the head again."""
    root: Path
    """Back to the start, hidden behind the head (pricked) or lying on it (dropped)."""
    inner: Path
    """Pricked: the inside of the ear. Dropped: the shaded fold below its root."""


EARS: dict[tuple[HeadShape, Ear], EarShape] = {
    (HeadShape.ROUND, Ear.UP): EarShape(
        free=((288, 164), (314, 110), (347, 74), (377, 58), (391, 72), (401, 118), (404, 174), (396, 232)),
        root=((396, 232), (340, 236), (288, 164)),
        inner=((324, 158), (340, 118), (362, 94), (376, 89), (382, 116), (383, 162), (376, 202), (346, 196)),
    ),
    (HeadShape.FLAT, Ear.UP): EarShape(
        free=((320, 182), (334, 128), (356, 99), (385, 83), (406, 94), (423, 136), (427, 188), (416, 236)),
        root=((416, 236), (360, 240), (320, 182)),
        inner=(
            (350, 178),
            (357, 146),
            (374, 120),
            (387, 112),
            (399, 126),
            (404, 164),
            (398, 206),
            (370, 200),
        ),
    ),
    (HeadShape.LONG, Ear.UP): EarShape(
        free=((276, 150), (298, 96), (325, 58), (346, 41), (360, 53), (372, 98), (378, 150), (370, 206)),
        root=((370, 206), (320, 212), (276, 150)),
        inner=((308, 140), (322, 98), (336, 78), (347, 71), (354, 97), (358, 142), (354, 176), (326, 174)),
    ),
    (HeadShape.ROUND, Ear.DOWN): EarShape(
        free=((322, 146), (360, 130), (406, 146), (438, 196), (450, 262), (444, 326), (420, 360), (390, 346)),
        root=((390, 346), (374, 296), (370, 236), (352, 186), (322, 146)),
        inner=((334, 150), (358, 176), (380, 224), (384, 270), (366, 226), (350, 184)),
    ),
    (HeadShape.FLAT, Ear.DOWN): EarShape(
        free=((336, 166), (372, 146), (416, 152), (443, 182), (451, 224), (441, 266), (424, 281), (408, 268)),
        root=((408, 268), (388, 226), (366, 194), (336, 166)),
        inner=((348, 170), (376, 188), (400, 222), (408, 248), (388, 222), (366, 190)),
    ),
    (HeadShape.LONG, Ear.DOWN): EarShape(
        free=((306, 128), (340, 112), (378, 130), (408, 184), (424, 262), (424, 340), (404, 386), (376, 374)),
        root=((376, 374), (358, 318), (348, 250), (332, 180), (306, 128)),
        inner=((318, 134), (340, 166), (358, 222), (362, 270), (344, 220), (332, 170)),
    ),
}


def _swell(most: float, start: float) -> Callable[[float], float]:
    return lambda way: most * max(0.0, min(1.0, (way - start) / 0.2))


def outline(shape: HeadShape, ear: Ear, fur: Fur) -> Curve:
    """The closed outline of the right ear."""
    drawn = EARS[shape, ear]
    free = through(drawn.free)
    if fur is Fur.LONG:
        free = tufted(free, 56, _swell(17, 0.42 if ear is Ear.UP else 0.3), lean=0.35)
    elif fur is Fur.CURLY:
        free = scalloped(free, 42, 13)
    return free.followed_by(through(drawn.root))


def drawing(shape: HeadShape, ear: Ear, fur: Fur) -> str:
    """Both ears with their insides or folds."""
    whole = outline(shape, ear, fur)
    inside = through(EARS[shape, ear].inner, closed=True)
    if ear is Ear.UP:
        within = path(inside, "$ear_inner") + path(inside, "url(#$id-dusk)")
    else:
        within = path(inside, "$shadow", opacity=0.16) + path(whole, "url(#$id-dusk)")
    return both(path(whole, "$ear_base"), within, contour(whole, "none", "$ear_line"))


def spots(shape: HeadShape, ear: Ear, fur: Fur, drawn: str) -> str:
    """Spots on both ears, under the ears' own contours."""
    whole = outline(shape, ear, fur)
    inside = path(through(EARS[shape, ear].inner, closed=True), "$ear_inner") if ear is Ear.UP else ""
    return clipped("ears", drawn) + both(inside, contour(whole, "none", "$ear_line"))
