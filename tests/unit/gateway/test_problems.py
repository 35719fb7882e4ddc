"""Problem responses: their form, their language, and that nothing a caller sends makes a 500."""

from typing import Any

import pytest

from gateway.problems import Problems
from shared.errors import ErrorKind, PawtraitError, Reason
from tests.unit.gateway.conftest import picture

PHOTO_CALLS = [
    ("/v1/traits", "photo"),
    ("/v1/face-colors", "photo"),
    ("/v1/icons/from-photo", "photo"),
    ("/predict", "file"),
    ("/color", "file"),
    ("/face", "file"),
    ("/final", "file"),
    ("/finalImg", "file"),
]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (ErrorKind.INVALID, 422),
        (ErrorKind.NOT_FOUND, 404),
        (ErrorKind.ALREADY_EXISTS, 409),
        (ErrorKind.UNAUTHENTICATED, 401),
        (ErrorKind.PERMISSION_DENIED, 403),
        (ErrorKind.FULL, 503),
        (ErrorKind.UNAVAILABLE, 503),
        (ErrorKind.DEADLINE, 504),
        (ErrorKind.INTERNAL, 500),
    ],
)
def test_every_kind_of_error_has_its_status(kind: ErrorKind, status: int):
    error = PawtraitError(Reason.NO_DOG_FOUND, "x", kind=kind)
    response = Problems("https://p/", 3).response(error, {"type": "http", "headers": []})
    assert response.status_code == status
    assert ("retry-after" in response.headers) == (status == 503)


@pytest.mark.parametrize(
    ("reason", "status"),
    [(Reason.NOT_AN_IMAGE, 415), (Reason.PHOTO_TOO_LARGE, 413), (Reason.INVALID_FIELD, 422)],
)
def test_what_is_wrong_with_an_upload_has_a_status_of_its_own(reason: Reason, status: int):
    response = Problems("https://p/", 3).response(PawtraitError(reason, "x"), {"type": "http", "headers": []})
    assert response.status_code == status


class TestForm:
    async def test_has_every_member(self, client):
        answer = await client.get("/nothing/here")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "https://pawtrait.example/problems/not-found",
            "title": "Not found",
            "status": 404,
            "detail": "There is nothing at this address.",
            "reason": "NOT_FOUND",
            "request_id": answer.headers["x-request-id"],
        }
        assert answer.headers["cache-control"] == "no-store"

    async def test_the_type_is_under_a_base_that_can_be_set(self, open_gateway):
        async with open_gateway(problem_base="https://docs.example/p/") as client:
            assert (await client.get("/no")).json()["type"] == "https://docs.example/p/not-found"

    async def test_a_wrong_method_says_which_are_right(self, client):
        answer = await client.delete("/v1/traits")
        assert (answer.status_code, answer.json()["reason"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == "POST"

    async def test_an_unforeseen_failure_gives_nothing_away(self, client, monkeypatch):
        def explode(_self: Any) -> bytes:
            raise RuntimeError("secret path /etc/passwd")

        monkeypatch.setattr("gateway.metrics.Metrics.render", explode)
        answer = await client.get("/metrics")
        assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
        assert "secret" not in answer.text
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


class TestLanguage:
    async def test_korean(self, client):
        answer = await client.get("/nothing", headers={"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"})
        assert answer.json()["title"] == "찾을 수 없어요"
        assert answer.headers["content-language"] == "ko"
        assert "accept-language" in answer.headers["vary"].lower()

    async def test_fields_in_korean(self, client):
        answer = await client.get("/v1/icons/classic-v1.png?size=1", headers={"accept-language": "ko"})
        assert answer.json()["fields"] == [{"field": "size", "message": "32 이상의 수를 쓰세요."}]

    async def test_a_services_english_is_not_shown_to_koreans(self, client):
        answer = await client.post(
            "/v1/icons", json={"style": "no-such-v9"}, headers={"accept-language": "ko"}
        )
        assert answer.json()["fields"] == [{"field": "style", "message": "사용할 수 없는 값입니다."}]

    async def test_reasons_are_the_same_in_every_language(self, client, photo):
        bad = {"photo": ("a.jpg", b"nonsense", "image/jpeg")}
        answers = [
            await client.post("/v1/traits", files=bad, headers={"accept-language": language})
            for language in ("en", "ko", "fr")
        ]
        assert {answer.json()["reason"] for answer in answers} == {"NOT_AN_IMAGE"}
        assert answers[0].json()["detail"] != answers[1].json()["detail"]


@pytest.mark.parametrize(("path", "field"), PHOTO_CALLS)
class TestBadUploads:
    async def test_no_body(self, client, path, field):
        answer = await client.post(path)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
        assert answer.json()["fields"] == [{"field": field, "message": "This field is required."}]

    async def test_another_field(self, client, path, field):
        answer = await client.post(path, files={"picture": ("a.png", picture(), "image/png")})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == field

    async def test_text_instead_of_a_file(self, client, path, field):
        answer = await client.post(path, data={field: "dog.jpg"})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == field

    async def test_an_empty_file(self, client, path, field):
        answer = await client.post(path, files={field: ("a.png", b"", "image/png")})
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")
        assert answer.json()["fields"] == [{"field": field, "message": "The file is empty."}]

    @pytest.mark.parametrize(
        "content",
        [
            b"hello",
            b"\xff\xd8\xff",
            picture()[:200],
            b"GIF89a" + bytes(100),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PDF-1.7",
            bytes(1000),
        ],
    )
    async def test_what_is_no_picture(self, client, path, field, content):
        answer = await client.post(path, files={field: ("dog.jpg", content, "image/jpeg")})
        assert (answer.status_code, answer.json()["reason"]) == (415, "NOT_AN_IMAGE")

    async def test_json(self, client, path, field):
        answer = await client.post(path, json={field: "x"})
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        ("content_type", "content"),
        [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=", b"x"),
            ("multipart/form-data; boundary=x", b"--x\r\ngarbage"),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--"),
            (
                "multipart/form-data; boundary=x; charset=nonsense",
                b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nv\r\n--x--\r\n',
            ),
            ("multipart/form-data; boundary=" + "x" * 2000, b"y"),
            ('multipart/form-data; boundary="\xe9"', b"y"),
            ("application/x-www-form-urlencoded", b"%ff%fe=&&&==" * 50),
        ],
    )
    async def test_broken_bodies(self, client, path, field, content_type, content):
        headers = {"content-type": content_type.encode("latin-1")}
        answer = await client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "[::1"),
        ("accept", ";;;q=,,image/;q=x"),
        ("accept-language", "\xff\xfe;q=1,,;q"),
        ("if-none-match", '"' * 1000),
        ("content-length", "-5"),
        ("content-length", "9" * 30),
        ("x-request-id", "\r\n evil"),
        ("content-type", "\x00"),
        ("range", "bytes=9-1"),
    ],
)
async def test_odd_headers_are_no_accident(client, name, value):
    for method, path in (("GET", "/v1/icons/classic-v1.svg"), ("POST", "/v1/icons"), ("POST", "/v1/traits")):
        answer = await client.request(method, path, headers={name: value.encode("latin-1")})
        assert answer.status_code < 500, (method, path, answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/%ff%fe",
        "/v1/icons/%ff.png",
        "/files/%00",
        "/files/" + "a/" * 2000,
        "/files/%2e%2e/%2e%2e/etc/passwd",
        "/web/" + "x" * 5000,
        "/v1/traits/",
        "/x//",
    ],
)
async def test_odd_addresses_are_not_found(client, path):
    assert (await client.get(path)).status_code == 404
