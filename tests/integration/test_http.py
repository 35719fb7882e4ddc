"""What the running gateway is besides its calls: health, metrics, description, languages, headers."""

import httpx
import pytest

from tests.integration.conftest import problem
from tests.integration.pictures import wall


def test_healthz(api: httpx.Client) -> None:
    answer = api.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_names_each_service(api: httpx.Client) -> None:
    answer = api.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "services": dict.fromkeys(("traits", "facecolor", "icon", "noseprint", "facetype"), "SERVING"),
    }


def test_metrics_count_calls(api: httpx.Client) -> None:
    def count() -> float:
        lines = api.get("/metrics").text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if "_count{" in line or "_total{" in line
            if "/v1/icons/parts" in line
        )

    before = count()
    api.get("/v1/icons/parts")
    assert count() > before


def test_the_description_lists_every_call(api: httpx.Client) -> None:
    schema = api.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    calls = {(method, path) for path, methods in schema["paths"].items() for method in methods}
    assert {
        ("post", "/v1/traits"),
        ("post", "/v1/face-colors"),
        ("post", "/v1/icons/from-photo"),
        ("post", "/v1/icons"),
        ("get", "/v1/icons/parts"),
        ("get", "/healthz"),
        ("get", "/readyz"),
        *(("post", path) for path in ("/predict", "/color", "/face", "/icon", "/final", "/finalImg")),
    } <= calls
    answers = schema["components"]["schemas"]
    photos = ("TraitsAnswer", "FaceColorsAnswer", "FromPhotoAnswer", "IconAnswer", "Problem")
    noses = ("NoseCheckAnswer", "RegistrationAnswer", "LookupAnswer", "VerificationAnswer", "DogAnswer")
    for name in (*photos, *noses, "DogListAnswer", "OwnerAnswer", "FoundReportAnswer", "MorePhotosAnswer"):
        assert answers[name].get("example"), f"{name} has no example"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_are_html_that_fetches_nothing_from_elsewhere(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src" in answer.headers["content-security-policy"]
    for mark in ('src="http', 'href="http', 'src="//'):
        assert mark not in answer.text


def test_a_sane_request_id_is_kept_and_another_replaced(api: httpx.Client) -> None:
    sane = api.get("/v1/icons/parts", headers={"X-Request-Id": "photo-42"})
    assert sane.headers["x-request-id"] == sane.json()["request_id"] == "photo-42"
    forged = api.get("/v1/icons/parts", headers={"X-Request-Id": 'x" level="critical'})
    assert forged.headers["x-request-id"] == forged.json()["request_id"]
    assert '"' not in forged.headers["x-request-id"]


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en;q=0.1, ko", "ko"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_errors_come_in_the_callers_language(api: httpx.Client, accept_language: str, language: str) -> None:
    answer = api.post("/v1/traits", files={"photo": wall()}, headers={"Accept-Language": accept_language})
    body = problem(answer, 422, "NO_DOG_FOUND")
    assert answer.headers["content-language"] == language
    korean = any("가" <= letter <= "힣" for letter in body["title"] + body["detail"])
    assert korean == (language == "ko")


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/nothing", "/.env", "/v1/icons/from-photo/x"])
def test_an_unknown_address_is_a_problem(api: httpx.Client, path: str) -> None:
    problem(api.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/traits"), ("DELETE", "/v1/icons"), ("GET", "/v1/traits")]
)
def test_a_method_that_an_address_does_not_have_is_a_problem(
    api: httpx.Client, method: str, path: str
) -> None:
    answer = api.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert "POST" in answer.headers["allow"]


def test_other_origins_may_not_call_unless_set(api: httpx.Client) -> None:
    answer = api.get("/v1/icons/parts", headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_answers_are_not_sniffed(api: httpx.Client) -> None:
    for path in ("/", "/v1/icons/parts", "/v1/icons/classic-v1.svg", "/nothing"):
        assert api.get(path).headers["x-content-type-options"] == "nosniff"
