"""Eyes, nose, mouth and tongue."""

import numpy as np
from numpy.random import Generator

from services.icon.artwork.curves import half, through
from services.icon.painting.anatomy import Anatomy, Points, Pose
from services.icon.painting.fields import Field, blurred, noise


def over(picture: Field, colour: tuple[float, float, float] | Field, mask: Field, share: float = 1.0) -> None:
    """Lay a colour (sRGB 0…1) over the picture where the mask is."""
    weight = (mask * share)[..., None]
    picture += weight * (np.asarray(colour, np.float32) - picture)


def eyes(rng: Generator, picture: Field, body: Anatomy, pose: Pose, dark: bool) -> None:
    """Both eyes: rim, iris, pupil, the shadow of the lid and the window's light in them."""
    iris = np.array([0.30, 0.17, 0.08]) * rng.uniform(0.4, 1.1)
    r, scale = body.eye_r, pose.scale
    glint = rng.uniform(-0.4, -0.1), rng.uniform(-0.5, -0.25)
    for side in (-1, 1):
        x, y = 256 + side * body.eye_dx, body.eye_y
        depth = 45.0
        # The socket lies in shade, and its rim is dark skin.
        over(
            picture,
            (0.05, 0.04, 0.04),
            blurred(pose.disc(x, y, r * 1.7, r * 1.35, depth), 5 * scale),
            0.30 if dark else 0.42,
        )
        lid = _almond(x, y, r * 1.30, r * 1.02, side)
        over(picture, (0.035, 0.03, 0.03), blurred(pose.mask(lid, depth), 0.8))
        ball = pose.mask(_almond(x, y, r * 1.06, r * 0.84, side), depth)
        over(picture, (0.12, 0.09, 0.08), blurred(ball, 0.6))
        over(picture, tuple(iris), blurred(pose.disc(x, y, r * 0.80, r * 0.80, depth), 0.8) * ball)
        over(
            picture,
            tuple(iris * 1.6),
            blurred(pose.disc(x, y + r * 0.35, r * 0.55, r * 0.32, depth), 2) * ball,
            0.6,
        )
        over(picture, (0.02, 0.018, 0.02), blurred(pose.disc(x, y, r * 0.46, r * 0.46, depth), 0.7) * ball)
        over(
            picture,
            (0.02, 0.02, 0.02),
            blurred(pose.disc(x, y - r * 0.85, r * 1.2, r * 0.5, depth), 2) * ball,
            0.7,
        )
        shine = pose.disc(x + glint[0] * r, y + glint[1] * r, r * 0.22, r * 0.18, depth)
        over(picture, (0.95, 0.97, 1.0), blurred(shine, 0.6), 0.95)
        over(
            picture,
            (0.6, 0.7, 0.8),
            blurred(pose.disc(x, y - r * 0.3, r * 0.5, r * 0.18, depth), 1.5) * ball,
            0.25,
        )


def _almond(x: float, y: float, rx: float, ry: float, side: int) -> Points:
    """An eye's opening, its outer corner a little higher."""
    points = [
        (x - side * rx, y + ry * 0.25),
        (x - side * rx * 0.45, y - ry * 0.78),
        (x + side * rx * 0.35, y - ry * 0.95),
        (x + side * rx, y - ry * 0.12),
        (x + side * rx * 0.40, y + ry * 0.86),
        (x - side * rx * 0.45, y + ry * 0.80),
    ]
    return through(points, closed=True).sampled()


