"""The older clients' calls on the running system, exactly as they know them."""

import io
import re
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.conftest import Portrait
from tests.integration.conftest import problem
from tests.integration.pictures import wall

EARS = ["down", "up"]
FURS = ["fur", "no_fur"]
PATTERNS = ["no", "ear_dot", "many", "nose", "pattern3"]
OF_TODAY = {
    "ear": {"up": "up", "down": "down"},
    "fur": {"short": "no_fur", "long": "fur", "curly": "fur"},
    "pattern": {
        "none": "no", "ear_patch": "ear_dot", "spotted": "many", "muzzle": "nose", "points": "nose",
        "blaze": "pattern3",
    },
}  # fmt: skip
LAYERS = ["200,150,100-up", "200,150,100-fur", "250,250,250-nose", "dog-face"]
PHOTO_CALLS = ["/predict", "/color", "/face", "/final", "/finalImg"]


def post(api: httpx.Client, call: str, photo: bytes) -> Any:
    answer = api.post(call, files={"file": photo})
    assert answer.status_code == 201, answer.text
    return answer.json()


def traits_of(api: httpx.Client, photo: bytes) -> dict[str, Any]:
    body: dict[str, Any] = api.post("/v1/traits", files={"photo": photo}).json()
    return body


def test_predict(api: httpx.Client, dog: bytes) -> None:
    body = post(api, "/predict", dog)
    assert list(body) == ["statusCode", "success", "message", "breed"]
    assert body["statusCode"] == 201
    assert body["success"] is True
    assert body["message"] == "File uploaded successfully"
    assert re.fullmatch(r"[a-z]+([_-][a-z]+)*", body["breed"])


def test_predict_names_the_likeliest_breed(api: httpx.Client, portraits: list[Portrait]) -> None:
    for portrait in portraits[:4]:
        breed = post(api, "/predict", portrait.data)["breed"]
        today = traits_of(api, portrait.data)["breed"]["top"][0]["id"]
        assert breed == {"shih_tzu": "shih-tzu"}.get(today, today)


def test_color(api: httpx.Client, portraits: list[Portrait]) -> None:
    for portrait in portraits[:4]:
        body = post(api, "/color", portrait.data)
        assert isinstance(body, list)
        assert 1 <= len(body) <= 2
        for colour in body:
            channels = [int(channel) for channel in colour.split(",")]
            assert len(channels) == 3
            assert all(channel in range(0, 251, 50) for channel in channels)
            assert colour == ",".join(map(str, channels))


