"""Views of labelled pictures for the detector: near, far, turned, cut off, dark, blurred, off a screen."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.training.detector_labels import LabelledPicture, clipped
from shared.geometry import Box, RgbImage

SHAPES = [(320, 320), (320, 240), (240, 320), (320, 180)]
"""Width and height of a view, in pixels."""
MAX_ENLARGEMENT = 6.0
"""How far a small nose may be enlarged: beyond that nothing of a nose is left to learn."""
WIDEST_NOSE = 0.92
"""Largest share of a view's width or height that a nose may fill."""
KEPT_VISIBLE = 0.6
"""Share of a nose's box that must be in view to be a label; what shows less is not shown at all."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture to train on and the noses in it."""

    image: RgbImage
    noses: tuple[Box, ...]


def mapped(
    box: Box, affine: NDArray[np.float64], source: tuple[int, int], target: tuple[int, int]
) -> Box | None:
    """The box around the ellipse that fills ``box``, after an affine map of pixels.

    Args:
        affine: shape (2, 3), source pixels to target pixels.
        source: width and height of the picture that the box belongs to.
        target: width and height of the view.

    Returns:
        None when less than :data:`KEPT_VISIBLE` of it lies in the view.
    """
    centre = np.array([(box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2]) * source
    radii = np.array([(box.x_max - box.x_min) / 2, (box.y_max - box.y_min) / 2]) * source
    middle = affine[:, :2] @ centre + affine[:, 2]
    half = np.linalg.norm(affine[:, :2] * radii, axis=1)
    edges = [*((middle - half) / target), *((middle + half) / target)]
    inside = clipped(edges)
    whole = (edges[2] - edges[0]) * (edges[3] - edges[1])
    return inside if inside is not None and inside.area >= KEPT_VISIBLE * whole else None


def zoomed(picture: LabelledPicture, random: np.random.Generator) -> View | None:
    """A view around one of the noses, from about its size in the picture up to filling the view.

    None when another nose of the picture would be cut so that nobody could say whether it is one.
    """
    width, height = (int(side) for side in SHAPES[random.integers(len(SHAPES))])
    extent = np.array([picture.image.shape[1], picture.image.shape[0]])
    nose = picture.noses[random.integers(len(picture.noses))]
    size = np.array([nose.x_max - nose.x_min, nose.y_max - nose.y_min]) * extent
    # A nose in front of the camera is about 1.2 times as wide as high; the view fills by the larger ratio.
    largest = WIDEST_NOSE / float(np.max(size / (width, height)))
    smallest = 0.8 * min(width / extent[0], height / extent[1])
    largest = max(min(largest, MAX_ENLARGEMENT), smallest)
    scale = smallest * (largest / smallest) ** float(random.random() ** 0.8)
    angle = float(random.normal(0, 14))
    stretch = float(np.exp(random.normal(0, 0.08)))
    turn = cv2.getRotationMatrix2D((0.0, 0.0), angle, scale)[:, :2] @ np.diag([stretch, 1 / stretch])
    if random.random() < 0.5:
        turn = turn @ np.diag([-1.0, 1.0])
    half = np.linalg.norm(turn * (size / 2), axis=1)
    # Anywhere in the view, now and then cut by its edge.
    cut = 0.35 if random.random() < 0.12 else 0.0
    room = np.maximum(np.array([width, height]) / 2 - half * (1 - cut), 0)
    centre = np.array([(nose.x_min + nose.x_max) / 2, (nose.y_min + nose.y_max) / 2]) * extent
    middle = np.array([width, height]) / 2 + random.uniform(-1, 1, 2) * room * random.uniform(0.2, 1)
    affine = np.column_stack([turn, middle - turn @ centre])
    return warped(picture, affine, (width, height), random)


def warped(
    picture: LabelledPicture, affine: NDArray[np.float64], size: tuple[int, int], random: np.random.Generator
) -> View | None:
    """A view through an affine map; None when it would show part of a nose that it could not label."""
    extent = picture.image.shape[1], picture.image.shape[0]
    boxes = []
    for nose in picture.noses:
        box = mapped(nose, affine, extent, size)
        if box is not None:
            boxes.append(box)
        elif touches(nose, affine, extent, size):
            return None
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    image = picture.image
    if scale < 1:
        # Without this a shrunken picture would be sharper and noisier than a real one.
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 / scale), np.uint8)
    border = cv2.BORDER_REPLICATE if random.random() < 0.3 else cv2.BORDER_CONSTANT
    colour = [float(random.choice([0, 0, 114, 255])) + float(random.uniform(-10, 10))] * 3
    view = cv2.warpAffine(image, affine, size, flags=cv2.INTER_CUBIC, borderMode=border, borderValue=colour)
    return View(np.asarray(view, np.uint8), tuple(boxes))


