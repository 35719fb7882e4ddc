"""Measure the nose detector on photos it never saw: ``python -m services.noseprint.evaluate_detector``.

Needs the data folder, but no PyTorch. AP50 is the area under the interpolated curve of precision over
recall, a box counting as right when it overlaps a nose not yet found by IoU ≥ 0.5; beside it
stands the same at 0.3.
``--write-boxes FILE.csv`` writes the noses found in every Stanford Dogs photo instead.
"""

import argparse
import csv
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.noseprint.detection import Nose, NoseDetector
from services.noseprint.training.detector_backdrops import BACKDROPS
from services.noseprint.training.detector_labels import (
    LONG_SIDE,
    LabelledPicture,
    labelled_copies,
    natural_photos,
    stanford_path,
)
from services.noseprint.training.detector_views import zoomed
from shared.box_figures import RIGHT_IOU, average_precision
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder, split_of
from shared.training.pictures import load_upright

MODEL_FOLDER = Path(__file__).parent / "model"
LOW_THRESHOLD = 0.01
"""Confidence from which boxes enter the precision-recall curve."""
LOOSE_IOU = 0.3
"""Overlap at which AP is printed as well: what that has more than AP50 is found, but placed otherwise."""
WRITTEN_LONG_SIDE = 500
"""Longest side at which photos are searched for the file of boxes, about that of the originals, in pixels."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in one picture, the surest first, and what is in it."""

    found: tuple[Nose, ...]
    truth: tuple[Box, ...]


def outcomes(detector: NoseDetector, pictures: Iterable[tuple[RgbImage, tuple[Box, ...]]]) -> list[Outcome]:
    """Run the detector over pictures with known noses."""
    return [
        Outcome(tuple(sorted(detector.detect(image), key=lambda nose: -nose.confidence)), truth)
        for image, truth in pictures
    ]


def recall_at(results: Sequence[Outcome], threshold: float) -> tuple[int, int]:
    """Noses found at a confidence, and all noses."""
    found = total = 0
    for result in results:
        sure = [nose for nose in result.found if nose.confidence >= threshold]
        for truth in result.truth:
            total += 1
            found += any(nose.box.iou(truth) >= RIGHT_IOU for nose in sure)
    return found, total


def near_views(pictures: Sequence[LabelledPicture], seed: int = 1) -> list[tuple[RgbImage, tuple[Box, ...]]]:
    """One view a picture, zoomed and turned towards its nose; the same for the same seed."""
    random = np.random.default_rng(seed)
    views = [zoomed(picture, random) for picture in pictures]
    return [(view.image, view.noses) for view in views if view is not None and view.noses]


def report(title: str, results: Sequence[Outcome], threshold: float) -> None:
    """Print AP50 and recall at the working threshold."""
    found, total = recall_at(results, threshold)
    print(
        f"{title}: AP50 {average_precision(results):.3f} (AP at an overlap of {LOOSE_IOU}: "
        f"{average_precision(results, LOOSE_IOU):.3f}), found at the threshold "
        f"{100 * found / max(total, 1):.1f} % ({found}/{total} noses, {len(results)} pictures)"
    )


def report_by_size(results: Sequence[Outcome], threshold: float) -> None:
    """Print recall at the working threshold by the nose's width as a share of the picture's."""
    for low, high in ((0.0, 0.0625), (0.0625, 0.125), (0.125, 1.01)):
        part = [
            Outcome(
                result.found,
                tuple(nose for nose in result.truth if low <= nose.x_max - nose.x_min < high),
            )
            for result in results
        ]
        found, total = recall_at(part, threshold)
        span = f"{100 * low:.0f} to {min(100 * high, 100):.0f} % of the picture's width"
        print(f"  noses of {span}: found {100 * found / max(total, 1):.1f} % ({found}/{total})")


def report_false(title: str, results: Sequence[Outcome], threshold: float) -> None:
    """Print in how many pictures without a nose one is reported."""
    wrong = sum(any(nose.confidence >= threshold for nose in result.found) for result in results)
    print(f"false noses on {title}: {100 * wrong / max(len(results), 1):.1f} % ({wrong}/{len(results)})")


