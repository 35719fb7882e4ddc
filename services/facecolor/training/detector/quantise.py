"""Static int8 quantisation of the exported detector."""

from collections.abc import Iterator
from pathlib import Path

from services.facecolor.training.detector.labels import read_photos
from services.facecolor.training.detector.pictures import photo_path
from shared.geometry import RgbImage
from shared.training import box_export
from shared.training.dataset import Split, split_of
from shared.training.pictures import load_upright

PHOTOS = 150
"""Training photos from which the ranges of activations are taken."""


def calibration_pictures(data: Path) -> Iterator[RgbImage]:
    """Evenly spread photos of the training split."""
    photos = [
        photo
        for photo in read_photos(data / "stanford_dogs.csv").values()
        if split_of(photo.file) is Split.TRAIN
    ]
    for photo in photos[:: max(len(photos) // PHOTOS, 1)][:PHOTOS]:
        yield load_upright(photo_path(data, photo), (photo.width, photo.height), 500)


def quantise(path: Path, data: Path, reduce_range: bool = False) -> None:
    """Replace a float32 detector by its int8 version; see :func:`shared.training.box_export.quantise`."""
    box_export.quantise(path, calibration_pictures(data), reduce_range=reduce_range)
