"""Runs the trunks of the traits network, each over the views that it reads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.traits.joining import TASKS, Floats, joined
from services.traits.preprocessing import Role, ViewName, render, scaled_down, views_of
from shared.geometry import Box, RgbImage
from shared.onnx_session import OnnxSession

SIZE = 224
"""Side of a view in pixels."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """One trunk: which views it reads, and how far each is trusted."""

    name: str
    with_head: tuple[ViewName, ...]
    """Views of a photo whose head is known."""
    without_head: tuple[ViewName, ...]
    trust: Floats
    """(roles, tasks) positive weights of a view."""

    def reads(self, with_head: bool) -> tuple[ViewName, ...]:
        """The views of a photo."""
        return self.with_head if with_head else self.without_head


def plain_trunk(name: str, with_head: Sequence[ViewName], without_head: Sequence[ViewName]) -> Trunk:
    """A trunk that is trusted the same in everything."""
    trust = np.ones((len(Role), len(TASKS)), np.float32)
    return Trunk(name, tuple(with_head), tuple(without_head), trust)


def trunks_to_json(trunks: Sequence[Trunk]) -> str:
    """As it stands in the model's metadata."""
    return json.dumps(
        [
            {
                "name": trunk.name,
                "with_head": [str(name) for name in trunk.with_head],
                "without_head": [str(name) for name in trunk.without_head],
                "trust": [[round(float(value), 5) for value in row] for row in trunk.trust],
            }
            for trunk in trunks
        ]
    )


def trunks_from_json(text: str) -> list[Trunk]:
    """The reverse of ``trunks_to_json``.

    Raises:
        ValueError: it is not such a text.
    """
    try:
        return [
            Trunk(
                str(entry["name"]),
                tuple(ViewName(name) for name in entry["with_head"]),
                tuple(ViewName(name) for name in entry["without_head"]),
                np.array(entry["trust"], np.float32).reshape(len(Role), len(TASKS)),
            )
            for entry in json.loads(text)
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a description of trunks: {error}") from error


@dataclass(frozen=True, slots=True)
class Reading:
    """What one trunk says to each of its views."""

    logits: Floats
    """(views, 132)."""
    roles: NDArray[np.int64]
    """(views,) of ``Role``."""


def read_views(
    session: OnnxSession, trunks: Sequence[Trunk], image: RgbImage, head: Box | None
) -> list[Reading]:
    """Run every trunk over its views of ``image``; the network has inputs ``<trunk>/views`` and ``…/roles``.

    Args:
        session: the network.
        trunks: what is in it.
        image: upright, (height, width, 3) uint8 RGB.
        head: where the head is, if known.
    """
    height, width = image.shape[:2]
    needed = {name for trunk in trunks for name in trunk.reads(head is not None)}
    views = [view for view in views_of(width / height, head) if view.name in needed]
    place = {view.name: index for index, view in enumerate(views)}
    pixels, one_hot = render(scaled_down(image), views, SIZE)
    inputs: dict[str, NDArray[np.generic]] = {}
    roles = []
    for trunk in trunks:
        chosen = [place[name] for name in trunk.reads(head is not None)]
        inputs[f"{trunk.name}/views"], inputs[f"{trunk.name}/roles"] = pixels[chosen], one_hot[chosen]
        roles.append(one_hot[chosen].argmax(1))
    answers = session.run(**inputs)
    return [Reading(answers[f"{trunk.name}/each"], role) for trunk, role in zip(trunks, roles, strict=True)]


def join_readings(trunks: Sequence[Trunk], readings: Sequence[Reading]) -> dict[str, Floats]:
    """Task → (classes,) logits of the photo."""
    pairs = list(zip(trunks, readings, strict=True))
    return joined(
        [reading.logits for _, reading in pairs], [trunk.trust[reading.roles] for trunk, reading in pairs]
    )
