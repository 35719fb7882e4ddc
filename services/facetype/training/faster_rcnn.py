"""Train the reference: a Faster R-CNN with a feature pyramid on a COCO folder.

``python -m services.facetype.training.faster_rcnn FOLDER --out RUN``: every category of the folder,
``<label>/<part>``, is a class of its own, as in the older system. ``faster_rcnn_evaluate`` measures the
result beside what is served. With ``--backbone mobilenet_v3`` give torchvision's weights by ``--weights``.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from services.facetype.catalogue import load_catalogue
from services.facetype.training.coco import CocoPicture, category_of, read_coco
from services.facetype.training.faster_rcnn_network import BACKBONES, build
from services.facetype.training.reader_data import left_out_of
from shared.training.dataset import Split, data_folder
from shared.training.pictures import load_upright
from shared.training.spoiling import spoil

DOGS = Path(__file__).parents[1] / "catalogues" / "dogs"
LONG_SIDE = 320


def chosen(
    pictures: Sequence[CocoPicture], left_out: Sequence[str], limit: int, seed: int
) -> list[CocoPicture]:
    """Training pictures that show a face, ``limit`` of them drawn at random; none of a held-out breed."""
    usable = [
        picture
        for picture in pictures
        if picture.parts
        and picture.split is Split.TRAIN
        and not picture.path.name.startswith(tuple(left_out))
    ]
    order = np.random.default_rng(seed).permutation(len(usable))[: limit or None]
    return [usable[place] for place in sorted(order)]


def example(
    picture: CocoPicture, categories: Sequence[str], rng: np.random.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """A picture, perhaps mirrored, in other light: (3, h, w) 0…1, and its boxes in pixels with classes."""
    image = load_upright(picture.path, None, LONG_SIDE)
    height, width = image.shape[:2]
    boxes = torch.tensor(
        [
            [part.box.x_min * width, part.box.y_min * height, part.box.x_max * width, part.box.y_max * height]
            for part in picture.parts
        ]
    )
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes = torch.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)
    image = spoil(image, rng, mirror=False)
    labels = [categories.index(category_of(part.label, part.part)) + 1 for part in picture.parts]
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
    return pixels, {"boxes": boxes, "labels": torch.tensor(labels)}


def batches(
    pictures: Sequence[CocoPicture], categories: Sequence[str], size: int, rng: np.random.Generator
) -> Iterator[tuple[list[Tensor], list[dict[str, Tensor]]]]:
    """The pictures in random order, ``size`` at a time."""
    order = rng.permutation(len(pictures))
    for start in range(0, len(order), size):
        drawn = [example(pictures[place], categories, rng) for place in order[start : start + size]]
        yield [pixels for pixels, _ in drawn], [target for _, target in drawn]


def train(arguments: argparse.Namespace) -> FasterRCNN:
    """Train as ``arguments`` say.

    Raises:
        ValueError: the folder has no training picture with a face.
    """
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    torch.manual_seed(arguments.seed)
    catalogue = load_catalogue(arguments.catalogue)
    pictures = chosen(read_coco(arguments.folder), left_out_of(catalogue), arguments.limit, arguments.seed)
    if not pictures:
        raise ValueError(f"{arguments.folder}: no training picture shows a face")
    categories = sorted({category_of(part.label, part.part) for p in pictures for part in p.parts})
    weights = arguments.weights
    if weights is None and arguments.backbone == "mobilenet_v2" and not arguments.from_scratch:
        weights = data_folder() / "pretrained" / "mobilenet_v2_imagenet1k.npz"
    network = build(arguments.backbone, len(categories), weights)
    _fit(network, pictures, categories, arguments)
    return network


def _fit(
    network: FasterRCNN,
    pictures: Sequence[CocoPicture],
    categories: Sequence[str],
    arguments: argparse.Namespace,
) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(arguments.seed)
    optimiser = torch.optim.AdamW(network.parameters(), arguments.rate, weight_decay=0.01)
    steps, step = arguments.epochs * math.ceil(len(pictures) / arguments.batch), 0
    began, losses = time.monotonic(), list[float]()
    network.train()
    for _ in range(arguments.epochs):
        for images, targets in batches(pictures, categories, arguments.batch, rng):
            warm = min((step + 1) / max(steps // 20, 1), 1.0)
            rate = arguments.rate * warm * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group in optimiser.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
                loss = sum(network(images, targets).values(), torch.zeros(()))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimiser.step()
            losses.append(float(loss))
            step += 1
            minutes = (time.monotonic() - began) / 60
            if step % 50 == 0 or step == steps:
                told = {"step": step, "of": steps, "loss": float(np.mean(losses[-50:])), "minutes": minutes}
                print(json.dumps({key: round(value, 3) for key, value in told.items()}), flush=True)
                save(network, categories, arguments, step, steps)
            if arguments.minutes and minutes > arguments.minutes:
                print(f"stopped at step {step} of {steps}: {arguments.minutes} minutes are over", flush=True)
                save(network, categories, arguments, step, steps)
                return


def save(
    network: FasterRCNN, categories: Sequence[str], arguments: argparse.Namespace, step: int, steps: int
) -> None:
    """Keep the weights with what is needed to use them."""
    kept: dict[str, Any] = {
        "network": network.state_dict(),
        "categories": list(categories),
        "backbone": arguments.backbone,
        "step": step,
        "steps": steps,
    }
    torch.save(kept, arguments.out / "last.pt")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("folder", type=Path, metavar="FOLDER", help="COCO folder")
    options.add_argument("--catalogue", type=Path, default=DOGS, help="catalogue folder")
    options.add_argument("--out", type=Path, required=True, help="folder of this run")
    options.add_argument("--backbone", choices=BACKBONES, default="mobilenet_v2")
    options.add_argument("--weights", type=Path, help="of the backbone")
    options.add_argument("--from-scratch", action="store_true", help="random weights, without --weights")
    options.add_argument("--limit", type=int, default=1500, help="photos, drawn at random; 0 = all")
    options.add_argument("--epochs", type=int, default=6)
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--rate", type=float, default=4e-4)
    options.add_argument("--minutes", type=float, default=0, help="stop after so long; 0 = never")
    options.add_argument("--bfloat16", action="store_true", help="convolutions in brain floats")
    options.add_argument("--seed", type=int, default=20261120)
    options.add_argument("--threads", type=int, default=1)
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    train(parser().parse_args(arguments))


if __name__ == "__main__":
    main()
