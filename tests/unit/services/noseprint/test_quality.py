"""The quality gate: each shortcoming of a photo is refused for its own reason, in words that help."""

import cv2
import numpy as np
import pytest

from services.noseprint.detection import Nose
from services.noseprint.quality import (
    ADVICE,
    MIN_NOSE_PX,
    MIN_SHARPNESS,
    NoseQuality,
    measure,
    reasons_against,
    reasons_without_nose,
)
from services.noseprint.synthesis.photographs import NosePhoto
from services.noseprint.training.detector_backdrops import keyboard, tyre
from shared.errors import Reason
from shared.geometry import Box, RgbImage
from tests.unit.services.noseprint.nose_pictures import made_nose

MIDDLE = Box(0.2, 0.2, 0.8, 0.8)
GOOD = NoseQuality(sharpness=100.0, nose_px=400, exposure=0.4, glare=0.01)


def nose(box: Box = MIDDLE, confidence: float = 0.9) -> Nose:
    return Nose(box, confidence)


def judged(image: RgbImage, box: Box) -> tuple[Reason, ...]:
    return reasons_against([Nose(box, 0.9)], measure(image, box))


def sharp_photo() -> NosePhoto:
    """A made nose in focus."""
    photos = [made_nose(number, view) for number in range(3) for view in range(2)]
    return max(photos, key=lambda photo: measure(photo.image, photo.box).sharpness)


def test_a_good_nose_has_no_reason_against_it() -> None:
    assert reasons_against([nose()], GOOD) == ()
    photo = sharp_photo()
    assert judged(photo.image, photo.box) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"nose_px": MIN_NOSE_PX - 1}, Reason.NOSE_TOO_SMALL),
        ({"nose_px": 40}, Reason.NOSE_TOO_SMALL),
        ({"exposure": 0.02}, Reason.PHOTO_TOO_DARK),
        ({"exposure": 0.95}, Reason.PHOTO_TOO_BRIGHT),
        ({"glare": 0.5}, Reason.PHOTO_TOO_BRIGHT),
        ({"sharpness": 1.0}, Reason.PHOTO_TOO_BLURRY),
    ],
)
def test_each_measure_has_its_reason(change: dict[str, float], reason: Reason) -> None:
    values = {"sharpness": 100.0, "nose_px": 400, "exposure": 0.4, "glare": 0.01} | change
    quality = NoseQuality(**values)  # type: ignore[arg-type]
    assert reasons_against([nose()], quality) == (reason,)


@pytest.mark.parametrize(
    "box", [Box(0, 0.2, 0.5, 0.6), Box(0.2, 0, 0.5, 0.6), Box(0.5, 0.2, 1, 0.6), Box(0.2, 0.5, 0.6, 1)]
)
def test_a_nose_at_the_edge_is_cut_off(box: Box) -> None:
    assert reasons_against([nose(box)], GOOD) == (Reason.NOSE_CUT_OFF,)


def test_a_nose_that_may_be_something_else_is_none() -> None:
    assert reasons_against([nose(confidence=0.75)], GOOD) == (Reason.NO_NOSE_FOUND,)
    small = NoseQuality(sharpness=100.0, nose_px=40, exposure=0.4, glare=0.0)
    assert reasons_against([nose(confidence=0.75)], small)[0] is Reason.NOSE_TOO_SMALL


def test_a_second_nose_counts_when_it_is_sure_and_about_as_large() -> None:
    left, right = Box(0.1, 0.3, 0.4, 0.6), Box(0.6, 0.3, 0.85, 0.6)
    small = Box(0.6, 0.3, 0.68, 0.36)
    assert reasons_against([nose(left), nose(right)], GOOD) == (Reason.SEVERAL_NOSES,)
    assert reasons_against([nose(left), nose(right, confidence=0.5)], GOOD) == ()
    assert reasons_against([nose(left), nose(small)], GOOD) == ()


def test_several_reasons_come_with_the_most_telling_first() -> None:
    bad = NoseQuality(sharpness=0.0, nose_px=30, exposure=0.01, glare=0.0)
    assert reasons_against([nose(Box(0, 0, 0.3, 0.3))], bad) == (
        Reason.NOSE_TOO_SMALL,
        Reason.PHOTO_TOO_DARK,
        Reason.PHOTO_TOO_BLURRY,
        Reason.NOSE_CUT_OFF,
    )


