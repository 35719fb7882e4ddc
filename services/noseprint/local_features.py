"""Local features of an aligned nose, and how many of two noses' features agree.

SIFT (Lowe 2004) as RootSIFT (Arandjelović and Zisserman 2012). Aligned noses differ by a small turn,
scale and shift only. That prior is used three times: descriptors are upright, a point's partner is
looked for near its own place, and of the transformations that RANSAC finds only near-identical ones count.
"""

import struct
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import AlignedNose

MOST_POINTS = 256
SMALLEST_SCALE, LARGEST_SCALE = 2.0, 14.0
"""Diameter of the points used, pixels of the aligned nose: smaller is grain, larger the outline."""
CONTRAST = 0.02
SIGMA = 1.2
MARGIN = 0.53
"""Points farther from the middle than this share of the picture's width (height) lie in the fur."""
WINDOW = 30.0
"""How far apart the same spot of two aligned noses may lie, pixels."""
RATIO = 0.92
"""A match must be nearer than this times the nearest other point in the window (Lowe's ratio)."""
OTHER_POINT = 5.0
"""Distance from which a point counts as another point in that test, pixels."""
TOLERANCE = 5.0
"""How far from its mapped place a match may lie to count as an inlier, pixels."""
MAX_TURN, MAX_STRETCH, MAX_SHIFT = 18.0, 1.25, 28.0
"""What the transformation between two aligned noses may do: degrees, factor, pixels at the middle."""
HALF_EVIDENCE = 12.0
"""Evidence at which the score is 0.5."""

_MAGIC = b"PLF1"
_PLACE_STEPS = 128
"""Places are stored in these parts of a pixel."""
_DESCRIPTOR_SCALE = 512.0
_SEED = 1


@dataclass(frozen=True)
class LocalFeatures:
    """Points of an aligned nose and what each looks like."""

    points: NDArray[np.float32]
    """Shape (n, 2): x and y in pixels of the aligned nose; n ≤ 256."""
    descriptors: NDArray[np.uint8]
    """Shape (n, 128): RootSIFT times 512, so each row has a length of about 512."""

    def to_bytes(self) -> bytes:
        """A versioned form to keep: 132 bytes a point and six more."""
        places = np.rint(self.points * _PLACE_STEPS).astype("<u2")
        return _MAGIC + struct.pack("<H", len(places)) + places.tobytes() + self.descriptors.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The opposite of :meth:`to_bytes`.

        Raises:
            ValueError: not such bytes.
        """
        if len(data) < 6 or data[:4] != _MAGIC:
            raise ValueError("not local features of a known version")
        (count,) = struct.unpack_from("<H", data, 4)
        if len(data) != 6 + 132 * count or count > MOST_POINTS:
            raise ValueError(f"local features of {count} points in {len(data)} bytes")
        places = np.frombuffer(data, "<u2", 2 * count, 6).reshape(count, 2)
        descriptors = np.frombuffer(data, np.uint8, 128 * count, 6 + 4 * count).reshape(count, 128)
        return cls((places / _PLACE_STEPS).astype(np.float32), descriptors)


@dataclass(frozen=True)
class LocalMatch:
    """How far two noses' local features agree."""

    inliers: int
    """Number of matched points that agree on one transformation."""
    score: float
    """0…1, rising with the evidence that both are one nose."""
    points_a: NDArray[np.float32]
    """Shape (inliers, 2): the matched points of the first nose, pixels."""
    points_b: NDArray[np.float32]
    """Shape (inliers, 2): the same points of the second nose."""


def extract(nose: AlignedNose) -> LocalFeatures:
    """The most pronounced points of a nose, at most 256. Deterministic."""
    sift = cv2.SIFT.create(nfeatures=2 * MOST_POINTS, contrastThreshold=CONTRAST, sigma=SIGMA)
    found = _detect(sift, nose.pixels)
    kept = []
    places: set[tuple[int, int, int]] = set()
    for point in sorted(found, key=lambda point: (-point.response, point.pt)):
        # SIFT repeats a point once per orientation; upright, these are one.
        place = (round(point.pt[0] * 2), round(point.pt[1] * 2), round(point.size * 2))
        if place in places or not _usable(point, nose):
            continue
        places.add(place)
        point.angle = 0.0
        kept.append(point)
        if len(kept) == MOST_POINTS:
            break
    if not kept:
        return LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    used, raw = sift.compute(nose.pixels, kept)
    rooted = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6))
    descriptors = np.clip(np.rint(rooted * _DESCRIPTOR_SCALE), 0, 255).astype(np.uint8)
    points = np.array([point.pt for point in used], np.float32)
    return LocalFeatures(points, descriptors)


