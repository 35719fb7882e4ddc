"""What lies behind the dog: out-of-focus gardens, rooms, beaches and snow."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator

from services.icon.painting.fields import Field, blurred, f32, noise


class Scene(StrEnum):
    """Where a dog sits."""

    GARDEN = "garden"
    FOREST = "forest"
    ROOM = "room"
    SOFA = "sofa"
    BEACH = "beach"
    SNOW = "snow"
    STREET = "street"


Rgb = tuple[int, int, int]
# Colours of what is far, of what is near, and of things between, sRGB 0-255.
_COLOURS: dict[Scene, tuple[list[Rgb], list[Rgb], list[Rgb]]] = {
    Scene.GARDEN: (
        [(150, 175, 120), (196, 214, 226)],
        [(92, 128, 52), (120, 150, 70)],
        [(60, 88, 40), (170, 180, 90), (190, 90, 80)],
    ),
    Scene.FOREST: (
        [(70, 84, 52), (120, 130, 84)],
        [(96, 80, 54), (88, 104, 50)],
        [(48, 40, 30), (150, 160, 110), (80, 66, 48)],
    ),
    Scene.ROOM: (
        [(206, 196, 180), (188, 190, 192)],
        [(150, 116, 82), (120, 92, 70)],
        [(110, 84, 66), (236, 230, 218), (96, 104, 118)],
    ),
    Scene.SOFA: (
        [(178, 170, 160), (140, 148, 160)],
        [(124, 96, 90), (92, 108, 124)],
        [(170, 150, 130), (70, 76, 90), (200, 196, 186)],
    ),
    Scene.BEACH: (
        [(150, 186, 210), (196, 214, 224)],
        [(208, 190, 156), (190, 172, 140)],
        [(90, 130, 150), (226, 220, 204), (160, 140, 110)],
    ),
    Scene.SNOW: (
        [(176, 190, 204), (210, 218, 226)],
        [(226, 230, 236), (206, 214, 224)],
        [(96, 106, 104), (140, 150, 160), (236, 238, 242)],
    ),
    Scene.STREET: (
        [(150, 146, 142), (176, 180, 186)],
        [(126, 124, 120), (150, 144, 136)],
        [(96, 88, 84), (186, 120, 96), (70, 76, 84)],
    ),
}


def painted(rng: Generator, scene: Scene, width: int, height: int) -> Field:
    """A background, out of focus: shape (height, width, 3), sRGB 0…1."""
    far, near, things = _COLOURS[scene]
    top, foot = np.array(far[rng.integers(len(far))]) / 255, np.array(near[rng.integers(len(near))]) / 255
    top, foot = top * rng.uniform(0.75, 1.12), foot * rng.uniform(0.75, 1.1)
    horizon = rng.uniform(0.3, 0.75) * height
    y = np.arange(height, dtype=np.float32)[:, None]
    ground = 1 / (1 + np.exp(-(y - horizon) / rng.uniform(6, 40)))
    # Ground comes nearer, so it grows lighter and coarser towards the foot of the picture.
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = top * (1 - ground[..., None]) + foot * ground[..., None]
    for _ in range(rng.integers(6, 22)):
        colour = f32(np.array(things[rng.integers(len(things))]) / 255 * rng.uniform(0.7, 1.15))
        _thing(rng, picture, colour, horizon)
    picture = blurred(picture, rng.uniform(10, 20))
    if scene in (Scene.GARDEN, Scene.FOREST) and rng.random() < 0.7:
        _lights(rng, picture, horizon)
    grain = noise(rng, (height, width), 2.2) * ground * rng.uniform(0.01, 0.05)
    cloth = blurred(noise(rng, (height, width), 30), 4) * 0.035
    return f32(np.clip(picture * (1 + (grain + cloth)[..., None]), 0, 1))


def _thing(rng: Generator, picture: Field, colour: Field, horizon: float) -> None:
    height, width = picture.shape[:2]
    at = (int(rng.uniform(0, width)), int(horizon + rng.normal(0, height * 0.16)))
    overlay = picture.copy()
    paint = tuple(float(c) for c in colour)
    if rng.random() < 0.45:
        w, h = rng.uniform(0.03, 0.22) * width, rng.uniform(0.15, 0.9) * height
        cv2.rectangle(overlay, (int(at[0] - w / 2), int(at[1] - h)), (int(at[0] + w / 2), at[1]), paint, -1)
    else:
        axes = (int(rng.uniform(0.03, 0.2) * width), int(rng.uniform(0.03, 0.2) * height))
        cv2.ellipse(overlay, at, axes, rng.uniform(-20, 20), 0, 360, paint, -1)
    share = rng.uniform(0.4, 0.95)
    picture += share * (overlay - picture)


def _lights(rng: Generator, picture: Field, horizon: float) -> None:
    """Discs of light, as leaves against the sky give with an open lens."""
    height, width = picture.shape[:2]
    glow = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(15, 70)):
        at = (int(rng.uniform(0, width)), int(rng.uniform(0, max(horizon, 60))))
        disc = np.zeros_like(glow)
        cv2.circle(disc, at, int(rng.uniform(6, 22)), float(rng.uniform(0.05, 0.3)), -1, cv2.LINE_AA)
        glow = np.maximum(glow, disc)
    picture += blurred(glow, 1.5)[..., None] * np.array([1.0, 1.0, 0.8], np.float32) * 0.6
