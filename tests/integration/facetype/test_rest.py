"""Profiles over HTTP, from the photo to the page that a link leads to; nothing stands in for anything."""

import base64
import io
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.integration.conftest import problem
from tests.integration.facetype.conftest import jpeg, pixels_of, portrait

FIELDS = {"birth_date": "2001-05-03", "mbti": "enfp"}
TYPES = ["flat_faced", "long_faced", "prick_eared", "drop_eared", "bearded"]


def make(api: httpx.Client, photo: bytes | None = None, **changes: str) -> httpx.Response:
    headers = {"Accept-Language": changes.pop("accept_language", "en")}
    return api.post(
        "/v1/profiles",
        data={**FIELDS, **changes},
        files={"photo": ("dog.jpg", portrait() if photo is None else photo)},
        headers=headers,
    )


def fetched(api: httpx.Client, url: str) -> Image.Image:
    answer = api.get(urlsplit(url).path, params=urlsplit(url).query)
    assert answer.status_code == 200, url
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return image


def stored(api: httpx.Client) -> int:
    return int(api.get("/v1/face-types").json()["profile_count"])


@pytest.fixture(scope="module")
def made(api: httpx.Client) -> Iterator[dict[str, Any]]:
    answer = make(api, seed="7", language="ko")
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    yield body
    token = {"Authorization": f"Bearer {body['token']}"}
    api.delete(f"/v1/profiles/{body['profile']['id']}", headers=token)


class TestProfile:
    def test_type_probabilities_and_parts(self, made: dict[str, Any]) -> None:
        profile = made["profile"]
        assert profile["outcome"] == "OK"
        assert list(profile["probabilities"]) == TYPES
        assert sum(profile["probabilities"].values()) == pytest.approx(1, abs=0.001)
        likeliest = max(profile["probabilities"], key=profile["probabilities"].get)
        assert profile["type"]["id"] == likeliest
        assert {vote["part"] for vote in profile["parts"]} >= {"whole"}
        assert re.search("[가-힣]", profile["type"]["description"])

    def test_cards_are_drawn_at_their_sizes(self, api: httpx.Client, made: dict[str, Any]) -> None:
        profile = made["profile"]
        assert fetched(api, profile["share_card_url"]).size == (1080, 1350)
        assert fetched(api, profile["share_card_landscape_url"]).size == (1200, 630)

    def test_the_card_shows_the_icon(self, api: httpx.Client, made: dict[str, Any]) -> None:
        icon = np.asarray(fetched(api, made["profile"]["icon_url"]).convert("RGBA"))
        card = np.asarray(fetched(api, made["profile"]["share_card_url"]).convert("RGB"))
        assert icon.shape == (640, 640, 4)
        inside = (slice(160, 480), slice(160, 480))
        place = card[116 : 116 + 640, 220 : 220 + 640]
        assert np.abs(place[inside].astype(int) - icon[inside][..., :3]).mean() < 1

    def test_four_pictures_of_the_type(self, api: httpx.Client, made: dict[str, Any]) -> None:
        gallery = made["profile"]["gallery"]
        assert len(set(gallery)) == 4
        assert all(f"/{made['profile']['type']['id']}/" in url for url in gallery)
        assert {fetched(api, url).format for url in gallery} == {"PNG"}

    def test_a_seed_repeats_the_pictures(self, api: httpx.Client, made: dict[str, Any]) -> None:
        again = make(api, seed="7").json()
        assert again["profile"]["gallery"] == made["profile"]["gallery"]
        others = {tuple(make(api, seed=str(seed)).json()["profile"]["gallery"]) for seed in range(4)}
        assert len(others) > 1

    def test_json_gives_the_same_type(self, api: httpx.Client, made: dict[str, Any]) -> None:
        body = {**FIELDS, "photo": base64.b64encode(portrait()).decode(), "seed": 7}
        answer = api.post("/v1/profiles", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["profile"]["probabilities"] == made["profile"]["probabilities"]

    def test_a_repeated_call_makes_one_profile(self, api: httpx.Client) -> None:
        before = stored(api)
        sent = {
            "data": FIELDS,
            "files": {"photo": ("a.jpg", portrait())},
            "headers": {"Idempotency-Key": uuid.uuid4().hex},
        }
        first, again = (api.post("/v1/profiles", **sent).json() for _ in range(2))  # type: ignore[arg-type]
        assert (first["profile"], first["token"]) == (again["profile"], again["token"])
        assert stored(api) == before + 1


class TestPage:
    def test_the_link_unfolds(self, api: httpx.Client, made: dict[str, Any]) -> None:
        page = api.get(urlsplit(made["profile"]["share_url"]).path)
        assert page.status_code == 200
        tags = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page.text))
        assert tags["og:title"] == made["profile"]["type"]["name"]
        assert tags["og:image"] == made["profile"]["share_card_landscape_url"]
        assert fetched(api, tags["og:image"]).size == (1200, 630)
        assert made["profile"]["id"] not in page.text

    def test_the_page_in_another_language(self, api: httpx.Client, made: dict[str, Any]) -> None:
        page = api.get(urlsplit(made["profile"]["share_url"]).path, headers={"Accept-Language": "en"})
        assert 'lang="en"' in page.text
        assert not re.search("[가-힣]", page.text)


