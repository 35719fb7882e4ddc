"""Whatever a caller sends about noses, the gateway never answers 500 and keeps to its description."""

import json
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from shared.database.embedded import EmbeddedPostgres
from tests.conftest import new_database
from tests.integration.noseprint import drawn
from tests.integration.test_fuzz import DESCRIBED_NOSES, FEW, never_500, texts, values
from tests.nose_system import ADMIN_KEY, running_nose_system

FIELDS = (
    "owner_name",
    "owner_phone",
    "owner_email",
    "dog_name",
    "dog_breed",
    "dog_sex",
    "dog_birth_year",
    "dispute",
)
OLDER = ("registrant", "phoneNum", "email", "dogName", "dogBreed", "dogSex", "dogBirthYear")
GOOD = {"owner_name": "Kim", "owner_phone": "010-1234-5678", "dog_name": "Kkung"}


@pytest.fixture(scope="module")
def address(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("fuzz")
    with new_database(postgres) as database, running_nose_system(folder, database) as url:
        yield url


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def nose_description(address: str) -> BaseSchema:
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.mark.parametrize(("method", "path"), DESCRIBED_NOSES)
@pytest.mark.parametrize("authorised", [False, True], ids=["anybody", "administrator"])
def test_every_call_keeps_to_its_description(
    nose_description: BaseSchema, method: str, path: str, authorised: bool
) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"} if authorised else {}

    @FEW
    @given(case=nose_description[path][method].as_strategy())
    def try_it(case: schemathesis.Case) -> None:
        # Random bytes fit the description of a photo, and are refused all the same.
        case.call_and_validate(timeout=60, headers=headers, excluded_checks=[positive_data_acceptance])

    try_it()


def test_any_form(client: httpx.Client) -> None:
    files = [("nose", (f"{index}.png", photo)) for index, photo in enumerate(drawn.views(400))]

    @FEW
    @given(changes=st.dictionaries(st.sampled_from(FIELDS), texts, max_size=4), key=texts)
    def try_it(changes: dict[str, str], key: str) -> None:
        # Control characters are no HTTP: the server refuses them before there is a request to answer.
        printable = "".join(sign if " " <= sign <= "~" else "?" for sign in key).strip()
        headers = {"Idempotency-Key": printable}
        data = {name: text.encode("utf-8", "replace").decode() for name, text in {**GOOD, **changes}.items()}
        never_500(client.post("/v1/dogs", files=files, data=data, headers=headers))

    try_it()


def test_any_older_form(client: httpx.Client) -> None:
    files = {f"dogNose{number + 1}": photo for number, photo in enumerate(drawn.views(401))}

    @FEW
    @given(fields=st.dictionaries(st.sampled_from(OLDER), texts))
    def try_it(fields: dict[str, str]) -> None:
        data = {name: text.encode("utf-8", "replace").decode() for name, text in fields.items()}
        answer = client.post("/register", files=files, data=data)
        never_500(answer)
        assert answer.status_code == 200 or answer.json()["message"] == "fail"

    try_it()


@pytest.mark.parametrize("call", ["/v1/found-reports", "/v1/dogs/x/confirm"])
def test_any_json(client: httpx.Client, call: str) -> None:
    @FEW
    @given(
        body=st.dictionaries(st.sampled_from(["message", "contact", "contact_token", "code"]) | texts, values)
    )
    def try_it(body: object) -> None:
        sent = json.dumps(body).encode()
        never_500(client.post(call, content=sent, headers={"content-type": "application/json"}))

    try_it()


@pytest.mark.parametrize(
    "text",
    [r'{"name": "\ud800"}', r'{"name": "a\u0000b"}', '{"birth_year": 1e999}', '{"name":"a","name":"b"}', ""],
)
def test_odd_json_of_a_change(client: httpx.Client, text: str) -> None:
    for media_type in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        headers = {"content-type": media_type, "Authorization": f"Bearer {ADMIN_KEY}"}
        never_500(client.patch("/v1/dogs/x", content=text.encode(), headers=headers))
