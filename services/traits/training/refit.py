"""Refit the heads on a finished trunk: ``python -m services.traits.training.refit RUN… --out FOLDER``.

Blends the trunks of one or several runs with ImageNet's (see ``blend``), computes the features of every
training photo's random views once, and trains the linear heads on them. That costs one pass over the
photos, however many epochs the heads take. The rows of the breeds are held near where they were, since
ImageNet knows those from far more photos; those of ears, fur, pattern and dog move freely. Writes
``last.pt`` as training does.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from services.traits.joining import TASKS
from services.traits.preprocessing import Role
from services.traits.training.blending import blend
from services.traits.training.heads import Heads
from services.traits.training.losses import breed_priors, class_weights, loss_of, targets_of
from services.traits.training.network import TraitsNetwork
from services.traits.training.photos import read_dogs, read_negatives, read_portraits
from services.traits.training.runs import load_run, save_run
from services.traits.training.samples import Kind, Sample, StemCache
from services.traits.training.train import FULL_SIZE, build, training_samples
from shared.training.dataset import Split, data_folder


@dataclass(frozen=True, slots=True)
class Features:
    """Pooled features of random views: ``values`` (n, width), ``roles`` (n, 3), ``owner`` (n,).

    ``owner`` counts groups: a group is one variant of one sample, and ``samples`` says of which.
    """

    values: Tensor
    roles: Tensor
    owner: Tensor
    samples: Sequence[int]


def variants_of(sample: Sample, most: int) -> int:
    """More for those that have more to tell: hand-labelled dogs most, what is no dog two, the rest one."""
    if sample.kind == Kind.PHOTO and sample.photo.fur >= 0 and not sample.photo.painted:
        return most
    return min(2, most) if sample.kind == Kind.PHOTO and not sample.is_dog else 1


def collect(network: TraitsNetwork, cache: StemCache, most: int, batch: int = 16) -> Features:
    """Pass every variant of every sample through the trunk once."""
    groups = [
        (index, variant)
        for index, sample in enumerate(cache.samples)
        for variant in range(variants_of(sample, most))
    ]
    values, roles, owner = [], [], []
    for start in range(0, len(groups), batch):
        part = cache.views(groups[start : start + batch])
        with torch.inference_mode():
            values.append(network.features(part.stems).half())
        roles.append(part.roles)
        owner.append(part.owner + start)
    return Features(torch.cat(values), torch.cat(roles), torch.cat(owner), [index for index, _ in groups])


def refit(
    heads: Heads,
    features: Features,
    samples: Sequence[Sample],
    *,
    epochs: int,
    rate: float,
    anchor: float,
    seed: int,
    batch: int = 256,
) -> None:
    """Train ``heads`` in place.

    Args:
        heads: where to start.
        features: of the training photos.
        samples: whose labels to learn.
        epochs: passes over ``features``.
        rate: of AdamW, falling to zero along a cosine.
        anchor: how strongly the breeds' rows are pulled back to where they start, per step and rate.
        seed: order of the batches.
        batch: groups a step.
    """
    photos = [sample.photo for sample in samples if sample.is_dog]
    priors, weights = breed_priors(photos), class_weights(photos)
    targets = targets_of([samples[index] for index in features.samples], priors)
    rows = slice(1, 1 + TASKS["breed"])
    start = [(head.weight[rows].detach().clone(), head.bias[rows].detach().clone()) for head in heads.roles]
    optimiser = torch.optim.AdamW(heads.parameters(), lr=rate, weight_decay=0.0)
    groups = len(features.samples)
    first = torch.searchsorted(features.owner, torch.arange(groups + 1))
    generator = torch.Generator().manual_seed(seed)
    steps = epochs * -(-groups // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(groups, generator=generator).split(batch):
            views = torch.cat([torch.arange(int(first[g]), int(first[g + 1])) for g in chosen])
            owner = torch.repeat_interleave(torch.arange(len(chosen)), (first[chosen + 1] - first[chosen]))
            roles = features.roles[views]
            each = heads.each_view(features.values[views].float(), roles)
            wanted = targets.of(chosen)
            joined = loss_of(heads.joined(each, roles, owner, len(chosen)), wanted, weights)
            alone = loss_of(each, wanted.of(owner), weights)
            loss = torch.stack([joined[name] + 0.5 * alone[name] for name in TASKS]).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            pull = min(anchor * schedule.get_last_lr()[0], 1.0)
            schedule.step()
            with torch.no_grad():
                for head, (weight, bias) in zip(heads.roles, start, strict=True):
                    head.weight[rows].lerp_(weight, pull)
                    head.bias[rows].lerp_(bias, pull)


def run(arguments: argparse.Namespace) -> None:
    """Do what the command line asks."""
    torch.set_num_threads(arguments.threads)
    data, out = data_folder(), Path(arguments.out)
    runs = [load_run(path) for path in arguments.checkpoints]
    parts, network = build(runs[0].backbone, runs[0].weights, runs[0].frozen_blocks, data)
    blend(network, [one.network for one in runs], arguments.blend)
    dogs = [p for p in read_dogs(data, arguments.head_boxes) if p.split == Split.TRAIN]
    negatives = [p for p in read_negatives(data) if p.split == Split.TRAIN]
    samples = training_samples(dogs, negatives, arguments.seed)
    if arguments.portraits:
        samples += [Sample(photo) for photo in read_portraits(arguments.portraits)]
    cache = StemCache(samples, parts.stem, FULL_SIZE, 1.0, arguments.variants, arguments.seed)
    features = collect(network, cache, arguments.variants)
    refit(
        network.heads,
        features,
        samples,
        epochs=arguments.epochs,
        rate=arguments.rate,
        anchor=arguments.anchor,
        seed=arguments.seed,
    )
    out.mkdir(parents=True, exist_ok=True)
    save_run(out / "last.pt", network.state_dict(), runs[0].arguments, arguments.epochs)
    views = np.bincount(features.roles.argmax(1).numpy(), minlength=len(Role))
    print(f"refitted on {len(features.samples)} readings of {len(samples)} samples, views {views.tolist()}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("checkpoints", type=Path, nargs="+", help="of one or several runs, averaged")
    options.add_argument("--blend", type=float, default=0.65, help="their share against ImageNet's weights")
    options.add_argument("--out", required=True, help="folder for last.pt")
    options.add_argument("--head-boxes", type=Path, help="another file like head_boxes.csv")
    options.add_argument("--portraits", type=Path, help="folder of painted dogs to add to the mix")
    options.add_argument("--variants", type=int, default=3, help="random readings of each labelled photo")
    options.add_argument("--epochs", type=int, default=30)
    options.add_argument("--rate", type=float, default=3e-4)
    options.add_argument("--anchor", type=float, default=100.0)
    options.add_argument("--seed", type=int, default=20261120)
    options.add_argument("--threads", type=int, default=1)
    return options


if __name__ == "__main__":
    run(parser().parse_args())
