"""Random views of a photo for training: frames that wander, light that changes, detail that is lost."""

from collections.abc import Sequence

import cv2
import numpy as np

from services.traits.preprocessing import (
    BUST_MARGIN,
    HEAD_MARGIN,
    Frame,
    Role,
    centre_frame,
    square_around,
    whole_frame,
)
from services.traits.training.photos import Photo
from shared.geometry import Box, RgbImage

Views = Sequence[tuple[Role, Frame]]


def random_box(rng: np.random.Generator, aspect: float) -> Box:
    """A square anywhere in a photo, 15 to 60 % of its width."""
    side = rng.uniform(0.15, 0.6)
    wide, high = min(side, 1.0), min(side * aspect, 1.0)
    x, y = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - high)
    return Box(x, y, min(x + wide, 1.0), min(y + high, 1.0))


def _around(box: Box, margin: float, aspect: float, zoom: float, rng: np.random.Generator) -> Frame:
    """Other detectors frame a head differently: shift by up to 10 % of the view, scale by up to 25 %."""
    dx, dy = rng.uniform(-0.1, 0.1, 2)
    scale = zoom * float(np.exp(rng.uniform(-0.22, 0.22)))
    return square_around(box, margin, aspect).moved(dx, dy, scale).kept_inside()


def _whole(aspect: float, zoom: float, rng: np.random.Generator) -> Frame:
    """Anything between the whole photo and the square in its middle, somewhere in the photo."""
    largest, smallest = whole_frame(aspect), centre_frame(aspect)
    between = rng.uniform()
    scale = zoom * rng.uniform(0.78, 1.1)
    width = (smallest.width + (largest.width - smallest.width) * between) * scale
    height = (smallest.height + (largest.height - smallest.height) * between) * scale
    x, y = rng.uniform(0.25, 0.75, 2)
    return Frame(x, y, width, height).kept_inside()


def random_views(photo: Photo, zoom: float, rng: np.random.Generator) -> Views:
    """Whole, head and bust with wandering frames.

    Half of the time one of the three is left out, so that each view learns to do alone.
    A dog without a head box gets a view of its body in the bust's place; what is no dog gets views
    around a box at random, since a detector that errs frames anything.

    Args:
        photo: whose views.
        zoom: below 1 the frames are that much tighter. Training at 192 px with 192/224 shows things at
            the size at which 224 px shows them later (Touvron et al. 2019, FixRes), at less cost.
        rng: source of chance.
    """
    aspect = photo.aspect
    views = [(Role.WHOLE, _whole(aspect, zoom, rng))]
    head = photo.head
    if not photo.is_dog and rng.random() < 0.7:
        head = random_box(rng, aspect)
    if head is not None:
        views.append((Role.HEAD, _around(head, HEAD_MARGIN, aspect, zoom, rng)))
        views.append((Role.BUST, _around(head, BUST_MARGIN, aspect, zoom, rng)))
        if rng.random() < 0.5:
            views.pop(int(rng.integers(len(views))))
    elif photo.bodies and rng.random() < 0.6:
        views.append((Role.BUST, _around(photo.bodies[0], 1.0, aspect, zoom, rng)))
    return views


def background(photo: Photo, rng: np.random.Generator) -> Frame | None:
    """A frame of a dog's photo that touches no dog's body, if chance finds one."""
    for _ in range(20):
        box = random_box(rng, photo.aspect)
        if all(box.iou(body) == 0 for body in photo.bodies):
            return square_around(box, 1.0, photo.aspect)
    return None


def blank(size: int, rng: np.random.Generator) -> RgbImage:
    """A picture of nothing: one colour, a gradient, a coarse blur or noise; (size, size, 3)."""
    kind = rng.integers(4)
    colours = rng.uniform(0, 255, (2, 3))
    if kind == 0:
        picture = np.broadcast_to(colours[0], (size, size, 3))
    elif kind == 1:
        ramp = np.linspace(0, 1, size)[:, None, None]
        picture = np.broadcast_to(colours[0] * ramp + colours[1] * (1 - ramp), (size, size, 3))
        picture = picture if rng.random() < 0.5 else picture.transpose(1, 0, 2)
    elif kind == 2:
        coarse = rng.uniform(0, 255, (int(rng.integers(2, 9)), int(rng.integers(2, 9)), 3)).astype(np.float32)
        picture = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    else:
        picture = colours[0] + rng.normal(0, rng.uniform(5, 80), (size, size, 3))
    grain = rng.normal(0, rng.uniform(0, 6), (size, size, 3))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
