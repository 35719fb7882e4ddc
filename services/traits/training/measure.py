"""Figures of a network in training, on photos kept out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.traits.joining import TASKS
from services.traits.training.heads import split_tasks
from services.traits.training.photos import Photo
from services.traits.training.samples import fixed_views, run_stem
from shared.figures import macro_f1, top_k


@dataclass(frozen=True)
class FixedStems:
    """Stem outputs of the views that inference would cut, with and without a head box."""

    photos: Sequence[Photo]
    stems: Tensor
    roles: Tensor
    owner: Tensor
    with_head: Tensor
    """Whether a view belongs to the photo's reading with its head box."""


def fixed_stems(photos: Sequence[Photo], stem: nn.Module, size: int, batch: int = 16) -> FixedStems:
    """Run the stem over every photo's views, once and for all epochs."""
    pixels, roles, owners, modes, stems = [], [], [], [], []
    for owner, photo in enumerate(photos):
        for with_head in (False, True):
            if with_head and photo.head is None:
                continue
            views, one_hot = fixed_views(photo, size, with_head)
            pixels += list(views)
            roles.append(one_hot)
            owners += [owner] * len(views)
            modes += [with_head] * len(views)
        if len(pixels) >= batch:
            stems.append(run_stem(stem, pixels))
            pixels.clear()
    if pixels:
        stems.append(run_stem(stem, pixels))
    return FixedStems(
        photos,
        torch.cat(stems),
        torch.from_numpy(np.concatenate(roles)),
        torch.tensor(owners),
        torch.tensor(modes),
    )


def answers(
    network: nn.Module, fixed: FixedStems, with_head: bool, device: torch.device, batch: int = 64
) -> tuple[list[int], dict[str, NDArray[np.float32]]]:
    """Logits of the photos that can be read this way: their indices, and task → (n, classes)."""
    chosen = torch.nonzero(fixed.with_head == with_head)[:, 0]
    views = []
    with torch.inference_mode():
        for part in chosen.split(batch):
            stems = fixed.stems[part].float().contiguous(memory_format=torch.channels_last)
            features = network.features(stems.to(device))
            views.append(network.heads.each_view(features, fixed.roles[part].to(device)).cpu())
        photos, owner = torch.unique(fixed.owner[chosen], return_inverse=True)
        heads = network.heads.cpu()
        joined = heads.joined(torch.cat(views), fixed.roles[chosen], owner, len(photos))
        heads.to(device)
    return photos.tolist(), {name: part.numpy() for name, part in split_tasks(joined).items()}


def dev_figures(network: nn.Module, fixed: FixedStems, device: torch.device) -> dict[str, float]:
    """Accuracy of every task, with head boxes and without, in percent."""
    figures: dict[str, float] = {}
    for mode, with_head in (("head", True), ("whole", False)):
        indices, logits = answers(network, fixed, with_head, device)
        photos = [fixed.photos[index] for index in indices]
        for name in TASKS:
            if name == "dog":
                labels = np.array([photo.is_dog for photo in photos], dtype=np.int64)
                predicted = (logits[name][:, 0] > 0).astype(np.int64)
            else:
                labels = np.array([getattr(photo, name) for photo in photos], dtype=np.int64)
                predicted = logits[name].argmax(1)
            known = labels >= 0
            if not known.any():
                continue
            figures[f"{mode}/{name}"] = round(100 * float((predicted == labels)[known].mean()), 2)
            if name == "breed":
                figures[f"{mode}/breed5"] = round(100 * top_k(logits[name][known], labels[known], 5), 2)
            elif name != "dog":
                figures[f"{mode}/{name}_f1"] = round(100 * macro_f1(predicted[known], labels[known]), 2)
    return figures
