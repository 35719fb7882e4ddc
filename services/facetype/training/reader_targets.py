"""Labels of samples as arrays, and what a wrong answer costs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from services.facetype.training.reader_network import PartHeads
from services.facetype.training.reader_samples import Sample

SMOOTHING = 0.1
BALANCE = 0.7
"""Rarer labels weigh more: their share to the power of minus this."""
FACE_SHARE = 0.3
"""Of the loss of the face logits against that of the labels."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What is right for a sequence of samples."""

    labels: NDArray[np.int64]
    """(n, parts): index of the label, -1 where a part has none."""
    shown: NDArray[np.bool_]
    """(n, parts): whether the sample has the part."""
    faces: NDArray[np.bool_]
    """(n,)"""
    kinds: NDArray[np.int64]
    """(n,): index of the kind, -1 where it is not known."""


def targets_of(samples: Sequence[Sample], catalogue: Catalogue, kinds: Collection[str] = ()) -> Targets:
    """The targets of samples whose labels are the catalogue's; ``kinds`` in the order of the heads."""
    places = {kind: place for place, kind in enumerate(kinds)}
    words = {part: list(catalogue.labels(part)) for part in Part}
    return Targets(
        np.array(
            [
                [words[part].index(sample.labels[part]) if part in sample.labels else -1 for part in Part]
                for sample in samples
            ],
            dtype=np.int64,
        ),
        np.array([[part in sample.boxes for part in Part] for sample in samples], dtype=np.bool_),
        np.array([sample.is_face for sample in samples], dtype=np.bool_),
        np.array([places.get(sample.kind or "", -1) for sample in samples], dtype=np.int64),
    )


def label_weights(targets: Targets, catalogue: Catalogue) -> list[Tensor]:
    """For each part the weight of each of its labels, one on average over the samples."""
    weights = []
    for place, part in enumerate(Part):
        known = targets.labels[targets.labels[:, place] >= 0, place]
        counts = np.bincount(known, minlength=len(catalogue.labels(part))).clip(1)
        weight = (counts / counts.sum()) ** -BALANCE
        weights.append(torch.tensor(weight / (weight * counts).sum() * counts.sum(), dtype=torch.float32))
    return weights


def loss_of(
    heads: PartHeads,
    logits: Tensor,
    targets: Targets,
    rows: NDArray[np.int64],
    parts: NDArray[np.int64],
    weights: Sequence[Tensor],
) -> Tensor:
    """The mean over the parts of their mean loss.

    Args:
        heads: that gave the logits.
        logits: (n, outputs) of n crops.
        targets: of all samples.
        rows: (n,) the sample of each crop.
        parts: (n,) the part of each crop, by its place in the order of parts.
        weights: for each part those of its labels.
    """
    total = logits.new_zeros(())
    for place, weight in enumerate(weights):
        own = np.flatnonzero(parts == place)
        answers, face = heads.of_part(logits[torch.from_numpy(own)], place)
        labels = torch.from_numpy(targets.labels[rows[own], place])
        known = labels >= 0
        if known.any():
            total = total + functional.cross_entropy(
                answers[known], labels[known], weight, label_smoothing=SMOOTHING
            )
        kinds = torch.from_numpy(targets.kinds[rows[own]])
        if heads.kinds and (kinds >= 0).any():
            total = total + functional.cross_entropy(
                heads.kinds_of_part(logits[torch.from_numpy(own)], place)[kinds >= 0],
                kinds[kinds >= 0],
                label_smoothing=SMOOTHING,
            )
        shown = torch.from_numpy(targets.shown[rows[own], place])
        if shown.any():
            right = torch.from_numpy(targets.faces[rows[own]]).float()[shown]
            total = total + FACE_SHARE * functional.binary_cross_entropy_with_logits(face[shown], right)
    return total / len(weights)
