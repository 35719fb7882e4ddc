"""Measure the head detector on photos it never saw: ``python -m services.facecolor.evaluate_detector``.

Needs the data folder, but no PyTorch. ``--dlib PATH`` measures dlib's detector beside it on a sample;
``--write-boxes FILE.csv`` writes the boxes found in every photo instead.
"""

import argparse
import csv
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.facecolor.detection import Head, HeadDetector, OnnxHeadDetector
from services.facecolor.disturbances import DISTURBANCES
from services.facecolor.dlib_detection import DlibHeadDetector
from services.facecolor.training.detector.labels import (
    CONFIDENT,
    Photo,
    best_match,
    read_boxes,
    read_photos,
    read_teacher_heads,
)
from services.facecolor.training.detector.pictures import photo_path
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder, split_of
from shared.training.pictures import load_upright

MODEL_FOLDER = Path(__file__).parent / "model"
HAND_BOXED = Path(__file__).parent / "evaluation" / "hand_boxed_heads.csv"
LONG_SIDE = 500
"""Longest side at which photos are shown to the detectors, about that of the originals, in pixels."""
FOUND_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """A photo to look at, and the heads that are known in it, the surest first."""

    path: Path
    size: tuple[int, int] | None
    truth: tuple[Box, ...]
    dogs: int

    def picture(self) -> RgbImage:
        """The photo, upright and in its true aspect ratio."""
        return load_upright(self.path, self.size, LONG_SIDE)


def photo_task(data: Path, photo: Photo, truth: tuple[Box, ...]) -> Task:
    """A Stanford Dogs photo with known heads."""
    return Task(photo_path(data, photo), (photo.width, photo.height), truth, len(photo.bodies))


def confident_tasks(data: Path, photos: dict[str, Photo], split: Split) -> list[Task]:
    """The photos of a split in which the teacher is sure of a head."""
    tasks = []
    for file, heads in read_teacher_heads(data / "head_boxes.csv").items():
        sure = sorted(
            (head for head in heads if head.confidence > CONFIDENT), key=lambda head: -head.confidence
        )
        if sure and split_of(file) is split:
            tasks.append(photo_task(data, photos[file], tuple(head.box for head in sure)))
    return tasks


def hand_boxed_tasks(data: Path, photos: dict[str, Photo], boxes: Path) -> list[Task]:
    """The photos with boxes drawn by hand.

    Raises:
        ValueError: one of them may have been trained on.
    """
    tasks = []
    for file, truth in read_boxes(boxes).items():
        if split_of(file) is Split.TRAIN:
            raise ValueError(f"{file} is in {boxes.name} but in the training split")
        tasks.append(photo_task(data, photos[file], tuple(truth)))
    return tasks


def negative_tasks(data: Path, kind: str, splits: set[Split]) -> list[Task]:
    """Pictures of cats or things, of the given splits."""
    paths = sorted((data / "negatives" / kind).glob("*"))
    return [Task(path, None, (), 0) for path in paths if split_of(path) in splits]


def report_recall(title: str, tasks: list[Task], detect: Callable[[RgbImage], list[Head]]) -> None:
    """Print how often the surest known head, and any known head, is found; and the counts of heads."""
    photos = boxes = all_boxes = counted = single = largest = 0
    for task in tasks:
        heads = detect(task.picture())
        found = [best_match(truth, (head.box for head in heads)) >= FOUND_IOU for truth in task.truth]
        photos += found[0]
        boxes += sum(found)
        all_boxes += len(found)
        largest += bool(heads) and best_match(heads[0].box, task.truth) >= FOUND_IOU
        if task.dogs == 1:
            single += 1
            counted += len(heads) == 1
    total = len(tasks)
    print(f"{title} ({total} photos, {all_boxes} known heads, IoU ≥ {FOUND_IOU}):")
    print(f"  photos with the head found   {percent(photos, total)}")
    print(f"  known heads found            {percent(boxes, all_boxes)}")
    print(f"  largest face is a known head {percent(largest, total)}")
    print(f"  one dog counted as one       {percent(counted, single)}")


def percent(part: int, whole: int) -> str:
    """A share as text, with its counts."""
    return f"{100 * part / whole:5.1f} %  ({part}/{whole})" if whole else "  –"


def report_negatives(title: str, tasks: list[Task], detect: Callable[[RgbImage], list[Head]]) -> None:
    """Print in how many pictures without dogs a head is reported."""
    wrong = sum(bool(detect(task.picture())) for task in tasks)
    print(f"false heads on {title}: {percent(wrong, len(tasks))} of the pictures")


def report_calibration(tasks: list[Task], negatives: list[Task], model: Path) -> None:
    """Print the expected calibration error of the confidence of boxes reported."""
    detector = OnnxHeadDetector(model, threads=1, threshold=0.1)
    confidence: list[float] = []
    right: list[bool] = []
    for task in [*tasks, *negatives]:
        # With several dogs or unsure labels nobody knows which boxes are wrong.
        if len(task.truth) != task.dogs:
            continue
        for head in detector.detect(task.picture()):
            confidence.append(head.confidence)
            right.append(best_match(head.box, task.truth) >= FOUND_IOU)
    bins = np.minimum((np.array(confidence) * 10).astype(int), 9)
    gap = 0.0
    for index in range(10):
        inside = bins == index
        if inside.any():
            gap += inside.mean() * abs(np.array(confidence)[inside].mean() - np.array(right)[inside].mean())
    print(f"expected calibration error of box confidences ≥ 0.1 ({len(right)} boxes): {gap:.3f}")


