"""Train the traits network: ``python -m services.traits.training.train --out FOLDER``.

Writes ``last.pt`` (weights averaged over steps) after every epoch and ``log.jsonl`` with the losses and
the figures on the dev photos. ``python -m services.traits.training.export`` makes the served model of it.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.traits.joining import TASKS
from services.traits.training.backbones import Backbone, efficientnet_lite, mobilenet_v2, resnet50
from services.traits.training.breed_teacher import read_teacher
from services.traits.training.heads import Heads
from services.traits.training.imagenet_rows import breed_rows
from services.traits.training.losses import breed_priors, class_weights, loss_of, targets_of
from services.traits.training.measure import dev_figures, fixed_stems
from services.traits.training.network import TraitsNetwork
from services.traits.training.photos import Photo, read_dogs, read_negatives, read_portraits
from services.traits.training.runs import load_run, plain_arguments, save_run
from services.traits.training.samples import Kind, Sample, StemCache
from services.traits.trunks import SIZE
from shared.training.dataset import Split, data_folder
from shared.training.efficientnet_lite import VARIANTS

FULL_SIZE = SIZE
"""Side of the served views in pixels."""


def build(
    backbone: str, weights: Path | None, frozen_blocks: int, data: Path
) -> tuple[Backbone, TraitsNetwork]:
    """A backbone and a network on it whose breed heads start as ImageNet's own rows for these breeds."""
    if backbone == "resnet50":
        parts = resnet50(weights, min(frozen_blocks, 3))
    elif backbone in VARIANTS:
        parts = efficientnet_lite(backbone, weights, frozen_blocks)
    else:
        parts = mobilenet_v2(weights or data / "pretrained" / "mobilenet_v2_imagenet1k.npz", frozen_blocks)
    parts.eval_mode()
    network = TraitsNetwork(parts.trunk, parts.width)
    if parts.classifier is not None:
        start_from_imagenet(network.heads, parts.classifier, data)
    return parts, network


def start_from_imagenet(heads: Heads, classifier: tuple[Tensor, Tensor], data: Path) -> None:
    """Copy the rows of the dog breeds from ImageNet's classifier, and dogs-minus-rest as the dog head.

    Raises:
        ValueError: a breed is not among the labels.
    """
    weight, bias = classifier
    rows = breed_rows(data, len(weight))
    others = sorted(set(range(len(weight))) - set(rows))
    dog = weight[rows].mean(0) - weight[others].mean(0)
    with torch.no_grad():
        for head in heads.roles:
            assert isinstance(head, nn.Linear)  # noqa: S101 - narrows the type
            head.weight.zero_()
            head.bias.zero_()
            head.weight[0] = dog
            head.weight[1 : 1 + TASKS["breed"]] = weight[rows]
            head.bias[1 : 1 + TASKS["breed"]] = bias[rows]


