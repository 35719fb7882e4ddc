"""Make the served model: ``python -m services.traits.training.export --trunk RUN/last.pt int8 whole,head …``.

A network may have several trunks, each of which reads the views that it is best at. Every ``--trunk``
names a checkpoint, a precision (``mixed``, ``int8`` or ``float32``), the views that it reads of a photo
with a known head, and those without. Fits the trust in each trunk and view and the calibration on the dev
photos, as the quantised network reads them, and writes ``traits.onnx``.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from services.traits.breeds import BREEDS
from services.traits.joining import TASKS
from services.traits.preprocessing import ViewName
from services.traits.training.augmentation import random_box
from services.traits.training.calibration import Logits, best_threshold, calibrate, dog_probability
from services.traits.training.photos import Photo, load_upright_photo, read_dogs, read_negatives
from services.traits.training.runs import load_run
from services.traits.training.samples import fixed_views
from services.traits.training.served import EachView, Inputs, make_small, put_together, write_trunk
from services.traits.training.train import FULL_SIZE, build
from services.traits.training.trust import fit_trust
from services.traits.trunks import Reading, Trunk, join_readings, plain_trunk, read_views, trunks_to_json
from shared.geometry import RgbImage
from shared.onnx_session import OnnxSession
from shared.training.dataset import Split, data_folder
from shared.training.saving import save_onnx
from shared.vocabulary import Ear, Fur, Pattern

MODEL_FOLDER = Path(__file__).resolve().parents[1] / "model"
PRECISIONS = ("mixed", "int8", "float32")


@dataclass(frozen=True, slots=True)
class TrunkPlan:
    """What one ``--trunk`` asks for."""

    checkpoint: Path
    precision: str
    with_head: tuple[ViewName, ...]
    without_head: tuple[ViewName, ...]

    @staticmethod
    def parse(words: Sequence[str]) -> "TrunkPlan":
        """From the four words of the command line.

        Raises:
            ValueError: no such precision or view, or a view that needs a head is read without.
        """
        checkpoint, precision, with_head, without_head = words
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision}")
        blind = tuple(ViewName(name) for name in without_head.split(","))
        if {ViewName.HEAD, ViewName.BUST} & set(blind):
            raise ValueError("head and bust cannot be read without a head")
        return TrunkPlan(
            Path(checkpoint), precision, tuple(ViewName(name) for name in with_head.split(",")), blind
        )


def write_network(plans: Sequence[TrunkPlan], path: Path, data: Path, photos: Sequence[Photo]) -> list[Trunk]:
    """Write the trunks of ``plans`` to ``path``; ``photos`` set the ranges of 8 bits."""
    trunks = []
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for plan in plans:
            run = load_run(plan.checkpoint)
            backbone, network = build(run.backbone, run.weights, run.frozen_blocks, data)
            network.load_state_dict(run.network)
            trunk = EachView(backbone.stem, network)
            part = Path(folder) / f"{run.backbone}.onnx"
            write_trunk(trunk, part, run.backbone)
            pictures = (fixed_views(photo, FULL_SIZE, photo.head is not None) for photo in photos)
            inputs = (_named(pixels, roles) for pixels, roles in pictures)
            make_small(part, plan.precision, trunk.frozen, inputs)
            parts.append((run.backbone, part))
            trunks.append(plain_trunk(run.backbone, plan.with_head, plan.without_head))
        put_together(parts, path)
    return trunks


def _named(pixels: RgbImage, roles: NDArray[np.float32]) -> Inputs:
    return {"views": pixels, "roles": roles}


def read_photos(
    session: OnnxSession, trunks: Sequence[Trunk], photos: Sequence[Photo], with_head: bool
) -> list[list[Reading]]:
    """What each trunk says to each view of each photo, read as a caller's photo would be."""
    return [
        read_views(session, trunks, load_upright_photo(photo), photo.head if with_head else None)
        for photo in photos
    ]


