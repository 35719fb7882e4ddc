"""Photos of a grown nose, each in its own pose, light and weather."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.noseprint.synthesis.camera import photograph
from services.noseprint.synthesis.fields import Field
from services.noseprint.synthesis.individual import NOSE_WIDTH, Individual
from services.noseprint.synthesis.lighting import draw_light, shade
from services.noseprint.synthesis.pose import draw_pose, project
from services.noseprint.synthesis.surroundings import blend, cover, draw_coat
from shared.geometry import Box, RgbImage

SIZE = (288, 256)
"""Width and height at which views are drawn, before the camera takes resolution away."""


HARDNESS = 1.0
"""Hardness of the sets for training and evaluation, at which neither plain ImageNet features nor SIFT with
RANSAC tell individuals apart well (AUC ≤ 0.9)."""


@dataclass(frozen=True, slots=True)
class NosePhoto:
    """A photo of a nose and the box that a detector would give."""

    image: RgbImage
    box: Box


def _seen(field: Field, places: tuple[Field, Field], outside: float | None = None) -> Field:
    """A map of the nose as the camera sees it; beyond it ``outside``, or the nearest value."""
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    seen = cv2.remap(field, *places, cv2.INTER_LINEAR, borderMode=border, borderValue=(outside or 0.0,) * 4)
    return np.asarray(seen, np.float32)


def _box(rng: np.random.Generator, left: float, top: float, right: float, bottom: float) -> Box:
    """The true box (fractions) as a detector sees it: edges off by a few per cent."""
    width, height = right - left, bottom - top
    offsets = rng.normal(0, 0.022, 4) * (width, height, width, height)
    edges = np.clip(np.array((left, top, right, bottom)) + offsets, 0, 1)
    return Box(*(float(edge) for edge in edges))


def take_photo(
    individual: Individual, seed: int, number: int, view: int, hardness: float = HARDNESS
) -> NosePhoto:
    """The photo ``view`` of individual ``number``; the same arguments always give the same photo.

    Args:
        individual: grown from ``seed`` and ``number``.
        seed: of the whole set.
        number: of the individual.
        view: number of the photo.
        hardness: how far photos stray from a studio's: 1 is what owners take, 0 is a studio.
    """
    rng = np.random.default_rng([seed, number, 2, view])
    width, height = SIZE
    pose = draw_pose(rng, hardness)
    zoom = width * rng.uniform(0.70, 0.84) / NOSE_WIDTH
    view_of = project(individual, pose, rng, SIZE, zoom)
    places = (view_of.across, view_of.down)
    relief = _seen(individual.relief, places)
    colour = _seen(individual.colour, places)
    inside = _seen(individual.inside, places, outside=-99.0)
    nose = shade(relief, colour, draw_light(rng, hardness), view_of.rotation, rng)
    coat, hair = draw_coat(rng, SIZE, individual.fur)
    light = blend(nose, coat, inside, hair)
    cover(rng, light, hardness)
    image = photograph(rng, light, NOSE_WIDTH * zoom, hardness)
    (left, top), (right, bottom) = view_of.outline.min(0), view_of.outline.max(0)
    box = _box(
        rng,
        max(float(left) / width, 0.0),
        max(float(top) / height, 0.0),
        min(float(right) / width, 1.0),
        min(float(bottom) / height, 1.0),
    )
    return NosePhoto(image, box)
