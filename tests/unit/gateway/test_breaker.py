"""A service that does not answer is left alone for a while."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import grpc
import pytest

from gateway.clients.breaker import Breaker
from shared.errors import PawtraitError, Reason
from tests.unit.gateway.conftest import Services, traits_answer


def status(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata())


async def fail(breaker: Breaker, code: grpc.StatusCode = grpc.StatusCode.DEADLINE_EXCEEDED) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        async with breaker.call():
            raise status(code)


async def passes(breaker: Breaker) -> bool:
    try:
        async with breaker.call():
            return True
    except PawtraitError as error:
        assert error.reason is Reason.SERVICE_UNAVAILABLE  # noqa: PT017
        return False


async def test_after_failures_in_a_row_it_refuses_and_then_tries_again() -> None:
    breaker = Breaker("traits", failures=3, open_seconds=0.2)
    for _ in range(2):
        await fail(breaker)
    assert await passes(breaker)  # an answer between them starts the count anew
    for _ in range(3):
        await fail(breaker)
    assert not await passes(breaker)
    await asyncio.sleep(0.25)
    assert await passes(breaker)
    for _ in range(2):
        await fail(breaker)
    assert await passes(breaker)


async def test_one_call_finds_out_and_the_others_do_not_wait_for_it() -> None:
    breaker = Breaker("traits", failures=1, open_seconds=0.1)
    await fail(breaker)
    await asyncio.sleep(0.15)
    async with breaker.call():
        assert not await passes(breaker)
    assert await passes(breaker)


async def test_a_probe_that_fails_leaves_it_alone_again() -> None:
    breaker = Breaker("traits", failures=1, open_seconds=0.1)
    await fail(breaker)
    await asyncio.sleep(0.15)
    await fail(breaker)
    assert not await passes(breaker)


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNAVAILABLE,
    ],
)
async def test_refusals_are_answers(code: grpc.StatusCode) -> None:
    breaker = Breaker("traits", failures=1)
    await fail(breaker, code)
    assert await passes(breaker)


async def test_a_caller_who_leaves_says_nothing_about_the_service() -> None:
    breaker = Breaker("traits", failures=1)
    with pytest.raises(asyncio.CancelledError):
        async with breaker.call():
            raise asyncio.CancelledError
    assert await passes(breaker)


async def test_callers_of_a_hanging_service_soon_wait_no_longer(
    open_gateway: Any, services: Services, photo: Any
) -> None:
    hanging = asyncio.Event()

    async def hang() -> Any:
        await hanging.wait()
        return traits_answer()

    services.traits.behaviours["ClassifyTraits"] = lambda _request: hang()
    async with open_gateway(deadline=timedelta(seconds=0.4)) as client:
        for _ in range(5):
            assert (await client.post("/v1/traits", files=photo)).status_code == 504
        begun = time.monotonic()
        refused = await client.post("/v1/traits", files=photo)
        assert time.monotonic() - begun < 0.35
        assert (refused.status_code, refused.json()["reason"]) == (503, "SERVICE_UNAVAILABLE")
        assert refused.headers["Retry-After"]
        hanging.set()
        await asyncio.sleep(2.1)
        assert (await client.post("/v1/traits", files=photo)).status_code == 200