def report_nose_photos(data: Path, detector: NoseDetector, threshold: float) -> None:
    """Print how many of the sample's registration photos have a nose; where it is has no label."""
    paths = sorted((data / "nose_photos").glob("*/*"))
    sizes = []
    for path in paths:
        noses = [
            nose for nose in detector.detect(load_upright(path, None, 960)) if nose.confidence >= threshold
        ]
        if noses:
            sizes.append(noses[0].box.area)
    share = f"{100 * float(np.median(sizes)):.0f} %" if sizes else "–"
    print(f"nose photos with a nose: {len(sizes)}/{len(paths)}; its box covers {share} of the photo (median)")


def report_speed(detector: NoseDetector, photos: Sequence[RgbImage]) -> None:
    """Print processor time and time by the clock of a call on one core, over photos brought to two sizes."""
    for size in ((1600, 1200), (1440, 1440)):
        busy, clock = [], []
        for photo in photos:
            image = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC), np.uint8)
            start, start_busy = time.perf_counter(), time.process_time()
            detector.detect(image)
            clock.append(1000 * (time.perf_counter() - start))
            busy.append(1000 * (time.process_time() - start_busy))
        print(
            f"{size[0]}×{size[1]} px, one core: processor time median {np.median(busy):.1f} ms, "
            f"90th percentile {np.percentile(busy, 90):.1f} ms; by the clock {np.median(clock):.1f} ms"
        )


def negatives(data: Path, kind: str, split: Split) -> list[tuple[RgbImage, tuple[Box, ...]]]:
    """Pictures of cats or things, of a split."""
    paths = sorted((data / "negatives" / kind).glob("*"))
    return [(load_upright(path, None, LONG_SIDE), ()) for path in paths if split_of(path) is split]


def write_boxes(data: Path, detector: NoseDetector, target: Path) -> None:
    """Write the noses found in all Stanford Dogs photos; a row without numbers where there is none."""
    with (data / "stanford_dogs.csv").open(newline="") as lines, target.open("w", newline="") as written:
        writer = csv.writer(written)
        writer.writerow(["file", "x_min", "y_min", "x_max", "y_max", "confidence"])
        for row in csv.DictReader(lines):
            sharp = data / "stanford_dogs_500" / row["file"]
            path = sharp if sharp.is_file() else stanford_path(data, row)
            size = int(row["orig_w"]), int(row["orig_h"])
            noses = detector.detect(load_upright(path, size, WRITTEN_LONG_SIDE))
            for nose in noses:
                box = nose.box
                edges = (box.x_min, box.y_min, box.x_max, box.y_max, nose.confidence)
                writer.writerow([row["file"], *(f"{number:.4f}" for number in edges)])
            if not noses:
                writer.writerow([row["file"], "", "", "", "", ""])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="nose_detector.onnx or its folder")
    parser.add_argument(
        "--split", type=Split, default=Split.VALIDATION, choices=[Split.VALIDATION, Split.DEV]
    )
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--no-nose-photos", action="store_true", help="leave the registration sample unseen")
    parser.add_argument(
        "--write-boxes", type=Path, metavar="FILE.csv", help="write the noses of all photos, then stop"
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    data = data_folder()
    working = NoseDetector(arguments.model, threads=1)
    if arguments.write_boxes:
        write_boxes(data, working, arguments.write_boxes)
        return
    detector = NoseDetector(arguments.model, threads=1, threshold=LOW_THRESHOLD)
    threshold = working.threshold
    print(f"{detector.name} {detector.version}, {arguments.split.value} split, threshold {threshold}")
    copies = labelled_copies(data, {arguments.split})
    natural = natural_photos(data, copies)
    for title, pictures in (
        ("nose_boxes", [(picture.image, picture.noses) for picture in copies]),
        ("the photos behind them", [(picture.image, picture.noses) for picture in natural]),
        ("near views of both", near_views([*copies, *natural])),
    ):
        results = outcomes(detector, pictures)
        report(title, results, threshold)
        report_by_size(results, threshold)
    for kind in ("cats", "objects"):
        report_false(kind, outcomes(detector, negatives(data, kind, arguments.split)), threshold)
    random = np.random.default_rng(2)
    for make in BACKDROPS:
        made: list[tuple[RgbImage, tuple[Box, ...]]] = [(make(random), ()) for _ in range(40)]
        report_false(f"made-up pictures ({make.__name__})", outcomes(detector, made), threshold)
    if not arguments.no_nose_photos:
        report_nose_photos(data, detector, threshold)
    if not arguments.no_speed:
        report_speed(working, [picture.image for picture in natural])


if __name__ == "__main__":
    main()
