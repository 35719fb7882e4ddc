"""Make the served model of a training run: ``python -m services.traits.training.export RUN/last.pt``.

Fits the trust in each view and the calibration on the dev photos and writes ``traits.onnx``. By default
the frozen blocks run in 8 bits and the trained ones in full precision, stored in half: measured, 8 bits
throughout save a quarter of the time and cost a point of breed.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.traits.breeds import BREEDS
from services.traits.preprocessing import Role
from services.traits.training.augmentation import random_box
from services.traits.training.blending import blend
from services.traits.training.calibration import Logits, best_threshold, calibrate, dog_probability
from services.traits.training.heads import TASKS, split_tasks
from services.traits.training.measure import fixed_stems
from services.traits.training.network import TraitsNetwork
from services.traits.training.photos import Photo, read_dogs, read_negatives
from services.traits.training.samples import fixed_views
from services.traits.training.train import FULL_SIZE, build
from services.traits.training.trust import apply_trust, fit_trust
from shared.training.dataset import Split, data_folder
from shared.training.quantisation import quantise, store_in_half
from shared.vocabulary import Ear, Fur, Pattern

MODEL_FOLDER = Path(__file__).resolve().parents[1] / "model"
Views = tuple[NDArray[np.uint8], NDArray[np.float32]]


class Served(nn.Module):
    """The network as it is served: bytes in, the joined logits of one photo out."""

    def __init__(self, stem: nn.Module, network: TraitsNetwork) -> None:
        super().__init__()
        self.body = nn.Sequential(stem, network.trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.heads = network.heads

    def forward(self, views: Tensor, roles: Tensor) -> tuple[Tensor, ...]:
        """(n, size, size, 3) uint8 views and (n, 3) roles of one photo → (classes,) for each task."""
        pixels = views.permute(0, 3, 1, 2).float() * (1 / 127.5) - 1.0
        each = self.heads.each_view(self.body(pixels), roles)
        weight = roles @ self.heads.shares()
        joined = (each * weight).sum(0, keepdim=True) / weight.sum(0, keepdim=True)
        answers = split_tasks(joined)
        # A cat excites no breed: the energy of the breed's logits (Liu et al. 2020) is added to the dog's.
        answers["dog"] = answers["dog"] + answers["breed"].logsumexp(1, keepdim=True)
        return tuple(part[0] for part in answers.values())


def write_onnx(served: Served, path: Path) -> None:
    """Export in full precision with a free number of views."""
    example = (torch.zeros(3, FULL_SIZE, FULL_SIZE, 3, dtype=torch.uint8), torch.eye(len(Role)))
    torch.onnx.export(
        served.eval(),
        example,
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=["views", "roles"],
        output_names=list(TASKS),
        dynamic_axes={"views": {0: "views"}, "roles": {0: "views"}},
    )


def read_all(path: Path, photos: Sequence[Photo], with_head: bool, threads: int) -> Logits:
    """Logits of ``photos`` from the model at ``path``: task → (n, classes)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rows: dict[str, list[NDArray[np.float32]]] = {task: [] for task in TASKS}
    for photo in photos:
        views, roles = fixed_views(photo, FULL_SIZE, with_head)
        for task, answer in zip(
            TASKS, session.run(list(TASKS), {"views": views, "roles": roles}), strict=True
        ):
            rows[task].append(answer)
    return {task: np.stack(answers) for task, answers in rows.items()}


