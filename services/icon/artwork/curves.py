"""Outlines as chains of cubic Bézier segments, and the two coats that an outline can grow.

All coordinates are units of the 512 × 512 canvas, x to the right, y downwards. Curves run
clockwise as seen on the screen, so that the outside lies to the left of the pen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CENTRE = 256.0
"""The axis of symmetry of a head."""

Points = NDArray[np.float64]
Depth = float | Callable[[float], float]
"""How far the coat stands out, in units: one figure, or a function of the way along the curve (0…1)."""


@dataclass(frozen=True)
class Curve:
    """A chain of cubic segments: ``nodes`` has shape (3 n + 1, 2): start, then control, control, end."""

    nodes: Points

    def mirrored(self) -> "Curve":
        """The mirror image about the axis, run the other way (so it stays clockwise)."""
        flipped = self.nodes[::-1].copy()
        flipped[:, 0] = 2 * CENTRE - flipped[:, 0]
        return Curve(flipped)

    def followed_by(self, other: "Curve") -> "Curve":
        """The curve and then ``other``; a straight piece joins them where they do not meet."""
        if np.allclose(self.nodes[-1], other.nodes[0], atol=1e-6):
            return Curve(np.vstack([self.nodes, other.nodes[1:]]))
        bridge = np.linspace(self.nodes[-1], other.nodes[0], 4)[1:]
        return Curve(np.vstack([self.nodes, bridge, other.nodes[1:]]))

    def both_halves(self) -> "Curve":
        """A symmetrical closed curve from its right half, given from top to bottom."""
        return self.followed_by(self.mirrored())

    def moved(self, right: float, down: float) -> "Curve":
        """The curve shifted by so many units."""
        return Curve(self.nodes + np.array([right, down]))

    def scaled(self, factor: float, about: tuple[float, float]) -> "Curve":
        """The curve scaled about a point."""
        centre = np.array(about)
        return Curve(centre + (self.nodes - centre) * factor)

    def sampled(self, per_segment: int = 24) -> Points:
        """Points along the curve, shape (n, 2)."""
        t = np.linspace(0, 1, per_segment, endpoint=False)[:, None]
        pieces = []
        for i in range(0, len(self.nodes) - 1, 3):
            a, b, c, d = self.nodes[i : i + 4]
            pieces.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
        return np.vstack([*pieces, self.nodes[-1:]])

    def path(self, closed: bool = True) -> str:
        """The ``d`` attribute of an SVG path."""
        out = [f"M{_pair(self.nodes[0])}"]
        for i in range(1, len(self.nodes), 3):
            out.append("C" + " ".join(_pair(node) for node in self.nodes[i : i + 3]))
        return "".join(out) + ("Z" if closed else "")


def _pair(node: Points) -> str:
    return f"{_number(node[0])} {_number(node[1])}"


def _number(value: float) -> str:
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def through(points: Sequence[tuple[float, float]], closed: bool = False, ease: float = 1.0) -> Curve:
    """A smooth curve through points (centripetal in spirit: handles follow the shorter neighbour).

    ``ease`` scales the handles: below 1 the curve is tighter at its points. An open curve starts and
    ends horizontally where its first and last point lie on the axis, so that its mirror image joins
    without a corner.
    """
    knots = np.asarray(points, dtype=float)
    count = len(knots)
    tangents = np.zeros_like(knots)
    for i in range(count):
        before = knots[i - 1] if i > 0 or closed else knots[i]
        after = knots[(i + 1) % count] if i < count - 1 or closed else knots[i]
        tangents[i] = after - before
        norm = np.hypot(*tangents[i])
        tangents[i] /= norm if norm else 1.0
    if not closed:
        for end in (0, count - 1):
            if abs(knots[end, 0] - CENTRE) < 1e-6:
                tangents[end] = [np.sign(tangents[end, 0]) or 1.0, 0.0]
    nodes = [knots[0]]
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        reach = np.hypot(*(knots[j] - knots[i])) / 3 * 1.08 * ease
        nodes += [knots[i] + tangents[i] * reach, knots[j] - tangents[j] * reach, knots[j]]
    return Curve(np.array(nodes))


def half(points: Sequence[tuple[float, float]], ease: float = 1.0) -> Curve:
    """The right half of a symmetrical outline, from points given as (distance from the axis, y)."""
    return through([(CENTRE + x, y) for x, y in points], ease=ease)


def _breaks(curve: Curve, length: float) -> tuple[Points, Points, Points, Points]:
    """Equally spaced points on a curve, their tangents, outward normals and fractions of the way."""
    line = curve.sampled()
    steps = np.hypot(*np.diff(line, axis=0).T)
    way = np.concatenate([[0], np.cumsum(steps)])
    count = max(2, round(way[-1] / length))
    at = np.linspace(0, way[-1], count + 1)
    points = np.column_stack([np.interp(at, way, line[:, axis]) for axis in (0, 1)])
    ahead = np.column_stack([np.interp(np.minimum(at + 2, way[-1]), way, line[:, axis]) for axis in (0, 1)])
    behind = np.column_stack([np.interp(np.maximum(at - 2, 0), way, line[:, axis]) for axis in (0, 1)])
    tangents = ahead - behind
    tangents /= np.hypot(*tangents.T)[:, None]
    normals = np.column_stack([tangents[:, 1], -tangents[:, 0]])
    return points, tangents, normals, at / way[-1]


def _depth(depth: Depth, fraction: float) -> float:
    return depth(fraction) if callable(depth) else depth


def scalloped(curve: Curve, length: float, depth: Depth) -> Curve:
    """The outline of a curly coat: a bulge of ``depth`` on every ``length`` of the curve."""
    points, _, normals, fractions = _breaks(curve, length)
    nodes = [points[0]]
    for i in range(len(points) - 1):
        a, b = points[i], points[i + 1]
        out = _depth(depth, float(fractions[i] + fractions[i + 1]) / 2) * 4 / 3
        chord = b - a
        nodes += [
            a + normals[i] * out - chord * 0.10,
            b + normals[i + 1] * out + chord * 0.10,
            b,
        ]
    return Curve(np.array(nodes))


def tufted(curve: Curve, length: float, depth: Depth, lean: float = 0.3, pointed: bool = False) -> Curve:
    """The outline of a long coat: pointed tufts that sweep along the curve.

    Every ``length`` of the curve carries a tuft whose tip stands ``depth`` off the curve and leans
    ``lean`` lengths ahead; where the depth is under four units the outline stays smooth. ``pointed``
    ends the curve at the tip of its last tuft, for a half whose mirror image goes on from there.
    """
    points, tangents, normals, fractions = _breaks(curve, length)
    nodes = [points[0]]
    for i in range(len(points) - 1):
        a, b = points[i], points[i + 1]
        out = _depth(depth, float(fractions[i] + fractions[i + 1]) / 2)
        step = np.hypot(*(b - a))
        if out < 4:
            nodes += [a + tangents[i] * step / 3, b - tangents[i + 1] * step / 3, b]
            continue
        if pointed and i == len(points) - 2:
            tip = b + normals[i + 1] * out
            nodes += [
                a + tangents[i] * step * 0.3 + normals[i] * out * 0.4,
                tip - tangents[i + 1] * step * 0.3 - normals[i + 1] * out * 0.4,
                tip,
            ]
            continue
        tip = b + normals[i + 1] * out + tangents[i + 1] * lean * step
        nodes += [
            a + tangents[i] * step * 0.25 + normals[i] * out * 0.55,
            b + normals[i + 1] * out * 0.80 - tangents[i + 1] * step * 0.05,
            tip,
            tip - tangents[i + 1] * lean * step * 0.55 - normals[i + 1] * out * 0.25,
            b + normals[i + 1] * out * 0.25 + tangents[i + 1] * step * 0.06,
            b,
        ]
    return Curve(np.array(nodes))
