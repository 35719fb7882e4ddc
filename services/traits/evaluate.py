"""Figures of the served traits model on validation photos: ``python -m services.traits.evaluate``.

Prints a table and, with ``--out FILE``, writes the same as JSON. Photos are read at two resolutions:
the 224 px copies with their squeeze undone (``load_upright_photo``), and the 500 px copies of those that
have one. Rows:

* ``head box``: photos whose head box is known, read with it;
* ``no box``: every photo, read as a whole;
* ``as served``: every photo, with its head box where one is known and as a whole where not.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.traits.classifier import TraitsClassifier
from services.traits.training.photos import Photo, load_upright_photo, read_dogs, read_image, read_negatives
from shared.figures import calibration_error, macro_f1, top_k
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder

MODEL_FOLDER = Path(__file__).with_name("model")
Figures = dict[str, float]
Answers = dict[str, NDArray[np.float64]]
TRAITS = ("ear", "fur", "pattern")


@dataclass(frozen=True, slots=True)
class Reading:
    """The answers to a set of photos; task → (photos, classes)."""

    photos: Sequence[Photo]
    answers: Answers
    milliseconds: float
    """Median time of one call."""


def sharp(photo: Photo) -> RgbImage:
    """The 500 px copy.

    Raises:
        ValueError: there is none.
    """
    if photo.sharp is None:
        raise ValueError(f"no larger copy of {photo.file}")
    return read_image(photo.sharp)


def read_photos(
    classifier: TraitsClassifier,
    photos: Sequence[Photo],
    load: Callable[[Photo], RgbImage],
    heads: Sequence[Box | None],
) -> Reading:
    """Run the classifier over ``photos`` with ``heads`` beside them."""
    rows: dict[str, list[NDArray[np.float64]]] = {}
    times = []
    for photo, head in zip(photos, heads, strict=True):
        image = load(photo)
        began = time.perf_counter()
        found = classifier.probabilities(image, head)
        times.append(time.perf_counter() - began)
        for task, probabilities in found.items():
            rows.setdefault(task, []).append(probabilities)
    answers = {task: np.stack(found) for task, found in rows.items()}
    return Reading(photos, answers, float(np.median(times)) * 1000)


def dog_figures(reading: Reading, threshold: float) -> Figures:
    """How the dogs among the photos fare: every accuracy in percent, errors of calibration as fractions."""
    figures: Figures = {"photos": len(reading.photos), "milliseconds": round(reading.milliseconds, 1)}
    dog = reading.answers["dog"][:, 0]
    figures["dog_found"] = round(100 * float((dog >= threshold).mean()), 2)
    for task in ("breed", *TRAITS):
        labels = np.array([getattr(photo, task) for photo in reading.photos], dtype=np.int64)
        known = labels >= 0
        if not known.any():
            continue
        probabilities, labels = reading.answers[task][known], labels[known]
        predicted = probabilities.argmax(1)
        figures[f"{task}_photos"] = int(known.sum())
        figures[f"{task}_top1"] = round(100 * float((predicted == labels).mean()), 2)
        if task == "breed":
            figures["breed_top5"] = round(100 * top_k(probabilities, labels, 5), 2)
        figures[f"{task}_macro_f1"] = round(100 * macro_f1(predicted, labels), 2)
        figures[f"{task}_ece"] = round(calibration_error(probabilities, labels), 4)
    return figures


def negative_figures(reading: Reading, threshold: float) -> Figures:
    """Share of the photos without a dog that are refused, in percent, overall and for cats and things."""
    refused = reading.answers["dog"][:, 0] < threshold
    cats = np.array([photo.path.parent.name == "cats" for photo in reading.photos])
    return {
        "photos": len(reading.photos),
        "refused": round(100 * float(refused.mean()), 2),
        "cats_refused": round(100 * float(refused[cats].mean()), 2),
        "things_refused": round(100 * float(refused[~cats].mean()), 2),
    }


def blanks(count: int = 60, seed: int = 7) -> list[RgbImage]:
    """Walls, gradients and noise, which show nothing."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in range(count):
        height, width = (int(side) for side in rng.integers(200, 700, 2))
        colour, other = rng.uniform(0, 255, (2, 3))
        if number % 3 == 0:
            picture = np.broadcast_to(colour, (height, width, 3)) + rng.normal(0, 3, (height, width, 3))
        elif number % 3 == 1:
            ramp = np.linspace(0, 1, width)[None, :, None]
            picture = np.broadcast_to(colour * ramp + other * (1 - ramp), (height, width, 3))
        else:
            picture = colour + rng.normal(0, rng.uniform(10, 90), (height, width, 3))
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return pictures


