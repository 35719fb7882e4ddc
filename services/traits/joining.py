"""How the answers to the views of a photo become one: a mean, weighted by trust."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.traits.breeds import BREEDS
from shared.vocabulary import Ear, Fur, Pattern

TASKS: Mapping[str, int] = {
    "dog": 1,
    "breed": len(BREEDS),
    "ear": len(Ear),
    "fur": len(Fur),
    "pattern": len(Pattern),
}
"""Name of each head and the length of its output, in the order of the output vector."""

OUTPUTS = sum(TASKS.values())

Floats = NDArray[np.float32]


def joined(each: Sequence[Floats], weights: Sequence[Floats]) -> dict[str, Floats]:
    """Bring the answers of all trunks to all their views together.

    A cat excites no breed: the energy of the breeds' logits (Liu et al. 2020) is added to the dog's.

    Args:
        each: per trunk (views, 132) logits.
        weights: per trunk (views, tasks) positive weights of those views.

    Returns:
        Task → (classes,) logits.
    """
    lengths = list(TASKS.values())
    total, over = np.zeros(OUTPUTS, np.float32), np.zeros(OUTPUTS, np.float32)
    for logits, weight in zip(each, weights, strict=True):
        spread = np.repeat(weight, lengths, axis=1)
        total += (logits * spread).sum(0)
        over += spread.sum(0)
    answers = dict(zip(TASKS, np.split(total / over, np.cumsum(lengths)[:-1]), strict=True))
    breeds = answers["breed"]
    peak = breeds.max()
    answers["dog"] = answers["dog"] + peak + np.log(np.exp(breeds - peak).sum())
    return answers
