"""``/v1/icons`` of the running system: by parts, stored, and what can be chosen."""

import io
import itertools
import re
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from PIL import Image

from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern
from tests.integration.conftest import problem

YEAR = "public, max-age=31536000, immutable"
DRESSED = {
    "ear": "up", "fur": "long", "pattern": "blaze", "primary": "black", "secondary": "white",
    "head": "long", "beard": "true",
}  # fmt: skip
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "webp": "image/webp"}


def drawn(api: httpx.Client, **parts: str | int) -> Image.Image:
    answer = api.get("/v1/icons/classic-v1.png", params=parts)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("RGBA")


class TestByAddress:
    @pytest.mark.parametrize("extension", list(MEDIA_TYPES))
    def test_each_format_comes_as_itself_and_is_kept_for_a_year(
        self, api: httpx.Client, extension: str
    ) -> None:
        answer = api.get(f"/v1/icons/classic-v1.{extension}", params=DRESSED)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[extension]
        assert answer.headers["cache-control"] == YEAR
        assert re.fullmatch('"[0-9a-f]{64}"', answer.headers["etag"])
        if extension == "svg":
            assert ElementTree.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314
        else:
            image = Image.open(io.BytesIO(answer.content))
            assert image.format == extension.upper()
            assert image.size == (512, 512)

    @pytest.mark.parametrize("extension", list(MEDIA_TYPES))
    def test_the_same_address_is_the_same_bytes(self, api: httpx.Client, extension: str) -> None:
        first, second = (api.get(f"/v1/icons/classic-v1.{extension}", params=DRESSED) for _ in range(2))
        assert first.content == second.content
        assert first.headers["etag"] == second.headers["etag"]

    @pytest.mark.parametrize("header", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
    def test_who_has_it_gets_304_without_bytes(self, api: httpx.Client, header: str) -> None:
        etag = api.get("/v1/icons/classic-v1.png", params=DRESSED).headers["etag"]
        again = api.get(
            "/v1/icons/classic-v1.png", params=DRESSED, headers={"If-None-Match": header.format(etag=etag)}
        )
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == YEAR

    def test_who_has_another_gets_the_bytes(self, api: httpx.Client) -> None:
        other = api.get("/v1/icons/classic-v1.png").headers["etag"]
        answer = api.get("/v1/icons/classic-v1.png", params=DRESSED, headers={"If-None-Match": other})
        assert answer.status_code == 200
        assert answer.headers["etag"] != other

    def test_head_tells_without_bytes(self, api: httpx.Client) -> None:
        whole = api.get("/v1/icons/classic-v1.png", params=DRESSED)
        told = api.head("/v1/icons/classic-v1.png", params=DRESSED)
        assert told.status_code == 200
        assert told.content == b""
        assert told.headers["etag"] == whole.headers["etag"]

    @pytest.mark.parametrize("size", [32, 64, 333, 1024])
    @pytest.mark.parametrize("extension", ["png", "webp"])
    def test_has_the_size_asked_for(self, api: httpx.Client, extension: str, size: int) -> None:
        answer = api.get(f"/v1/icons/classic-v1.{extension}", params={**DRESSED, "size": size})
        image = Image.open(io.BytesIO(answer.content)).convert("RGBA")
        assert image.size == (size, size)
        alpha = np.asarray(image)[..., 3]
        assert alpha.max() == 255
        assert alpha[0, 0] == 0, "the background is see-through"

    def test_nothing_said_draws_the_plain_dog(self, api: httpx.Client) -> None:
        plain = api.get("/v1/icons/classic-v1.png")
        said = api.get(
            "/v1/icons/classic-v1.png",
            params={
                "ear": "down", "fur": "short", "pattern": "none", "primary": "tan",
                "head": "round", "beard": "false", "size": 512,
            },
        )  # fmt: skip
        assert plain.content == said.content

    @pytest.mark.parametrize(
        ("part", "values"),
        [
            ("ear", list(Ear)),
            ("fur", list(Fur)),
            ("pattern", list(Pattern)),
            ("primary", list(Colour)),
            ("secondary", [colour for colour in Colour if colour != "black"]),
            ("head", list(HeadShape)),
            ("beard", ["true", "false"]),
        ],
    )
    def test_every_choice_of_a_part_looks_different(
        self, api: httpx.Client, part: str, values: list[str]
    ) -> None:
        base = {"primary": "black", "secondary": "white", "pattern": "blaze", "size": 128}
        pictures = {value: np.asarray(drawn(api, **{**base, part: value}), int) for value in values}
        for one, other in itertools.combinations(values, 2):
            differing = (np.abs(pictures[one] - pictures[other]).max(axis=-1) > 24).mean()
            assert differing > 0.003, f"{part}: {one} and {other} look the same"

    def test_no_pattern_hides_the_second_colour(self, api: httpx.Client) -> None:
        one = drawn(api, primary="black", secondary="white", pattern="none")
        other = drawn(api, primary="black", secondary="tan", pattern="none")
        assert one.tobytes() == other.tobytes()

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("ear", "sideways"), ("fur", "UP"), ("pattern", ""), ("primary", "blue"),
            ("secondary", "#ffffff"),
            ("head", "square"), ("beard", "perhaps"), ("size", "31"), ("size", "1025"), ("size", "big"),
            ("size", "1e2"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_drawn_is_refused_by_name(
        self, api: httpx.Client, parameter: str, value: str
    ) -> None:
        body = problem(api.get("/v1/icons/classic-v1.png", params={parameter: value}), 422, "INVALID_FIELD")
        assert [field["field"] for field in body["fields"]] == [parameter]
        assert body["fields"][0]["message"]

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/icons/nobody-v9.png",
            "/v1/icons/classic-v1.gif",
            "/v1/icons/classic-v1",
            "/v1/icons/CLASSIC.png",
        ],
    )
    def test_an_unknown_style_or_format_is_not_found(self, api: httpx.Client, path: str) -> None:
        problem(api.get(path), 404, "NOT_FOUND")


