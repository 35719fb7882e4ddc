"""Where the second colour lies on a painted dog. Masks are 0…1 over the whole picture."""

import numpy as np
from numpy.random import Generator

from services.icon.artwork.curves import half, through
from services.icon.painting import anatomy
from services.icon.painting.anatomy import Anatomy, Pose
from services.icon.painting.fields import Field, blurred, f32, noise
from services.icon.painting.subject import Subject
from shared.vocabulary import Pattern

Shape = tuple[int, int]


def on_head(rng: Generator, subject: Subject, pose: Pose, shape: Shape, body: Anatomy) -> Field | None:
    """The markings of the face; None where there are none."""
    head = body.head
    match subject.pattern:
        case Pattern.NONE:
            return None
        case Pattern.EAR_PATCH:
            both = rng.random() < 0.55
            sides = (-1, 1) if both else (int(rng.choice((-1, 1))),)
            mask = np.zeros(shape, np.float32)
            for side in sides:
                mask = np.maximum(mask, _patch(rng, pose, body, side, head.outline[0][1]))
            return blurred(mask, 1.5)
        case Pattern.SPOTTED:
            return spots(rng, pose, shape)
        case Pattern.MUZZLE:
            return blurred(pose.mask(anatomy.mask_pattern(subject.head), body.reach * 0.3), 7 * pose.scale)
        case Pattern.BLAZE:
            wide = rng.uniform(0.7, 1.3)
            muzzle_x, muzzle_y = head.muzzle[3]
            stripe = (
                (0, head.outline[0][1] - 8),
                (20 * wide, head.outline[0][1]),
                (15 * wide, body.eye_y - 40),
                (13 * wide, body.eye_y),
                (body.nose_w + 14, body.nose_y - 8),
                (muzzle_x + 2, muzzle_y),
                (muzzle_x - 8, head.chin_y),
                (0, head.chin_y + 20),
            )
            upper = pose.mask(half(stripe).both_halves().sampled(), body.reach * 0.35)
            return blurred(np.maximum(upper, pose.mask(anatomy.muzzle(subject.head), body.reach * 0.55)), 1.5)
        case Pattern.POINTS:
            mask = np.zeros(shape, np.float32)
            for side in (-1, 1):
                brow = pose.disc(256 + side * body.eye_dx * 0.86, body.eye_y - body.eye_r - 15, 12, 9, 45)
                mask = np.maximum(mask, brow)
                points = [
                    (256 + side * (body.nose_w + 3), body.nose_y - 6),
                    (256 + side * (head.muzzle[2][0] + 12), body.nose_y + 4),
                    (256 + side * (head.muzzle[3][0] + 18), body.mouth_y - 6),
                    (256 + side * (head.muzzle[3][0]), body.chin_y - 6),
                    (256 + side * 4, body.chin_y + 4),
                    (256 + side * 10, body.mouth_y + 8),
                    (256 + side * (body.nose_w - 2), body.nose_y + body.nose_h + 4),
                ]
                mask = np.maximum(mask, pose.mask(through(points, closed=True).sampled(), body.reach * 0.6))
            return blurred(mask, 3 * pose.scale)


def on_ears(rng: Generator, subject: Subject, pose: Pose, shape: Shape) -> Field | None:
    """Spots go over the ears as well."""
    return spots(rng, pose, shape) if subject.pattern is Pattern.SPOTTED else None


def on_body(rng: Generator, subject: Subject, pose: Pose, shape: Shape) -> Field | None:
    """Spots on the ruff."""
    return on_ears(rng, subject, pose, shape)


def chest(rng: Generator, subject: Subject, pose: Pose, shape: Shape) -> Field | None:
    """The marking of the chest."""
    match subject.pattern:
        case Pattern.SPOTTED:
            return spots(rng, pose, shape)
        case Pattern.BLAZE | Pattern.POINTS:
            wide = 70 * rng.uniform(0.7, 1.4)
            bib = half(
                ((0, 360), (wide * 0.8, 390), (wide, 450), (wide * 0.9, 560), (wide * 0.7, 800), (0, 900))
            )
            return blurred(pose.mask(bib.both_halves().sampled(), -60), 4 * pose.scale)
        case _:
            return None


def spots(rng: Generator, pose: Pose, shape: Shape) -> Field:
    """Round spots or, as often, the ragged flecks of merle and ticking."""
    if rng.random() < 0.5:
        field = noise(rng, shape, rng.uniform(6, 13) * pose.scale)
        return f32(np.clip((field - rng.uniform(0.55, 1.0)) * 4, 0, 1))
    mask = np.zeros(shape, np.float32)
    for _ in range(90):
        x, y = rng.uniform(20, 492), rng.uniform(40, 760)
        radius = rng.uniform(5, 15)
        angle = np.linspace(0, 2 * np.pi, 9)[:-1]
        reach = radius * rng.uniform(0.7, 1.25, 8)
        points = [(x + r * np.cos(a), y + r * np.sin(a)) for r, a in zip(reach, angle, strict=True)]
        mask = np.maximum(mask, pose.mask(through(points, closed=True).sampled()))
    return blurred(mask, 1.2)


def _patch(rng: Generator, pose: Pose, body: Anatomy, side: int, top: float) -> Field:
    x, y = body.eye_dx, body.eye_y
    points = [
        (rng.uniform(36, 60), top - 20),
        (190, top - 10),
        (190, y + 40),
        (x + 40, y + body.eye_r + rng.uniform(24, 60)),
        (x + 4, y + body.eye_r + 20),
        (x - body.eye_r - rng.uniform(6, 16), y + 4),
        (rng.uniform(30, 46), y - 50),
    ]
    return pose.mask(through([(256 + side * u, v) for u, v in points], closed=True).sampled(), 20)