def _detect(sift: cv2.SIFT, pixels: NDArray[np.uint8]) -> list[cv2.KeyPoint]:
    """Points of the picture at its own resolution.

    SIFT doubles its input, which finds points smaller than are of use here and takes four times as long;
    so it is given half the picture, and the points are scaled back.
    """
    half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    points = sift.detect(half, None)
    for point in points:
        point.pt = (2 * point.pt[0] + 0.5, 2 * point.pt[1] + 0.5)
        point.size *= 2
        # The lowest byte is the octave, signed; -1 is the doubled picture.
        octave = (point.octave & 255) - 256 if point.octave & 128 else point.octave & 255
        point.octave = (point.octave & ~255) | (octave + 1)
    return list(points)


def _usable(point: cv2.KeyPoint, nose: AlignedNose) -> bool:
    height, width = nose.pixels.shape
    x, y = point.pt
    if not SMALLEST_SCALE <= point.size <= LARGEST_SCALE:
        return False
    if ((x / width - 0.5) / MARGIN) ** 2 + ((y / height - 0.5) / MARGIN) ** 2 > 1:
        return False
    row, column = min(round(y), height - 1), min(round(x), width - 1)
    return nose.valid is None or bool(nose.valid[row, column])


def match(a: LocalFeatures, b: LocalFeatures) -> LocalMatch:
    """Match two noses point by point. Deterministic."""
    if len(a.points) < 4 or len(b.points) < 4:
        return _no_match()
    first, second, ratio = _mutual_matches(a, b)
    source, target = a.points[first], b.points[second]
    agreeing = _agreeing(source, target)
    if agreeing is None:
        return _no_match()
    evidence = float(np.sum(1 - ratio[agreeing] ** 2)) * 2
    return LocalMatch(
        int(agreeing.sum()),
        evidence / (evidence + HALF_EVIDENCE),
        source[agreeing],
        target[agreeing],
    )


def _no_match() -> LocalMatch:
    nothing = np.zeros((0, 2), np.float32)
    return LocalMatch(0, 0.0, nothing, nothing)


def _mutual_matches(
    a: LocalFeatures, b: LocalFeatures
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Indices of points that are each other's nearest within the window, and their ratio, 0…1.

    The ratio is the distance to the match over that to the nearest other point, the worse of both ways.
    """
    left, right = a.descriptors.astype(np.float32), b.descriptors.astype(np.float32)
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
    squares = np.maximum(squares, 0)
    apart = _squares(a.points, b.points)
    squares[apart > WINDOW**2] = np.inf
    forward, forward_ratio = _nearest(squares, b.points)
    backward, backward_ratio = _nearest(squares.T, a.points)
    rows = np.arange(len(forward))
    mutual = np.isfinite(squares[rows, forward]) & (backward[forward] == rows)
    ratio = np.maximum(forward_ratio, backward_ratio[forward])
    chosen = np.nonzero(mutual & (ratio < RATIO))[0]
    return chosen, forward[chosen], ratio[chosen]


def _squares(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((a[:, None, 0] - b[None, :, 0]) ** 2 + (a[:, None, 1] - b[None, :, 1]) ** 2, np.float32)


def _nearest(
    squares: NDArray[np.float32], places: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each row the nearest column, and its distance over that of the nearest column elsewhere."""
    best = np.asarray(squares.argmin(axis=1), np.intp)
    rows = np.arange(len(best))
    elsewhere = squares.copy()
    elsewhere[(_squares(places, places) < OTHER_POINT**2)[best]] = np.inf
    other = elsewhere.min(axis=1)
    with np.errstate(invalid="ignore"):
        ratio = np.sqrt(squares[rows, best] / np.maximum(other, 1e-6))
    # Alone in its window, a point has nothing to be told apart from, and proves little.
    alone = ~np.isfinite(other)
    return best, np.asarray(np.where(alone, RATIO - 0.02, ratio), np.float32)


def _agreeing(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Which matches agree on one near-identical transformation; None when there is none such."""
    if len(source) < 4:
        return None
    cv2.setRNGSeed(_SEED)
    similarity, _ = cv2.estimateAffinePartial2D(
        source, target, ransacReprojThreshold=TOLERANCE, maxIters=200, confidence=0.995, refineIters=5
    )
    if similarity is None or not _near_identity(np.asarray(similarity, np.float64)):
        return None
    mapped = source @ similarity[:, :2].T + similarity[:, 2]
    agreeing = np.asarray(((mapped - target) ** 2).sum(axis=1) < TOLERANCE**2, np.bool_)
    return agreeing if int(agreeing.sum()) >= 4 else None


def _near_identity(matrix: NDArray[np.float64]) -> bool:
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    turn = abs(float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))))
    middle = np.array([112.0, 96.0])
    shift = float(np.linalg.norm(matrix[:, :2] @ middle + matrix[:, 2] - middle))
    return 1 / MAX_STRETCH <= scale <= MAX_STRETCH and turn <= MAX_TURN and shift <= MAX_SHIFT