def touches(box: Box, affine: NDArray[np.float64], source: tuple[int, int], target: tuple[int, int]) -> bool:
    """Whether any part of a box reaches into the view."""
    corners = np.array([[x, y] for x in (box.x_min, box.x_max) for y in (box.y_min, box.y_max)]) * source
    points = corners @ affine[:, :2].T + affine[:, 2]
    low, high = points.min(axis=0), points.max(axis=0)
    return bool((high > 0).all() and (low < target).all())


def without_nose(picture: LabelledPicture, random: np.random.Generator) -> View | None:
    """A part of the dog that shows no nose: eyes, ears, fur, mouth; None when the draw shows one."""
    width, height = (int(side) for side in SHAPES[random.integers(len(SHAPES))])
    extent = np.array([picture.image.shape[1], picture.image.shape[0]])
    nose = picture.noses[0]
    size = np.array([nose.x_max - nose.x_min, nose.y_max - nose.y_min]) * extent
    centre = np.array([(nose.x_min + nose.x_max) / 2, (nose.y_min + nose.y_max) / 2]) * extent
    span = float(size.max()) * random.uniform(1.2, 4.0)
    direction = random.uniform(0, 2 * np.pi)
    away = centre + np.array([np.cos(direction), np.sin(direction)]) * (
        span / 2 + size.max()
    ) * random.uniform(1.0, 1.6)
    if not ((away > 0).all() and (away < extent).all()):
        return None
    scale = min(width, height) / span
    turn = cv2.getRotationMatrix2D((0.0, 0.0), float(random.normal(0, 20)), min(scale, MAX_ENLARGEMENT))[
        :, :2
    ]
    affine = np.column_stack([turn, np.array([width, height]) / 2 - turn @ away])
    view = warped(picture, affine, (width, height), random)
    return view if view is not None and not view.noses else None


def on_backdrop(view: View, backdrop: RgbImage, random: np.random.Generator) -> View:
    """The view as a picture within another one, as when a screen or a print is photographed."""
    height, width = backdrop.shape[:2]
    scale = float(random.uniform(0.55, 0.9)) * min(width / view.image.shape[1], height / view.image.shape[0])
    inner = cv2.resize(view.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left = int(random.integers(0, width - inner.shape[1] + 1))
    top = int(random.integers(0, height - inner.shape[0] + 1))
    image = backdrop.copy()
    image[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    noses = tuple(
        Box(
            (left + nose.x_min * inner.shape[1]) / width,
            (top + nose.y_min * inner.shape[0]) / height,
            (left + nose.x_max * inner.shape[1]) / width,
            (top + nose.y_max * inner.shape[0]) / height,
        )
        for nose in view.noses
    )
    return View(image, noses)


def natural_light(image: RgbImage, random: np.random.Generator, stretched: bool) -> RgbImage:
    """Light, colour, blur, noise and compression as phones give them.

    Args:
        stretched: the picture's contrast was exaggerated; it is mostly taken back.
    """
    pixels = image.astype(np.float32) / 255
    if stretched and random.random() < 0.6:
        soft = np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(random.uniform(0.6, 1.6))), np.float32)
        level = pixels.mean()
        pixels = level + (soft - level) * float(random.uniform(0.4, 0.9))
    if random.random() < 0.4:
        pixels = np.clip(pixels, 0, 1) ** float(np.exp(random.normal(0.05, 0.3)))
    if random.random() < 0.3:
        pixels = pixels * np.exp(random.normal(0, 0.08, 3)).astype(np.float32)
    if random.random() < 0.25:
        grey = pixels.mean(axis=2, keepdims=True)
        pixels = grey + (pixels - grey) * float(random.uniform(0, 1.5))
    if random.random() < 0.2:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(random.uniform(0.5, 2.0))), np.float32)
    if random.random() < 0.15:
        noise = random.normal(0, float(random.uniform(0.005, 0.04)), pixels.shape)
        pixels = pixels + noise.astype(np.float32)
    result = np.asarray(np.clip(pixels, 0, 1) * 255, np.uint8)
    if random.random() < 0.25:
        quality = int(random.integers(15, 80))
        _, coded = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, quality])
        result = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), np.uint8)
    return result