class TestKept:
    def test_a_kept_icon_is_served_at_its_url(self, api: httpx.Client) -> None:
        answer = api.post("/v1/icons", json={"ear": "up", "primary": "white", "size": 96})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body.keys() == {"icon", "model", "timings_ms", "request_id"}
        icon = body["icon"]
        assert icon["format"] == "png"
        assert icon["size"] == 96
        assert icon["url"].startswith(str(api.base_url).rstrip("/"))
        kept = api.get(icon["url"])
        assert kept.status_code == 200
        assert kept.headers["content-type"] == "image/png"
        assert kept.headers["cache-control"] == YEAR
        by_address = api.get("/v1/icons/classic-v1.png", params={"ear": "up", "primary": "white", "size": 96})
        assert kept.content == by_address.content

    def test_the_same_icon_gets_the_same_url(self, api: httpx.Client) -> None:
        wish = {"fur": "curly", "primary": "cream"}
        urls = {api.post("/v1/icons", json=wish).json()["icon"]["url"] for _ in range(2)}
        other = api.post("/v1/icons", json={**wish, "primary": "gray"}).json()["icon"]["url"]
        assert len(urls) == 1
        assert other not in urls

    def test_the_url_holds_the_hash_of_its_content(self, api: httpx.Client) -> None:
        url = api.post("/v1/icons", json={}).json()["icon"]["url"]
        assert re.search(r"/files/icons/classic-v1/[0-9a-f]{64}\.png$", url)
        assert api.get(url).headers["etag"].strip('"') in url

    @pytest.mark.parametrize("image_format", list(MEDIA_TYPES))
    def test_each_format_is_kept_as_itself(self, api: httpx.Client, image_format: str) -> None:
        icon = api.post("/v1/icons", json={"format": image_format}).json()["icon"]
        assert icon["url"].endswith(f".{image_format}")
        kept = api.get(icon["url"])
        assert kept.headers["content-type"].split(";")[0] == MEDIA_TYPES[image_format]
        assert kept.headers["x-content-type-options"] == "nosniff"
        assert api.get(icon["url"], headers={"If-None-Match": kept.headers["etag"]}).status_code == 304

    def test_an_svg_can_do_nothing_when_opened(self, api: httpx.Client) -> None:
        kept = api.get(api.post("/v1/icons", json={"format": "svg"}).json()["icon"]["url"])
        assert "default-src 'none'" in kept.headers["content-security-policy"]
        assert b"<script" not in kept.content.lower()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"ear": "sideways"}, "ear"),
            ({"size": 5}, "size"),
            ({"format": "gif"}, "format"),
            ({"style": "../classic-v1"}, "style"),
            ({"style": "nobody-v9"}, "style"),
            ({"colour": "black"}, "colour"),
            ([], None),
            ("x", None),
            (None, None),
        ],
    )
    def test_what_cannot_be_drawn_is_refused(
        self, api: httpx.Client, body: object, field: str | None
    ) -> None:
        answer = api.post("/v1/icons", json=body)
        refused = problem(answer, 422, "INVALID_FIELD")
        assert refused["fields"]
        if field is not None:
            assert refused["fields"][0]["field"] == field

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 20_000, b'{"size": 1e400}', b"null"])
    def test_a_body_that_is_no_json_is_refused(self, api: httpx.Client, body: bytes) -> None:
        answer = api.post("/v1/icons", content=body, headers={"content-type": "application/json"})
        problem(answer, 422, "INVALID_FIELD")

    @pytest.mark.parametrize(
        "path",
        [
            "/files/",
            "/files/icons",
            "/files/icons/classic-v1/" + "0" * 64 + ".png",
            "/files/../run/processes.json",
            "/files/%2e%2e/%2e%2e/run/processes.json",
            "/files/..%2f..%2frun%2fprocesses.json",
            "/files/icons/%00.png",
            "/files//etc/passwd",
            "/files/" + "a" * 5000,
        ],
    )
    def test_nothing_else_is_served(self, api: httpx.Client, path: str) -> None:
        # httpx would tidy the path up: what goes over the wire is what is written here.
        request = api.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        problem(api.send(request), 404, "NOT_FOUND")


class TestParts:
    def test_lists_what_can_be_chosen(self, api: httpx.Client) -> None:
        body = api.get("/v1/icons/parts").json()
        assert body["size"] == {"min": 32, "max": 1024, "default": 512}
        style = body["styles"][0]
        assert style["id"] == "classic-v1"
        assert sorted(style["ear"]) == sorted(Ear)
        assert sorted(style["fur"]) == sorted(Fur)
        assert sorted(style["pattern"]) == sorted(Pattern)
        assert sorted(style["head"]) == sorted(HeadShape)
        assert sorted(style["colors"]) == sorted(Colour)
        assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in style["colors"].values())
        assert style["beard"] is True
        assert sorted(style["formats"]) == ["png", "svg", "webp"]

    def test_everything_listed_can_be_drawn(self, api: httpx.Client) -> None:
        for style in api.get("/v1/icons/parts").json()["styles"]:
            for image_format in style["formats"]:
                answer = api.get(f"/v1/icons/{style['id']}.{image_format}", params={"size": 32})
                assert answer.status_code == 200
