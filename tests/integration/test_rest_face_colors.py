"""``POST /v1/face-colors`` of the running system."""

import re
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from shared.colour_space import hex_to_lab
from shared.vocabulary import Colour
from tests.conftest import Portrait


def read(api: httpx.Client, photo: bytes) -> dict[str, Any]:
    answer = api.post("/v1/face-colors", files={"photo": photo})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_the_answer_has_the_shape_of_the_design(api: httpx.Client, dog: bytes) -> None:
    body = read(api, dog)
    assert body.keys() == {
        "head_box", "primary", "secondary", "palette", "partial", "model", "timings_ms", "request_id",
    }  # fmt: skip
    assert body["head_box"].keys() == {"x_min", "y_min", "x_max", "y_max", "confidence"}
    for swatch in [body["primary"], *body["palette"]]:
        assert swatch.keys() == {"name", "hex", "lab", "share"}
    assert body["partial"] == []


def test_the_head_lies_within_the_picture(api: httpx.Client, portraits: list[Portrait]) -> None:
    found = [read(api, portrait.data)["head_box"] for portrait in portraits]
    boxes = [box for box in found if box is not None]
    assert len(boxes) >= 0.75 * len(portraits)
    for box in boxes:
        assert 0 <= box["x_min"] < box["x_max"] <= 1
        assert 0 <= box["y_min"] < box["y_max"] <= 1
        assert 0 < box["confidence"] <= 1


def test_a_swatch_says_one_colour_in_three_ways(api: httpx.Client, portraits: list[Portrait]) -> None:
    for portrait in portraits[:4]:
        body = read(api, portrait.data)
        for swatch in [body["primary"], body["secondary"] or body["primary"], *body["palette"]]:
            assert re.fullmatch("#[0-9a-f]{6}", swatch["hex"])
            assert swatch["name"] in list(Colour)
            distance = np.linalg.norm(np.array(swatch["lab"]) - hex_to_lab(swatch["hex"]))
            assert distance < 1.5, swatch


def test_shares_are_such_and_the_palette_is_in_order(api: httpx.Client, dog: bytes) -> None:
    body = read(api, dog)
    shares = [swatch["share"] for swatch in body["palette"]]
    assert 1 <= len(shares) <= 5
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)
    assert sum(shares) <= 1.001


def test_painted_dogs_have_their_colours(api: httpx.Client, portraits: list[Portrait]) -> None:
    found = [read(api, portrait.data)["primary"]["name"] for portrait in portraits]
    painted = [portrait.truth["primary"] for portrait in portraits]
    right = sum(name == truth for name, truth in zip(found, painted, strict=True))
    assert right >= 2 / 3 * len(portraits), (found, painted)


def test_the_head_of_a_real_dog_is_found(api: httpx.Client, dog_photos: list[Path]) -> None:
    answers = [api.post("/v1/face-colors", files={"photo": photo.read_bytes()}) for photo in dog_photos]
    found = [answer.status_code == 200 and answer.json()["head_box"] is not None for answer in answers]
    # Some of these heads are small, turned or cut off: the teacher finds about two in three.
    assert sum(found) >= 2 / 3 * len(dog_photos)


def test_the_same_photo_gets_the_same_answer(api: httpx.Client, dog: bytes) -> None:
    first, second = read(api, dog), read(api, dog)
    for key in ("head_box", "primary", "secondary", "palette", "model"):
        assert first[key] == second[key]


@pytest.mark.parametrize("call", ["/v1/traits", "/v1/icons/from-photo"])
def test_other_calls_see_the_same_dog(api: httpx.Client, dog: bytes, call: str) -> None:
    body = api.post(call, files={"photo": dog}).json()
    if "face_colors" in body:
        assert body["face_colors"]["primary"] == read(api, dog)["primary"]
    else:
        assert body["dog"]["count"] >= 1
