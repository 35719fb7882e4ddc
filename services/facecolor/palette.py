"""The colours of a face, measured: which ones there are, and how much of the face each covers.

Nothing here is learned. The fur is sampled inside an ellipse in the head box, with more samples
towards its middle, and clustered in CIELAB by k-means (Lloyd 1982, seeded as in Arthur and
Vassilvitskii 2007); near clusters are merged. The same picture and box give the same palette.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.colour_space import difference, rgb_to_lab
from shared.geometry import Box, RgbImage

GRID = 48
"""The face is averaged down to at most this many pixels a side: texture goes, patches stay."""
SAMPLES = 1500
"""Pixels that are clustered."""
CLUSTERS = 7
"""Clusters before merging; more than colours, so that shading does not swallow a small patch."""
MAX_COLOURS = 5
MERGE_BELOW = 11.0
"""Clusters nearer than this (ΔE*ab, lightness counting less) are one colour."""
LIGHTNESS_WEIGHT = 0.6
"""Light and shadow change L* most, so it counts less than a* and b* when colours are told apart."""
MIN_SHARE = 0.04
"""Smaller clusters are eyes, a nose, a catch light or a tag, seldom fur."""
SEED = 20261120

LabArray = NDArray[np.float64]
_SCALE = np.array([LIGHTNESS_WEIGHT, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class MeasuredColour:
    """A colour of the palette: CIELAB, and its share of the sampled fur, 0…1."""

    lab: tuple[float, float, float]
    share: float


def fur_samples(image: RgbImage, head: Box) -> LabArray:
    """CIELAB of :data:`SAMPLES` places on the face, those near the middle drawn more often.

    Left out: the corners of the box, outside the inscribed ellipse (background); and, where enough
    else remains, colours that no coat has (grass, sky, most collars) and pinks (tongue, gums, inner
    ears).

    Returns:
        Shape (SAMPLES, 3).
    """
    left, top, right, bottom = head.pixels(image.shape[1], image.shape[0])
    face = image[top:bottom, left:right]
    height, width = min(face.shape[0], GRID), min(face.shape[1], GRID)
    small = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA)
    lab = rgb_to_lab(np.asarray(small, np.uint8)).reshape(-1, 3)
    weights = _ellipse(height, width)
    for keep in (~_beyond_coats(lab), ~_pink(lab)):
        # A face that is half tongue is rather a face in red light: then nothing is left out.
        if weights[keep].sum() > 0.5 * weights.sum():
            weights = np.where(keep, weights, 0.0)
    # Systematic resampling: every place is drawn in proportion to its weight, without chance.
    cumulative = np.cumsum(weights)
    positions = (np.arange(SAMPLES) + 0.5) / SAMPLES * cumulative[-1]
    return np.asarray(lab[np.minimum(np.searchsorted(cumulative, positions), len(lab) - 1)])


def _ellipse(height: int, width: int) -> NDArray[np.float64]:
    """Weight of each pixel, row by row: a bell over the box, nothing outside the inscribed ellipse."""
    y = (np.arange(height) + 0.5) / height * 2 - 1
    x = (np.arange(width) + 0.5) / width * 2 - 1
    radius = (y[:, None] ** 2 + x[None, :] ** 2).reshape(-1)
    return np.where(radius < 1, np.exp(-radius), 0.0)


def _beyond_coats(lab: LabArray) -> NDArray[np.bool_]:
    """Greens, blues and violets too strong for a coat, even for a white one in the shade of the sky."""
    chroma, hue = _chroma_and_hue(lab)
    return (chroma > 22) & (hue > 105) & (hue < 330)


def _pink(lab: LabArray) -> NDArray[np.bool_]:
    """Red without yellow. Red coats lie near 45…65°, tongues and gums below 30°."""
    chroma, hue = _chroma_and_hue(lab)
    return (chroma > 15) & ((hue < 27) | (hue >= 330)) & (lab[:, 0] > 25)


def _chroma_and_hue(lab: LabArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = lab[:, 1], lab[:, 2]
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def measure_palette(image: RgbImage, head: Box) -> tuple[MeasuredColour, ...]:
    """One to five colours of the face, the largest share first; shares sum to 1."""
    samples = fur_samples(image, head)
    scaled = (samples * _SCALE).astype(np.float32)
    distinct = len(np.unique(scaled.round(2), axis=0))
    # OpenCV's generator belongs to the thread, so seeding it here makes the answer repeat.
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.3)
    _, labels, _ = cv2.kmeans(
        scaled,
        min(CLUSTERS, distinct),
        None,  # type: ignore[call-overload]  # no initial labels; the stubs do not know that
        stop,
        1,
        cv2.KMEANS_PP_CENTERS,
    )
    counts = np.bincount(labels.reshape(-1))
    centres = np.array(
        [samples[labels.reshape(-1) == index].mean(axis=0) for index in np.flatnonzero(counts)]
    )
    return _tidy(centres, counts[counts > 0] / SAMPLES)


def _tidy(centres: LabArray, shares: NDArray[np.float64]) -> tuple[MeasuredColour, ...]:
    """Merge near clusters, nearest first; drop the tiny ones; keep the five largest."""
    while len(centres) > 1:
        gaps = difference(centres[:, None] * _SCALE, centres[None] * _SCALE)
        gaps[np.tril_indices(len(centres))] = np.inf
        first, second = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
        if gaps[first, second] >= MERGE_BELOW:
            break
        weights = shares[[first, second]]
        centres[first] = weights @ centres[[first, second]] / weights.sum()
        shares[first] = weights.sum()
        centres, shares = np.delete(centres, second, axis=0), np.delete(shares, second)
    order = np.argsort(-shares, kind="stable")[:MAX_COLOURS]
    kept = [index for index in order if shares[index] >= MIN_SHARE] or [int(order[0])]
    total = float(shares[kept].sum())
    return tuple(
        MeasuredColour(
            (float(centres[index, 0]), float(centres[index, 1]), float(centres[index, 2])),
            float(shares[index]) / total,
        )
        for index in kept
    )
