"""Label the heads that the teacher missed with an earlier detector, held to what is known of each photo.

``python -m services.facecolor.training.detector.pseudo_labels MODEL.onnx LABELS.csv``

Each photo is looked at as a whole and zoomed to every dog's body box, straight and mirrored; what the
views agree on is accepted when it fits a body box (or, in the nose photos, holds the nose). A dog whose
head stays unknown is written as ``hidden``: it is painted over in training, never taught as background.
"""

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.facecolor.detection import Head, HeadDetector, OnnxHeadDetector
from services.facecolor.training.detector.labels import (
    Photo,
    TeacherHead,
    clipped,
    headless_bodies,
    read_photos,
    read_teacher_heads,
    share_inside,
    sure_boxes,
)
from services.facecolor.training.detector.pictures import photo_path
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder, photo_key, split_of
from shared.training.pictures import load_upright

LONG_SIDE = 512
WHOLE = Box(0.0, 0.0, 1.0, 1.0)
CANDIDATE_CONFIDENCE = 0.04
ACCEPTED = 0.1
"""Mean confidence over the views from which the first head that fits a body box is accepted."""
ACCEPTED_ALONE = 0.6
"""The same for a head that no body box is free for."""
NOSE_IN_HEAD = (0.08, 0.6)
"""Plausible width of a nose over the width of its head."""


@dataclass(frozen=True, slots=True)
class Label:
    """A head, or a dog whose head is unknown (``hidden``); ``file`` names the photo."""

    file: str
    kind: str
    box: Box
    confidence: float


def looks(detector: HeadDetector, image: RgbImage, view: Box) -> tuple[list[Head], list[Head]]:
    """Heads found in a part of the picture, straight and mirrored, in fractions of the whole picture."""
    height, width = image.shape[:2]
    left, top, right, bottom = view.pixels(width, height)
    part = np.ascontiguousarray(image[top:bottom, left:right])

    def to_whole(head: Head, mirrored: bool) -> Head:
        low, high = head.box.x_min, head.box.x_max
        if mirrored:
            low, high = 1 - high, 1 - low
        across, down = (right - left) / width, (bottom - top) / height
        box = clipped(
            left / width + low * across,
            top / height + head.box.y_min * down,
            left / width + high * across,
            top / height + head.box.y_max * down,
        )
        return Head(box or head.box, head.confidence)

    flipped = np.ascontiguousarray(part[:, ::-1])
    return (
        [to_whole(head, False) for head in detector.detect(part)],
        [to_whole(head, True) for head in detector.detect(flipped)],
    )


def zoomed(body: Box, margin: float = 0.15) -> Box:
    """A body box with a margin on each side, as a share of its own sides, within the picture."""
    across, down = margin * (body.x_max - body.x_min), margin * (body.y_max - body.y_min)
    return clipped(body.x_min - across, body.y_min - down, body.x_max + across, body.y_max + down) or body


def agreed(views: list[tuple[Box, list[Head]]]) -> list[Head]:
    """Heads on which the views agree: boxes averaged by confidence, confidence averaged over the views.

    A view counts for a head when it shows at least nine tenths of it.
    """
    candidates = sorted((head for _, heads in views for head in heads), key=lambda head: -head.confidence)
    groups: list[list[Head]] = []
    for head in candidates:
        group = next((group for group in groups if group[0].box.iou(head.box) > 0.45), None)
        if group is None:
            groups.append([head])
        else:
            group.append(head)
    merged = []
    for group in groups:
        weights = np.array([head.confidence for head in group])
        edges = np.array([[head.box.x_min, head.box.y_min, head.box.x_max, head.box.y_max] for head in group])
        box = Box(*(float(edge) for edge in weights @ edges / weights.sum()))
        seen_by = sum(share_inside(box, view) > 0.9 for view, _ in views)
        merged.append(Head(box, min(float(weights.sum()) / max(seen_by, 1), 1.0)))
    return sorted(merged, key=lambda head: -head.confidence)


def plausible(head: Box, body: Box, width: int, height: int) -> bool:
    """Whether a head can belong to a body box: mostly inside it and of a fitting size."""
    head_side = max((head.x_max - head.x_min) * width, (head.y_max - head.y_min) * height)
    body_side = max((body.x_max - body.x_min) * width, (body.y_max - body.y_min) * height)
    return share_inside(head, body) > 0.7 and 0.1 < head_side / body_side < 1.1


