"""The gateway over the service and its register: drawn noses, everything else real."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from PIL import Image

from gateway.app import create_app
from gateway.settings import GatewaySettings
from services.noseprint.settings import NosePrintSettings
from shared.interceptors import CallInterceptor
from shared.storage_settings import StorageSettings
from tests.integration.conftest import problem
from tests.integration.noseprint import drawn

ADMIN = "the administrator of these tests"
FIELDS = {
    "owner_name": "홍길동",
    "owner_phone": "010-1234-5678",
    "dog_name": "꿍이",
    "dog_birth_year": "2021",
}
NUMBER = r"\d{14}-ㄲ-5678"


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose nose-print service has an empty register."""
    storage = StorageSettings(data_dir=tmp_path)
    settings = NosePrintSettings(database_url=database_url, sweep_every=0, deliver_every=3600)
    service = drawn.DrawnServer(settings, storage)
    calls = CallInterceptor(service.name, 64, 60)
    size = ("grpc.max_receive_message_length", settings.max_message_bytes)
    server = grpc.aio.server(interceptors=[calls], options=[size])
    service.register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await service.load()
    calls.ready = True
    await server.start()
    # What is tried here is what is answered, not how fast.
    gateway = GatewaySettings(noseprint_address=f"127.0.0.1:{port}", admin_key=ADMIN, deadline=100)
    app = create_app(gateway, storage)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://gateway.test", timeout=60
        ) as client:
            yield client
    await server.stop(0)
    service.close()


def noses(dog: int, first: int = 0, count: int = 5) -> list[tuple[str, Any]]:
    photos = drawn.views(dog, first, count)
    return [("nose", (f"{index}.png", photo, "image/png")) for index, photo in enumerate(photos)]


def one(dog: int, view: int = 40) -> dict[str, Any]:
    return {"nose": ("nose.png", drawn.photo(dog, view), "image/png")}


def picture() -> tuple[str, bytes, str]:
    file = io.BytesIO()
    Image.new("RGB", (1600, 1200), "#c89b6a").save(file, "JPEG")
    return ("dog.jpg", file.getvalue(), "image/jpeg")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def register(api: httpx.AsyncClient, dog: int, first: int = 0, **more: Any) -> httpx.Response:
    data = {**FIELDS, **more.pop("data", {})}
    files = [*noses(dog, first), ("profile", picture())]
    return await api.post("/v1/dogs", files=files, data=data, **more)


async def test_a_dog_is_registered_and_found_and_its_owner_reached(api: httpx.AsyncClient) -> None:
    answer = await register(api, 1)
    assert answer.status_code == 201, answer.text
    registered = answer.json()
    dog = registered["dog"]
    assert re.fullmatch(NUMBER, dog["registration_number"])
    assert (dog["name"], dog["birth_year"], dog["state"], dog["nose_photos"]) == (
        "꿍이",
        2021,
        "registered",
        5,
    )
    assert registered["owner_token"]

    found = (await api.post("/v1/dogs/lookup", files=one(1))).json()
    match = found["match"]
    assert match["dog"]["id"] == dog["id"]
    assert match["dog"]["registration_number"] == dog["registration_number"][:-4] + "****"
    assert 0.9 < match["probability"] <= 1
    assert "홍길동" not in str(found)
    # Four digits alone turn up among those of random identifiers.
    assert not re.search(r"10\D?1234|1234\D?5678|ㄲ-5678", str(found))

    shown = await api.get(match["dog"]["profile_url"])
    assert shown.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(shown.content)).size == (1024, 768)

    evidence = await api.get(match["evidence_url"])
    assert evidence.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(evidence.content)).width > 200

    report = {"message": "공원에 있어요", "contact": "010-9999-8888", "contact_token": match["contact_token"]}
    assert (await api.post("/v1/found-reports", json=report)).status_code == 201
    problem(await api.post("/v1/found-reports", json=report), 403, "PERMISSION_DENIED")


async def test_a_stranger_is_not_found(api: httpx.AsyncClient) -> None:
    await register(api, 1)
    answer = await api.post("/v1/dogs/lookup", files=one(2))
    assert answer.status_code == 200
    assert answer.json()["match"] is None
    problem(await api.get(f"/v1/lookups/{answer.json()['lookup_id']}/evidence.png"), 404, "NOT_FOUND")


async def test_a_known_dog_is_409_with_its_public_facts_and_can_be_disputed(api: httpx.AsyncClient) -> None:
    first = (await register(api, 1)).json()["dog"]
    refused = problem(await register(api, 1, 10), 409, "ALREADY_REGISTERED")
    assert refused["dog"]["id"] == first["id"]
    assert refused["dog"]["registration_number"].endswith("****")
    assert "owner_id" not in refused["dog"]
    disputed = await register(api, 1, 10, data={"dispute": "true"})
    assert disputed.status_code == 201
    assert disputed.json()["dog"]["state"] == "pending"


