"""``POST /v1/icons/from-photo`` of the running system: the main job."""

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.conftest import Portrait
from tests.integration.conftest import problem

CALL = "/v1/icons/from-photo"
PARTS = ("ear", "fur", "pattern", "primary", "secondary", "head", "beard")


def test_a_photo_becomes_traits_colours_and_an_icon(api: httpx.Client, dog: bytes) -> None:
    answer = api.post(CALL, files={"photo": dog})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body.keys() == {
        "icon", "traits", "face_colors", "partial", "model", "timings_ms", "request_id",
    }  # fmt: skip
    assert body["partial"] == []
    assert body["icon"].keys() >= {"url", "format", "size"}
    assert (body["icon"]["format"], body["icon"]["size"]) == ("png", 512)
    assert len(body["traits"]["breed"]["top"]) == 5
    assert body["face_colors"]["primary"]["name"]
    assert body["model"].keys() == {"heads", "traits", "face_colors", "icon"}
    assert {"photo", "heads", "traits", "face_colors", "icon", "total"} <= body["timings_ms"].keys()


def test_the_icon_shows_what_was_found(api: httpx.Client, portraits: list[Portrait]) -> None:
    for portrait in portraits[:4]:
        body = api.post(CALL, files={"photo": portrait.data}).json()
        parts, traits, colours = body["icon"]["parts"], body["traits"], body["face_colors"]
        for trait in ("ear", "fur", "pattern"):
            assert parts[trait] == traits[trait]["value"]
        assert (parts["head"], parts["beard"]) == (traits["head"], traits["beard"])
        assert parts["primary"] == colours["primary"]["name"]
        assert parts["secondary"] == (colours["secondary"] or colours["primary"])["name"]
        by_address = api.get(f"/v1/icons/{parts['style']}.png", params={name: parts[name] for name in PARTS})
        assert api.get(body["icon"]["url"]).content == by_address.content


def test_the_same_photo_gets_the_same_icon(api: httpx.Client, dog: bytes) -> None:
    urls = {api.post(CALL, files={"photo": dog}).json()["icon"]["url"] for _ in range(2)}
    assert len(urls) == 1


def test_different_dogs_get_different_icons(api: httpx.Client, portraits: list[Portrait]) -> None:
    urls = {api.post(CALL, files={"photo": portrait.data}).json()["icon"]["url"] for portrait in portraits}
    assert len(urls) >= 0.7 * len(portraits)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/*", "image/png"),
        ("image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/svg+xml", "image/svg+xml"),
        ("image/webp;q=0.9, application/json;q=0.1", "image/webp"),
    ],
)
def test_who_accepts_pictures_gets_the_bytes(
    api: httpx.Client, dog: bytes, accept: str, media_type: str
) -> None:
    answer = api.post(CALL, files={"photo": dog}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == media_type
    assert "x-partial" not in answer.headers
    kept = api.get(answer.headers["content-location"])
    assert kept.status_code == 200
    assert kept.content == answer.content


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/json, image/*;q=0.5", "text/html, */*;q=0.1", ""]
)
def test_everyone_else_gets_json(api: httpx.Client, dog: bytes, accept: str) -> None:
    answer = api.post(CALL, files={"photo": dog}, headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["icon"]["url"]


@pytest.mark.parametrize("image_format", ["svg", "png", "webp"])
def test_format_and_size_can_be_chosen(api: httpx.Client, dog: bytes, image_format: str) -> None:
    wish = {"format": image_format, "size": "77", "style": "classic-v1"}
    icon = api.post(CALL, files={"photo": dog}, data=wish).json()["icon"]
    assert icon["format"] == image_format
    kept = api.get(icon["url"])
    if image_format != "svg":
        assert Image.open(io.BytesIO(kept.content)).size == (77, 77)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"size": "31"}, "size"),
        ({"size": "1025"}, "size"),
        ({"size": "large"}, "size"),
        ({"format": "gif"}, "format"),
        ({"style": "../x"}, "style"),
        ({"style": "nobody-v9"}, "style"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_by_name(
    api: httpx.Client, dog: bytes, wish: dict[str, str], field: str
) -> None:
    body = problem(api.post(CALL, files={"photo": dog}, data=wish), 422, "INVALID_FIELD")
    assert body["fields"][0]["field"] == field


def test_real_dogs_get_icons(api: httpx.Client, dog_photos: list[Path]) -> None:
    for photo in dog_photos[:4]:
        answer = api.post(CALL, files={"photo": photo.read_bytes()})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["partial"] == []
        icon = Image.open(io.BytesIO(api.get(body["icon"]["url"]).content)).convert("RGBA")
        opaque = (np.asarray(icon)[..., 3] > 250).mean()
        assert 0.2 < opaque < 0.95, "a head fills part of the picture"