def report_robustness(tasks: list[Task], detect: Callable[[RgbImage], list[Head]]) -> None:
    """Print how often the surest known head is found in disturbed photos."""
    print(f"head found in disturbed photos ({len(tasks)} of those in which the teacher is sure):")
    for name, disturb in {"as it is": lambda image, head: (image, head), **DISTURBANCES}.items():
        found = 0
        for task in tasks:
            image, truth = disturb(task.picture(), task.truth[0])
            found += best_match(truth, (head.box for head in detect(image))) >= FOUND_IOU
        print(f"  {name:<12} {percent(found, len(tasks))}")


def report_speed(detector: HeadDetector, tasks: list[Task], shape: tuple[int, int] = (768, 1024)) -> None:
    """Print milliseconds per call on one thread, preprocessing and suppression included."""
    pictures = [cv2.resize(task.picture(), (shape[1], shape[0])) for task in tasks[:20]]
    detector.detect(np.asarray(pictures[0], np.uint8))
    times, busy = [], []
    for _ in range(3):
        for picture in pictures:
            start, start_busy = time.perf_counter(), time.process_time()
            detector.detect(np.asarray(picture, np.uint8))
            times.append(1000 * (time.perf_counter() - start))
            busy.append(1000 * (time.process_time() - start_busy))
    # Processor time is what a call costs; the clock also counts waiting for a core that others use.
    print(
        f"{detector.name}, {shape[1]}×{shape[0]} px, one core: processor time median "
        f"{np.median(busy):.1f} ms, "
        f"90th percentile {np.percentile(busy, 90):.1f} ms; by the clock {np.median(times):.1f} ms"
    )


def spread(tasks: list[Task], count: int) -> list[Task]:
    """About ``count`` of the tasks, evenly spread."""
    return tasks[:: max(len(tasks) // count, 1)][:count]


def compare_with_dlib(detector: HeadDetector, path: Path, groups: dict[str, list[Task]], count: int) -> None:
    """Print both detectors' figures side by side on samples of each group."""
    dlib_detector = DlibHeadDetector(path)
    for name, tasks in groups.items():
        sample = spread(tasks, count)
        for each in (detector, dlib_detector):
            if name.startswith("negatives"):
                report_negatives(f"{name}, {each.name}", sample, each.detect)
            else:
                report_recall(f"{name}, {each.name}", sample, each.detect)
    for each in (detector, dlib_detector):
        report_speed(each, spread(groups["teacher sure"], 3), (480, 640))


def all_photo_tasks(data: Path, photos: dict[str, Photo]) -> Iterator[tuple[str, Task]]:
    """Every Stanford Dogs photo by file name."""
    for file, photo in photos.items():
        yield file, photo_task(data, photo, ())


def write_boxes(detector: HeadDetector, tasks: Iterable[tuple[str, Task]], target: Path) -> None:
    """Write the boxes found, in the columns of head_boxes.csv; a row without numbers where none is."""
    with target.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["file", "x_min", "y_min", "x_max", "y_max", "confidence"])
        for file, task in tasks:
            heads = detector.detect(task.picture())
            for head in heads:
                box = head.box
                edges = (box.x_min, box.y_min, box.x_max, box.y_max, head.confidence)
                writer.writerow([file, *(f"{number:.4f}" for number in edges)])
            if not heads:
                writer.writerow([file, "", "", "", "", ""])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="head_detector.onnx or its folder")
    parser.add_argument(
        "--split", type=Split, default=Split.VALIDATION, choices=[Split.VALIDATION, Split.DEV]
    )
    parser.add_argument("--dlib", type=Path, help="dogHeadDetector.dat: compare with dlib on samples")
    parser.add_argument("--robustness", action="store_true", help="only measure on disturbed photos")
    parser.add_argument("--sample", type=int, default=40, help="photos per group for the comparison")
    parser.add_argument(
        "--write-boxes", type=Path, metavar="FILE.csv", help="write the boxes of all photos, then stop"
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    data = data_folder()
    photos = read_photos(data / "stanford_dogs.csv")
    detector = OnnxHeadDetector(arguments.model, threads=1)
    if arguments.write_boxes:
        write_boxes(detector, all_photo_tasks(data, photos), arguments.write_boxes)
        return
    print(f"{detector.name} {detector.version}, {arguments.split.value} split")
    groups = {"teacher sure": confident_tasks(data, photos, arguments.split)}
    if HAND_BOXED.is_file():
        groups["teacher missed, boxed by hand"] = hand_boxed_tasks(data, photos, HAND_BOXED)
    unseen = {arguments.split}
    negatives = {f"negatives/{kind}": negative_tasks(data, kind, unseen) for kind in ("cats", "objects")}
    if arguments.dlib:
        compare_with_dlib(detector, arguments.dlib, groups | negatives, arguments.sample)
        return
    if arguments.robustness:
        report_robustness(spread(groups["teacher sure"], 200), detector.detect)
        return
    for name, tasks in groups.items():
        report_recall(name, tasks, detector.detect)
    for name, tasks in negatives.items():
        report_negatives(name, tasks, detector.detect)
    report_calibration(
        groups["teacher sure"], [task for tasks in negatives.values() for task in tasks], arguments.model
    )
    report_speed(detector, groups["teacher sure"])


if __name__ == "__main__":
    main()
