"""Fitting the part reader: first its heads on the pretrained features, then its trunk with them."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.facetype.catalogue import Catalogue
from services.facetype.training.reader_cache import Stems
from services.facetype.training.reader_network import ReaderNetwork
from services.facetype.training.reader_targets import Targets, label_weights, loss_of
from shared.figures import macro_f1

Features = NDArray[np.float32]
"""(samples, parts, width)."""
Log = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast to learn."""

    head_epochs: int = 10
    head_rate: float = 1e-3
    epochs: int = 0
    """Of trunk and heads together; 0 leaves the trunk as it was pretrained."""
    rate: float = 2e-4
    head_factor: float = 3.0
    batch: int = 32
    decay: float = 0.05
    head_decay: float = 1.0
    """Of the heads on the pretrained features: high, or they learn the breeds that they see by heart."""
    spared: float = 0.5
    """Share of the samples of a step of which the whole face alone is seen: it tells most, and crops cost."""
    averaged: float = 0.995
    """Weights are averaged over steps with this memory."""
    seed: int = 20261120


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def features_of(network: ReaderNetwork, stems: Stems, batch: int = 32) -> Features:
    """Pooled features of every crop, with the trunk as it is."""
    network.eval()
    found = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(stems), batch):
            some = torch.from_numpy(np.ascontiguousarray(stems[start : start + batch]))
            features = network.features(_channels_last(some.flatten(0, 1).float()))
            found.append(features.float().numpy().reshape(*some.shape[:2], -1))
    return np.concatenate(found)


def logits_of(network: ReaderNetwork, features: Features) -> NDArray[np.float32]:
    """(samples, parts, outputs) of the heads for features, as they are served."""
    network.eval()
    with torch.inference_mode():
        rows: NDArray[np.float32] = network.heads.joined(
            network.heads(torch.from_numpy(features).flatten(0, 1))
        ).numpy()
    return rows.reshape(*features.shape[:2], -1)


def figures_of(network: ReaderNetwork, logits: NDArray[np.float32], targets: Targets) -> dict[str, float]:
    """Accuracy and macro-F1 of each part, and accuracy of the face logits, in percent."""
    figures: dict[str, float] = {}
    votes = np.zeros(len(logits))
    for place in range(logits.shape[1]):
        answers, face = network.heads.of_part(torch.from_numpy(logits[:, place]), place)
        known = targets.labels[:, place] >= 0
        predicted, right = answers.argmax(1).numpy()[known], targets.labels[known, place]
        figures[f"part{place}"] = round(100 * float((predicted == right).mean()), 2)
        figures[f"part{place}_f1"] = round(100 * macro_f1(predicted, right), 2)
        votes += face.numpy() * targets.shown[:, place]
    figures["face"] = round(100 * float(((votes > 0) == targets.faces).mean()), 2)
    return figures


def _rate_at(step: int, steps: int) -> float:
    """Warm-up over a twentieth, then half a cosine."""
    warm = max(steps // 20, 1)
    return (
        (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))
    )


def fit_heads(
    network: ReaderNetwork,
    variants: Sequence[Features],
    targets: Targets,
    catalogue: Catalogue,
    recipe: Recipe,
) -> None:
    """Fit the heads to the features of several variants of the same samples, in place."""
    rng = np.random.default_rng(recipe.seed)
    weights = label_weights(targets, catalogue)
    optimiser = torch.optim.AdamW(
        network.heads.parameters(), recipe.head_rate, weight_decay=recipe.head_decay
    )
    steps = recipe.head_epochs * math.ceil(len(targets.faces) / 64)
    step = 0
    for epoch in range(recipe.head_epochs):
        features = variants[epoch % len(variants)]
        order = rng.permutation(len(features))
        for start in range(0, len(order), 64):
            rows = np.sort(order[start : start + 64])
            network.heads.train()
            logits = network.heads(torch.from_numpy(features[rows]).flatten(0, 1))
            parts = features.shape[1]
            places = np.tile(np.arange(parts), len(rows))
            loss = loss_of(network.heads, logits, targets, rows.repeat(parts), places, weights)
            optimiser.param_groups[0]["lr"] = recipe.head_rate * _rate_at(step, steps)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1


def fit_all(
    network: ReaderNetwork,
    variants: Sequence[Stems],
    targets: Targets,
    catalogue: Catalogue,
    recipe: Recipe,
    after_epoch: Callable[[int, ReaderNetwork, float], None],
) -> ReaderNetwork:
    """Fit trunk and heads; returns the network with weights averaged over steps.

    Args:
        network: changed on the way.
        variants: stem outputs of the samples, one variant an epoch in turn.
        targets: of the samples.
        catalogue: whose labels.
        recipe: how long and how fast.
        after_epoch: gets the epoch, the averaged network and the mean loss.
    """
    rng = np.random.default_rng(recipe.seed + 1)
    torch.manual_seed(recipe.seed)
    weights = label_weights(targets, catalogue)
    network.trunk.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network)
    groups = [
        {"params": list(network.trunk.parameters()), "rate": recipe.rate},
        {"params": list(network.heads.parameters()), "rate": recipe.rate * recipe.head_factor},
    ]
    optimiser = torch.optim.AdamW(groups, recipe.rate, weight_decay=recipe.decay)
    steps, step = recipe.epochs * math.ceil(len(targets.faces) / recipe.batch), 0
    for epoch in range(recipe.epochs):
        stems = variants[epoch % len(variants)]
        order, losses = rng.permutation(len(stems)), []
        network.train()
        for start in range(0, len(order), recipe.batch):
            rows = np.sort(order[start : start + recipe.batch])
            seen = np.ones((len(rows), stems.shape[1]), np.bool_)
            seen[rng.random(len(rows)) < recipe.spared, 1:] = False
            crops = torch.from_numpy(np.ascontiguousarray(stems[rows])[seen])
            with torch.autocast("cpu", torch.bfloat16):
                features = network.features(_channels_last(crops.float()))
            places = np.nonzero(seen)
            logits = network.heads(features.float())
            loss = loss_of(network.heads, logits, targets, rows[places[0]], places[1], weights)
            for group in optimiser.param_groups:
                group["lr"] = group["rate"] * _rate_at(step, steps)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            _average(averaged, network, min(recipe.averaged, step / (step + 10)))
            losses.append(loss.item())
            step += 1
        after_epoch(epoch, averaged, float(np.mean(losses)))
    return averaged


def _average(averaged: nn.Module, network: nn.Module, memory: float) -> None:
    with torch.no_grad():
        fresh = network.state_dict()
        for name, value in averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(fresh[name], 1 - memory)
            else:
                value.copy_(fresh[name])


class Stage:
    """Times a stage of training and logs it."""

    def __init__(self, log: Log, name: str) -> None:
        self._log, self._name = log, name

    def __enter__(self) -> "Stage":
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._log({"stage": self._name, "seconds": round(time.monotonic() - self._began, 1)})
