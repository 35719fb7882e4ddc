"""How often one address may ask."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.counted_calls import COUNTED
from gateway.quotas import caller_key
from gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import picture


def one() -> dict[str, Any]:
    return {"nose": ("nose.png", picture(), "image/png")}


def from_address(client: Any, host: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(client.app, raise_app_exceptions=False, client=(host, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test")


async def test_beyond_the_limit_it_is_429_with_the_time_to_wait(open_gateway: Any, services: Any) -> None:
    async with open_gateway(lookup_limit="3/minute") as client:
        async with from_address(client, "203.0.113.7") as caller:
            statuses = [(await caller.post("/v1/dogs/lookup", files=one())).status_code for _ in range(4)]
            assert statuses == [200, 200, 200, 429]
            refused = await caller.post("/lookup", files={"dogNose": one()["nose"]})
            assert refused.status_code == 429, "the older clients' call is the same question"
            assert refused.json()["message"] == "fail"
            assert refused.json()["reason"] == "TOO_MANY_REQUESTS"
            assert 1 <= int(refused.headers["retry-after"]) <= 60
        async with from_address(client, "203.0.113.8") as another:
            assert (await another.post("/v1/dogs/lookup", files=one())).status_code == 200
        text = (await client.get("/metrics")).text
        assert 'requests_total{method="POST",route="/v1/dogs/lookup",status="429"} 1.0' in text
    assert len(services.noseprint.asked) == 4


async def test_reading_photos_and_drawing_have_limits_of_their_own(open_gateway: Any, photo: Any) -> None:
    async with (
        open_gateway(photo_limit="2/minute", draw_limit="3/minute") as client,
        from_address(client, "203.0.113.7") as caller,
    ):
        statuses = [(await caller.post("/v1/traits", files=photo)).status_code for _ in range(2)]
        statuses.append((await caller.post("/v1/icons/from-photo", files=photo)).status_code)
        assert statuses == [200, 200, 429]
        drawn = [(await caller.get("/v1/icons/classic-v1.png?ear=up")).status_code for _ in range(4)]
        assert drawn == [200, 200, 200, 429]
        assert (await caller.post("/v1/dogs/lookup", files=one())).status_code == 200


async def test_beyond_the_limit_nothing_of_the_body_is_read(open_gateway: Any, photo: Any) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        for _ in range(10):
            read.append(1)
            yield b"x" * 100_000

    async with (
        open_gateway(photo_limit="1/minute") as client,
        from_address(client, "203.0.113.7") as caller,
    ):
        await caller.post("/v1/traits", files=photo)
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        assert (await caller.post("/v1/traits", content=body(), headers=headers)).status_code == 429
    assert not read


async def test_every_call_that_is_counted_says_so_and_every_one_that_costs_is(open_gateway: Any) -> None:
    async with open_gateway() as client:
        described = (await client.get("/openapi.json")).json()["paths"]
    unlimited = set()
    for path, calls in described.items():
        for method, call in calls.items():
            concrete = re.sub(r"\{extension\}", "png", re.sub(r"\{\w+_?id\}|\{style\}", "x", path))
            counted = COUNTED.find(method.upper(), re.sub(r"\{[^}]+\}", "x", concrete)) is not None
            assert not counted or "429" in call["responses"], f"{method} {path}"
            if "429" not in call["responses"]:
                unlimited.add(f"{method.upper()} {path}")
    assert unlimited == {
        *("GET /v1/face-types", "GET /s/{share_id}", "GET /files/{path}"),
        *("GET /healthz", "GET /readyz", "GET /metrics"),
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_is_not_counted(open_gateway: Any, host: str) -> None:
    async with open_gateway(lookup_limit="1/day") as client, from_address(client, host) as caller:
        for _ in range(3):
            assert (await caller.post("/v1/dogs/lookup", files=one())).status_code == 200


async def test_tokens_cannot_be_tried_out_but_administrators_are_not_counted(open_gateway: Any) -> None:
    key = "an administrator of the tests"
    async with (
        open_gateway(access_limit="2/minute", admin_key=key) as client,
        from_address(client, "203.0.113.7") as caller,
    ):
        guesses = [
            (await caller.get("/v1/owners/me", headers={"Authorization": f"Bearer {number}"})).status_code
            for number in range(3)
        ]
        assert guesses == [200, 200, 429]
        for _ in range(3):
            answer = await caller.get("/v1/dogs", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200


async def test_an_empty_limit_is_none(open_gateway: Any) -> None:
    async with open_gateway(check_limit="") as client, from_address(client, "203.0.113.7") as caller:
        for _ in range(70):
            answer = await caller.get("/profileImg/20261120143015-A-1234")
            assert answer.status_code == 200


def test_a_network_of_ipv6_is_one_caller() -> None:
    assert caller_key("2001:db8:1:2:3::4") == caller_key("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert caller_key("2001:db8:1:3::1") != caller_key("2001:db8:1:2::1")
    assert caller_key("::ffff:203.0.113.7") == caller_key("203.0.113.7") == "203.0.113.7"
    assert caller_key("::1") is None
    assert caller_key("127.0.0.9") is None
    assert caller_key("no address") == "no address"


@pytest.mark.parametrize("rate", ["often", "5", "5/fortnight", "-1/minute"])
def test_a_rate_that_is_none_is_a_clear_error(rate: str) -> None:
    with pytest.raises(ValueError, match="lookup_limit"):
        GatewaySettings(lookup_limit=rate)


def test_a_short_administrators_key_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="at least 16 characters"):
        GatewaySettings(admin_key="short")
    assert "secret" not in repr(GatewaySettings(admin_key="a long secret of the tests"))
