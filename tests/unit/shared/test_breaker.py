"""What does not answer is left alone for a while."""

import asyncio

import pytest

from shared.breaker import Breaker


class LateError(Exception):
    """There was no answer in time."""


class OtherError(Exception):
    """An answer, though not a welcome one."""


class LeftAloneError(Exception):
    """The call was not made."""


def breaker(failures: int, pause: float = 0.1) -> Breaker:
    return Breaker(
        "store",
        came_too_late=lambda error: isinstance(error, LateError),
        refusal=LeftAloneError,
        failures=failures,
        pause=pause,
    )


async def fail(tried: Breaker, error: type[Exception] = LateError) -> None:
    with pytest.raises(error):
        async with tried.call():
            raise error


async def passes(tried: Breaker) -> bool:
    try:
        async with tried.call():
            return True
    except LeftAloneError:
        return False


async def test_after_failures_in_a_row_and_for_a_while() -> None:
    tried = breaker(3)
    for _ in range(2):
        await fail(tried)
    assert await passes(tried)  # an answer between them starts the count anew
    for _ in range(3):
        await fail(tried)
    assert not await passes(tried)
    await asyncio.sleep(0.15)
    assert await passes(tried)


async def test_a_refusal_is_an_answer() -> None:
    tried = breaker(2)
    for _ in range(5):
        await fail(tried, OtherError)
    await fail(tried)
    await fail(tried, OtherError)
    await fail(tried)
    assert await passes(tried)


async def test_one_call_finds_out_and_the_others_do_not_wait_for_it() -> None:
    tried = breaker(1)
    await fail(tried)
    await asyncio.sleep(0.15)
    async with tried.call():
        assert not await passes(tried)
    assert await passes(tried)


async def test_a_caller_who_leaves_while_finding_out_has_found_nothing() -> None:
    tried = breaker(1)
    await fail(tried)
    await asyncio.sleep(0.15)

    async def wait() -> None:
        async with tried.call():
            await asyncio.sleep(30)

    finding_out = asyncio.ensure_future(wait())
    await asyncio.sleep(0.01)
    finding_out.cancel()
    await asyncio.gather(finding_out, return_exceptions=True)
    async with tried.call():  # the next one finds out
        assert not await passes(tried), "the others still do not wait"
    assert await passes(tried)