def finish(path: Path, dev: Sequence[Photo], negatives: Sequence[Photo], threads: int) -> dict[str, str]:
    """Calibrate the model at ``path`` on ``dev`` and write everything a server must know into it.

    The threshold for dogs also looks at ``negatives`` that training has seen: there are too few among the
    dev photos to place it.
    """
    metadata = {"size": str(FULL_SIZE)}
    dogs: list[NDArray[np.float64]] = []
    others: list[NDArray[np.float64]] = []
    for mode in ("head", "whole"):
        photos = [photo for photo in dev if mode == "whole" or photo.head is not None]
        logits = read_all(path, photos, mode == "head", threads)
        calibration = calibrate(logits, photos)
        metadata[mode] = json.dumps(calibration)
        found, truth = dog_probability(logits, calibration), np.array([photo.is_dog for photo in photos])
        dogs.append(found[truth])
        others.append(found[~truth])
        if mode == "whole":
            seen = read_all(path, negatives, with_head=False, threads=threads)
            others.append(dog_probability(seen, calibration))
    metadata["dog_threshold"] = str(best_threshold(np.concatenate(dogs), np.concatenate(others)))
    metadata["classes"] = json.dumps(
        {
            "breed": [breed.id for breed in BREEDS],
            "ear": [str(word) for word in Ear],
            "fur": [str(word) for word in Fur],
            "pattern": [str(word) for word in Pattern],
        }
    )
    metadata["version"] = "1-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return metadata


def export(arguments: argparse.Namespace) -> dict[str, str]:
    """Write the model that ``arguments`` ask for; returns its metadata."""
    torch.set_num_threads(arguments.threads)
    data = data_folder()
    saved = [torch.load(path, weights_only=False) for path in arguments.checkpoints]
    trained = saved[0]["arguments"]
    parts, network = build(trained["backbone"], trained["weights"], trained["frozen_blocks"], data)
    blend(network, [run["network"] for run in saved], arguments.blend)
    dogs = read_dogs(data, arguments.head_boxes)
    negatives = read_negatives(data)
    if arguments.limit:
        dogs = dogs[:: max(len(dogs) // arguments.limit, 1)]
        negatives = negatives[:: max(len(negatives) // arguments.limit, 1)]
    dev = with_random_boxes([photo for photo in (*dogs, *negatives) if photo.split == Split.DEV])
    fit = [photo for photo in dogs if photo.split == Split.TRAIN]
    fit = fit[:: max(len(fit) // arguments.calibration, 1)]
    apply_trust(network.heads, fit_trust(network, fixed_stems(dev, parts.stem, FULL_SIZE)))
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "traits.onnx"
    write_onnx(Served(parts.stem, network), path)
    if arguments.precision != "float32":
        frozen = sum(isinstance(module, nn.Conv2d) for module in parts.stem.modules())
        inputs = (_named(fixed_views(photo, FULL_SIZE, photo.head is not None)) for photo in fit)
        quantise(path, path, inputs, -1 if arguments.precision == "int8" else frozen)
        store_in_half(path)
    seen = [photo for photo in negatives if photo.split == Split.TRAIN]
    return finish(path, dev, seen, arguments.threads)


def _named(views: Views) -> dict[str, NDArray[np.generic]]:
    return {"views": views[0], "roles": views[1]}


def with_random_boxes(photos: Sequence[Photo], seed: int = 0) -> list[Photo]:
    """The same photos; those that show no dog get a box at random, as a detector that errs would give."""
    rng = np.random.default_rng(seed)
    return [photo if photo.is_dog else replace(photo, head=random_box(rng, photo.aspect)) for photo in photos]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("checkpoints", type=Path, nargs="+", help="of one or several runs, averaged")
    options.add_argument("--blend", type=float, default=1.0, help="their share against ImageNet's weights")
    options.add_argument("--out", type=Path, default=MODEL_FOLDER)
    options.add_argument("--head-boxes", type=Path, help="another file like head_boxes.csv")
    options.add_argument("--precision", choices=("mixed", "int8", "float32"), default="mixed")
    options.add_argument("--calibration", type=int, default=250, help="photos that set the 8-bit ranges")
    options.add_argument("--limit", type=int, default=0, help="use about so many photos only")
    options.add_argument("--threads", type=int, default=1)
    return options


if __name__ == "__main__":
    print(json.dumps(export(parser().parse_args()), indent=1))
