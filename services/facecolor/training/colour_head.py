"""Train the colour head: ``python -m services.facecolor.training.colour_head``.

1. Cut the labelled heads of the training split and compute the frozen stem's features of several views.
2. ``--cross-validate``: report the recipe on five folds of the training split, write nothing. Recipes
   are compared here, never on the dev or validation photos.
3. Train teachers with different seeds on the labels; let them name the unlabelled heads of the training
   split; train the student that ships on labels and names (self-training, Xie et al., "Self-training
   with Noisy Student", CVPR 2020).
4. Fit the temperatures on the labels of the dev split, export.
"""

import argparse
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from services.facecolor.training.colour_data import UNSEEN, Face, cut_squares, read_faces
from services.facecolor.training.colour_export import export
from services.facecolor.training.colour_features import Features, compute_features
from services.facecolor.training.colour_fit import (
    Recipe,
    Targets,
    best_temperature,
    fit_tail,
    label_targets,
    log_probabilities,
    softmax,
)
from services.facecolor.training.colour_network import ColourHead, ColourTail, Stem, load_trunk
from shared.training.dataset import Split, data_folder

MODEL = Path(__file__).parents[1] / "model" / "colour_head.onnx"
SIZE = 128
FOLDS = 5
log = logging.getLogger("colour_head")
FitTail = Callable[[Features, Targets, int, tuple[Features, Targets] | None], ColourTail]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    data = data_folder()
    trunk_file = data / "pretrained" / "mobilenet_v2_imagenet1k.npz"
    recipe = Recipe(epochs=options.epochs)
    stem = Stem(load_trunk(trunk_file))

    def prepare(splits: list[Split], labelled: bool, views: int) -> tuple[list[Face], Features]:
        faces = read_faces(data, splits, labelled, options.boxes)[:: options.every]
        started = time.monotonic()
        features = compute_features(stem, cut_squares(data, faces), SIZE, views, options.seed)
        log.info("%d faces, %d views each: %.0f s", len(faces), views, time.monotonic() - started)
        return faces, features

    def fit(
        features: Features, targets: Targets, seed: int, extra: tuple[Features, Targets] | None = None
    ) -> ColourTail:
        return fit_tail(ColourTail(load_trunk(trunk_file)), features, targets, recipe, seed, extra)

    faces, features = prepare([Split.TRAIN], True, options.views)
    targets = label_targets(faces, recipe.smoothing)
    if options.cross_validate:
        right = _cross_validate(faces, features, targets, fit, options.seed)
        found = np.array([face.found for face in faces])
        log.info("primary %.4f, of heads that were found %.4f", right.mean(), right[found].mean())
        return

    teachers = [fit(features, targets, options.seed + 1 + index) for index in range(options.teachers)]
    extra = None
    if teachers:
        _, others = prepare([Split.TRAIN], False, options.unlabelled_views)
        extra = (others, _named_by(teachers, others))
    students = [
        fit(features, targets, options.seed + 101 + index, extra) for index in range(options.students)
    ]

    dev_faces, dev = prepare([Split.DEV], True, 1)
    temperatures, accuracy = _calibrate(students, dev_faces, dev)
    log.info("dev: primary %.3f, temperatures %.2f and %.2f", accuracy, *temperatures)
    facts = {
        "recipe": asdict(recipe),
        "seed": options.seed,
        "views": options.views,
        "teachers": options.teachers,
        "students": options.students,
        "labelled": len(faces),
        "unlabelled": len(extra[0]) if extra else 0,
        "dev_primary": round(accuracy, 4),
        "temperatures": [round(value, 3) for value in temperatures],
    }
    version = time.strftime("%Y.%m.%d")
    export(ColourHead(stem, students, temperatures), SIZE, options.out, version=version, facts=facts)
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()[:12]
    log.info("wrote %s, %d bytes, sha256 %s…", options.out, options.out.stat().st_size, digest)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=MODEL, help="ONNX file to write")
    parser.add_argument(
        "--boxes", type=Path, help="heads found by a detector, as evaluate_detector --write-boxes writes them"
    )
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--views", type=int, default=6, help="views of each labelled head")
    parser.add_argument("--unlabelled-views", type=int, default=3)
    parser.add_argument("--teachers", type=int, default=2, help="0: no self-training")
    parser.add_argument("--students", type=int, default=1, help="tails that ship, averaged")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="use every n-th photo only, to try the command")
    parser.add_argument("--cross-validate", action="store_true")
    return parser.parse_args(arguments)


def _named_by(teachers: Sequence[ColourTail], features: Features) -> Targets:
    """Soft targets for unlabelled faces: the teachers see the plain view, the student all of them."""
    primary, secondary = log_probabilities(teachers, features)
    return Targets(softmax(primary), softmax(secondary), np.ones(len(features), np.float32))


def _calibrate(
    tails: Sequence[ColourTail], faces: Sequence[Face], features: Features
) -> tuple[tuple[float, float], float]:
    """Temperatures of both outputs on labelled faces, and the accuracy of the primary colour there."""
    primary, secondary = log_probabilities(tails, features)
    first, second = _classes(faces)
    seen = second != UNSEEN
    accuracy = float((primary.argmax(1) == first).mean())
    return (best_temperature(primary, first), best_temperature(secondary[seen], second[seen])), accuracy


def _classes(faces: Sequence[Face]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    primary = np.array([face.primary for face in faces], np.intp)
    return primary, np.array([face.secondary for face in faces], np.intp)


def _cross_validate(
    faces: Sequence[Face], features: Features, targets: Targets, fit: FitTail, seed: int
) -> NDArray[np.bool_]:
    """Whether the primary colour of each face is right when its fold is left out of training."""
    primary, _ = _classes(faces)
    fold = np.random.default_rng(seed).integers(FOLDS, size=len(faces))
    right = np.zeros(len(faces), bool)
    for index in range(FOLDS):
        rest, held = np.flatnonzero(fold != index), np.flatnonzero(fold == index)
        tail = fit(features.take(rest), targets.take(rest), seed, None)
        logits, _ = log_probabilities([tail], features.take(held))
        right[held] = logits.argmax(1) == primary[held]
        log.info("fold %d: primary %.4f of %d", index, right[held].mean(), len(held))
    return right


if __name__ == "__main__":
    main()
