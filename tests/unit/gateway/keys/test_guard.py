"""Calls with keys and without, over HTTP."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.keys.__main__ import create
from gateway.keys.key_file import KeyFile
from tests.unit.gateway.conftest import Services

ADMIN = "an administrator's key of the tests"


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def keyed(open_gateway: Any, file: KeyFile) -> Any:
    """Opens a gateway that asks for keys."""
    return lambda **changes: open_gateway(keys="required", keys_file=file.path, admin_key=ADMIN, **changes)


async def reasons(client: httpx.AsyncClient, photo: Any, headers: dict[str, str]) -> tuple[int, str]:
    answer = await client.post("/v1/traits", files=photo, headers=headers)
    return answer.status_code, answer.json().get("reason", "")


async def test_without_a_key_only_what_is_open(keyed: Any, photo: Any, services: Services) -> None:
    async with keyed() as client:
        answer = await client.post("/v1/traits", files=photo)
        assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert services.traits.asked == []
        for path in ("/", "/healthz", "/openapi.json", "/v1/icons/classic-v1.png?ear=up", "/v1/face-types"):
            assert (await client.get(path)).status_code == 200, path
        assert (await client.get("/no-such-call")).status_code == 401


@pytest.mark.parametrize("how", ["X-Api-Key", "Authorization"])
async def test_a_key_opens_its_scope_and_no_other(keyed: Any, photo: Any, file: KeyFile, how: str) -> None:
    shown = create(file, "app", "icons", None)
    headers = {how: shown if how == "X-Api-Key" else f"Bearer {shown}"}
    async with keyed() as client:
        assert await reasons(client, photo, headers) == (200, "")
        for method, path in (("POST", "/v1/dogs/lookup"), ("GET", "/v1/dogs/3f"), ("GET", "/v1/dogs")):
            refused = await client.request(method, path, headers=headers)
            assert (refused.status_code, refused.json()["reason"]) == (403, "PERMISSION_DENIED"), path


async def test_a_body_is_not_read_before_the_key(keyed: Any) -> None:
    read = []

    async def body() -> Any:
        for _ in range(10):
            read.append(1)
            yield b"x" * 100_000

    async with keyed() as client:
        assert (await client.post("/v1/dogs", content=body())).status_code == 401
    assert read == []


async def test_revoked_expired_and_forged_keys_are_none(keyed: Any, photo: Any, file: KeyFile) -> None:
    expired = create(file, "old", "icons", -1)
    revoked = create(file, "bad", "icons", None)
    file.revoke(revoked.split("_")[1])
    forged = revoked[:-1] + ("A" if revoked[-1] != "A" else "B")
    async with keyed() as client:
        for shown in (expired, revoked, forged, "nonsense", "pawtrait_" + "a" * 3000):
            assert await reasons(client, photo, {"X-Api-Key": shown}) == (401, "UNAUTHENTICATED")
        odd = await client.post("/v1/traits", files=photo, headers={"X-Api-Key": "é".encode()})
        assert odd.status_code == 401


async def test_a_key_stands_beside_an_owners_token(keyed: Any, file: KeyFile, services: Services) -> None:
    shown = create(file, "app", "owner", None)
    async with keyed() as client:
        headers = {"X-Api-Key": shown, "Authorization": "Bearer the-owners-token"}
        assert (
            await client.get("/v1/dogs/3f6c1a52-0c5e-4f7e-9b55-2f1f0a6f0c11", headers=headers)
        ).status_code == 200
        sent = services.noseprint.metadata[-1]
        assert sent["authorization"] == "Bearer the-owners-token"
        assert "x-pawtrait-admin" not in sent
        # A key alone is no owner's token, and is never passed on.
        await client.get(
            "/v1/dogs/3f6c1a52-0c5e-4f7e-9b55-2f1f0a6f0c11", headers={"Authorization": f"Bearer {shown}"}
        )
        assert shown not in str(services.noseprint.metadata[-1])


async def test_administrators_may_do_everything(
    keyed: Any, photo: Any, file: KeyFile, services: Services
) -> None:
    shown = create(file, "ops", "admin", None)
    async with keyed() as client:
        for headers in ({"X-Api-Key": shown}, {"Authorization": f"Bearer {ADMIN}"}, {"X-Api-Key": ADMIN}):
            assert await reasons(client, photo, headers) == (200, "")
            assert (await client.get("/v1/dogs", headers=headers)).status_code == 200
            assert services.noseprint.metadata[-1]["x-pawtrait-admin"]


async def test_public_scopes_need_no_key(keyed: Any, photo: Any) -> None:
    async with keyed(public_scopes="icons,register") as client:
        assert await reasons(client, photo, {}) == (200, "")
        assert (await client.post("/v1/dogs/lookup")).status_code == 401


async def test_a_key_has_a_limit_of_its_own(keyed: Any, photo: Any, file: KeyFile) -> None:
    shown, other = create(file, "app", "icons", None), create(file, "other", "icons", None)
    async with keyed(key_limit="3/minute") as client:
        found = [await reasons(client, photo, {"X-Api-Key": shown}) for _ in range(4)]
        assert found == [(200, "")] * 3 + [(429, "TOO_MANY_REQUESTS")]
        assert await reasons(client, photo, {"X-Api-Key": other}) == (200, "")


async def test_on_the_loopback_nobody_is_asked(open_gateway: Any, photo: Any) -> None:
    async with open_gateway() as client:
        assert await reasons(client, photo, {}) == (200, "")


async def test_where_no_key_is_asked_for_none_is_counted(
    open_gateway: Any, photo: Any, file: KeyFile
) -> None:
    shown = create(file, "app", "icons", None)
    for keys, last in (("anyone-may-call", 200), ("required", 429)):
        async with open_gateway(keys=keys, keys_file=file.path, key_limit="1/minute") as client:
            headers = {"X-Api-Key": shown}
            statuses = [(await reasons(client, photo, headers))[0] for _ in range(2)]
            assert statuses == [200, last]
