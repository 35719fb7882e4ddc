"""Light on the relief: grooves show by the shadows they throw, so they look different in every light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.synthesis.fields import Field, smooth_noise, smoothstep


@dataclass(frozen=True, slots=True)
class Light:
    """One photo's light and how wet the nose is."""

    directions: tuple[NDArray[np.float64], ...]
    """Unit vectors towards the lamps in the camera's axes (right, down, towards the camera)."""
    strengths: tuple[float, ...]
    colours: tuple[NDArray[np.float64], ...]
    """(3,) each: the lamps' colours, about 1."""
    ambient: float
    """Share of light from everywhere."""
    wetness: float
    """0 dry … 1 dripping: how bright the mirror image of a lamp is."""
    gloss: float
    """Exponent of the mirror's lobe: the higher, the smaller and sharper the reflection."""
    relief: float
    """How deep the skin's relief is today: dry skin is rougher."""


def _direction(rng: np.random.Generator) -> NDArray[np.float64]:
    """Mostly from above, from anywhere before the nose."""
    around, height = rng.normal(-np.pi / 2, 1.1), rng.uniform(0.15, 1.45)
    flat = np.cos(height)
    return np.array([flat * np.cos(around), flat * np.sin(around), np.sin(height)])


def draw_light(rng: np.random.Generator, hardness: float) -> Light:
    """Light such as photos have, from one or two lamps; ``hardness`` 1 is ordinary."""
    count = int(rng.integers(1, 3))
    return Light(
        directions=tuple(_direction(rng) for _ in range(count)),
        strengths=tuple(float(rng.uniform(0.35, 1.2)) / (index + 1) for index in range(count)),
        colours=tuple(np.exp(rng.normal(0, 0.06, 3)) for _ in range(count)),
        ambient=float(rng.uniform(0.12, 0.6)),
        wetness=float(rng.beta(0.9, 1.6)) * hardness,
        gloss=float(np.exp(rng.uniform(np.log(8), np.log(70)))),
        relief=float(np.exp(rng.normal(-0.1, 0.30))),
    )


def shade(
    relief: Field,
    colour: NDArray[np.float32],
    light: Light,
    rotation: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Linear light that reaches the camera, (height, width, 3), about 0…1.

    Args:
        relief: (height, width, 3): slopes across and down, light that reaches the spot.
        colour: (height, width, 3): reflectance in linear light.
        light: of this photo.
        rotation: from the nose's axes to the camera's.
        rng: of this photo; where the nose is wet.
    """
    height, width = relief.shape[:2]
    slope_x, slope_y, open_sky = cv2.split(relief)
    slope_x, slope_y = slope_x * light.relief, slope_y * light.relief
    inverse = 1 / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    towards_camera = rotation.T @ np.array([0.0, 0.0, 1.0])
    diffuse = np.full((height, width, 3), light.ambient, np.float32)
    mirror = np.zeros((height, width, 3), np.float32)
    for direction, strength, tint in zip(light.directions, light.strengths, light.colours, strict=True):
        x, y, z = (float(part) for part in rotation.T @ direction)  # NumPy's scalars would widen the maps
        facing = np.clip((z - slope_x * x - slope_y * y) * inverse, 0, None)
        diffuse += (strength * tint).astype(np.float32) * facing[..., None]
        halfway = np.array((x, y, z)) + towards_camera
        x, y, z = (float(part) for part in halfway / np.linalg.norm(halfway))
        likeness = np.clip((z - slope_x * x - slope_y * y) * inverse, 1e-3, 1).astype(np.float32)
        # cv2.pow is several times faster than NumPy's.
        mirror += (strength * tint).astype(np.float32) * cv2.pow(likeness, light.gloss)[..., None]
    wet = (
        smoothstep(smooth_noise(rng, width, height, 60), -1.2, 0.8)
        * light.wetness
        * (0.03 + 0.012 * light.gloss)
    )
    seen = colour * diffuse * open_sky[..., None] + (mirror * wet[..., None]) * open_sky[..., None]
    return np.asarray(seen, np.float32)