async def test_a_replay_gets_the_same_answer_token_included(api: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "the same call"}
    answers = [await register(api, 1, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, again = (answer.json() for answer in answers)
    del first["request_id"], again["request_id"]
    assert first == again
    other = problem(await register(api, 2, headers=headers), 422, "INVALID_FIELD")
    assert other["fields"][0]["field"] == "Idempotency-Key"


async def test_a_key_replaces_none_and_nothing_is_stored_twice(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(register(api, 1, first) for first in (0, 10, 20)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    page = (await api.get("/v1/dogs", headers=bearer(ADMIN))).json()
    assert len(page["dogs"]) == 1


async def test_what_will_not_do_names_the_photo_or_the_field(api: httpx.AsyncClient) -> None:
    files = noses(1)
    files[2] = ("nose", ("grey.png", drawn.grey(), "image/png"))
    body = problem(await api.post("/v1/dogs", files=files, data=FIELDS), 422, "NO_NOSE_FOUND")
    assert body["photos"] == [2]
    files = [*noses(1, count=3), *noses(2, count=2)]
    body = problem(await api.post("/v1/dogs", files=files, data=FIELDS), 422, "PHOTOS_DISAGREE")
    assert body["photos"] == [3, 4]
    for changes, field in (
        ({"owner_phone": "12"}, "owner_phone"),
        ({"owner_email": "not one"}, "owner_email"),
        ({"dog_birth_year": "2999"}, "dog_birth_year"),
        ({"dog_name": "  "}, "dog_name"),
    ):
        body = problem(await register(api, 1, data=changes), 422, "INVALID_FIELD")
        assert [fault["field"] for fault in body["fields"]] == [field]
    assert (await api.get("/v1/dogs", headers=bearer(ADMIN))).json()["dogs"] == []


async def test_check(api: httpx.AsyncClient) -> None:
    good = (await api.post("/v1/noses/check", files=one(1))).json()
    assert (good["usable"], good["reasons"], good["advice"]) == (True, [], [])
    assert good["nose_box"]["x_min"] == 0.25
    bad = (await api.post("/v1/noses/check", files={"nose": drawn.grey()})).json()
    assert (bad["usable"], bad["reasons"], bad["nose_box"]) == (False, ["NO_NOSE_FOUND"], None)
    assert len(bad["advice"]) == 1


async def test_the_holder_of_the_token_and_nobody_else_cares_for_a_dog(api: httpx.AsyncClient) -> None:
    mine, other = (
        (await register(api, 1)).json(),
        (await register(api, 2, data={"owner_phone": "010-2222-3333"})).json(),
    )
    path, token = f"/v1/dogs/{mine['dog']['id']}", bearer(mine["owner_token"])
    for call in (api.get, api.delete):
        problem(await call(path), 401, "UNAUTHENTICATED")
        problem(await call(path, headers=bearer("made up")), 401, "UNAUTHENTICATED")
        problem(await call(path, headers=bearer(other["owner_token"])), 403, "PERMISSION_DENIED")
    assert (await api.get(path, headers=token)).json()["dog"] == mine["dog"]

    changed = await api.patch(path, headers=token, json={"name": "복실이", "birth_year": 2019})
    assert (changed.json()["dog"]["name"], changed.json()["dog"]["birth_year"]) == ("복실이", 2019)
    assert changed.json()["dog"]["registration_number"] == mine["dog"]["registration_number"]
    files = {"profile": picture()}
    pictured = await api.patch(path, headers=token, files=files, data={"breed": "진돗개"})
    assert pictured.status_code == 200, pictured.text
    assert pictured.json()["dog"]["profile_url"] != mine["dog"]["profile_url"]
    assert (await api.get(mine["dog"]["profile_url"])).status_code == 404, "the old picture is gone"

    more = await api.post(f"{path}/noses", headers=token, files=noses(1, 60, 2))
    assert more.json()["dog"]["nose_photos"] == 7
    body = problem(
        await api.post(f"{path}/noses", headers=token, files=noses(2, 60, 1)), 422, "PHOTOS_DISAGREE"
    )
    assert body["photos"] == [0]

    owner = (await api.get("/v1/owners/me", headers=token)).json()
    assert (owner["name"], owner["phone"]) == ("홍길동", "+821012345678")
    problem(await api.get(f"/v1/owners/{other['dog']['owner_id']}", headers=token), 403, "PERMISSION_DENIED")

    assert (await api.delete(path, headers=token)).status_code == 204
    for former in (token, bearer(ADMIN)):
        problem(await api.get(path, headers=former), 404, "NOT_FOUND")
    problem(await api.get("/v1/dogs", headers=token), 401, "UNAUTHENTICATED")
    assert (await api.get(pictured.json()["dog"]["profile_url"])).status_code == 404
    assert (await api.post("/v1/dogs/lookup", files=one(1))).json()["match"] is None


async def test_an_administrator_pages_through_all_dogs(api: httpx.AsyncClient) -> None:
    for dog in range(1, 4):
        assert (await register(api, dog, data={"owner_phone": f"010-1234-567{dog}"})).status_code == 201
    problem(await api.get("/v1/dogs"), 401, "UNAUTHENTICATED")
    first = (await api.get("/v1/dogs?page_size=2", headers=bearer(ADMIN))).json()
    rest = (
        await api.get(f"/v1/dogs?page_size=2&page_token={first['next_page_token']}", headers=bearer(ADMIN))
    ).json()
    assert (len(first["dogs"]), len(rest["dogs"]), rest["next_page_token"]) == (2, 1, None)
    body = problem(await api.get("/v1/dogs?page_token=made-up", headers=bearer(ADMIN)), 422, "INVALID_FIELD")
    assert body["fields"][0]["field"] == "page_token"


async def test_one_to_one(api: httpx.AsyncClient) -> None:
    dog = (await register(api, 1)).json()["dog"]
    same = (await api.post(f"/v1/dogs/{dog['id']}/verify", files=one(1))).json()
    assert same["same"] is True
    assert (await api.get(same["evidence_url"])).status_code == 200
    other = (await api.post(f"/v1/dogs/{dog['id']}/verify", files=one(2))).json()
    assert (other["same"], other["evidence_url"]) == (False, None)
    for nobody in ("0b6f2a52-6b5b-4a87-9d2c-2f0f4d0c7d11", "not-an-id"):
        problem(await api.post(f"/v1/dogs/{nobody}/verify", files=one(1)), 404, "NOT_FOUND")


OLDER_PHOTOS = ("dogNose1", "dogNose2", "dogNose3", "dogNose4", "dogNose5")
OLDER_FIELDS = {
    "registrant": "홍길동",
    "phoneNum": "010-1234-5678",
    "email": "h@example.com",
    "dogName": "꿍이",
    "dogBreed": "진돗개",
    "dogSex": "암컷",
    "dogBirthYear": "2021",
}


class TestOlderClients:
    async def register(self, api: httpx.AsyncClient, dog: int, first: int = 0) -> httpx.Response:
        photos = dict(zip(OLDER_PHOTOS, drawn.views(dog, first), strict=True))
        files = {name: (f"{name}.png", photo, "image/png") for name, photo in photos.items()}
        return await api.post("/register", files={**files, "dogProfile": picture()}, data=OLDER_FIELDS)

    async def test_register_then_known_then_lookup(self, api: httpx.AsyncClient) -> None:
        new = (await self.register(api, 1)).json()
        assert new["message"] == "등록이 성공했습니다"
        data = new["data"]
        assert data["isSuccess"] is True
        assert re.fullmatch(NUMBER, data["dogRegistNum"])
        assert (data["dogName"], data["dogBreed"], data["dogSex"], data["dogBirthYear"]) == (
            "꿍이", "진돗개", "female", "2021",
        )  # fmt: skip
        known = (await self.register(api, 1, 10)).json()
        masked = data["dogRegistNum"][:-4] + "****"
        assert known == {
            "data": {**data, "dogRegistNum": masked, "isSuccess": False},
            "message": "이미 등록된 강아지입니다.",
        }
        found = (await api.post("/lookup", files={"dogNose": drawn.photo(1, 30)})).json()
        assert found["message"] == "조회를 성공했습니다"
        assert float(found["data"].pop("matchRate")) > 90
        assert found["data"].pop("contactToken")
        assert found["data"] == {
            **data, "dogRegistNum": masked, "isSuccess": True, "registrant": "", "phoneNum": "", "email": "",
        }  # fmt: skip
        picture_of = await api.get(data["dogProfile"])
        for number in (data["dogRegistNum"], masked, data["dogRegistNum"][:-4] + "0000"):
            shown = await api.get(f"/profileImg/{number}")
            assert (shown.status_code, shown.content) == (200, picture_of.content)

    async def test_nobody_found_and_failures(self, api: httpx.AsyncClient) -> None:
        nobody = await api.post("/lookup", files={"dogNose": drawn.photo(9, 0)})
        assert nobody.json() == {"data": {"isSuccess": False}, "message": "조회된 강아지가 없습니다"}
        failed = await api.post("/lookup", files={"dogNose": drawn.grey()})
        assert (failed.status_code, failed.json()["message"], failed.json()["reason"]) == (
            422, "fail", "NO_NOSE_FOUND",
        )  # fmt: skip
        assert (await api.get("/profileImg/20200101000000-ㄲ-****")).status_code == 404
