"""What the network is asked to get right, for photos with all, some or none of the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from services.traits.joining import TASKS
from services.traits.training.heads import split_tasks
from services.traits.training.photos import Photo
from services.traits.training.samples import Sample

Teacher = Mapping[str, NDArray[np.float32]]
TRAITS = ("ear", "fur", "pattern")
PRIOR_WEIGHT = 0.15
"""Weight of a breed's typical traits, for photos that nobody labelled, against a hand label's 1."""
SMOOTHING = 0.1
TAUGHT_WEIGHT = 0.5
"""Share of the breed's target that comes from ImageNet's networks where they were asked."""
NEGATIVE_WEIGHT = 3.0
"""Photos without a dog are a seventh of the mix."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of samples; -1 = unknown. Every tensor is (n,), the soft ones (n, classes)."""

    dog: Tensor
    breed: Tensor
    traits: dict[str, Tensor]
    soft: dict[str, Tensor]
    taught: Tensor
    """(n, 120) what ImageNet's networks say of the breed; a row of zeros = they were not asked."""

    def of(self, owner: Tensor) -> "Targets":
        """The same for each view."""
        return Targets(
            self.dog[owner],
            self.breed[owner],
            {name: values[owner] for name, values in self.traits.items()},
            {name: values[owner] for name, values in self.soft.items()},
            self.taught[owner],
        )

    def to(self, device: torch.device) -> "Targets":
        """The same on ``device``."""
        return Targets(
            self.dog.to(device),
            self.breed.to(device),
            {name: values.to(device) for name, values in self.traits.items()},
            {name: values.to(device) for name, values in self.soft.items()},
            self.taught.to(device),
        )


def breed_priors(photos: Sequence[Photo]) -> dict[str, Tensor]:
    """How the hand labels of ``photos`` spread within each breed: trait → (120, classes), rows sum to 1."""
    priors = {}
    for name in TRAITS:
        counts = np.full((TASKS["breed"], TASKS[name]), 0.5, np.float32)
        for photo in photos:
            if photo.breed >= 0 and getattr(photo, name) >= 0:
                counts[photo.breed, getattr(photo, name)] += 1
        priors[name] = torch.from_numpy(counts / counts.sum(1, keepdims=True))
    return priors


def class_weights(photos: Sequence[Photo]) -> dict[str, Tensor]:
    """Weights of the classes of each trait: inverse square root of their frequency, mean 1 over photos."""
    weights = {}
    for name in TRAITS:
        values = [getattr(photo, name) for photo in photos if getattr(photo, name) >= 0]
        counts = torch.bincount(torch.tensor(values), minlength=TASKS[name]).float().clamp(min=1)
        raw = counts.rsqrt()
        weights[name] = raw * counts.sum() / (raw * counts).sum()
    return weights


def targets_of(
    samples: Sequence[Sample], priors: dict[str, Tensor], teacher: Teacher | None = None
) -> Targets:
    """Labels of ``samples`` as tensors; ``teacher`` maps files to probabilities of the breeds."""
    breed = torch.tensor([sample.photo.breed if sample.is_dog else -1 for sample in samples])
    traits = {
        name: torch.tensor([getattr(sample.photo, name) if sample.is_dog else -1 for sample in samples])
        for name in TRAITS
    }
    soft = {name: priors[name][breed.clamp(min=0)] for name in TRAITS}
    dog = torch.tensor([float(sample.is_dog) for sample in samples])
    taught = torch.zeros(len(samples), TASKS["breed"])
    for row, sample in enumerate(samples):
        said = (teacher or {}).get(sample.photo.file) if sample.is_dog else None
        if said is not None:
            taught[row] = torch.from_numpy(said)
    return Targets(dog, breed, traits, soft, taught)


def _breed_loss(logits: Tensor, targets: Targets) -> Tensor:
    """(n,): against the label, and half against the teacher where it was asked."""
    label = functional.cross_entropy(
        logits, targets.breed, ignore_index=-1, label_smoothing=SMOOTHING, reduction="none"
    )
    asked = targets.taught.sum(1) > 0
    share = asked.float() * TAUGHT_WEIGHT
    return (1 - share) * label + share * functional.cross_entropy(logits, targets.taught, reduction="none")


def loss_of(logits: Tensor, targets: Targets, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The loss of each task, (n, 132) logits against ``targets``."""
    answers = split_tasks(logits)
    bred = targets.breed >= 0
    count = bred.sum().clamp(min=1)
    balance = torch.where(targets.dog > 0, 1.0, NEGATIVE_WEIGHT)
    losses = {
        "dog": functional.binary_cross_entropy_with_logits(answers["dog"][:, 0], targets.dog, balance),
        "breed": _breed_loss(answers["breed"], targets)[bred].sum() / count,
    }
    for name in TRAITS:
        labels = targets.traits[name]
        known, guessed = labels >= 0, bred & (labels < 0)
        hard = functional.cross_entropy(
            answers[name], labels, weights[name], ignore_index=-1, label_smoothing=0.05, reduction="none"
        )
        soft = functional.cross_entropy(answers[name], targets.soft[name], reduction="none")
        share = known.float().mean() + PRIOR_WEIGHT * guessed.float().mean()
        losses[name] = (hard[known].sum() + PRIOR_WEIGHT * soft[guessed].sum()) / (
            share.clamp(min=0.1) * len(labels)
        )
    return losses
