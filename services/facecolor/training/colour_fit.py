"""Fitting the colour head's tail to labels, hard or soft, and reading it out."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from services.facecolor.training.colour_data import UNSEEN, Face
from services.facecolor.training.colour_features import Features
from services.facecolor.training.colour_network import PRIMARY_CLASSES, SECONDARY_CLASSES, ColourTail

FloatArray = NDArray[np.float32]
log = logging.getLogger("colour_head")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a tail is trained."""

    epochs: int = 12
    batch: int = 32
    rate: float = 1e-3
    """Learning rate of the new layers; warmed up, then a cosine down to 0."""
    trunk_rate: float = 0.3
    """That of MobileNetV2's blocks, in parts of ``rate``."""
    weight_decay: float = 0.05
    smoothing: float = 0.1
    """Label smoothing (Szegedy et al., 2016): one label in ten would be given otherwise by another person."""
    secondary_weight: float = 0.5
    unlabelled: int = 32
    """Unlabelled faces added to each batch when there are any."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What to learn for n faces: distributions, and how much each face's secondary colour counts."""

    primary: FloatArray
    """Shape (n, 7), rows sum to 1."""
    secondary: FloatArray
    """Shape (n, 8), rows sum to 1."""
    secondary_seen: FloatArray
    """Shape (n,), 0 or 1."""

    def take(self, faces: NDArray[np.intp]) -> "Targets":
        """Those of some faces."""
        return Targets(self.primary[faces], self.secondary[faces], self.secondary_seen[faces])


def label_targets(faces: Sequence[Face], smoothing: float) -> Targets:
    """Smoothed one-hot targets from hand labels."""
    primary = np.array([face.primary for face in faces])
    secondary = np.array([face.secondary for face in faces])
    seen = secondary != UNSEEN
    return Targets(
        _smoothed(primary, PRIMARY_CLASSES, smoothing),
        _smoothed(np.where(seen, secondary, 0), SECONDARY_CLASSES, smoothing),
        seen.astype(np.float32),
    )


def _smoothed(classes: NDArray[np.intp], count: int, smoothing: float) -> FloatArray:
    return (np.eye(count)[classes] * (1 - smoothing) + smoothing / count).astype(np.float32)


def fit_tail(
    tail: ColourTail,
    features: Features,
    targets: Targets,
    recipe: Recipe,
    seed: int,
    extra: tuple[Features, Targets] | None = None,
) -> ColourTail:
    """Train a tail in place and return it with averaged weights (exponential moving average).

    Args:
        tail: what to train.
        features: of the labelled faces.
        targets: theirs.
        recipe: how.
        seed: of batches and views; also seeds torch, for dropout.
        extra: unlabelled faces with soft targets given by other tails.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    steps = max(recipe.epochs * (len(features) // recipe.batch), 1)
    trunk, new = (
        list(tail.trunk.parameters()),
        [value for name, value in tail.named_parameters() if not name.startswith("trunk.")],
    )
    optimiser = torch.optim.AdamW(
        [{"params": trunk, "lr": recipe.rate * recipe.trunk_rate}, {"params": new, "lr": recipe.rate}],
        weight_decay=recipe.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / 60) * 0.5 * (1 + math.cos(math.pi * step / steps))
    )
    average = {name: value.clone() for name, value in tail.state_dict().items()}
    tail.train()
    order: list[int] = []
    for step in range(steps):
        if len(order) < recipe.batch:
            order = rng.permutation(len(features)).tolist()
        chosen, order = order[: recipe.batch], order[recipe.batch :]
        loss = _loss(tail, features, targets, np.array(chosen), rng, recipe)
        if extra is not None and recipe.unlabelled:
            others = rng.integers(len(extra[0]), size=recipe.unlabelled)
            loss = 0.5 * (loss + _loss(tail, *extra, others, rng, recipe))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tail.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for name, value in tail.state_dict().items():
                average[name].lerp_(value, 1 - min(0.99, step / (step + 10)))
        if step % 100 == 99:
            log.info("seed %d: step %d of %d, loss %.3f", seed, step + 1, steps, loss.item())
    tail.load_state_dict(average)
    tail.eval()
    return tail


def _loss(
    tail: ColourTail,
    features: Features,
    targets: Targets,
    faces: NDArray[np.intp],
    rng: np.random.Generator,
    recipe: Recipe,
) -> Tensor:
    inputs = features.batch(faces, rng.integers(features.views, size=len(faces)))
    with torch.autocast("cpu", torch.bfloat16):
        primary, secondary = tail(*inputs)
    seen = torch.from_numpy(targets.secondary_seen[faces])
    first = F.cross_entropy(primary.float(), torch.from_numpy(targets.primary[faces]))
    second = F.cross_entropy(secondary.float(), torch.from_numpy(targets.secondary[faces]), reduction="none")
    return first + recipe.secondary_weight * (second * seen).mean()


def log_probabilities(
    tails: Sequence[ColourTail], features: Features, views: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Mean log-probabilities over tails and the first ``views`` views: shapes (n, 7) and (n, 8)."""
    primary = np.zeros((len(features), PRIMARY_CLASSES), np.float32)
    secondary = np.zeros((len(features), SECONDARY_CLASSES), np.float32)
    parts = len(tails) * views
    for start in range(0, len(features), 64):
        faces = np.arange(start, min(start + 64, len(features)))
        for view in range(views):
            inputs = features.batch(faces, np.full(len(faces), view))
            for tail in tails:
                with torch.inference_mode():
                    first, second = tail.eval()(*inputs)
                primary[faces] += first.log_softmax(1).numpy() / parts
                secondary[faces] += second.log_softmax(1).numpy() / parts
    return primary, secondary


def softmax(logits: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Probabilities along the last axis."""
    scaled = logits / temperature
    exponent = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True), np.float32)


def best_temperature(logits: FloatArray, classes: NDArray[np.intp]) -> float:
    """The temperature of the smallest negative log-likelihood (Guo et al., 2017), 0.3 … 3."""
    candidates = np.geomspace(0.3, 3.0, 116)
    rows = np.arange(len(classes))
    losses = [
        -np.log(np.maximum(softmax(logits, float(value))[rows, classes], 1e-9)).mean() for value in candidates
    ]
    return float(candidates[int(np.argmin(losses))])
