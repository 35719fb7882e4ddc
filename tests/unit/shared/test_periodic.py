"""Work that is done again and again."""

import asyncio
from datetime import timedelta

import pytest

from shared.periodic import repeat

SOON = timedelta(seconds=0.001)


async def test_it_goes_on_after_failures() -> None:
    done, thrice = 0, asyncio.Event()

    async def work() -> None:
        nonlocal done
        done += 1
        if done == 3:
            thrice.set()
        raise ConnectionError("away")

    task = asyncio.ensure_future(repeat(work, SOON, failed="work_failed"))
    async with asyncio.timeout(10):
        await thrice.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("fails", [False, True])
async def test_a_swallowed_cancellation_ends_it_all_the_same(fails: bool) -> None:
    begun, done = asyncio.Event(), 0

    async def work() -> None:
        nonlocal done
        done += 1
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if fails:
                raise ConnectionError("closed") from None

    task = asyncio.ensure_future(repeat(work, SOON, failed="work_failed"))
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(10):
        await task
    assert done == 1


async def test_it_may_begin_with_a_pause() -> None:
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1

    task = asyncio.ensure_future(repeat(work, timedelta(hours=1), failed="work_failed", at_once=False))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == 0