def label_photo(detector: HeadDetector, data: Path, photo: Photo, teacher: list[TeacherHead]) -> list[Label]:
    """Labels of one Stanford Dogs photo: the teacher's sure boxes, then what the views agree on."""
    sure = [head.box for head in teacher if head.confidence > 0.5]
    if sure_boxes(photo, teacher):
        return [Label(photo.file, "head", box, 1.0) for box in sure]
    image = load_upright(photo_path(data, photo), (photo.width, photo.height), LONG_SIDE)
    views: list[tuple[Box, list[Head]]] = []
    for view in [WHOLE, *(zoomed(body) for body in photo.bodies)]:
        views += [(view, heads) for heads in looks(detector, image, view)]
    # What the teacher found without being sure counts as one more look at the whole photo.
    unsure = [Head(head.box, max(head.confidence, 0.3)) for head in teacher if head.confidence <= 0.5]
    if unsure:
        views.append((WHOLE, unsure))
    heads = [Head(box, 1.0) for box in sure]
    free = headless_bodies(photo.bodies, sure)
    for found in agreed(views):
        body = next((body for body in free if plausible(found.box, body, photo.width, photo.height)), None)
        if found.confidence < (ACCEPTED if body else ACCEPTED_ALONE):
            continue
        if all(share_inside(found.box, head.box) < 0.4 > share_inside(head.box, found.box) for head in heads):
            heads.append(found)
            if body:
                free.remove(body)
    if not heads:
        return []
    labels = [Label(photo.file, "head", head.box, head.confidence) for head in heads]
    for body in free:
        labels.append(Label(photo.file, "hidden", body, 0.0))
    return labels


def label_nose_photo(detector: HeadDetector, data: Path, file: str, nose: Box) -> list[Label]:
    """The head around a known nose in a nose photo; nothing when another head may be in it as well."""
    image = load_upright(data / "nose_boxes" / "images" / file, None, 320)
    found = [
        head
        for head in agreed([(WHOLE, heads) for heads in looks(detector, image, WHOLE)])
        if head.confidence >= CANDIDATE_CONFIDENCE
    ]
    heads = [head for head in found if head.confidence >= 2 * ACCEPTED]
    low, high = NOSE_IN_HEAD
    if len(heads) != 1:
        return []
    box = heads[0].box
    ratio = (nose.x_max - nose.x_min) / (box.x_max - box.x_min)
    if share_inside(nose, box) < 0.8 or not low < ratio < high:
        return []
    return [Label(f"nose_boxes/images/{file}", "head", box, heads[0].confidence)]


def nose_photos(data: Path) -> Iterator[tuple[str, Box]]:
    """One copy of every nose photo that may be trained on, with its nose."""
    seen: set[str] = set()
    with (data / "nose_boxes" / "boxes.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            key = photo_key(row["file"])
            if key in seen or split_of(row["file"]) is not Split.TRAIN:
                continue
            x, y, width, height = (float(row[name]) for name in ("x_center", "y_center", "width", "height"))
            nose = clipped(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            if nose is not None:
                seen.add(key)
                yield row["file"], nose


def write_labels(model: Path, data: Path, target: Path) -> dict[str, int]:
    """Label every photo that may be trained on; returns counts of what was written."""
    detector = OnnxHeadDetector(model, threads=1, threshold=CANDIDATE_CONFIDENCE)
    teacher = read_teacher_heads(data / "head_boxes.csv")
    photos = [
        photo
        for photo in read_photos(data / "stanford_dogs.csv").values()
        if split_of(photo.file) is Split.TRAIN
    ]
    counts = {"head": 0, "hidden": 0, "photos": 0, "photos left out": 0}
    with target.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["file", "kind", "x_min", "y_min", "x_max", "y_max", "confidence"])

        def write(labels: list[Label]) -> None:
            counts["photos" if labels else "photos left out"] += 1
            for label in labels:
                counts[label.kind] += 1
                edges = (label.box.x_min, label.box.y_min, label.box.x_max, label.box.y_max, label.confidence)
                writer.writerow([label.file, label.kind, *(f"{edge:.4f}" for edge in edges)])

        for index, photo in enumerate(photos):
            write(label_photo(detector, data, photo, teacher.get(photo.file, [])))
            if index % 500 == 0:
                print(f"{index} of {len(photos)} photos: {counts}", flush=True)
        for file, nose in nose_photos(data):
            write(label_nose_photo(detector, data, file, nose))
    return counts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="ONNX file of the earlier detector")
    parser.add_argument("labels", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print(write_labels(arguments.model, data_folder(), arguments.labels))


if __name__ == "__main__":
    main()