def training_samples(
    dogs: Sequence[Photo], negatives: Sequence[Photo], seed: int, repeats: int = 1
) -> list[Sample]:
    """Every photo, and backgrounds and blanks so that walls are no dogs.

    Photos with hand labels and those without a dog stand there ``repeats`` times, each time with views
    of its own.
    """
    rng = np.random.default_rng(seed)
    samples = [Sample(photo) for photo in (*dogs, *negatives)]
    samples += [Sample(photo) for photo in (*dogs, *negatives) if photo.fur >= 0 or not photo.is_dog] * (
        repeats - 1
    )
    chosen = rng.choice(len(dogs), max(len(dogs) // 15, 1), replace=False)
    samples += [Sample(dogs[index], Kind.BACKGROUND) for index in chosen]
    samples += [Sample(dogs[index], Kind.BLANK) for index in chosen[: max(len(chosen) // 3, 1)]]
    return samples


def special(sample: Sample) -> bool:
    """Whether a sample belongs in every epoch: it has hand labels, or shows no dog."""
    return sample.photo.fur >= 0 or not sample.is_dog


def epoch_order(plain: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """A shuffled epoch: all samples but the plain ones, of which a random ``share`` is taken."""
    taken = ~plain | (rng.random(len(plain)) < share)
    return rng.permutation(np.flatnonzero(taken))


class Average:
    """An exponential moving average of weights: smoother than the last step's."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.weights = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def update(self, network: nn.Module) -> None:
        """Take in the present weights; early steps count for more."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in network.state_dict().items():
            self.weights[name].lerp_(value.detach(), 1 - decay)


def train(arguments: argparse.Namespace) -> dict[str, float]:
    """Run the training that ``arguments`` describe; returns the last dev figures."""
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    data, out = data_folder(), Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    parts, network = build(arguments.backbone, arguments.weights, arguments.frozen_blocks, data)
    if arguments.initial:
        network.load_state_dict(load_run(arguments.initial).network)
    parts.stem.to(device, memory_format=torch.channels_last)
    network.to(device, memory_format=torch.channels_last)
    dogs, negatives = read_dogs(data, arguments.head_boxes), read_negatives(data)
    of = {split: [p for p in dogs if p.split == split] for split in Split}
    fit = [p for p in negatives if p.split == Split.TRAIN]
    if arguments.limit:
        of = {split: photos[:: max(len(photos) // arguments.limit, 1)] for split, photos in of.items()}
        fit = fit[:: max(len(fit) // arguments.limit, 1)]
    samples = training_samples(of[Split.TRAIN], fit, arguments.seed, arguments.repeats)
    teacher = read_teacher(arguments.teacher) if arguments.teacher else None
    if arguments.portraits:
        samples += [Sample(photo) for photo in read_portraits(arguments.portraits)]
    cache = StemCache(
        samples, parts.stem, arguments.size, arguments.size / FULL_SIZE, arguments.slots, arguments.seed
    )
    priors = breed_priors(of[Split.TRAIN])
    weights = {name: value.to(device) for name, value in class_weights(of[Split.TRAIN]).items()}
    dev = fixed_stems(
        [*of[Split.DEV], *(p for p in negatives if p.split == Split.DEV)], parts.stem, FULL_SIZE
    )
    groups = [
        {"params": list(network.trunk.parameters()), "lr": arguments.rate},
        {"params": list(network.heads.parameters()), "lr": arguments.rate * arguments.head_factor},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=arguments.weight_decay)
    peaks = [group["lr"] for group in optimiser.param_groups]
    average = Average(network, arguments.average)
    rng = np.random.default_rng(arguments.seed)
    plain = np.array([not special(sample) for sample in samples])
    per_epoch = math.ceil(epoch_order(plain, arguments.share, rng).size / arguments.batch)
    steps, step, figures = per_epoch * arguments.epochs, 0, {}
    for epoch in range(arguments.epochs):
        began, sums = time.monotonic(), dict.fromkeys(TASKS, 0.0)
        order = epoch_order(plain, arguments.share, rng)
        for start in range(0, len(order), arguments.batch):
            indices = [int(index) for index in order[start : start + arguments.batch]]
            batch = cache.batch(indices, epoch)
            targets = targets_of([samples[index] for index in indices], priors, teacher).to(device)
            factor = min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["lr"] = peak * factor
            roles, owner = batch.roles.to(device), batch.owner.to(device)
            # On CPUs the backward pass of depthwise convolutions is faster in full precision.
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
                features = network.features(batch.stems.to(device))
            each = network.heads.each_view(features, roles)
            joined = loss_of(network.heads.joined(each, roles, owner, len(indices)), targets, weights)
            alone = loss_of(each, targets.of(owner), weights)
            loss = torch.stack([joined[name] + 0.5 * alone[name] for name in TASKS]).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            average.update(network)
            step += 1
            for name in TASKS:
                sums[name] += float(joined[name].detach())
            if step % 50 == 0:
                seconds, done = time.monotonic() - began, start // arguments.batch + 1
                means = {name: round(total / done, 3) for name, total in sums.items()}
                print(f"epoch {epoch} step {step} of {steps} {means} {seconds:.0f} s", flush=True)
        present = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(average.weights)
        figures = dev_figures(network, dev, device)
        save_run(out / "last.pt", network.state_dict(), plain_arguments(arguments), epoch)
        network.load_state_dict(present)
        losses = {name: total / per_epoch for name, total in sums.items()}
        line = {"epoch": epoch, "seconds": time.monotonic() - began, "losses": losses, "dev": figures}
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
    return figures


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", required=True, help="folder for weights and log")
    options.add_argument(
        "--backbone", choices=("mobilenet_v2", *VARIANTS, "resnet50"), default="mobilenet_v2"
    )
    options.add_argument("--weights", type=Path, help="ImageNet weights of the backbone, if not the default")
    options.add_argument("--initial", type=Path, help="go on from the last.pt of an earlier run")
    options.add_argument("--head-boxes", type=Path, help="another file like head_boxes.csv")
    options.add_argument("--portraits", type=Path, help="folder of painted dogs to add to the mix")
    options.add_argument("--frozen-blocks", type=int, default=11, help="blocks kept as ImageNet made them")
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--batch", type=int, default=32, help="photos a step")
    options.add_argument("--rate", type=float, default=1.5e-4)
    options.add_argument("--head-factor", type=float, default=1.0, help="the heads' rate over the trunk's")
    options.add_argument("--weight-decay", type=float, default=0.01)
    options.add_argument("--average", type=float, default=0.998, help="decay of the weight average")
    options.add_argument("--size", type=int, default=192, help="side of training views in pixels")
    options.add_argument("--slots", type=int, default=4, help="random variants of each photo")
    options.add_argument("--limit", type=int, default=0, help="use about so many photos of each split only")
    options.add_argument("--teacher", type=Path, help="what breed_teacher wrote")
    options.add_argument(
        "--repeats", type=int, default=1, help="how often hand-labelled photos are in the mix"
    )
    options.add_argument("--share", type=float, default=1.0, help="share of the other dogs in each epoch")
    options.add_argument("--seed", type=int, default=20261120)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--device", default="cpu")
    return options


if __name__ == "__main__":
    train(parser().parse_args())
