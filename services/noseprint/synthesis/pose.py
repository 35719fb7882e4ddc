"""Where on the nose each pixel of a photo looks, for a camera that does not stand straight before it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.synthesis.fields import Field, smooth_noise
from services.noseprint.synthesis.individual import HEIGHT, NOSE_WIDTH, WIDTH, Individual

_STEP = 8
"""The mapping is worked out on every eighth pixel and interpolated."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How the camera stands; angles in radians."""

    yaw: float
    pitch: float
    roll: float
    distance: float
    """Camera's distance in half widths of the nose: the nearer, the stronger the perspective."""
    stretch: float
    """Amplitude in canvas pixels by which living skin is drawn out of shape."""

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3): from the nose's axes (right, down, towards the camera) to the camera's."""
        cy, sy, cp, sp = np.cos(self.yaw), np.sin(self.yaw), np.cos(self.pitch), np.sin(self.pitch)
        cr, sr = np.cos(self.roll), np.sin(self.roll)
        turn = np.array([(cy, 0, sy), (0, 1, 0), (-sy, 0, cy)])
        nod = np.array([(1, 0, 0), (0, cp, sp), (0, -sp, cp)])
        tilt = np.array([(cr, -sr, 0), (sr, cr, 0), (0, 0, 1)])
        return np.asarray(tilt @ nod @ turn)


def draw_pose(rng: np.random.Generator, hardness: float) -> Pose:
    """A pose such as owners' photos have; ``hardness`` 1 is ordinary, 0 straight before the nose."""
    return Pose(
        yaw=float(np.clip(rng.normal(0, np.radians(11)), -0.5, 0.5)) * hardness,
        pitch=float(np.clip(rng.normal(np.radians(3), np.radians(10)), -0.45, 0.5)) * hardness,
        roll=float(np.clip(rng.normal(0, np.radians(7)), -0.4, 0.4)) * hardness,
        distance=float(rng.uniform(3.0, 9.0)),
        stretch=float(rng.uniform(1.0, 4.5)) * hardness,
    )


@dataclass(frozen=True, slots=True)
class Projection:
    """A pose applied to a nose."""

    across: Field
    """Canvas x that each pixel of the photo looks at."""
    down: Field
    """Canvas y likewise."""
    outline: NDArray[np.float32]
    """(n, 2): the outline in pixels of the photo."""
    rotation: NDArray[np.float64]


def _project(
    points: NDArray[np.float32], depth: NDArray[np.floating | np.integer], pose: Pose
) -> NDArray[np.float32]:
    """Canvas points (…, 2) at ``depth`` → offsets from the photo's centre in canvas pixels (…, 2)."""
    half = NOSE_WIDTH / 2
    x, y = points[..., 0] - WIDTH / 2, points[..., 1] - HEIGHT / 2
    moved = np.stack([x, y, depth - 0.5 * half], -1) @ pose.rotation.T
    zoom = pose.distance * half / (pose.distance * half - moved[..., 2])
    return np.asarray(moved[..., :2] * zoom[..., None], np.float32)


def project(
    individual: Individual, pose: Pose, rng: np.random.Generator, size: tuple[int, int], zoom: float
) -> Projection:
    """Map a photo of ``size`` (width, height), on which a canvas pixel measures ``zoom`` pixels."""
    width, height = size
    rows, columns = np.mgrid[0 : height + _STEP : _STEP, 0 : width + _STEP : _STEP].astype(np.float32)
    wanted = np.stack([(columns - width / 2) / zoom, (rows - height / 2) / zoom], -1)
    centre = np.array((WIDTH / 2, HEIGHT / 2), np.float32)
    places = wanted + centre
    for _ in range(5):  # Fixed-point iteration: move each place by what its projection misses.
        depth = cv2.remap(
            individual.bulge,
            places[..., 0],
            places[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        places = places + 0.8 * (wanted - _project(places, depth, pose))
    places = np.asarray(np.clip(places, -WIDTH, 2 * WIDTH), np.float32)
    grid_height, grid_width = places.shape[:2]
    for axis in (0, 1):
        places[..., axis] += pose.stretch * smooth_noise(rng, grid_width, grid_height, 12)
    full = (grid_width * _STEP, grid_height * _STEP)
    # cv2.resize centres its samples: the grid's first sample lies half a step inside.
    shift = np.array([(1, 0, -(_STEP - 1) / 2), (0, 1, -(_STEP - 1) / 2)], np.float32)
    fine = cv2.warpAffine(
        cv2.resize(places, full, interpolation=cv2.INTER_LINEAR),
        shift,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    depth = cv2.remap(
        individual.bulge,
        individual.outline[:, 0].copy(),
        individual.outline[:, 1].copy(),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).reshape(-1)
    outline = _project(individual.outline, depth, pose) * zoom + (width / 2, height / 2)
    return Projection(
        np.ascontiguousarray(fine[..., 0]), np.ascontiguousarray(fine[..., 1]), outline, pose.rotation
    )
