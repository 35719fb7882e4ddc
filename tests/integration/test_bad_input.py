"""What bad input gets from the running system: a reason, within a second, and never a 500."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from tests.integration.conftest import problem
from tests.integration.pictures import NO_DOGS, SVG, bomb, encoded, opened, png, wall
from tests.live import LiveSystem

PHOTO_CALLS = {
    "/v1/traits": "photo",
    "/v1/face-colors": "photo",
    "/v1/icons/from-photo": "photo",
    "/predict": "file",
    "/color": "file",
    "/face": "file",
    "/final": "file",
    "/finalImg": "file",
}


@pytest.fixture(params=list(PHOTO_CALLS))
def call(request: pytest.FixtureRequest) -> str:
    """Each call that takes a photo."""
    path: str = request.param
    return path


def post(api: httpx.Client, call: str, photo: bytes, name: str = "dog.jpg") -> httpx.Response:
    return api.post(call, files={PHOTO_CALLS[call]: (name, photo, "image/jpeg")})


def broken_in_the_middle(dog: bytes) -> bytes:
    return dog[: len(dog) // 2] + b"\0" * 2000 + dog[len(dog) // 2 + 2000 :]


NO_PICTURES: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda dog: b"This is not a picture.",
    "half a JPEG": lambda dog: dog[: len(dog) // 2],
    "most of a JPEG": lambda dog: dog[: len(dog) * 9 // 10],
    "the head of a JPEG": lambda dog: dog[:2],
    "half a PNG": lambda dog: (whole := encoded(opened(dog), "PNG"))[: len(whole) // 2],
    "half a WebP": lambda dog: (whole := encoded(opened(dog), "WEBP"))[: len(whole) // 2],
    "a GIF with a JPEG's name": lambda dog: encoded(opened(dog).quantize(64), "GIF"),
    "a BMP": lambda dog: encoded(opened(dog), "BMP"),
    "a TIFF": lambda dog: encoded(opened(dog), "TIFF"),
    "an SVG": lambda dog: SVG,
    "a PDF": lambda dog: encoded(opened(dog), "PDF"),
    "a zip": lambda dog: b"PK\x03\x04" + bytes(500),
    "HTML": lambda dog: b"<!doctype html><script>alert(1)</script>",
    "zeros": lambda dog: bytes(100_000),
}


class TestNoDog:
    @pytest.mark.parametrize("name", list(NO_DOGS))
    def test_pictures_without_a_dog(self, api: httpx.Client, name: str) -> None:
        for path in ("/v1/traits", "/v1/face-colors", "/v1/icons/from-photo"):
            problem(post(api, path, NO_DOGS[name]()), 422, "NO_DOG_FOUND")

    def test_every_call_refuses_a_blank_wall(self, api: httpx.Client, call: str) -> None:
        problem(post(api, call, wall()), 422, "NO_DOG_FOUND")

    def test_cats_cars_and_other_things(
        self, api: httpx.Client, photos_without_dogs: dict[str, Path]
    ) -> None:
        let_in = []
        for name, photo in photos_without_dogs.items():
            answer = post(api, "/v1/icons/from-photo", photo.read_bytes())
            if answer.status_code == 200:
                let_in.append(name)
            else:
                problem(answer, 422, "NO_DOG_FOUND")
        # The evaluation asks for 99 %: one of these few may be the hundredth.
        assert len(let_in) <= 1, let_in

    def test_a_car(self, api: httpx.Client, cars: list[Path]) -> None:
        for photo in cars:
            problem(post(api, "/v1/traits", photo.read_bytes()), 422, "NO_DOG_FOUND")


class TestNoPicture:
    @pytest.mark.parametrize("name", list(NO_PICTURES))
    def test_is_refused_within_a_second(self, api: httpx.Client, dog: bytes, name: str) -> None:
        photo = NO_PICTURES[name](dog)
        for path in ("/v1/traits", "/v1/face-colors", "/v1/icons/from-photo"):
            begun = time.monotonic()
            problem(post(api, path, photo), 415, "NOT_AN_IMAGE")
            assert time.monotonic() - begun < 1

    def test_by_every_call(self, api: httpx.Client, call: str) -> None:
        problem(post(api, call, b"This is not a picture."), 415, "NOT_AN_IMAGE")

    def test_a_png_whose_header_promises_more_is_refused(self, api: httpx.Client) -> None:
        answer = post(api, "/v1/traits", png(400, 400, b"\0" * 1201))
        assert answer.status_code in (415, 422)
        assert answer.json()["reason"] in ("NOT_AN_IMAGE", "NO_DOG_FOUND")

    def test_a_jpeg_that_is_broken_inside_is_answered_one_way_or_the_other(
        self, api: httpx.Client, dog: bytes
    ) -> None:
        answer = post(api, "/v1/traits", broken_in_the_middle(dog))
        assert answer.status_code in (200, 415, 422)


class TestEmpty:
    def test_an_empty_file_is_named(self, api: httpx.Client, call: str) -> None:
        body = problem(post(api, call, b""), 422, "INVALID_FIELD")
        assert [field["field"] for field in body["fields"]] == [PHOTO_CALLS[call]]

    def test_a_missing_field_is_named(self, api: httpx.Client, dog: bytes, call: str) -> None:
        body = problem(api.post(call, files={"picture": dog}), 422, "INVALID_FIELD")
        assert [field["field"] for field in body["fields"]] == [PHOTO_CALLS[call]]

    def test_text_in_place_of_a_file_is_named(self, api: httpx.Client, call: str) -> None:
        body = problem(api.post(call, data={PHOTO_CALLS[call]: "dog.jpg"}), 422, "INVALID_FIELD")
        assert [field["field"] for field in body["fields"]] == [PHOTO_CALLS[call]]

    def test_no_body_at_all(self, api: httpx.Client, call: str) -> None:
        problem(api.post(call), 422, "INVALID_FIELD")

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("multipart/form-data", b"--x\r\n\r\n"),
            ("multipart/form-data; boundary=x", b"--x"),
            ("multipart/form-data; boundary=x", b"no boundary here"),
            ("multipart/form-data; boundary=" + "x" * 500, b"--" + b"x" * 500),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"),
            ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 3000 + b"\r\na\r\n--x--"),
            ("application/json", b'{"photo": "aGk="}'),
            ("image/jpeg", b"\xff\xd8\xff"),
            ("", b"photo"),
        ],
    )
    def test_a_body_that_is_no_form(self, api: httpx.Client, content_type: str, body: bytes) -> None:
        answer = api.post("/v1/traits", content=body, headers={"content-type": content_type})
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reason"]

    def test_many_parts(self, api: httpx.Client, dog: bytes) -> None:
        files = [(f"field{number}", ("x", b"y")) for number in range(2000)]
        answer = api.post("/v1/traits", files=[*files, ("photo", ("dog.jpg", dog))])
        assert 400 <= answer.status_code < 500

    def test_the_photo_twice(self, api: httpx.Client, dog: bytes) -> None:
        answer = api.post("/v1/traits", files=[("photo", dog), ("photo", wall())])
        assert answer.status_code in (200, 422)


class TestTooLarge:
    def test_pixels(self, api: httpx.Client, live_system: LiveSystem, call: str) -> None:
        photo = bomb()
        begun = time.monotonic()
        problem(post(api, call, photo, "bomb.png"), 413, "PHOTO_TOO_LARGE")
        assert time.monotonic() - begun < 1

    def test_memory_stays_flat(self, api: httpx.Client, live_system: LiveSystem) -> None:
        photos = [bomb(), b"\0" * 25_000_000, encoded(Image.new("RGB", (7000, 7000), "tan"), "JPEG")]
        for photo in photos:
            post(api, "/v1/traits", photo)
        before = memory_of(live_system)
        for _ in range(4):
            for photo in photos:
                assert post(api, "/v1/traits", photo).status_code in (413, 422)
        assert memory_of(live_system) - before < 150_000_000

    def test_a_body_of_25_mb(self, api: httpx.Client, dog: bytes, call: str) -> None:
        begun = time.monotonic()
        answer = post(api, call, dog + bytes(25_000_000))
        problem(answer, 413, "PHOTO_TOO_LARGE")
        assert time.monotonic() - begun < 3

    def test_a_body_of_25_mb_that_does_not_say_so(self, live_system: LiveSystem) -> None:
        def chunks() -> object:
            yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
            for _ in range(25):
                yield bytes(1_000_000)
            yield b"\r\n--x--"

        answer = httpx.post(
            f"{live_system.url}/v1/traits",
            content=chunks(),
            headers={"content-type": "multipart/form-data; boundary=x"},
            timeout=20,
        )
        problem(answer, 413, "PHOTO_TOO_LARGE")

    def test_json_beyond_its_cap(self, api: httpx.Client) -> None:
        for path in ("/v1/icons", "/icon"):
            problem(api.post(path, json=["x" * 2_500_000]), 413, "PHOTO_TOO_LARGE")

    def test_a_photo_just_below_the_cap_is_taken(self, api: httpx.Client, dog: bytes) -> None:
        # What follows the end of a JPEG is no part of it.
        answer = post(api, "/v1/traits", dog + bytes(14_900_000 - len(dog)))
        assert answer.status_code == 200

    def test_one_pixel_is_no_dog(self, api: httpx.Client) -> None:
        for size in [(1, 1), (1, 3000), (3000, 1)]:
            answer = post(api, "/v1/traits", encoded(Image.new("RGB", size, "tan"), "PNG"))
            assert answer.status_code in (415, 422)
            assert answer.json()["reason"] in ("NO_DOG_FOUND", "NOT_AN_IMAGE")


def memory_of(system: LiveSystem) -> int:
    """Resident bytes of all processes."""
    return sum(psutil.Process(pid).memory_info().rss for pid in system.pids().values())


def test_what_was_sent_is_not_in_the_answer(api: httpx.Client) -> None:
    secret = "s3cr3t-" * 5
    for answer in (
        post(api, "/v1/traits", secret.encode(), f"{secret}.jpg"),
        api.post("/v1/traits", files={"photo": (f"{secret}.jpg", io.BytesIO(b""))}),
    ):
        assert secret not in answer.text
