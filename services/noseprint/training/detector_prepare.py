"""Write the nose detector's training set in ultralytics' layout.

``python -m services.noseprint.training.detector_prepare FOLDER [--found FILE.csv]``
"""

import argparse
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.noseprint.synthesis.individual import grow_individual
from services.noseprint.synthesis.photographs import take_photo
from services.noseprint.training.detector_backdrops import backdrop
from services.noseprint.training.detector_found import found_photos
from services.noseprint.training.detector_labels import (
    LONG_SIDE,
    LabelledPicture,
    labelled_copies,
    natural_photos,
)
from services.noseprint.training.detector_views import View, natural_light, on_backdrop, without_nose, zoomed
from shared.geometry import RgbImage
from shared.training.dataset import Split, data_folder, split_of
from shared.training.pictures import load_upright

SYNTHETIC_SEED = 9_000
"""Apart from the seeds of the embedder's sets."""
DEV_VIEWS = 2
"""Zoomed views per dev picture, for choosing; validation is never written."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """How many pictures of each kind an epoch shows."""

    zoomed: int = 1700
    whole: int = 1700
    no_nose: int = 150
    negatives: int = 350
    made_up: int = 80
    synthetic: int = 500
    """Views of grown noses: the photos hold few sharp noses that fill the frame."""
    found_share: float = 0.4
    """Share of the views that show photos labelled by an earlier detector, where there are any."""


def read_negatives(data: Path, split: Split) -> list[tuple[str, RgbImage]]:
    """Cats and things of a split."""
    paths = sorted((data / "negatives").glob("*/*"))
    return [(path.stem, load_upright(path, None, LONG_SIDE)) for path in paths if split_of(path) is split]


class Writer:
    """Writes views as numbered pictures with label files."""

    def __init__(self, folder: Path, split: Split) -> None:
        self._images = folder / "images" / split.value
        self._labels = folder / "labels" / split.value
        self._images.mkdir(parents=True)
        self._labels.mkdir(parents=True)
        self.counts: Counter[str] = Counter()

    def write(self, kind: str, view: View) -> None:
        """One picture with a label line per nose (class, centre, size as fractions)."""
        name = f"{kind}_{self.counts[kind]:05d}"
        self.counts[kind] += 1
        stored = cv2.cvtColor(view.image, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(self._images / f"{name}.jpg"), stored, [cv2.IMWRITE_JPEG_QUALITY, 95])
        lines = [
            f"0 {(nose.x_min + nose.x_max) / 2:.5f} {(nose.y_min + nose.y_max) / 2:.5f} "
            f"{nose.x_max - nose.x_min:.5f} {nose.y_max - nose.y_min:.5f}"
            for nose in view.noses
        ]
        (self._labels / f"{name}.txt").write_text("\n".join(lines))


def part_of(image: RgbImage, random: np.random.Generator) -> RgbImage:
    """The picture itself or a square part of it: things fill the frame, too."""
    if random.random() < 0.4:
        return image
    side = int(min(image.shape[:2]) * random.uniform(0.3, 1))
    top = int(random.integers(0, image.shape[0] - side + 1))
    left = int(random.integers(0, image.shape[1] - side + 1))
    part = image[top : top + side, left : left + side]
    return np.asarray(cv2.resize(part, (320, 320), interpolation=cv2.INTER_CUBIC), np.uint8)


def synthetic_pictures(count: int, seed: int) -> Iterator[LabelledPicture]:
    """Photos of grown noses, two of each."""
    for number in range(-(-count // 2)):
        individual = grow_individual(SYNTHETIC_SEED + seed, number)
        for view in range(min(2, count - 2 * number)):
            photo = take_photo(individual, SYNTHETIC_SEED + seed, number, view)
            yield LabelledPicture(f"synthetic_{number}__{view}", photo.image, (photo.box,), natural=True)


def write_synthetic(count: int, writer: Writer, random: np.random.Generator, seed: int) -> None:
    """Grown noses as they come, nearer and farther, turned and off a screen."""
    for picture in synthetic_pictures(count, seed):
        view = zoomed(picture, random) if random.random() < 0.7 else View(picture.image, picture.noses)
        if view is not None and view.noses:
            writer.write("synthetic", View(natural_light(view.image, random, stretched=False), view.noses))


def write_training(
    pictures: list[LabelledPicture],
    found: list[LabelledPicture],
    negatives: list[tuple[str, RgbImage]],
    writer: Writer,
    mixture: Mixture,
    random: np.random.Generator,
) -> None:
    """All views of the training split; natural photos are drawn as often as stretched copies.

    Args:
        found: photos labelled by an earlier detector.
    """
    natural = [picture for picture in pictures if picture.natural]
    stretched = [picture for picture in pictures if not picture.natural]

    def draw() -> LabelledPicture:
        if found and random.random() < mixture.found_share:
            return found[random.integers(len(found))]
        group = natural if natural and (random.random() < 0.5 or not stretched) else stretched
        return group[random.integers(len(group))]

    while writer.counts["zoomed"] < mixture.zoomed:
        picture = draw()
        view = zoomed(picture, random)
        if view is None or not view.noses:
            continue
        if negatives and random.random() < 0.08:
            behind = negatives[random.integers(len(negatives))][1]
            view = on_backdrop(view, behind, random)
        lit = natural_light(view.image, random, stretched=not picture.natural)
        writer.write("zoomed", View(lit, view.noses))
    for _ in range(mixture.whole):
        picture = draw()
        image, noses = picture.image, picture.noses
        lit = natural_light(image, random, not picture.natural) if random.random() < 0.5 else image
        writer.write("whole", View(lit, noses))
    while writer.counts["no_nose"] < mixture.no_nose:
        picture = draw()
        none = without_nose(picture, random)
        if none is not None:
            writer.write("no_nose", View(natural_light(none.image, random, not picture.natural), ()))
    for index in range(mixture.negatives if negatives else 0):
        image = part_of(negatives[index % len(negatives)][1], random)
        writer.write("negative", View(natural_light(image, random, stretched=False), ()))
    for _ in range(mixture.made_up):
        writer.write("made_up", View(natural_light(backdrop(random), random, stretched=False), ()))


def write_dev(
    pictures: list[LabelledPicture],
    negatives: list[tuple[str, RgbImage]],
    writer: Writer,
    random: np.random.Generator,
) -> None:
    """What is chosen on: whole pictures, near views, cats and things, without made light."""
    for picture in pictures:
        writer.write("whole", View(picture.image, picture.noses))
        views = [zoomed(picture, random) for _ in range(DEV_VIEWS)]
        for view in views:
            if view is not None:
                writer.write("zoomed", view)
    for _, image in negatives:
        writer.write("negative", View(image, ()))


def prepare(
    data: Path, folder: Path, mixture: Mixture | None = None, seed: int = 0, found: Path | None = None
) -> dict[str, int]:
    """Write the whole set and its ``data.yaml``; returns how many pictures of each kind were written.

    Args:
        found: a file that ``detector_found`` wrote; without it only noses labelled by hand are shown.
    """
    shutil.rmtree(folder, ignore_errors=True)
    random = np.random.default_rng(seed)
    counts: dict[str, int] = {}
    for split in (Split.TRAIN, Split.DEV):
        copies = labelled_copies(data, {split})
        pictures = copies + natural_photos(data, copies)
        writer = Writer(folder, split)
        negatives = read_negatives(data, split)
        if split is Split.TRAIN:
            more = found_photos(data, found) if found else []
            write_training(pictures, more, negatives, writer, mixture or Mixture(), random)
            write_synthetic((mixture or Mixture()).synthetic, writer, random, seed)
        else:
            write_dev(pictures, negatives, writer, random)
        counts |= {f"{split.value} {kind}": count for kind, count in writer.counts.items()}
    (folder / "data.yaml").write_text(
        f"path: {folder.resolve()}\ntrain: images/train\nval: images/dev\nnames: {{0: nose}}\n"
    )
    return counts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the training set is written; emptied first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--found", type=Path, metavar="FILE.csv", help="written by detector_found")
    arguments = parser.parse_args()
    print(prepare(data_folder(), arguments.folder, seed=arguments.seed, found=arguments.found))


if __name__ == "__main__":
    main()
