"""Whatever a caller sends, the running gateway never answers 500 and keeps to its own description."""

import json
import random
import string
from collections import Counter
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.live import LiveSystem

FEW = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
MANY = settings(FEW, max_examples=60)

PHOTO_CALLS = ("/v1/traits", "/v1/face-colors", "/v1/icons/from-photo", "/predict", "/finalImg")


DESCRIBED = [
    ("POST", "/v1/traits"),
    ("POST", "/v1/face-colors"),
    ("POST", "/v1/icons/from-photo"),
    ("POST", "/v1/icons"),
    ("GET", "/v1/icons/parts"),
    ("GET", "/v1/icons/{style}.{extension}"),
    ("GET", "/files/{path}"),
    ("POST", "/predict"),
    ("POST", "/color"),
    ("POST", "/face"),
    ("POST", "/icon"),
    ("POST", "/final"),
    ("POST", "/finalImg"),
    ("POST", "/v1/faces/analyze"),
    ("GET", "/v1/face-types"),
    ("POST", "/v1/profiles"),
    ("GET", "/v1/profiles/{profile_id}"),
    ("DELETE", "/v1/profiles/{profile_id}"),
    ("GET", "/s/{share_id}"),
    ("POST", "/RegisterResult"),
    ("POST", "/RegisterUserImg_sample"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]


DESCRIBED_NOSES = [
    ("POST", "/v1/noses/check"),
    ("POST", "/v1/dogs"),
    ("GET", "/v1/dogs"),
    ("POST", "/v1/dogs/lookup"),
    ("POST", "/v1/dogs/{dog_id}/verify"),
    ("POST", "/v1/dogs/{dog_id}/noses"),
    ("POST", "/v1/dogs/{dog_id}/confirm"),
    ("GET", "/v1/dogs/{dog_id}"),
    ("PATCH", "/v1/dogs/{dog_id}"),
    ("DELETE", "/v1/dogs/{dog_id}"),
    ("GET", "/v1/owners/{owner_id}"),
    ("POST", "/v1/found-reports"),
    ("GET", "/v1/lookups/{lookup_id}/evidence.png"),
    ("POST", "/register"),
    ("POST", "/lookup"),
    ("GET", "/profileImg/{dogRegistNum}"),
]
"""Tried in tests/integration/noseprint/test_rest_fuzz.py."""


@pytest.fixture(scope="session")
def description(live_system: LiveSystem) -> BaseSchema:
    return schemathesis.openapi.from_url(f"{live_system.url}/openapi.json")


def test_everything_described_is_tried(description: BaseSchema) -> None:
    calls = [result.ok() for result in description.get_all_operations()]
    assert sorted((call.method.upper(), call.path) for call in calls) == sorted(
        [*DESCRIBED, *DESCRIBED_NOSES]
    )


@pytest.mark.parametrize(("method", "path"), DESCRIBED)
def test_every_call_keeps_to_its_description(description: BaseSchema, method: str, path: str) -> None:
    @FEW
    @given(case=description[path][method].as_strategy())
    def try_it(case: schemathesis.Case) -> None:
        # Random bytes fit the description of a photo, and are refused all the same.
        case.call_and_validate(timeout=30, excluded_checks=[positive_data_acceptance])

    try_it()


def never_500(answer: httpx.Response) -> None:
    assert answer.status_code < 500, (answer.request.url, answer.text[:500])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reason"]


texts = st.text(max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["ear", "fur", "pattern", "primary", "secondary", "head", "beard", "size", "style", "format"]
)
form = "multipart/form-data; boundary=x"
media_types = st.sampled_from(["application/json", "text/plain", form, "application/x-www-form-urlencoded"])


@MANY
@given(query=st.dictionaries(names | texts, texts, max_size=6))
def test_any_query(api: httpx.Client, query: dict[str, str]) -> None:
    never_500(api.get("/v1/icons/classic-v1.png", params=query))


@MANY
@given(body=st.dictionaries(names | texts, values, max_size=6) | values)
@pytest.mark.parametrize("call", ["/v1/icons", "/icon"])
def test_any_json(api: httpx.Client, call: str, body: object) -> None:
    never_500(api.post(call, content=json.dumps(body).encode(), headers={"content-type": "application/json"}))


@pytest.mark.parametrize(
    "text", [r'["\ud800"]', r'{"ear": "\udfff"}', r'"\u0000"', "1e999", "-0", '{"ear":"up","ear":1}']
)
@pytest.mark.parametrize("call", ["/v1/icons", "/icon"])
def test_odd_json(api: httpx.Client, call: str, text: str) -> None:
    never_500(api.post(call, content=text.encode(), headers={"content-type": "application/json"}))


@MANY
@given(body=st.binary(max_size=300), content_type=media_types)
@pytest.mark.parametrize("call", ["/v1/icons", "/v1/traits", "/v1/icons/from-photo"])
def test_any_bytes(api: httpx.Client, call: str, body: bytes, content_type: str) -> None:
    never_500(api.post(call, content=body, headers={"content-type": content_type}))


@MANY
@given(path=st.text(alphabet=string.printable + "é한", max_size=60))
def test_any_path(api: httpx.Client, path: str) -> None:
    for prefix in ("/", "/v1/icons/", "/files/", "/web/"):
        never_500(api.get(api.base_url.copy_with(raw_path=(prefix + quote(path)).encode())))


@MANY
@given(
    accept=st.text(alphabet="imagepnsvx/*+;q=.0123456789, ", max_size=60),
    language=st.text(alphabet="koen-KR;q=.0123, *", max_size=40),
)
def test_any_preference(api: httpx.Client, accept: str, language: str) -> None:
    headers = {"Accept": accept.strip(), "Accept-Language": language.strip()}
    never_500(api.post("/v1/icons/from-photo", headers=headers))
    never_500(api.get("/v1/icons/parts", headers=headers))


def mutated(photo: bytes, chance: random.Random) -> bytes:
    data = bytearray(photo)
    kind = chance.randrange(4)
    if kind == 0:
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 1:
        del data[chance.randrange(len(data)) :]
    elif kind == 2:
        start = chance.randrange(len(data))
        del data[start : start + chance.randint(1, 4000)]
    else:
        # The header, where sizes and tables stand.
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(min(700, len(data)))] = chance.randrange(256)
    return bytes(data)


def test_damaged_photos(api: httpx.Client, dog: bytes) -> None:
    chance = random.Random(20261120)  # noqa: S311 - damage, no secrets
    seen: Counter[int] = Counter()
    for number in range(60):
        answer = api.post(PHOTO_CALLS[number % 3], files={"photo": mutated(dog, chance)})
        never_500(answer)
        seen[answer.status_code] += 1
    assert set(seen) <= {200, 413, 415, 422}
    assert seen[415] >= 10
