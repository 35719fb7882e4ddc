"""Where fur is lit and laid on: one part of a dog after another, from back to front."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from services.icon.painting import coat, features
from services.icon.painting.anatomy import Pose
from services.icon.painting.fields import Field, Vectors, blurred, f32, lit, shifted, unit
from shared.vocabulary import Fur


@dataclass(frozen=True)
class Light:
    """The key light and what fills the shade."""

    direction: tuple[float, float, float]
    """To the right, down and out of the picture."""
    key: float
    fill: float
    warmth: float
    """Over 0: a warm key light and cool shade."""


class Easel:
    """A picture in the making: shape (height, width, 3), sRGB 0…1, painted in place."""

    def __init__(self, rng: Generator, pose: Pose, light: Light, picture: Field) -> None:
        self.rng, self.pose, self.light, self.picture = rng, pose, light, picture

    def lay(
        self,
        mask: Field,
        toward: Vectors,
        albedo: Field,
        height: Field,
        fur: Fur,
        *,
        fringe: float = 1.0,
        shadow: float = 0.35,
    ) -> None:
        """Light one part and lay it over the picture.

        Args:
            mask: where the part is, 0…1.
            toward: where its hairs point.
            albedo: its colour, shape (height, width, 3), sRGB 0…1.
            height: how far it stands out, pixels.
            fur: its coat.
            fringe: how far hairs stand over its edge, as a share of the coat's own.
            shadow: how dark the shadow is that it casts, 0…1.

        """
        scale, light = self.pose.scale, self.light
        part = _around(mask, coat.GRAINS[fur].fringe * scale * fringe * 1.5 + 30 * scale)
        hairs = coat.combed(self.rng, (toward[0][part], toward[1][part]), fur, scale)
        strokes = coat.strokes(self.rng, hairs, fur, scale)
        alpha = coat.fringed(self.rng, mask[part], hairs, fur, scale, fringe)
        depth, height = coat.GRAINS[fur].depth, height[part]
        relief = blurred(height, 2.0 * scale) + strokes * depth * 2.2 * scale
        facing = lit(f32(relief), light.direction, 0.9)
        hollow = np.clip(height / (height.max() + 1e-6), 0, 1) ** 0.5
        # A soft coat lets light through at its edge; a short one turns away from it.
        edge = 0.24 if fur is Fur.SHORT else 0.10
        bright = (light.fill + light.key * facing) * (1 - edge + edge * hollow) * (1 + depth * strokes)
        tint = 1 + light.warmth * (facing[..., None] - 0.6) * np.array([0.10, 0.02, -0.12], np.float32)
        colour = albedo[part] * bright[..., None] * tint
        # Hair shines across its strokes; on black coats that is most of what is seen.
        colour += (np.clip(facing, 0, 1) ** 8 * np.clip(strokes, 0, 3) * 0.035)[..., None]
        under = self.picture[part]
        if shadow:
            moved = shifted(alpha, -light.direction[0] * 8 * scale, 9 * scale)
            under *= (1 - shadow * blurred(moved, 9 * scale) * (1 - alpha))[..., None]
        alpha = np.clip(blurred(alpha, 0.55), 0, 1)
        features.over(under, np.clip(colour, 0, 2).astype(np.float32), alpha)

    def toward(self, u: Field, v: Field) -> Vectors:
        """Directions on the canvas as directions in the picture."""
        roll = np.radians(self.pose.roll)
        return unit(np.cos(roll) * u - np.sin(roll) * v, np.sin(roll) * u + np.cos(roll) * v)


def _around(mask: Field, margin: float) -> tuple[slice, slice]:
    """The rows and columns that hold a mask, with a margin in pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    edge = int(margin)
    return slice(max(0, rows[0] - edge), rows[-1] + edge), slice(
        max(0, columns[0] - edge), columns[-1] + edge
    )


def mixed(first: Field, second: Field, share: Field | None) -> Field:
    """The first colour, and the second where its share says so."""
    if share is None:
        return first
    return np.asarray(first + share[..., None] * (second - first), np.float32)


def ragged(rng: Generator, mask: Field | None, along: Vectors, scale: float) -> Field | None:
    """A marking's edge runs with the hair."""
    if mask is None:
        return None
    return f32(np.clip(coat.fringed(rng, mask, along, Fur.SHORT, scale, 2.0), 0, 1))
