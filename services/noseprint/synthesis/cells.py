"""The skin's pattern: beads parted by grooves, placed by chance in every individual.

The beads are the cells of a Voronoi diagram about relaxed random points (Lloyd 1982), which is what
grows where equally spaced centres compete for room. Sizes drift over the nose, cells stretch along a
direction, some grooves never form and join their cells, and every groove has its own depth.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.synthesis.fields import Field, smooth_noise


@dataclass(frozen=True, slots=True)
class Skin:
    """The relief of the skin."""

    height: Field
    """0 at the bottom of a deep groove, about 1 on top of a bead; shape (height, width)."""
    tone: Field
    """How light each cell is beside its neighbours, about -1…1."""


def _centres(rng: np.random.Generator, width: int, height: int, spacing: float) -> NDArray[np.float32]:
    """Jittered hexagonal grid, bent by a smooth displacement so that sizes drift."""
    across, down = int(width / spacing) + 4, int(height / (spacing * 0.87)) + 4
    columns, rows = np.meshgrid(np.arange(across) - 1.0, np.arange(down) - 1.0)
    columns += 0.5 * (rows % 2)
    points = np.stack([columns.ravel() * spacing, rows.ravel() * spacing * 0.87], 1)
    points += rng.uniform(-0.45, 0.45, points.shape) * spacing
    points += rng.uniform(-0.5, 0.5, 2) * spacing
    places = np.clip(points, 0, (width - 1, height - 1)).astype(int)
    for axis in (0, 1):
        bend = smooth_noise(rng, width, height, 9 * spacing) * spacing * 1.1
        points[:, axis] += bend[places[:, 1], places[:, 0]]
    inside = (points >= 0).all(1) & (points[:, 0] < width) & (points[:, 1] < height)
    return points[inside].astype(np.float32)


def _nearest(points: NDArray[np.float32], width: int, height: int) -> NDArray[np.int32]:
    """Number of the cell that each pixel belongs to, from 1; shape (height, width)."""
    seeds = np.ones((height, width), np.uint8)
    places = np.clip(points, 0, (width - 1, height - 1)).astype(int)
    seeds[places[:, 1], places[:, 0]] = 0
    _, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return np.asarray(labels, np.int32)


def _relaxed(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """The cells' centres of gravity."""
    height, width = labels.shape
    flat = labels.ravel()
    count = np.maximum(np.bincount(flat), 1)
    x = np.bincount(flat, weights=np.tile(np.arange(width), height)) / count
    y = np.bincount(flat, weights=np.repeat(np.arange(height), width)) / count
    return np.stack([x[1:], y[1:]], 1).astype(np.float32)


def _grooves(labels: NDArray[np.int32], missing: float, salt: int) -> NDArray[np.uint8]:
    """Mask of the pixels where two cells meet; a share ``missing`` of the meetings has no groove."""
    mask = np.zeros(labels.shape, np.uint8)
    threshold = int(missing * 1000)
    for here, there, target in (
        (labels[:, :-1], labels[:, 1:], mask[:, :-1]),
        (labels[:-1], labels[1:], mask[:-1]),
    ):
        low, high = np.minimum(here, there).astype(np.int64), np.maximum(here, there).astype(np.int64)
        chance = (low * 73856093 ^ high * 19349663 ^ salt * 83492791) % 1000
        target |= ((here != there) & (chance >= threshold)).astype(np.uint8)
    return mask


def grow_skin(rng: np.random.Generator, width: int, height: int, spacing: float) -> Skin:
    """Grow the relief of one individual's skin.

    Args:
        rng: the individual's own source of chance.
        width: of the canvas, in pixels.
        height: likewise.
        spacing: mean distance of the cells' centres in pixels of the canvas.
    """
    stretch = float(np.exp(rng.normal(0, 0.12)))
    wide, high = round(width * stretch), round(height / stretch)
    labels = _nearest(_centres(rng, wide, high, spacing), wide, high)
    labels = _nearest(_relaxed(labels), wide, high)
    salt = int(rng.integers(1, 1000))
    grooves = _grooves(labels, float(rng.uniform(0.05, 0.22)), salt)
    distance = cv2.distanceTransform(1 - grooves, cv2.DIST_L2, 3)
    # Bend the straight edges a little, and bring the stretched canvas to its size.
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    wiggle = 0.13 * spacing
    across = columns * ((wide - 1) / (width - 1)) + wiggle * smooth_noise(rng, width, height, 1.6 * spacing)
    down = rows * ((high - 1) / (height - 1)) + wiggle * smooth_noise(rng, width, height, 1.6 * spacing)
    distance = cv2.remap(distance, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    per_cell = rng.normal(0, 1, int(labels.max()) + 1).astype(np.float32)
    tone = cv2.remap(per_cell[labels], across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    groove_width = rng.uniform(0.10, 0.19) * spacing
    wall = 1 - np.exp(-((distance / groove_width) ** 2))
    dome = np.minimum(distance / (0.5 * spacing), 1) ** 0.8
    flatness = rng.uniform(0.35, 0.75)
    bead = flatness * wall + (1 - flatness) * dome
    depth = np.clip(0.72 + 0.3 * smooth_noise(rng, width, height, 5 * spacing), 0.12, 1.1)
    relief = bead * depth + 0.06 * depth * tone * wall
    relief += 0.035 * smooth_noise(rng, width, height, 0.35 * spacing)
    return Skin(np.asarray(relief, np.float32), np.asarray(np.clip(tone / 2.5, -1, 1), np.float32))
