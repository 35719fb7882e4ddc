"""Where noses are: the boxes given, and the same boxes carried over to the photos' natural copies."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, photo_key, split_of
from shared.training.pictures import load_upright

LONG_SIDE = 320
"""Longest side at which photos are read, that of the labelled copies, in pixels."""
SHARP_LONG_SIDE = 500
"""The same for photos that are here near their original size."""
MIN_MATCHES = 25
"""Points that must agree before a natural photo counts as aligned with its labelled copy."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture and the noses in it."""

    name: str
    image: RgbImage
    noses: tuple[Box, ...]
    natural: bool
    """Its contrast was not stretched."""

    @property
    def split(self) -> Split:
        """The split of the photo."""
        return split_of(self.name)


def clipped(edges: Iterable[float]) -> Box | None:
    """A box from x_min, y_min, x_max, y_max cut to the picture; None when nothing is left of it."""
    x_min, y_min, x_max, y_max = (min(max(edge, 0.0), 1.0) for edge in edges)
    return Box(x_min, y_min, x_max, y_max) if x_min < x_max and y_min < y_max else None


def labelled_copies(data: Path, splits: set[Split]) -> list[LabelledPicture]:
    """The pictures of ``nose_boxes/`` that belong to the splits, ordered by name."""
    boxes: dict[str, list[Box]] = defaultdict(list)
    with (data / "nose_boxes" / "boxes.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            x, y, width, height = (float(row[name]) for name in ("x_center", "y_center", "width", "height"))
            box = clipped((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
            if box is not None and split_of(row["file"]) in splits:
                boxes[row["file"]].append(box)
    folder = data / "nose_boxes" / "images"
    return [
        LabelledPicture(file, load_upright(folder / file, None, LONG_SIDE), tuple(noses), natural=False)
        for file, noses in sorted(boxes.items())
    ]


def alignment_of(copy: RgbImage, photo: RgbImage) -> NDArray[np.float64] | None:
    """The affine map (2, 3) from pixels of an augmented copy to pixels of the photo it was made from.

    None when fewer than :data:`MIN_MATCHES` local features agree on one.
    """
    sift = cv2.SIFT.create(nfeatures=1500, contrastThreshold=0.03)
    points_a, features_a = sift.detectAndCompute(cv2.cvtColor(copy, cv2.COLOR_RGB2GRAY), None)
    points_b, features_b = sift.detectAndCompute(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), None)
    if features_a is None or features_b is None or min(len(points_a), len(points_b)) < MIN_MATCHES:
        return None
    pairs = cv2.BFMatcher().knnMatch(features_a, features_b, k=2)
    good = [first for first, second in pairs if first.distance < 0.8 * second.distance]
    if len(good) < MIN_MATCHES:
        return None
    source = np.array([points_a[match.queryIdx].pt for match in good])
    target = np.array([points_b[match.trainIdx].pt for match in good])
    affine, inliers = cv2.estimateAffine2D(source, target, ransacReprojThreshold=3.0)
    if affine is None or int(inliers.sum()) < MIN_MATCHES:
        return None
    return np.asarray(affine, np.float64)


def carried_over(box: Box, affine: NDArray[np.float64], copy: RgbImage, photo: RgbImage) -> Box | None:
    """The upright box around the ellipse that fills ``box``, after ``affine``; None when outside.

    The copies were turned together with upright boxes around their turned labels, so an ellipse errs
    least.
    """
    centre = np.array([(box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2])
    radii = np.array([(box.x_max - box.x_min) / 2, (box.y_max - box.y_min) / 2])
    size = np.array([copy.shape[1], copy.shape[0]])
    middle = affine[:, :2] @ (centre * size) + affine[:, 2]
    # Half extents of an ellipse under a linear map: the norms of the map's rows, scaled by the radii.
    half = np.linalg.norm(affine[:, :2] * (radii * size), axis=1)
    extent = np.array([photo.shape[1], photo.shape[0]])
    return clipped([*((middle - half) / extent), *((middle + half) / extent)])


def natural_photos(data: Path, copies: Iterable[LabelledPicture]) -> list[LabelledPicture]:
    """The photos behind the labelled copies, as far as Stanford Dogs here has them, with their noses.

    Each photo is laid over one of its copies by local features, which carries the nose over; photos
    for which this fails, or that show a second dog whose nose has no box, are left out.
    """
    with (data / "stanford_dogs.csv").open(newline="") as lines:
        rows = {photo_key(row["file"]): row for row in csv.DictReader(lines)}
    found: dict[str, LabelledPicture] = {}
    for copy in copies:
        key = photo_key(copy.name)
        row = rows.get(key)
        if row is None or key in found or len(row["body_boxes_xywh"].split(";")) > len(copy.noses):
            continue
        size = int(row["orig_w"]), int(row["orig_h"])
        sharp = data / "stanford_dogs_500" / row["file"]
        path = sharp if sharp.is_file() else stanford_path(data, row)
        photo = load_upright(path, size, SHARP_LONG_SIDE if sharp.is_file() else LONG_SIDE)
        affine = alignment_of(copy.image, photo)
        if affine is None:
            continue
        noses = tuple(carried_over(nose, affine, copy.image, photo) for nose in copy.noses)
        whole = tuple(nose for nose in noses if nose is not None)
        if len(whole) == len(noses):
            found[key] = LabelledPicture(f"{key}__natural.webp", photo, whole, natural=True)
    return list(found.values())


def stanford_path(data: Path, row: dict[str, str]) -> Path:
    """The 224 px copy of a row of stanford_dogs.csv."""
    return data / "stanford_dogs_224" / f"{row['synset']}-{row['breed']}" / row["file"]
