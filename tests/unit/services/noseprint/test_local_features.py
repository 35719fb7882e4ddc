"""Local features: the same nose agrees in many points, another one in few; bytes keep what they hold."""

from dataclasses import replace

import numpy as np
import pytest

from services.noseprint.alignment import AlignedNose, align
from services.noseprint.local_features import (
    MOST_POINTS,
    LocalFeatures,
    LocalMatch,
    extract,
    match,
)
from tests.unit.services.noseprint.nose_pictures import made_nose, turned


def features_of(number: int, view: int) -> LocalFeatures:
    photo = made_nose(number, view)
    return extract(align(photo.image, photo.box))


def test_features_are_as_documented() -> None:
    features = features_of(0, 0)
    count = len(features.points)
    assert 50 < count <= MOST_POINTS
    assert features.points.shape == (count, 2)
    assert features.points.dtype == np.float32
    assert features.descriptors.shape == (count, 128)
    assert features.descriptors.dtype == np.uint8
    lengths = np.linalg.norm(features.descriptors.astype(float), axis=1)
    assert lengths == pytest.approx(np.full(count, 512.0), rel=0.06)


def test_extracting_and_matching_are_deterministic() -> None:
    first, second = features_of(0, 0), features_of(0, 0)
    assert np.array_equal(first.descriptors, second.descriptors)
    other = features_of(0, 1)
    a, b = match(first, other), match(second, other)
    assert a.score == b.score
    assert np.array_equal(a.points_a, b.points_a)


def test_a_nose_matches_itself_point_by_point() -> None:
    features = features_of(1, 0)
    found = match(features, features)
    assert found.inliers > 0.8 * len(features.points)
    assert found.points_a == pytest.approx(found.points_b)
    assert found.score > 0.85


def test_two_photos_of_a_nose_agree_more_than_photos_of_two_noses() -> None:
    numbers = range(6)
    same = [match(features_of(number, 0), features_of(number, 1)).score for number in numbers]
    different = [
        match(features_of(number, 0), features_of(other, 1)).score
        for number in numbers
        for other in numbers
        if number != other
    ]
    # Of six and thirty made pairs in mild light and pose, nearly all of one nose stand above all others.
    assert np.median(same) > max(different) + 0.1
    assert np.mean(np.array(same) > max(different)) >= 0.8


def test_matched_points_are_the_same_spots() -> None:
    photo = made_nose(2, 0)
    image, box = turned(photo.image, photo.box, 6.0)
    found = match(extract(align(photo.image, photo.box)), extract(align(image, box)))
    assert found.inliers >= 20
    apart = np.linalg.norm(found.points_a - found.points_b, axis=1)
    # Both are upright: what is left of the turn are a few pixels.
    assert np.median(apart) < 10


def test_a_shift_beyond_what_alignment_leaves_is_not_believed() -> None:
    features = features_of(3, 0)
    away = replace(features, points=features.points + np.float32(60))
    assert match(features, away).inliers < 10
    assert match(features, away).score < 0.45


def test_bytes_keep_the_features() -> None:
    features = features_of(4, 0)
    data = features.to_bytes()
    assert len(data) == 6 + 132 * len(features.points)
    back = LocalFeatures.from_bytes(data)
    assert back.points == pytest.approx(features.points, abs=1 / 128)
    assert np.array_equal(back.descriptors, features.descriptors)
    assert match(features, back).score == pytest.approx(match(features, features).score, abs=0.01)


@pytest.mark.parametrize(
    "data", [b"", b"PLF1", b"PLF0\x00\x00", b"PLF1\x01\x00abc", b"PLF1\x00\x00trailing", b"\xff" * 200]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="local features"):
        LocalFeatures.from_bytes(data)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_picture_has_no_features_and_matches_nothing(grey: int) -> None:
    flat = extract(AlignedNose(np.full((192, 224), grey, np.uint8), 0.0, None))
    assert len(flat.points) == 0
    assert LocalFeatures.from_bytes(flat.to_bytes()).points.shape == (0, 2)
    for found in (match(flat, flat), match(flat, features_of(0, 0)), match(features_of(0, 0), flat)):
        assert isinstance(found, LocalMatch)
        assert (found.inliers, found.score) == (0, 0.0)
        assert found.points_a.shape == found.points_b.shape == (0, 2)


def test_what_is_not_valid_gives_no_points() -> None:
    photo = made_nose(5, 0)
    nose = align(photo.image, photo.box)
    valid = np.ones(nose.pixels.shape, np.bool_)
    valid[:, :112] = False
    assert extract(AlignedNose(nose.pixels, 0.0, valid)).points[:, 0].min() > 110