class TestCare:
    def test_only_its_token_reads_and_deletes_a_profile(
        self, api: httpx.Client, made: dict[str, Any]
    ) -> None:
        own, other = make(api).json(), {"Authorization": f"Bearer {made['token']}"}
        path = f"/v1/profiles/{own['profile']['id']}"
        for call in (api.get, api.delete):
            problem(call(path), 401, "UNAUTHENTICATED")
            problem(call(path, headers=other), 403, "PERMISSION_DENIED")
        token = {"Authorization": f"Bearer {own['token']}"}
        kept = api.get(path, headers=token).json()["profile"]
        assert (kept["birth_date"], kept["mbti"]) == ("2001-05-03", "ENFP")
        assert {**kept, "gallery": 0} == {**own["profile"], "gallery": 0}

    def test_what_is_deleted_is_gone(self, api: httpx.Client) -> None:
        own = make(api).json()
        before = stored(api)
        token = {"Authorization": f"Bearer {own['token']}"}
        path = f"/v1/profiles/{own['profile']['id']}"
        assert api.delete(path, headers=token).status_code == 204
        assert stored(api) == before - 1
        problem(api.get(path, headers=token), 404, "NOT_FOUND")
        problem(api.get(urlsplit(own["profile"]["share_card_url"]).path), 404, "NOT_FOUND")
        assert api.get(urlsplit(own["profile"]["share_url"]).path).status_code == 404


def several() -> bytes:
    """The same portrait twice, side by side."""
    one = pixels_of(portrait())
    return jpeg(np.concatenate([one, one[:, ::-1]], axis=1))


def cut() -> bytes:
    """A portrait cropped through the face: the muzzle is missing."""
    pixels = pixels_of(portrait())
    return jpeg(pixels[: round(pixels.shape[0] * 0.62)])


def sky() -> bytes:
    rows = np.linspace(120, 250, 600)[:, None, None] * np.array([0.6, 0.8, 1.0])
    return jpeg(np.broadcast_to(rows, (600, 800, 3)).astype(np.uint8))


class TestRefusals:
    @pytest.mark.parametrize(
        ("photo", "reasons"),
        [(sky, {"NO_FACE"}), (several, {"SEVERAL_FACES"}), (cut, {"CUT_OFF", "NO_FACE"})],
        ids=["no face", "several faces", "half a face"],
    )
    def test_a_photo_that_will_not_do(self, api: httpx.Client, photo: Any, reasons: set[str]) -> None:
        before = stored(api)
        answer = make(api, photo())
        reason = answer.json()["reason"]
        assert reason in reasons
        body = problem(answer, 422, reason)
        assert [fault["field"] for fault in body["fields"]] == ["photo"]
        assert fetched(api, body["example_url"]).size == (672, 340)
        korean = make(api, photo(), accept_language="ko").json()
        assert re.search("[가-힣]", korean["detail"])
        assert stored(api) == before

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("birth_date", "2026-02-30"),
            ("birth_date", "2999-01-01"),
            ("birth_date", "1899-12-31"),
            ("mbti", "ABCD"),
        ],
    )
    def test_a_field_that_will_not_do(self, api: httpx.Client, field: str, value: str) -> None:
        before = stored(api)
        body = problem(make(api, **{field: value}), 422, "INVALID_FIELD")
        assert [fault["field"] for fault in body["fields"]] == [field]
        assert stored(api) == before

    def test_text_that_is_not_base64(self, api: httpx.Client) -> None:
        body = problem(api.post("/v1/profiles", json={**FIELDS, "photo": "%%%"}), 422, "INVALID_FIELD")
        assert [fault["field"] for fault in body["fields"]] == ["photo"]

    def test_a_200_megabyte_string(self, api: httpx.Client) -> None:
        def body() -> Iterator[bytes]:
            yield b'{"photo": "'
            for _ in range(200):
                yield b"A" * 1_000_000

        headers = {"Content-Type": "application/json"}
        try:
            answer = api.post("/v1/profiles", content=body(), headers=headers)
        except httpx.WriteError:
            return  # Hung up on in the middle of it, which is a refusal as well.
        problem(answer, 413, "PHOTO_TOO_LARGE")

    def test_the_analysis_keeps_nothing(self, api: httpx.Client) -> None:
        before = stored(api)
        good = api.post("/v1/faces/analyze", files={"photo": ("a.jpg", portrait())}).json()
        assert good["outcome"] == "OK"
        bad = api.post("/v1/faces/analyze", files={"photo": ("a.jpg", sky())}).json()
        assert (bad["outcome"], bad["type"]) == ("NO_FACE", None)
        assert bad["advice"]
        assert stored(api) == before


def test_the_catalogue_counts_profiles(api: httpx.Client, made: dict[str, Any]) -> None:
    body = api.get("/v1/face-types", headers={"Accept-Language": "ko"}).json()
    assert [kind["id"] for kind in body["types"]] == TYPES
    assert all(len(kind["gallery"]) >= 8 for kind in body["types"])
    own = next(kind for kind in body["types"] if kind["id"] == made["profile"]["type"]["id"])
    assert own["profile_count"] >= 1
    assert own["name"] == made["profile"]["type"]["name"]
    assert {refusal["reason"] for refusal in body["refusals"]} >= {"NO_FACE", "CUT_OFF"}


def test_the_older_call(api: httpx.Client, made: dict[str, Any]) -> None:
    result = dict.fromkeys(("human", "male_type", "dsc", "img1", "img2", "img3", "img4"), "")
    user = {"user_img": base64.b64encode(portrait()).decode(), "age": "20010503", "mbti": "ENFP"}
    before = stored(api)
    answer = api.post("/RegisterResult", json={"first_user": user, "result": result})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["human"], found["male_type"]) == ("True", made["profile"]["type"]["name"])
    assert len({found[f"img{place}"] for place in range(1, 5)}) == 4
    assert stored(api) == before + 1
    user["user_img"] = base64.b64encode(sky()).decode()
    assert api.post("/RegisterResult", json={"first_user": user, "result": result}).json() == result
    assert stored(api) == before + 1
