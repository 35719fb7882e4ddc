"""Routes of those who hold a token: who may, and the care of a dog. What the service says is canned here."""

import io
from typing import Any

import pytest
from PIL import Image

from shared.errors import PawtraitError, Reason
from tests.unit.gateway.conftest import picture
from tests.unit.gateway.nose_answers import (
    DOG_ID,
    NEXT_PAGE,
    OWNER_ID,
    OWNER_TOKEN,
)
from tests.unit.gateway.nose_requests import ADMIN, TOKEN, noses

TOKEN_CALLS = [
    ("GET", "/v1/dogs", {}),
    ("GET", f"/v1/dogs/{DOG_ID}", {}),
    ("PATCH", f"/v1/dogs/{DOG_ID}", {"json": {"name": "꿍"}}),
    ("DELETE", f"/v1/dogs/{DOG_ID}", {}),
    ("POST", f"/v1/dogs/{DOG_ID}/confirm", {"json": {"code": "123456"}}),
    ("GET", "/v1/owners/me", {}),
]


class TestTokens:
    @pytest.mark.parametrize(("method", "path", "more"), TOKEN_CALLS)
    async def test_the_token_goes_along_and_never_the_administrators_right(
        self, client: Any, services: Any, method: str, path: str, more: Any
    ) -> None:
        headers = {**TOKEN, "X-Pawtrait-Admin": "1"}
        answer = await client.request(method, path, headers=headers, **more)
        assert answer.status_code in (200, 204), answer.text
        metadata = services.noseprint.metadata[0]
        assert metadata["authorization"] == f"Bearer {OWNER_TOKEN}"
        assert "x-pawtrait-admin" not in metadata

    @pytest.mark.parametrize(("method", "path", "more"), TOKEN_CALLS)
    async def test_an_administrators_key_is_not_passed_on(
        self, open_gateway: Any, services: Any, method: str, path: str, more: Any
    ) -> None:
        async with open_gateway(admin_key=ADMIN) as client:
            headers = {"Authorization": f"Bearer {ADMIN}"}
            answer = await client.request(method, path, headers=headers, **more)
        assert answer.status_code in (200, 204), answer.text
        metadata = services.noseprint.metadata[0]
        assert metadata["x-pawtrait-admin"] == "1"
        assert "authorization" not in metadata

    @pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer ", "Bearer " + "x" * 600])
    async def test_what_is_no_token_is_none(self, client: Any, services: Any, header: str) -> None:
        services.noseprint.fails("GetDog", PawtraitError(Reason.UNAUTHENTICATED, "who are you"))
        answer = await client.get(f"/v1/dogs/{DOG_ID}", headers={"Authorization": header} if header else {})
        assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED")
        assert not {"authorization", "x-pawtrait-admin"} & services.noseprint.metadata[0].keys()

    async def test_without_a_key_set_nobody_is_an_administrator(self, client: Any, services: Any) -> None:
        await client.get("/v1/dogs", headers={"Authorization": "Bearer "})
        assert "x-pawtrait-admin" not in services.noseprint.metadata[0]

    @pytest.mark.parametrize(
        ("reason", "status"),
        [
            (Reason.UNAUTHENTICATED, 401),
            (Reason.PERMISSION_DENIED, 403),
            (Reason.NOT_FOUND, 404),
        ],
    )
    async def test_refusals(self, client: Any, services: Any, reason: Reason, status: int) -> None:
        for name in ("GetDog", "DeleteDog", "GetOwner"):
            services.noseprint.fails(name, PawtraitError(reason, "no"))
        for method, path in (
            ("GET", f"/v1/dogs/{DOG_ID}"),
            ("DELETE", f"/v1/dogs/{DOG_ID}"),
            ("GET", "/v1/owners/x"),
        ):
            answer = await client.request(method, path, headers=TOKEN)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason.value)


class TestCare:
    async def test_a_page_of_dogs(self, client: Any, services: Any) -> None:
        answer = await client.get("/v1/dogs?page_size=7&page_token=abc", headers=TOKEN)
        body = answer.json()
        assert [dog["id"] for dog in body["dogs"]] == [DOG_ID]
        assert body["next_page_token"] == NEXT_PAGE
        assert (services.noseprint.asked[0].page_size, services.noseprint.asked[0].page_token) == (7, "abc")
        assert answer.headers["cache-control"] == "no-store"
        for wrong in ("page_size=0", "page_size=101", "page_size=x"):
            assert (await client.get(f"/v1/dogs?{wrong}", headers=TOKEN)).status_code == 422

    async def test_an_owner_is_shown_without_being_kept(self, client: Any) -> None:
        answer = await client.get("/v1/owners/me", headers=TOKEN)
        body = answer.json()
        assert (body["id"], body["name"], body["phone"], body["email"]) == (
            OWNER_ID, "김보호", "+821012345678", None,
        )  # fmt: skip
        assert answer.headers["cache-control"] == "no-store"

    async def test_only_what_was_said_is_changed(self, client: Any, services: Any) -> None:
        await client.patch(f"/v1/dogs/{DOG_ID}", json={"breed": "", "birth_year": 2019}, headers=TOKEN)
        asked = services.noseprint.asked[0]
        assert asked.HasField("breed")
        assert asked.breed == ""
        assert asked.birth_year == 2019
        assert not any(asked.HasField(name) for name in ("name", "sex", "profile"))

    async def test_a_picture_is_changed_by_multipart(self, client: Any, services: Any) -> None:
        files = {"profile": ("p.png", picture(2000, 20), "image/png")}
        answer = await client.patch(f"/v1/dogs/{DOG_ID}", data={"sex": "male"}, files=files, headers=TOKEN)
        assert answer.status_code == 200, answer.text
        asked = services.noseprint.asked[0]
        assert Image.open(io.BytesIO(asked.profile)).size == (1024, 10)
        assert asked.sex == 1

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"json": {"colour": "red"}}, "colour"),
            ({"json": {"name": ""}}, "name"),
            ({"json": {"birth_year": 1900}}, "birth_year"),
            ({"json": ["name"]}, "body"),
            ({"content": b"{"}, "body"),
            ({"files": {"picture": ("p.png", picture(), "image/png")}}, "picture"),
        ],
    )
    async def test_a_change_that_will_not_do(self, client: Any, sent: Any, field: str) -> None:
        answer = await client.patch(f"/v1/dogs/{DOG_ID}", headers=TOKEN, **sent)
        assert answer.status_code == 422, answer.text
        assert answer.json()["fields"][0]["field"] == field

    async def test_deleting_answers_nothing(self, client: Any, services: Any) -> None:
        answer = await client.delete(f"/v1/dogs/{DOG_ID}", headers=TOKEN)
        assert (answer.status_code, answer.content) == (204, b"")
        assert services.noseprint.asked[0].dog_id == DOG_ID

    async def test_more_photos(self, client: Any, services: Any) -> None:
        answer = await client.post(f"/v1/dogs/{DOG_ID}/noses", files=noses(2), headers=TOKEN)
        assert answer.status_code == 200, answer.text
        assert answer.json()["dog"]["nose_photos"] == 7
        assert len(services.noseprint.asked[0].noses) == 2
        assert services.noseprint.metadata[0]["authorization"] == f"Bearer {OWNER_TOKEN}"
        answer = await client.post(f"/v1/dogs/{DOG_ID}/noses", files=noses(6), headers=TOKEN)
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "nose")
