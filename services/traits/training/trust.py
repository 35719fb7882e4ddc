"""How far to trust the whole, the head and the bust for each question, fitted on the dev photos."""

import torch
from torch import Tensor
from torch.nn import functional

from services.traits.preprocessing import Role
from services.traits.training.heads import TASKS, Heads, split_tasks
from services.traits.training.measure import FixedStems
from services.traits.training.network import TraitsNetwork

PULL = 0.02
"""Strength of the pull towards equal trust; a trait has only about a hundred dev labels."""


def fit_trust(network: TraitsNetwork, fixed: FixedStems) -> Tensor:
    """The logarithm of each role's weight for each task, (3, tasks), that makes the dev labels likeliest.

    Training moves these weights too slowly: a head is the worst of the three views for the breed and
    the best for the ears, and the loss of each view by itself does not say so. The dog head keeps its
    weights: there are too few negatives among the dev photos.
    """
    chosen = torch.nonzero(fixed.with_head)[:, 0]
    views = torch.zeros(len(fixed.photos), len(Role), sum(TASKS.values()))
    with torch.inference_mode():
        for part in chosen.split(64):
            stems = fixed.stems[part].float().contiguous(memory_format=torch.channels_last)
            logits = network.heads.each_view(network.features(stems), fixed.roles[part])
            views.index_put_((fixed.owner[part], fixed.roles[part].argmax(1)), logits, accumulate=True)
    # Views of one role speak with one voice here; in the network each of them has a say of its own.
    count = fixed.roles[chosen].sum(0) / len(fixed.owner[chosen].unique())
    views /= count.view(1, -1, 1)
    seen = torch.zeros(len(fixed.photos), dtype=torch.bool)
    seen[fixed.owner[chosen]] = True
    by_task = split_tasks(views.flatten(0, 1).clone())
    trust = network.heads.trust.detach().clone()
    for place, task in enumerate(TASKS):
        if task == "dog":
            continue
        labels = torch.tensor([getattr(photo, task) for photo in fixed.photos])
        known = seen & (labels >= 0)
        if known.any():
            answers = by_task[task].view(len(fixed.photos), len(Role), -1)[known]
            trust[:, place] = _fit(answers, labels[known]) - count.log()
    return trust


def _fit(answers: Tensor, labels: Tensor) -> Tensor:
    """(n, 3, classes) logits and (n,) labels → (3,) log weights with mean 0."""
    weights = torch.zeros(len(Role), requires_grad=True)
    scale = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, scale], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        joined = (answers * weights.softmax(0).view(1, -1, 1)).sum(1) * scale.exp()
        loss: Tensor = functional.cross_entropy(joined, labels) + PULL * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    found = weights.detach()
    return found - found.mean()


def apply_trust(heads: Heads, trust: Tensor) -> None:
    """Put fitted weights into the network."""
    with torch.no_grad():
        heads.trust.copy_(trust)