def test_color_is_the_measured_one(api: httpx.Client, portraits: list[Portrait]) -> None:
    for portrait in portraits[:4]:
        today = api.post("/v1/face-colors", files={"photo": portrait.data}).json()
        swatches = [today["primary"], *([today["secondary"]] if today["secondary"] else [])]
        rounded = set()
        for swatch in swatches:
            channels = [int(swatch["hex"][at : at + 2], 16) for at in (1, 3, 5)]
            rounded.add(",".join(str(min(int((channel + 25) // 50 * 50), 250)) for channel in channels))
        assert set(post(api, "/color", portrait.data)) == rounded


def test_face(api: httpx.Client, portraits: list[Portrait]) -> None:
    for portrait in portraits[:4]:
        ear, fur, pattern = post(api, "/face", portrait.data)
        today = traits_of(api, portrait.data)
        assert EARS[ear] == OF_TODAY["ear"][today["ear"]["value"]]
        assert FURS[fur] == OF_TODAY["fur"][today["fur"]["value"]]
        assert PATTERNS[pattern] == OF_TODAY["pattern"][today["pattern"]["value"]]


class TestIcon:
    def test_composes_the_layers(self, api: httpx.Client) -> None:
        answer = api.post("/icon", json=LAYERS)
        assert answer.status_code == 201
        assert answer.headers["content-type"] == "image/png"
        image = Image.open(io.BytesIO(answer.content))
        assert image.format == "PNG"
        assert image.width == image.height >= 256

    def test_a_body_may_be_added(self, api: httpx.Client) -> None:
        answer = api.post("/icon", json=[*LAYERS, "200,150,100_body"])
        assert answer.status_code == 201
        assert answer.headers["content-type"] == "image/png"

    def test_each_layer_shows(self, api: httpx.Client) -> None:
        base = api.post("/icon", json=LAYERS).content
        others = [
            ["50,50,50-up", "50,50,50-fur", *LAYERS[2:]],
            ["200,150,100-down", *LAYERS[1:]],
            [LAYERS[0], "200,150,100-no_fur", *LAYERS[2:]],
            [*LAYERS[:2], "250,250,250-many", LAYERS[3]],
            [*LAYERS[:2], "50,50,50-nose", LAYERS[3]],
        ]
        pictures = [base, *(api.post("/icon", json=layers).content for layers in others)]
        assert len(set(pictures)) == len(pictures)

    def test_a_colour_that_no_layer_has_falls_back_to_the_nearest(self, api: httpx.Client) -> None:
        answer = api.post("/icon", json=["0,250,150-up", "0,250,150-fur", "250,0,250-nose", "dog-face"])
        assert answer.status_code == 201

    def test_who_does_not_say_that_json_is_json_is_understood(self, api: httpx.Client) -> None:
        content = '["200,150,100-up","200,150,100-fur","250,250,250-nose","dog-face"]'
        answer = api.post("/icon", content=content)
        assert "content-type" not in answer.request.headers
        assert answer.status_code == 201
        assert answer.content == api.post("/icon", json=LAYERS).content

    @pytest.mark.parametrize(
        "layer", ["200,150,100-sideways", "cat-face", "../dog-face", "tan-up", "dog-face.png", "개", "1,2-up"]
    )
    def test_an_unknown_layer_is_named(self, api: httpx.Client, layer: str) -> None:
        body = problem(api.post("/icon", json=[LAYERS[0], layer, *LAYERS[2:]]), 404, "NOT_FOUND")
        assert body["layer"] == layer
        assert layer in body["detail"]

    @pytest.mark.parametrize(
        "body", [[], {}, "dog-face", [1, 2], [["dog-face"]], [""], ["dog-face"] * 9, None]
    )
    def test_what_is_no_list_of_layers_is_refused(self, api: httpx.Client, body: object) -> None:
        problem(api.post("/icon", json=body), 422, "INVALID_FIELD")


def test_final_img_is_the_icon(api: httpx.Client, dog: bytes) -> None:
    answer = api.post("/finalImg", files={"file": dog})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(answer.content))
    assert image.width == image.height >= 256


def test_final_keeps_the_icon_under_the_names_of_its_layers(api: httpx.Client, dog: bytes) -> None:
    body = post(api, "/final", dog)
    assert list(body) == ["image_url"]
    colour = r"\d{1,3},\d{1,3},\d{1,3}"
    ear, fur, pattern = (EARS[i] if n == 0 else (FURS, PATTERNS)[n - 1][i]
                         for n, i in enumerate(post(api, "/face", dog)))  # fmt: skip
    address = httpx.URL(body["image_url"])
    assert re.fullmatch(
        rf"/files/generated/{colour}-{ear}{colour}-{fur}{colour}-{pattern}\.jpg", address.path
    )
    kept = api.get(body["image_url"])
    assert kept.status_code == 200
    assert kept.headers["content-type"] == "image/jpeg"
    jpeg = Image.open(io.BytesIO(kept.content))
    assert jpeg.format == "JPEG"
    shown = Image.open(io.BytesIO(api.post("/finalImg", files={"file": dog}).content)).convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("RGB")
    difference = np.abs(np.asarray(jpeg.convert("RGB"), int) - np.asarray(on_white, int))
    assert difference.mean() < 4, "the kept file is the icon on white"


def test_final_and_icon_agree(api: httpx.Client, dog: bytes) -> None:
    name = httpx.URL(post(api, "/final", dog)["image_url"]).path.rsplit("/", 1)[1]
    found = re.fullmatch(r"([\d,]+-[a-z]+)([\d,]+-[a-z_]+?)([\d,]+-[a-z0-9_]+)\.jpg", name)
    assert found is not None
    by_layers = api.post("/icon", json=[*found.groups(), "dog-face"])
    assert by_layers.content == api.post("/finalImg", files={"file": dog}).content


@pytest.mark.parametrize("call", PHOTO_CALLS)
def test_a_photo_without_a_dog_is_refused(api: httpx.Client, call: str) -> None:
    problem(api.post(call, files={"file": wall()}), 422, "NO_DOG_FOUND")


@pytest.mark.parametrize("call", PHOTO_CALLS)
def test_a_missing_file_is_refused(api: httpx.Client, dog: bytes, call: str) -> None:
    body = problem(api.post(call, files={"photo": dog}), 422, "INVALID_FIELD")
    assert body["fields"][0]["field"] == "file"


@pytest.mark.parametrize("call", [*PHOTO_CALLS, "/icon"])
def test_get_is_not_allowed(api: httpx.Client, call: str) -> None:
    assert api.get(call).status_code == 405