def stacked(trunks: Sequence[Trunk], readings: Sequence[Sequence[Reading]]) -> Logits:
    """Joined answers: task → (photos, classes)."""
    answers = [join_readings(trunks, reading) for reading in readings]
    return {task: np.stack([answer[task] for answer in answers]) for task in TASKS}


def finish(
    path: Path, trunks: Sequence[Trunk], dev: Sequence[Photo], negatives: Sequence[Photo]
) -> dict[str, str]:
    """Fit trust and calibration of the network at ``path`` on ``dev`` and write them into it.

    The threshold for dogs also looks at ``negatives`` that training has seen: there are too few among the
    dev photos to place it.
    """
    session = OnnxSession(path)
    boxed = [photo for photo in dev if photo.head is not None]
    by_mode = {
        "head": (boxed, read_photos(session, trunks, boxed, with_head=True)),
        "whole": (dev, read_photos(session, trunks, dev, with_head=False)),
    }
    dogs_only = [place for place, photo in enumerate(boxed) if photo.is_dog]
    readings = by_mode["head"][1]
    trunks = fit_trust(
        trunks, [readings[place] for place in dogs_only], [boxed[place] for place in dogs_only]
    )
    metadata = {"trunks": trunks_to_json(trunks)}
    dogs: list[NDArray[np.float64]] = []
    others: list[NDArray[np.float64]] = []
    for mode, (photos, read) in by_mode.items():
        logits = stacked(trunks, read)
        calibration = calibrate(logits, photos)
        metadata[mode] = json.dumps(calibration)
        found, truth = dog_probability(logits, calibration), np.array([photo.is_dog for photo in photos])
        dogs.append(found[truth])
        others.append(found[~truth])
        if mode == "whole":
            seen = stacked(trunks, read_photos(session, trunks, negatives, with_head=False))
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
    model = onnx.load(path)
    onnx.helper.set_model_props(model, metadata)
    weights = hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()
    metadata["version"] = f"2-{weights[:8]}"
    onnx.helper.set_model_props(model, metadata)
    save_onnx(model, path)
    return metadata


def export(arguments: argparse.Namespace) -> dict[str, str]:
    """Write the model that ``arguments`` ask for; returns its metadata."""
    torch.set_num_threads(arguments.threads)
    data = data_folder()
    dogs = read_dogs(data, arguments.head_boxes)
    negatives = read_negatives(data)
    if arguments.limit:
        dogs = dogs[:: max(len(dogs) // arguments.limit, 1)]
        negatives = negatives[:: max(len(negatives) // arguments.limit, 1)]
    dev = with_random_boxes([photo for photo in (*dogs, *negatives) if photo.split == Split.DEV])
    fit = [photo for photo in dogs if photo.split == Split.TRAIN]
    fit = fit[:: max(len(fit) // arguments.calibration, 1)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "traits.onnx"
    plans = [TrunkPlan.parse(words) for words in arguments.trunk]
    trunks = write_network(plans, path, data, fit)
    return finish(path, trunks, dev, [photo for photo in negatives if photo.split == Split.TRAIN])


def with_random_boxes(photos: Sequence[Photo], seed: int = 0) -> list[Photo]:
    """The same photos; those that show no dog get a box at random, as a detector that errs would give."""
    rng = np.random.default_rng(seed)
    return [photo if photo.is_dog else replace(photo, head=random_box(rng, photo.aspect)) for photo in photos]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--trunk",
        nargs=4,
        action="append",
        required=True,
        metavar=("CHECKPOINT", "PRECISION", "VIEWS", "VIEWS_WITHOUT_HEAD"),
    )
    options.add_argument("--out", type=Path, default=MODEL_FOLDER)
    options.add_argument("--head-boxes", type=Path, help="another file like head_boxes.csv")
    options.add_argument("--calibration", type=int, default=250, help="photos that set the 8-bit ranges")
    options.add_argument("--limit", type=int, default=0, help="use about so many photos only")
    options.add_argument("--threads", type=int, default=1)
    return options


if __name__ == "__main__":
    print(json.dumps(export(parser().parse_args()), indent=1))
