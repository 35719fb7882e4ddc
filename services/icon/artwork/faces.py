"""Muzzle, eyes, nose and mouth, and the beard, for each head."""

from services.icon.artwork.curves import CENTRE, half, tufted
from services.icon.artwork.draw import both, clipped, contour, ellipse, group, path, stroke
from services.icon.artwork.heads import HEADS, Head
from shared.vocabulary import HeadShape


def muzzle(shape: HeadShape) -> str:
    """The lighter puff under nose and mouth; lies within the head."""
    head = HEADS[shape]
    x, y = head.muzzle[2][0] * 0.52, head.mouth_y - 14
    dots = "".join(
        ellipse(CENTRE + x + dx, y + dy, 3.6, 3.6, "$muzzle_shade") for dx, dy in ((0, 0), (13, -8), (14, 7))
    )
    return clipped("head", path(half(head.muzzle).both_halves(), "$muzzle_light"), both(dots))


def face(shape: HeadShape) -> str:
    """Eyes, nose, mouth and tongue."""
    head = HEADS[shape]
    return "".join([_wrinkles() if shape is HeadShape.FLAT else "", _mouth(head), _nose(head), _eyes(head)])


def _eyes(head: Head) -> str:
    eye = head.eye
    x = CENTRE + eye.dx

    def one(x: float, side: str, glint: float) -> str:
        return "".join(
            [
                ellipse(x, eye.y, eye.rx + 6, eye.ry + 6, f"$eye_{side}_ring"),
                ellipse(x, eye.y, eye.rx, eye.ry, "$pupil"),
                ellipse(x, eye.y + eye.ry * 0.22, eye.rx * 0.74, eye.ry * 0.66, "$head_iris"),
                ellipse(x, eye.y - eye.ry * 0.02, eye.rx * 0.6, eye.ry * 0.62, "$pupil"),
                ellipse(x + glint, eye.y - eye.ry * 0.36, eye.rx * 0.36, eye.rx * 0.36, "$shine"),
                ellipse(
                    x - glint * 0.9,
                    eye.y + eye.ry * 0.42,
                    eye.rx * 0.16,
                    eye.rx * 0.16,
                    "$shine",
                    opacity=0.8,
                ),
            ]
        )

    glint = -eye.rx * 0.3
    return one(2 * CENTRE - x, "left", glint) + one(x, "right", glint)


def _nose(head: Head) -> str:
    nose = head.nose
    w, h, y = nose.half_width, nose.half_height, nose.y
    right = half(
        ((0, y - h), (w * 0.62, y - h * 0.96), (w, y - h * 0.25), (w * 0.62, y + h * 0.55), (0, y + h))
    )
    nostril = ellipse(CENTRE + w * 0.42, y + h * 0.16, w * 0.17, h * 0.2, "$nostril")
    shine = ellipse(CENTRE - w * 0.22, y - h * 0.52, w * 0.36, h * 0.2, "$shine", opacity=0.55)
    return path(right.both_halves(), "$nose", stroke="$muzzle_ring", stroke_width=4) + both(nostril) + shine


def _mouth(head: Head) -> str:
    top, y, dx = head.nose.y + head.nose.half_height, head.mouth_y, head.mouth_dx
    smile = (
        f"M{CENTRE - dx:g} {y - 4:g}C{CENTRE - dx * 0.8:g} {y + 15:g} {CENTRE - dx * 0.2:g} {y + 16:g} {CENTRE:g} {y:g}"
        f"C{CENTRE + dx * 0.2:g} {y + 16:g} {CENTRE + dx * 0.8:g} {y + 15:g} {CENTRE + dx:g} {y - 4:g}"
    )
    w = 15
    tongue = (
        f"M{CENTRE - w:g} {y + 8:g}C{CENTRE - w - 1:g} {y + 40:g} {CENTRE + w + 1:g} {y + 40:g} {CENTRE + w:g} {y + 8:g}"
        f"Q{CENTRE + w * 0.5:g} {y + 12:g} {CENTRE:g} {y + 2:g}Q{CENTRE - w * 0.5:g} {y + 12:g} {CENTRE - w:g} {y + 8:g}Z"
    )
    return "".join(
        [
            contour(tongue, "$tongue", "$muzzle_line", 5),
            stroke(f"M{CENTRE:g} {y + 8:g}V{y + 20:g}", "$tongue_dark", 3),
            stroke(f"M{CENTRE:g} {top - 2:g}V{y:g}", "$muzzle_line", 6),
            stroke(smile, "$muzzle_line", 6),
        ]
    )


def _wrinkles() -> str:
    """The folds over a flat nose."""
    return stroke("M228 232Q256 216 284 232", "$head_shade", 6) + stroke(
        "M236 206Q256 194 276 206", "$head_shade", 6
    )


def beard(shape: HeadShape) -> str:
    """Moustache, beard and bushy brows."""
    head = HEADS[shape]
    wide = head.beard_dx
    top, low = head.nose.y - head.nose.half_height * 0.4, head.chin_y + 36
    points = (
        (8, top),
        (wide * 0.55, top + 12),
        (wide * 0.92, top + 44),
        (wide, low - 56),
        (wide * 0.62, low - 14),
        (0, low),
    )
    whole = tufted(
        half(points), 34, lambda way: 14 * max(0.0, min(1.0, (way - 0.15) / 0.2, (1 - way) / 0.08)), lean=0.55
    ).both_halves()
    strands = "".join(
        stroke(
            f"M{CENTRE + x * wide:g} {head.mouth_y + a:g}Q{CENTRE + x * wide * 1.16:g} {head.mouth_y + a + 18:g} "
            f"{CENTRE + x * wide * 1.06:g} {head.mouth_y + a + 40:g}",
            "$muzzle_shade",
            5,
        )
        for x, a in ((0.72, -24), (0.46, 18), (0.2, 34))
    )
    eye = head.eye
    x, y = CENTRE + eye.dx, eye.y - eye.ry - 8
    brow = (
        f"M{x - eye.rx - 8:g} {y + 10:g}C{x - 14:g} {y - 20:g} {x + 14:g} {y - 22:g} {x + eye.rx + 16:g} {y + 2:g}"
        f"L{x + eye.rx + 6:g} {y + 2:g}L{x + eye.rx + 10:g} {y + 16:g}L{x + 10:g} {y + 7:g}L{x + 4:g} {y + 18:g}"
        f"L{x - 8:g} {y + 7:g}L{x - 14:g} {y + 18:g}Z"
    )
    return group(contour(whole, "$muzzle_light", "$muzzle_line"), both(strands)) + both(
        contour(brow, "$muzzle_light", "$muzzle_line", 4)
    )
