"""Muzzle, eyes, nose and mouth, and the beard, for each head."""

from services.icon.artwork.curves import CENTRE, half, tufted
from services.icon.artwork.draw import both, clipped, contour, d, ellipse, group, path, stroke
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
    smile = d(
        *("M", CENTRE - dx, y - 4, "c", dx * 0.2, 19, dx * 0.8, 20, dx, 4),
        *("c", dx * 0.2, 16, dx * 0.8, 15, dx, -4),
    )
    tongue = d(
        "M", CENTRE - 15, y + 8, "c", -1, 32, 31, 32, 30, 0, "q", -7.5, 4, -15, -6, "q", -7.5, 10, -15, 6, "Z"
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
    lower, upper = "M228 232Q256 216 284 232", "M236 206Q256 194 276 206"
    return stroke(lower, "$shadow", 6, opacity=0.28) + stroke(upper, "$shadow", 6, opacity=0.28)


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
    depth = lambda way: 15 * max(0.0, min(1.0, (way - 0.15) / 0.2))  # noqa: E731
    whole = tufted(half(points), 38, depth, lean=0.4, pointed=True).both_halves()
    strands = "".join(
        stroke(
            d("M", CENTRE + x * wide, head.mouth_y + a, "q", x * wide * 0.16, 18, x * wide * 0.06, 40),
            "$muzzle_shade",
            5,
        )
        for x, a in ((0.72, -24), (0.46, 18), (0.2, 34))
    )
    eye = head.eye
    x, y = CENTRE + eye.dx, eye.y - eye.ry - 8
    near, far = x - eye.rx - 8, x + eye.rx
    brow = d(
        *("M", near, y + 10, "C", x - 14, y - 20, x + 14, y - 22, far + 16, y + 2, "L", far + 6, y + 2),
        *(
            "L",
            far + 10,
            y + 16,
            "L",
            x + 10,
            y + 7,
            "L",
            x + 4,
            y + 18,
            "L",
            x - 8,
            y + 7,
            "L",
            x - 14,
            y + 18,
            "Z",
        ),
    )
    return group(contour(whole, "$muzzle_light", "$muzzle_line"), both(strands)) + both(
        contour(brow, "$muzzle_light", "$muzzle_line", 4)
    )
