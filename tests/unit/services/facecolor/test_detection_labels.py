"""What the detector is taught: labels, their geometry, and agreement between views."""

from pathlib import Path

import numpy as np
import pytest

from services.facecolor.detection import Head
from services.facecolor.training.detector.labels import (
    Photo,
    TeacherHead,
    best_match,
    clipped,
    headless_bodies,
    polygon_line,
    read_boxes,
    read_photos,
    read_teacher_heads,
    share_inside,
    sure_boxes,
)
from services.facecolor.training.detector.prepare import Example, painted_over, write_example
from services.facecolor.training.detector.pseudo_labels import agreed, looks, plausible, zoomed
from shared.box_detection import PADDING
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split

WHOLE = Box(0, 0, 1, 1)
LEFT, RIGHT = Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 1.0, 1.0)
HEAD_LEFT, HEAD_RIGHT = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.1, 0.8, 0.3)


def test_photos_are_read_with_bodies_as_fractions(tmp_path: Path) -> None:
    table = tmp_path / "stanford_dogs.csv"
    table.write_text(
        "file,synset,breed,orig_w,orig_h,body_boxes_xywh\n"
        'n1_2.webp,n1,Pug,400,200,"40,20,200,100;300,100,200,100"\n'
    )
    photo = read_photos(table)["n1_2.webp"]
    assert (photo.width, photo.height, photo.breed) == (400, 200, "Pug")
    assert photo.bodies == (Box(0.1, 0.1, 0.6, 0.6), Box(0.75, 0.5, 1.0, 1.0))


def test_teacher_rows_without_numbers_mean_looked_and_found_nothing(tmp_path: Path) -> None:
    table = tmp_path / "head_boxes.csv"
    table.write_text(
        "file,x_min,y_min,x_max,y_max,confidence\n"
        "a.webp,,,,,\nb.webp,-0.1,0.2,0.4,1.3,0.9\nb.webp,0.5,0.5,0.7,0.7,0.1\n"
    )
    heads = read_teacher_heads(table)
    assert heads["a.webp"] == []
    assert heads["b.webp"][0] == TeacherHead(Box(0.0, 0.2, 0.4, 1.0), 0.9)
    assert "c.webp" not in heads


def test_boxes_of_one_kind(tmp_path: Path) -> None:
    table = tmp_path / "boxes.csv"
    table.write_text(
        "file,kind,x_min,y_min,x_max,y_max\na.webp,head,0,0,0.5,0.5\na.webp,hidden,0.5,0,1,1\nb.webp,head,,,,\n"
    )
    assert read_boxes(table) == {"a.webp": [Box(0, 0, 0.5, 0.5), Box(0.5, 0, 1, 1)]}
    assert read_boxes(table, kind="hidden") == {"a.webp": [Box(0.5, 0, 1, 1)]}


def test_clipping_drops_what_lies_outside() -> None:
    assert clipped(-1, -1, -0.5, 0.5) is None
    assert clipped(-1, 0.2, 0.5, 2) == Box(0, 0.2, 0.5, 1)


def test_share_inside() -> None:
    assert share_inside(HEAD_LEFT, LEFT) == pytest.approx(1.0)
    assert share_inside(Box(0.4, 0, 0.6, 1), LEFT) == pytest.approx(0.5)
    assert share_inside(HEAD_RIGHT, LEFT) == 0.0


def test_a_body_without_head_is_noticed() -> None:
    assert headless_bodies([LEFT, RIGHT], [HEAD_LEFT]) == [RIGHT]
    assert headless_bodies([LEFT, RIGHT], [HEAD_RIGHT, HEAD_LEFT]) == []


def test_one_head_serves_one_body() -> None:
    inner = Box(0.0, 0.0, 0.4, 0.4)
    assert headless_bodies([LEFT, inner], [HEAD_LEFT]) == [LEFT]


def test_photos_with_a_missed_dog_are_not_sure() -> None:
    photo = Photo("a.webp", "n1", "Pug", 100, 100, (LEFT, RIGHT))
    left, right = TeacherHead(HEAD_LEFT, 0.9), TeacherHead(HEAD_RIGHT, 0.9)
    assert sure_boxes(photo, [left]) == ()
    assert sure_boxes(photo, [left, TeacherHead(HEAD_RIGHT, 0.3)]) == ()
    assert sure_boxes(photo, [left, right]) == (HEAD_LEFT, HEAD_RIGHT)


def test_best_match() -> None:
    assert best_match(HEAD_LEFT, []) == 0.0
    assert best_match(HEAD_LEFT, [HEAD_RIGHT, HEAD_LEFT]) == pytest.approx(1.0)


def test_polygons_span_their_box_and_keep_their_size_when_turned() -> None:
    numbers = [float(text) for text in polygon_line(Box(0.2, 0.4, 0.6, 0.8)).split()[1:]]
    points = np.array(numbers).reshape(-1, 2)
    assert points.min(axis=0) == pytest.approx([0.2, 0.4], abs=1e-4)
    assert points.max(axis=0) == pytest.approx([0.6, 0.8], abs=1e-4)
    angle = np.radians(35)
    turned = points @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert np.ptp(turned, axis=0) == pytest.approx([0.4, 0.4], rel=0.03)


def test_validation_photos_are_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kept for validation"):
        write_example(Example(tmp_path / "a.webp", None, ()), tmp_path, Split.VALIDATION)


def test_hidden_dogs_are_painted_over_but_known_heads_stay() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    result = painted_over(picture, [RIGHT], [Box(0.6, 0.0, 0.8, 0.2)])
    assert result[50, 90].tolist() == [PADDING] * 3
    assert result[10, 70].tolist() == [0, 0, 0]
    assert result[50, 10].tolist() == [0, 0, 0]
    assert picture.max() == 0


class OneBox:
    """A detector that always reports the same box of what it is shown."""

    name, version = "one box", "1"

    def detect(self, image: RgbImage) -> list[Head]:
        return [Head(Box(0.0, 0.0, 0.5, 0.5), 0.8)]


def test_views_are_mapped_back_to_the_whole_picture() -> None:
    straight, mirrored = looks(OneBox(), np.zeros((100, 200, 3), np.uint8), RIGHT)
    assert straight[0].box == Box(0.5, 0.0, 0.75, 0.5)
    assert mirrored[0].box == Box(0.75, 0.0, 1.0, 0.5)


def test_agreement_averages_boxes_and_counts_views_that_found_nothing() -> None:
    near = Box(0.12, 0.1, 0.32, 0.3)
    (head,) = agreed([(WHOLE, [Head(HEAD_LEFT, 0.6)]), (LEFT, [Head(near, 0.6)]), (WHOLE, [])])
    assert head.confidence == pytest.approx(0.4)
    assert head.box.x_min == pytest.approx(0.11)


def test_views_that_do_not_show_a_head_are_not_held_against_it() -> None:
    (head,) = agreed([(WHOLE, [Head(HEAD_LEFT, 0.6)]), (RIGHT, [])])
    assert head.confidence == pytest.approx(0.6)


def test_heads_must_fit_their_body() -> None:
    assert plausible(HEAD_LEFT, LEFT, 100, 100)
    assert not plausible(HEAD_LEFT, RIGHT, 100, 100)
    assert not plausible(Box(0.1, 0.1, 0.13, 0.13), LEFT, 100, 100)


def test_zooming_stays_in_the_picture() -> None:
    view = zoomed(Box(0.0, 0.2, 0.4, 0.6))
    assert (view.x_min, view.y_min) == pytest.approx((0.0, 0.14))
    assert (view.x_max, view.y_max) == pytest.approx((0.46, 0.66))