def evaluate(
    classifier: TraitsClassifier, dogs: Sequence[Photo], negatives: Sequence[Photo]
) -> dict[str, Figures]:
    """Every row of the table by name."""
    threshold = classifier.dog_threshold
    rows: dict[str, Figures] = {}
    for name, photos, load in (
        ("224 px", dogs, load_upright_photo),
        ("500 px", [photo for photo in dogs if photo.sharp is not None], sharp),
    ):
        if not photos:
            continue
        whole = read_photos(classifier, photos, load, [None] * len(photos))
        boxed = [photo for photo in photos if photo.head is not None]
        rows[f"{name}, no box"] = dog_figures(whole, threshold)
        if not boxed:
            continue
        head = read_photos(classifier, boxed, load, [photo.head for photo in boxed])
        rows[f"{name}, head box"] = dog_figures(head, threshold)
        served = {task: values.copy() for task, values in whole.answers.items()}
        places = [index for index, photo in enumerate(photos) if photo.head is not None]
        for task, values in head.answers.items():
            served[task][places] = values
        rows[f"{name}, as served"] = dog_figures(Reading(photos, served, head.milliseconds), threshold)
    if negatives:
        whole = read_photos(classifier, negatives, load_upright_photo, [None] * len(negatives))
        rows["no dog, no box"] = negative_figures(whole, threshold)
        # A detector that errs frames anything: the middle of the picture stands for that.
        middle = [Box(0.3, 0.25, 0.7, 0.65)] * len(negatives)
        rows["no dog, box in the middle"] = negative_figures(
            read_photos(classifier, negatives, load_upright_photo, middle), threshold
        )
    empty = [classifier.probabilities(picture, None)["dog"][0] < threshold for picture in blanks()]
    rows["blank"] = {"photos": len(empty), "refused": round(100 * float(np.mean(empty)), 2)}
    return rows


def table(rows: dict[str, Figures]) -> str:
    """The figures for people."""
    lines = []
    for name, figures in rows.items():
        plain = [f"{key} {value:g}" for key, value in figures.items() if "_" not in key]
        lines.append(f"{name}: " + ", ".join(plain))
        if "breed_top1" in figures:
            lines.append(f"  {'dog found':10} {figures['dog_found']:6.2f} %")
            for task in ("breed", *TRAITS):
                if f"{task}_top1" not in figures:
                    continue
                more = f"top-5 {figures['breed_top5']:.2f} %" if task == "breed" else ""
                top1, f1 = figures[f"{task}_top1"], figures[f"{task}_macro_f1"]
                error, count = figures[f"{task}_ece"], figures[f"{task}_photos"]
                lines.append(
                    f"  {task:10} {top1:6.2f} %  macro-F1 {f1:6.2f}  ECE {error:.3f}  n {count:.0f}  {more}"
                )
        elif "cats_refused" in figures:
            lines.append(f"  cats {figures['cats_refused']:.2f} %, things {figures['things_refused']:.2f} %")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, evaluate, print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--model", type=Path, default=MODEL_FOLDER, help="folder of traits.onnx")
    options.add_argument(
        "--head-boxes", type=Path, help="another detector's boxes, a file like head_boxes.csv"
    )
    options.add_argument("--out", type=Path, help="write the figures as JSON")
    options.add_argument("--split", type=Split, choices=list(Split), default=Split.VALIDATION)
    options.add_argument("--limit", type=int, default=0, help="use about so many photos only")
    options.add_argument("--threads", type=int, default=1)
    arguments = options.parse_args()
    data = data_folder()
    if not data.is_dir():
        options.error(f"no data at {data}; set PAWTRAIT_DATA")
    dogs = [photo for photo in read_dogs(data, arguments.head_boxes) if photo.split == arguments.split]
    negatives = [photo for photo in read_negatives(data) if photo.split == arguments.split]
    if arguments.limit:
        dogs = dogs[:: max(len(dogs) // arguments.limit, 1)]
        negatives = negatives[:: max(len(negatives) // arguments.limit, 1)]
    classifier = TraitsClassifier(arguments.model, arguments.threads)
    rows = evaluate(classifier, dogs, negatives)
    print(f"traits {classifier.version}, {arguments.split} photos, dog threshold {classifier.dog_threshold}")
    print(table(rows))
    if arguments.out:
        document = {"model": classifier.version, "split": arguments.split, "rows": rows}
        arguments.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