def test_sharpness_falls_with_blur_and_not_with_size_or_light() -> None:
    photo = sharp_photo()
    image = cv2.resize(photo.image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    sharp = measure(image, photo.box).sharpness
    assert sharp > 2 * MIN_SHARPNESS
    blurred = [
        measure(cv2.GaussianBlur(image, (0, 0), sigma), photo.box).sharpness for sigma in (3.0, 6.0, 12.0)
    ]
    assert sharp > blurred[0] > blurred[1] > blurred[2]
    assert blurred[1] < MIN_SHARPNESS
    larger = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert measure(larger, photo.box).sharpness == pytest.approx(sharp, rel=0.15)
    darker = (image * 0.6).astype(np.uint8)
    assert measure(darker, photo.box).sharpness == pytest.approx(sharp, rel=0.25)


def test_a_blurred_nose_is_refused_as_blurred() -> None:
    photo = sharp_photo()
    assert judged(cv2.GaussianBlur(photo.image, (0, 0), 6), photo.box) == (Reason.PHOTO_TOO_BLURRY,)


def test_a_nose_of_forty_pixels_is_refused_as_small() -> None:
    photo = sharp_photo()
    width = (photo.box.x_max - photo.box.x_min) * photo.image.shape[1]
    small = cv2.resize(photo.image, None, fx=40 / width, fy=40 / width, interpolation=cv2.INTER_AREA)
    assert judged(np.asarray(small, np.uint8), photo.box)[0] is Reason.NOSE_TOO_SMALL
    assert measure(np.asarray(small, np.uint8), photo.box).nose_px == pytest.approx(40, abs=2)


def test_a_nose_in_the_dark_is_refused_as_dark() -> None:
    photo = sharp_photo()
    assert judged((photo.image * 0.03).astype(np.uint8), photo.box)[0] is Reason.PHOTO_TOO_DARK


def test_a_washed_out_nose_is_refused_as_bright() -> None:
    photo = sharp_photo()
    washed_out = np.clip(photo.image.astype(int) * 8 + 60, 0, 255).astype(np.uint8)
    assert Reason.PHOTO_TOO_BRIGHT in judged(washed_out, photo.box)


def test_glare_is_the_share_that_is_blown_out() -> None:
    image = np.full((300, 300, 3), 60, np.uint8)
    image[100:200, 100:200] = 255
    quality = measure(image, Box(0, 0, 1, 1))
    assert quality.glare == pytest.approx(10_000 / (np.pi * 150**2), rel=0.05)
    assert quality.exposure == pytest.approx((60 + quality.glare * 195) / 255, rel=0.02)
    assert quality.nose_px == 300


@pytest.mark.parametrize(
    ("image", "first"),
    [
        (np.zeros((300, 400, 3), np.uint8), Reason.PHOTO_TOO_DARK),
        (np.full((300, 400, 3), 255, np.uint8), Reason.PHOTO_TOO_BRIGHT),
        (np.full((300, 400, 3), 128, np.uint8), Reason.NO_NOSE_FOUND),
        (np.zeros((1, 1, 3), np.uint8), Reason.PHOTO_TOO_DARK),
    ],
)
def test_without_a_nose_the_photo_says_why(image: RgbImage, first: Reason) -> None:
    reasons = reasons_without_nose(image)
    assert reasons[0] is first
    assert Reason.NO_NOSE_FOUND in reasons


def test_a_keyboard_and_a_tyre_have_no_nose_but_when_blurred_they_are_blurred() -> None:
    random = np.random.default_rng(0)
    for picture in (keyboard(random), tyre(random)):
        assert reasons_without_nose(picture) == (Reason.NO_NOSE_FOUND,)
        blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 10), np.uint8)
        assert reasons_without_nose(blurred) in (
            (Reason.PHOTO_TOO_BLURRY, Reason.NO_NOSE_FOUND),
            (Reason.NO_NOSE_FOUND,),
        )
    photo = sharp_photo()
    blurred = np.asarray(cv2.GaussianBlur(photo.image, (0, 0), 12), np.uint8)
    assert reasons_without_nose(blurred)[0] is Reason.PHOTO_TOO_BLURRY


def test_every_reason_has_advice() -> None:
    for reason in (
        Reason.NO_NOSE_FOUND,
        Reason.SEVERAL_NOSES,
        Reason.NOSE_CUT_OFF,
        Reason.NOSE_TOO_SMALL,
        Reason.PHOTO_TOO_BLURRY,
        Reason.PHOTO_TOO_DARK,
        Reason.PHOTO_TOO_BRIGHT,
    ):
        assert ":" in ADVICE[reason], "what is wrong, and what to do about it"