def nose(rng: Generator, picture: Field, body: Anatomy, pose: Pose, liver: bool) -> None:
    """The leather of the nose with its nostrils and wet light."""
    w, h, y, depth = body.nose_w, body.nose_h, body.nose_y, body.reach
    colour = np.array([0.30, 0.19, 0.15]) if liver else np.array([0.085, 0.08, 0.085])
    colour = colour * rng.uniform(0.8, 1.25)
    right = (
        (0, y - h * 0.92),
        (w * 0.60, y - h * 0.98),
        (w, y - h * 0.30),
        (w * 0.86, y + h * 0.30),
        (w * 0.42, y + h * 0.78),
        (0, y + h),
    )
    outline = half(right).both_halves().sampled()
    mask = pose.mask(outline, depth)
    over(
        picture,
        (0.04, 0.03, 0.03),
        blurred(pose.mask(outline * 1.0 + np.array([0, 4]), depth), 4 * pose.scale),
        0.6,
    )
    cobbles = noise(rng, mask.shape, 1.3 * pose.scale)
    leather = np.clip(colour * (1 + 0.22 * cobbles[..., None]), 0, 1).astype(np.float32)
    over(picture, leather, blurred(mask, 0.7))
    # Lighter on top, where the sky lies on it.
    top = blurred(pose.disc(256, y - h * 0.52, w * 0.66, h * 0.30, depth), 4 * pose.scale) * mask
    over(picture, np.clip(leather * 1.7 + 0.12, 0, 1), top, 0.7)
    spark = np.clip(cobbles - 1.1, 0, 1) * top
    over(picture, (0.85, 0.88, 0.92), np.clip(spark, 0, 1).astype(np.float32), 0.25 if liver else 0.7)
    for side in (-1, 1):
        hole = [
            (256 + side * w * 0.22, y + h * 0.02),
            (256 + side * w * 0.50, y - h * 0.22),
            (256 + side * w * 0.72, y + h * 0.05),
            (256 + side * w * 0.80, y + h * 0.34),
            (256 + side * w * 0.52, y + h * 0.28),
            (256 + side * w * 0.34, y + h * 0.34),
        ]
        over(
            picture,
            (0.012, 0.01, 0.01),
            blurred(pose.mask((through(hole, closed=True).sampled()), depth), 0.9),
            0.96,
        )
    groove = np.array([(254.6, y + h * 0.1), (257.4, y + h * 0.1), (257.4, y + h), (254.6, y + h)])
    over(picture, (0.015, 0.012, 0.012), blurred(pose.mask(groove, depth), 0.8), 0.6)


def mouth(picture: Field, body: Anatomy, pose: Pose, panting: float, dark: bool) -> None:
    """The line of the lips; with ``panting`` over 0 also the open mouth and the tongue (units long)."""
    y, top, depth = body.mouth_y, body.nose_y + body.nose_h, body.reach * 0.82
    wide = 24 + body.head.mouth_dx * 0.58
    line = (0.03, 0.022, 0.022)
    weight = 0.7 if not dark else 0.95
    slit = np.array([(254.3, top - 4), (257.7, top - 4), (257.5, y + 2), (254.5, y + 2)])
    over(picture, line, blurred(pose.mask(slit, depth), 1.0), weight * 0.8)
    for side in (-1, 1):
        # The lips of a short muzzle hang; those of a longer one run up towards the eyes.
        bend = (3, 11, 24) if body.reach < 70 else (9, 7, -9)
        upper = [
            (256, y),
            (256 + side * wide * 0.30, y + bend[0]),
            (256 + side * wide * 0.7, y + bend[1]),
            (256 + side * wide * 1.08, y + bend[2]),
        ]
        lower = [(x, v + 3.2) for x, v in upper]
        lip = np.vstack([through(upper).sampled(), through(lower).sampled()[::-1]])
        over(picture, line, blurred(pose.mask(lip, depth * 0.9), 1.2), weight)
        over(picture, line, blurred(pose.mask(lip + np.array([0, 5]), depth * 0.9), 5 * pose.scale), 0.35)
    if panting > 0:
        gap = [
            (256 - wide * 0.86, y - 2),
            (256, y + 3),
            (256 + wide * 0.86, y - 2),
            (256 + wide * 0.56, y + panting * 0.55),
            (256, y + panting * 0.72),
            (256 - wide * 0.56, y + panting * 0.55),
        ]
        over(
            picture,
            (0.10, 0.04, 0.045),
            blurred(pose.mask((through(gap, closed=True).sampled()), depth * 0.8), 1.4),
        )
        lap = [
            (256 - 17, y + 4),
            (256, y + 7),
            (256 + 17, y + 4),
            (256 + 20, y + panting * 0.7),
            (256, y + panting),
            (256 - 20, y + panting * 0.7),
        ]
        tongue = pose.mask((through(lap, closed=True).sampled()), depth * 0.9)
        shade = np.clip(blurred(tongue, 7 * pose.scale), 0, 1)[..., None]
        over(picture, np.array([0.80, 0.42, 0.45], np.float32) * (0.55 + 0.5 * shade), blurred(tongue, 0.9))
        crease = np.array(
            [(254.8, y + 8), (257.2, y + 8), (257.0, y + panting * 0.75), (255.0, y + panting * 0.75)]
        )
        over(picture, (0.45, 0.18, 0.2), blurred(pose.mask(crease, depth * 0.9), 1.5), 0.6)
