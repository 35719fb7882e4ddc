"""Labels and views of the nose detector's training: boxes follow what the pictures show."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.noseprint.training.detector_backdrops import BACKDROPS
from services.noseprint.training.detector_labels import (
    LabelledPicture,
    alignment_of,
    carried_over,
    labelled_copies,
    natural_photos,
)
from services.noseprint.training.detector_prepare import Mixture, prepare
from services.noseprint.training.detector_views import (
    WIDEST_NOSE,
    mapped,
    natural_light,
    on_backdrop,
    without_nose,
    zoomed,
)
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, split_of

NOSE = Box(0.45, 0.4, 0.55, 0.48)


def picture_with_nose(name: str = "dog__a.webp") -> LabelledPicture:
    """A red disc, the nose, on dark noise."""
    image = np.random.default_rng(0).integers(0, 60, (300, 400, 3), dtype=np.uint8)
    centre = (round((NOSE.x_min + NOSE.x_max) * 200), round((NOSE.y_min + NOSE.y_max) * 150))
    cv2.ellipse(image, centre, (20, 12), 0, 0, 360, (250, 0, 0), -1)
    return LabelledPicture(name, image, (NOSE,), natural=True)


def bright_box(image: RgbImage) -> Box:
    rows, columns = np.nonzero(image[..., 0].astype(int) - image[..., 1] > 120)
    height, width = image.shape[:2]
    return Box(
        columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
    )


def test_a_zoomed_view_has_its_box_around_the_nose() -> None:
    random = np.random.default_rng(3)
    widths = []
    for _ in range(40):
        image = picture_with_nose().image.copy()
        view = zoomed(LabelledPicture("dog__a.webp", image, (NOSE,), natural=True), random)
        if view is None:
            continue
        (box,) = view.noses
        widths.append(max(box.x_max - box.x_min, box.y_max - box.y_min))
        cut = min(box.x_min, box.y_min, 1 - box.x_max, 1 - box.y_max) < 0.01
        if not cut:
            assert box.iou(bright_box(view.image)) > 0.75
    assert min(widths) < 0.15
    assert max(widths) > 0.6, "noses fill the frame, too"
    assert max(widths) <= WIDEST_NOSE + 0.05


def test_a_nose_mostly_out_of_view_has_no_box() -> None:
    shift = np.array([[1.0, 0, -200.0], [0, 1, 0]])
    assert mapped(NOSE, shift, (400, 300), (400, 300)) is None
    kept = mapped(NOSE, np.array([[1.0, 0, -190.0], [0, 1, 0]]), (400, 300), (400, 300))
    assert kept is not None
    assert kept.x_min == 0.0


def test_a_view_without_a_nose_shows_none() -> None:
    random = np.random.default_rng(1)
    views = [without_nose(picture_with_nose(), random) for _ in range(60)]
    shown = [view for view in views if view is not None]
    assert len(shown) >= 5
    for view in shown:
        assert view.noses == ()
        red = view.image[..., 0].astype(int) - view.image[..., 1] > 120
        assert red.mean() < 0.01


def test_a_photographed_screen_carries_its_box_along() -> None:
    random = np.random.default_rng(2)
    picture = picture_with_nose()
    view = zoomed(picture, random)
    assert view is not None
    shown = on_backdrop(view, np.zeros((320, 320, 3), np.uint8), random)
    assert len(shown.noses) == len(view.noses)
    assert shown.noses[0].area < view.noses[0].area


def test_light_changes_the_picture_but_not_its_shape() -> None:
    random = np.random.default_rng(4)
    picture = picture_with_nose().image
    lit = [natural_light(picture, random, stretched=True) for _ in range(5)]
    assert all(each.shape == picture.shape and each.dtype == np.uint8 for each in lit)
    assert len({each.tobytes() for each in lit}) == 5


def test_made_up_pictures_are_pictures() -> None:
    random = np.random.default_rng(5)
    for make in BACKDROPS:
        assert make(random).shape == (320, 320, 3)
        assert make(random).dtype == np.uint8


def textured(height: int, width: int) -> RgbImage:
    coarse = np.random.default_rng(8).integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_a_box_is_carried_from_a_turned_copy_to_the_photo() -> None:
    photo = textured(240, 320)
    matrix = cv2.getRotationMatrix2D((160, 120), 12, 0.9)
    copy = np.asarray(cv2.warpAffine(photo, matrix, (320, 240)), np.uint8)
    copy = np.asarray(np.clip((copy.astype(int) - 128) * 1.6 + 128, 0, 255), np.uint8)
    true = Box(0.5, 0.5, 0.6, 0.6)
    label = mapped(true, matrix, (320, 240), (320, 240))
    assert label is not None
    affine = alignment_of(copy, photo)
    assert affine is not None
    back = carried_over(label, affine, copy, photo)
    assert back is not None
    # The label is the box around a turned ellipse, so the way back is a little wider than the truth.
    assert back.iou(true) > 0.75


def test_different_pictures_are_not_laid_over_each_other() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert alignment_of(textured(240, 320), noise) is None


@pytest.fixture
def made_data(tmp_path: Path) -> Path:
    """A data folder with labelled copies, one natural photo, and a thing."""
    data = tmp_path / "data"
    copies, photos = data / "nose_boxes" / "images", data / "stanford_dogs_224" / "n01-Disc"
    for folder in (copies, photos, data / "negatives" / "objects"):
        folder.mkdir(parents=True)
    rows = ["file,x_center,y_center,width,height"]
    keys = [f"n01_{number}" for number in range(400)]
    chosen = [key for split in (Split.TRAIN, Split.DEV) for key in keys if split_of(f"{key}.webp") is split][
        :3
    ]
    chosen += [key for key in keys if split_of(f"{key}.webp") is Split.DEV][:2]
    held = next(key for key in keys if split_of(f"{key}.webp") is Split.VALIDATION)
    for key in (*chosen, held):
        image = textured(224, 224)
        cv2.ellipse(image, (112, 112), (20, 16), 0, 0, 360, (0, 0, 0), -1)
        cv2.imwrite(str(copies / f"{key}__a.webp"), image)
        cv2.imwrite(str(photos / f"{key}.webp"), image)
        rows.append(f"{key}__a.webp,0.5,0.5,0.18,0.14")
        cv2.imwrite(str(data / "negatives" / "objects" / f"{key}.webp"), textured(90, 120))
    (data / "nose_boxes" / "boxes.csv").write_text("\n".join(rows) + "\n")
    dogs = ["file,synset,breed,orig_w,orig_h,body_boxes_xywh"]
    dogs += [f'{key}.webp,n01,Disc,400,300,"10,10,200,200"' for key in (*chosen, held)]
    (data / "stanford_dogs.csv").write_text("\n".join(dogs) + "\n")
    return data


def test_the_natural_photo_gets_the_copys_nose(made_data: Path) -> None:
    copies = labelled_copies(made_data, {Split.TRAIN})
    photos = natural_photos(made_data, copies)
    assert photos
    assert photos[0].natural
    assert photos[0].image.shape == (240, 320, 3), "the squeeze to a square is undone"
    assert photos[0].noses[0].iou(Box(0.41, 0.43, 0.59, 0.57)) > 0.8
    assert split_of(photos[0].name) is Split.TRAIN


def test_the_training_set_holds_no_validation_photo(made_data: Path, tmp_path: Path) -> None:
    mixture = Mixture(zoomed=4, whole=3, no_nose=2, negatives=2, made_up=2, synthetic=2)
    counts = prepare(made_data, tmp_path / "set", mixture)
    assert counts["train zoomed"] == 4
    assert counts["train whole"] == 3
    assert counts["dev whole"] == 4, "two copies and their two photos"
    labels = sorted((tmp_path / "set" / "labels" / "train").glob("*.txt"))
    assert 13 <= len(labels) <= 15, "a zoomed synthetic nose may have been cut"
    for label in labels:
        lines = label.read_text().splitlines()
        assert bool(lines) == label.name.startswith(("zoomed", "whole", "synthetic"))
        for line in lines:
            number, *box = line.split()
            assert number == "0"
            assert all(0 < float(part) <= 1 for part in box)
    copies = labelled_copies(made_data, {Split.VALIDATION})
    assert len(copies) == 1, "there was one to hold back"
    again = prepare(made_data, tmp_path / "again", mixture)
    assert again == counts
    for first, second in zip(
        labels, sorted((tmp_path / "again" / "labels" / "train").glob("*.txt")), strict=True
    ):
        assert first.read_text() == second.read_text(), "the same seed writes the same set"
