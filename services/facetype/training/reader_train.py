"""Train the part reader of a catalogue.

``python -m services.facetype.training.reader_train FOLDER --catalogue CATALOGUE --out RUN``: ``FOLDER`` is a
COCO folder whose categories are ``<label>/<part>`` (see :mod:`services.facetype.training.coco`). Labels are
the catalogue's types, or what a part calls several of them. Where the catalogue has a table of breeds, the
breeds held out there are left out of everything. Writes ``last.pt``, ``log.jsonl`` and ``types.onnx`` into
``RUN``; with ``--install`` also into the catalogue's folder.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from services.facetype.catalogue import load_catalogue
from services.facetype.training.reader_cache import stems_of
from services.facetype.training.reader_data import kinds_of, read_data
from services.facetype.training.reader_export import PRECISIONS, export
from services.facetype.training.reader_fit import (
    Recipe,
    Stage,
    features_of,
    figures_of,
    fit_all,
    fit_heads,
    logits_of,
)
from services.facetype.training.reader_network import BACKBONES, ReaderNetwork, build
from services.facetype.training.reader_samples import read_samples
from services.facetype.training.reader_targets import targets_of
from shared.model_files import renew_sums
from shared.training.dataset import data_folder

DOGS = Path(__file__).parents[1] / "catalogues" / "dogs"


def train(arguments: argparse.Namespace) -> dict[str, str]:
    """Train as ``arguments`` say; returns the metadata of the served model.

    Raises:
        ValueError: the folder is no such set, or has no face to train on.
    """
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    torch.manual_seed(arguments.seed)
    catalogue = load_catalogue(arguments.catalogue)
    data = read_data(arguments.folder, catalogue, arguments.false_faces, arguments.limit)
    if arguments.further:
        # Whatever its names say, all of it is trained on: nothing is measured on it.
        further, _ = read_samples(arguments.further, catalogue)
        data = replace(data, train=[*data.train, *further])
    # A set too small to have dev photos is tried on what it was trained on.
    dev = data.dev if any(sample.is_face for sample in data.dev) else data.train
    arguments.out.mkdir(parents=True, exist_ok=True)
    kinds = kinds_of(catalogue)
    network = build(arguments.backbone, catalogue, data_folder(), kinds).eval()
    if arguments.initial:
        load_trunk(network, arguments.initial)
    network.stem.to(memory_format=torch.channels_last)

    def log(entry: dict[str, Any]) -> None:
        print(json.dumps(entry), flush=True)
        with (arguments.out / "log.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")

    cache = arguments.cache or arguments.out / "cache"
    log({"train": len(data.train), "faces": sum(s.is_face for s in data.train), "dev": len(dev)})
    with Stage(log, "stem"):
        told = (network.stem, arguments.size, cache, arguments.backbone, arguments.seed)
        dev_stems = stems_of(dev, 0, *told)
        stems = [stems_of(data.train, variant, *told) for variant in range(arguments.variants)]
    targets, dev_targets = targets_of(data.train, catalogue, kinds), targets_of(dev, catalogue, kinds)
    recipe = Recipe(
        head_epochs=arguments.head_epochs, epochs=arguments.epochs, rate=arguments.rate, seed=arguments.seed
    )
    if recipe.head_epochs:
        with Stage(log, "heads"):
            # As a start for the trunk the crops without chance in them will do.
            seen = stems[:1] if recipe.epochs else stems
            fit_heads(network, [features_of(network, one) for one in seen], targets, catalogue, recipe)
        answers = logits_of(network, features_of(network, dev_stems))
        log({"heads": figures_of(network, answers, dev_targets)})

    def after_epoch(epoch: int, averaged: ReaderNetwork, loss: float) -> None:
        answers = logits_of(averaged, features_of(averaged, dev_stems))
        log({"epoch": epoch, "loss": round(loss, 4), "dev": figures_of(averaged, answers, dev_targets)})
        save(averaged, arguments)

    with Stage(log, "trunk"):
        # The heads have seen the first variant; the trunk sees the others first.
        order = [*stems[1:], stems[0]]
        network = fit_all(network, order, targets, catalogue, recipe, after_epoch)
    save(network, arguments)
    path = arguments.out / "types.onnx"
    faces = [sample for sample in data.train if sample.is_face]
    ranges = [
        faces[place]
        for place in np.linspace(0, len(faces) - 1, min(arguments.ranges, len(faces))).astype(int)
    ]
    metadata = export(
        network, catalogue, arguments.size, path, ranges=ranges, dev=dev, precision=arguments.precision
    )
    log({"types.onnx": path.stat().st_size, **metadata})
    if arguments.install:
        shutil.copyfile(path, catalogue.types_model)
        renew_sums(catalogue.types_model)
    return metadata


def load_trunk(network: ReaderNetwork, checkpoint: Path) -> None:
    """Take stem and trunk, not the heads, from an earlier run."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["network"]
    kept = {name: value for name, value in state.items() if not name.startswith("heads.")}
    missing, unexpected = network.load_state_dict(kept, strict=False)
    wrong = [*unexpected, *(name for name in missing if not name.startswith("heads."))]
    if wrong:
        raise ValueError(f"{checkpoint} is of another backbone: {wrong[0]}")


def save(network: ReaderNetwork, arguments: argparse.Namespace) -> None:
    """Keep the weights and how they came about."""
    told = {name: str(value) for name, value in vars(arguments).items()}
    torch.save({"network": network.state_dict(), "arguments": told}, arguments.out / "last.pt")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("folder", type=Path, metavar="FOLDER", help="COCO folder")
    options.add_argument("--catalogue", type=Path, default=DOGS, help="catalogue folder")
    options.add_argument("--out", type=Path, required=True, help="folder of this run")
    options.add_argument("--further", type=Path, help="COCO folder of faces for training only")
    options.add_argument("--false-faces", type=Path, help="CSV of boxes a detector took for faces")
    options.add_argument("--initial", type=Path, help="last.pt of an earlier run, whose trunk is taken")
    options.add_argument("--backbone", choices=BACKBONES, default="efficientnet_lite2")
    options.add_argument("--size", type=int, default=192, help="side of the crops, pixels")
    options.add_argument("--variants", type=int, default=2, help="of each sample; all but one are random")
    options.add_argument("--head-epochs", type=int, default=10, help="of the heads on frozen features")
    options.add_argument("--epochs", type=int, default=0, help="of trunk and heads; 0 keeps the trunk")
    options.add_argument("--rate", type=float, default=2e-4, help="of learning, for the trunk")
    options.add_argument("--precision", choices=PRECISIONS, default="int8")
    options.add_argument("--ranges", type=int, default=120, help="photos that set the 8-bit ranges")
    options.add_argument("--cache", type=Path, help="folder for stem outputs; default: in --out")
    options.add_argument("--limit", type=int, default=0, help="use about so many faces only")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--install", action="store_true", help="put types.onnx into the catalogue's folder")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    train(parser().parse_args(arguments))


if __name__ == "__main__":
    main()
