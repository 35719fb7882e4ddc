"""How far to trust each trunk's reading of each kind of view for each question, fitted on dev photos."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from services.traits.joining import TASKS
from services.traits.preprocessing import Role
from services.traits.training.photos import Photo
from services.traits.trunks import Reading, Trunk

PULL = 0.02
"""Strength of the pull towards equal trust; a trait has only about a hundred dev labels."""


def fit_trust(
    trunks: Sequence[Trunk], readings: Sequence[Sequence[Reading]], photos: Sequence[Photo]
) -> list[Trunk]:
    """``trunks`` with the trust under which the labels of ``photos`` are likeliest.

    Training moves the weights of the views too slowly: a head is the worst of the three views for the
    breed and the best for the ears, and the loss of each view by itself does not say so. The dog head
    keeps equal weights: there are too few negatives among the dev photos.

    Args:
        trunks: what is to be trusted.
        readings: of each photo with its head box, one per trunk.
        photos: those photos.
    """
    voices = [(trunk, role) for trunk in range(len(trunks)) for role in Role]
    present = [voice for voice in voices if (readings[0][voice[0]].roles == voice[1]).any()]
    answers = np.stack([[_mean(reading[trunk], role) for trunk, role in present] for reading in readings])
    counts = np.array([(readings[0][trunk].roles == role).sum() for trunk, role in present])
    trust = [trunk.trust.copy() for trunk in trunks]
    start = 0
    for place, (task, length) in enumerate(TASKS.items()):
        part = answers[:, :, start : start + length]
        start += length
        labels = np.array([getattr(photo, task, -1) for photo in photos])
        known = labels >= 0
        if task == "dog" or not known.any():
            continue
        # Trunks speak at different loudness; where trust starts from equal, they must be equally loud.
        loudness = part.std((0, 2)) + 1e-6
        shares = _fit(part[known] / loudness[None, :, None], labels[known]) / loudness / counts
        for (trunk, role), share in zip(present, shares / shares.mean(), strict=True):
            trust[trunk][role, place] = share
    return [replace(trunk, trust=found) for trunk, found in zip(trunks, trust, strict=True)]


def _mean(reading: Reading, role: Role) -> NDArray[np.float32]:
    """Views of one role speak with one voice here; in the network each of them has a say of its own."""
    return np.asarray(reading.logits[reading.roles == role].mean(0), dtype=np.float32)


def _fit(answers: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, voices, classes) logits and (n,) labels → (voices,) shares that sum to 1."""
    logits, targets = torch.from_numpy(answers), torch.from_numpy(labels)
    weights = torch.zeros(answers.shape[1], requires_grad=True)
    scale = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, scale], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        mixed = (logits * weights.softmax(0).view(1, -1, 1)).sum(1) * scale.exp()
        loss: Tensor = functional.cross_entropy(mixed, targets) + PULL * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return np.asarray(weights.detach().softmax(0).numpy(), dtype=np.float32)
