"""Write the detector's training set in ultralytics' layout: un-squeezed photos and polygon labels."""

import argparse
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from services.facecolor.training.detector.labels import (
    polygon_line,
    read_boxes,
    read_photos,
    read_teacher_heads,
    sure_boxes,
)
from services.facecolor.training.detector.pictures import photo_path
from shared.box_detection import PADDING
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder, split_of
from shared.training.pictures import load_upright

LONG_SIDE = 320
"""Longest side of the photos written, in pixels: a little above the training size, for zooming in."""
HAND_BOXED = Path(__file__).parents[1] / "hand_boxed_train_heads.csv"
HAND_BOXED_REPEATS = 3
NEGATIVE_REPEATS = 4
"""The same for cats and things in the second round, when there are twice as many photos of dogs."""


@dataclass(frozen=True, slots=True)
class Example:
    """A picture to train on: where it lies, its true size (None: as stored), its heads."""

    path: Path
    size: tuple[int, int] | None
    heads: tuple[Box, ...]
    hidden: tuple[Box, ...] = ()
    """Dogs whose head nobody knows: painted over, lest their heads be taught as background."""
    repeats: int = 1
    """How often an epoch shows it."""


def teacher_examples(data: Path) -> Iterator[Example]:
    """Photos whose every dog has a head that the teacher is sure of.

    A photo with a dog whose head the teacher missed would teach that this head is background.
    """
    photos = read_photos(data / "stanford_dogs.csv")
    for file, found in read_teacher_heads(data / "head_boxes.csv").items():
        photo = photos[file]
        heads = sure_boxes(photo, found)
        if heads:
            yield Example(photo_path(data, photo), (photo.width, photo.height), heads)


def negative_examples(data: Path, repeats: int) -> Iterator[Example]:
    """Cats and things: pictures without any dog's head."""
    for path in sorted((data / "negatives").glob("*/*")):
        yield Example(path, None, (), repeats=repeats)


def hand_boxed_examples(data: Path) -> Iterator[Example]:
    """Training photos whose heads the teacher missed and a person boxed: few, and the hardest."""
    photos = read_photos(data / "stanford_dogs.csv")
    for file, heads in read_boxes(HAND_BOXED).items():
        photo = photos[file]
        yield Example(
            photo_path(data, photo), (photo.width, photo.height), tuple(heads), repeats=HAND_BOXED_REPEATS
        )


def pseudo_examples(data: Path, labels: Path) -> Iterator[Example]:
    """Photos with the boxes that ``pseudo_labels`` wrote; all of the training split."""
    photos = read_photos(data / "stanford_dogs.csv")
    heads = read_boxes(labels, kind="head")
    hidden = read_boxes(labels, kind="hidden")
    by_hand = read_boxes(HAND_BOXED)
    for file, boxes in heads.items():
        if file in by_hand:
            continue
        photo = photos.get(file)
        path = photo_path(data, photo) if photo else data / file
        size = (photo.width, photo.height) if photo else None
        yield Example(path, size, tuple(boxes), tuple(hidden.get(file, ())))


def painted_over(picture: RgbImage, hidden: Iterable[Box], heads: Iterable[Box]) -> RgbImage:
    """The picture with the hidden boxes grey, except where known heads are."""
    height, width = picture.shape[:2]
    result = picture.copy()
    for box in hidden:
        left, top, right, bottom = box.pixels(width, height)
        result[top:bottom, left:right] = PADDING
    for box in heads:
        left, top, right, bottom = box.pixels(width, height)
        result[top:bottom, left:right] = picture[top:bottom, left:right]
    return result


def write_example(example: Example, folder: Path, split: Split) -> None:
    """One picture and its label file; photos of the validation split are refused.

    Raises:
        ValueError: the picture belongs to the validation split.
    """
    if split is Split.VALIDATION:
        raise ValueError(f"{example.path.name} is kept for validation")
    images, labels = folder / "images" / split.value, folder / "labels" / split.value
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    picture = load_upright(example.path, example.size, LONG_SIDE)
    picture = painted_over(picture, example.hidden, example.heads)
    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    text = "\n".join(polygon_line(head) for head in example.heads)
    for repeat in range(example.repeats if split is Split.TRAIN else 1):
        stem = f"{example.path.stem}-{repeat}" if repeat else example.path.stem
        cv2.imwrite(str(images / f"{stem}.jpg"), stored, [cv2.IMWRITE_JPEG_QUALITY, 92])
        (labels / f"{stem}.txt").write_text(text)


def prepare(data: Path, folder: Path, pseudo_labels: Path | None = None) -> dict[str, int]:
    """Write the whole set and its ``data.yaml``; returns how many pictures each split got."""
    shutil.rmtree(folder, ignore_errors=True)
    counts: dict[str, int] = defaultdict(int)
    negatives = negative_examples(data, 1 if pseudo_labels is None else NEGATIVE_REPEATS)
    sources: list[tuple[Iterator[Example], set[Split]]] = [(negatives, {Split.TRAIN, Split.DEV})]
    if pseudo_labels is None:
        sources.append((teacher_examples(data), {Split.TRAIN, Split.DEV}))
    else:
        # Choosing is done on the teacher's sure boxes, not on what an earlier model thought.
        sources.append((teacher_examples(data), {Split.DEV}))
        sources.append((pseudo_examples(data, pseudo_labels), {Split.TRAIN}))
        sources.append((hand_boxed_examples(data), {Split.TRAIN}))
    for examples, splits in sources:
        for example in examples:
            split = split_of(example.path)
            if split in splits:
                write_example(example, folder, split)
                counts[split.value] += 1
    (folder / "data.yaml").write_text(
        f"path: {folder.resolve()}\ntrain: images/train\nval: images/dev\nnames: {{0: head}}\n"
    )
    return dict(counts)


def main() -> None:
    """Command line: ``python -m services.facecolor.training.detector.prepare FOLDER``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the training set is written; emptied first")
    parser.add_argument(
        "--pseudo-labels", type=Path, help="file of pseudo_labels to train on instead of the teacher's boxes"
    )
    arguments = parser.parse_args()
    print(prepare(data_folder(), arguments.folder, arguments.pseudo_labels))


if __name__ == "__main__":
    main()
