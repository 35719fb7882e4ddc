"""The patterns of the face, in the secondary colour, for each head."""

from math import cos, pi, sin

from services.icon.artwork.curves import CENTRE, half, through
from services.icon.artwork.draw import both, clipped, ellipse, path
from services.icon.artwork.heads import HEADS
from shared.vocabulary import Ear, HeadShape, Pattern


def on_head(shape: HeadShape, pattern: Pattern) -> str:
    """What the pattern lays on the head, cut to the head; under muzzle and face."""
    return clipped("head", _on_head(shape, pattern))


def _on_head(shape: HeadShape, pattern: Pattern) -> str:
    """What the pattern lays on the head; lies within the head, under muzzle and face."""
    head = HEADS[shape]
    eye, top = head.eye, head.outline[0][1]
    colour = "$pattern_base"
    match pattern:
        case Pattern.NONE:
            return ""
        case Pattern.EAR_PATCH:
            x, y = CENTRE + eye.dx, eye.y
            side = max(reach for reach, _ in head.outline) + CENTRE + 30
            patch = through(
                [
                    (CENTRE + 34, top - 30),
                    (side, top - 20),
                    (side, y + 20),
                    (x + 36, y + eye.ry + 34),
                    (x - 4, y + eye.ry + 26),
                    (x - eye.rx - 18, y + 4),
                    (CENTRE + 26, y - 62),
                ],
                closed=True,
            )
            return path(patch, colour)
        case Pattern.SPOTTED:
            return _spots(shape)
        case Pattern.MUZZLE:
            return path(half(head.mask).both_halves(), colour)
        case Pattern.BLAZE:
            nose = head.nose
            stripe = half(
                (
                    (0, top - 30),
                    (34, top - 20),
                    (22, eye.y - 50),
                    (17, eye.y),
                    (nose.half_width + 20, nose.y - 6),
                    (head.muzzle[3][0] + 8, head.muzzle[3][1]),
                    (head.muzzle[3][0] - 6, head.chin_y),
                    (0, head.chin_y + 30),
                )
            )
            return path(stripe.both_halves(), colour)
        case Pattern.POINTS:
            brow = ellipse(
                CENTRE + eye.dx * 0.86,
                eye.y - eye.ry - 22,
                17,
                13,
                colour,
                transform=f"rotate(-16 {CENTRE + eye.dx * 0.86:g} {eye.y - eye.ry - 22:g})",
            )
            m = head.muzzle
            cheek = half(
                (
                    (head.nose.half_width + 4, m[1][1] + 8),
                    (m[2][0] + 14, m[2][1] + 2),
                    (m[3][0] + 22, m[3][1] + 6),
                    (m[3][0] + 6, head.chin_y + 6),
                    (0, head.chin_y + 20),
                )
            )
            return both(brow) + path(cheek.both_halves(), colour)


_EAR_SPOTS: dict[tuple[HeadShape, Ear], tuple[tuple[float, float, float], ...]] = {
    (HeadShape.ROUND, Ear.UP): (
        (112, 92, 15), (-128, 70, 13), (142, 168, 17), (-146, 140, 16),
        (-122, 196, 14),
    ),
    (HeadShape.FLAT, Ear.UP): (
        (132, 104, 15), (-152, 92, 13), (168, 176, 17), (-168, 150, 16),
        (-128, 190, 14),
    ),
    (HeadShape.LONG, Ear.UP): (
        (84, 70, 14), (-98, 54, 12), (114, 140, 16), (-116, 116, 15),
        (-60, 150, 13),
    ),
    (HeadShape.ROUND, Ear.DOWN): (
        (112, 152, 15), (168, 210, 19), (142, 262, 12), (180, 300, 17),
        (-140, 172, 17), (-182, 248, 19), (-150, 312, 15),
    ),
    (HeadShape.FLAT, Ear.DOWN): (
        (128, 166, 14), (184, 196, 18), (176, 254, 14), (-154, 180, 17),
        (-194, 232, 17),
    ),
    (HeadShape.LONG, Ear.DOWN): (
        (92, 138, 14), (136, 196, 18), (118, 262, 12), (152, 310, 18),
        (-112, 158, 16), (-150, 240, 19), (-132, 326, 16),
    ),
}  # fmt: skip


def ear_spots(shape: HeadShape, ear: Ear) -> str:
    """The spots of both ears; they are no mirror images of each other."""
    return "".join(_blob(CENTRE + x, y, r, i) for i, (x, y, r) in enumerate(_EAR_SPOTS[shape, ear]))


def _spots(shape: HeadShape) -> str:
    head = HEADS[shape]
    width = max(reach for reach, _ in head.outline)
    top, tall = head.outline[0][1], head.chin_y - head.outline[0][1]
    spots = [
        (-0.42, 0.16, 24),
        (0.10, 0.10, 17),
        (0.55, 0.22, 21),
        (-0.08, 0.30, 14),
        (-0.82, 0.42, 20),
        (0.24, 0.42, 12),
        (0.84, 0.50, 22),
        (-0.66, 0.66, 18),
        (0.62, 0.74, 20),
        (-0.58, 0.80, 13),
        (0.16, 0.20, 9),
        (-0.5, 0.52, 10),
        (0.46, 0.06, 10),
        (-0.26, 0.66, 8),
        (0.34, 0.70, 9),
    ]
    return "".join(_blob(CENTRE + x * width, top + y * tall, r, i) for i, (x, y, r) in enumerate(spots))


def _blob(x: float, y: float, radius: float, number: int) -> str:
    """A spot that is no circle: its six points lie nearer or farther by a fixed rule."""
    points = []
    for k in range(6):
        reach = radius * (0.82 + 0.36 * ((number * 7 + k * 5) % 6) / 5)
        angle = 2 * pi * k / 6 + number * 0.7
        points.append((x + reach * cos(angle), y + reach * sin(angle)))
    return path(through(points, closed=True), "$pattern_base")
