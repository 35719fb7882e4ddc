import asyncio

import pytest

from gateway.admission import Admission
from gateway.deadline import Deadline
from shared.errors import ErrorKind, PawtraitError, Reason


async def test_no_more_than_the_limit_are_at_work():
    admission = Admission(in_progress=2, waiting=50, wait_seconds=5)
    most = 0

    async def work() -> None:
        nonlocal most
        async with admission.turn():
            most = max(most, admission.in_progress)
            await asyncio.sleep(0.005)

    await asyncio.gather(*(work() for _ in range(20)))
    assert most == 2
    assert admission.in_progress == admission.waiting == 0


async def test_one_more_than_may_wait_is_refused_at_once():
    admission = Admission(in_progress=1, waiting=1, wait_seconds=5)
    async with admission.turn():
        waiting = asyncio.create_task(_pass(admission))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(PawtraitError) as caught:
            await _pass(admission)
        assert asyncio.get_running_loop().time() - began < 0.5
    await waiting
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE
    assert caught.value.kind is ErrorKind.FULL


async def test_none_waits_longer_than_allowed_and_its_place_is_free_again():
    admission = Admission(in_progress=1, waiting=5, wait_seconds=0.05)
    async with admission.turn():
        with pytest.raises(PawtraitError):
            await _pass(admission)
        assert admission.waiting == 0
    await _pass(admission)


async def test_first_come_first_served():
    admission = Admission(in_progress=1, waiting=10, wait_seconds=5)
    order: list[int] = []

    async def work(number: int) -> None:
        async with admission.turn():
            order.append(number)

    async with admission.turn():
        tasks = [asyncio.create_task(work(number)) for number in range(5)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == list(range(5))


async def test_a_failure_at_work_gives_the_place_back():
    admission = Admission(in_progress=1, waiting=0, wait_seconds=1)
    with pytest.raises(ValueError, match="boom"):
        async with admission.turn():
            raise ValueError("boom")
    await _pass(admission)


async def test_a_caller_who_leaves_the_queue_takes_no_place():
    admission = Admission(in_progress=1, waiting=5, wait_seconds=5)
    async with admission.turn():
        leaving = asyncio.create_task(_pass(admission))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert admission.waiting == 0
    await _pass(admission)


async def test_nobody_may_wait_when_none_may():
    admission = Admission(in_progress=1, waiting=0, wait_seconds=5)
    async with admission.turn():
        with pytest.raises(PawtraitError):
            await _pass(admission)


def test_a_deadline_counts_down_and_then_says_so():
    from datetime import timedelta

    assert 4.5 < Deadline.after(timedelta(seconds=5)).remaining() <= 5
    with pytest.raises(PawtraitError) as caught:
        Deadline.after(timedelta(seconds=-1)).remaining()
    assert caught.value.reason is Reason.DEADLINE_EXCEEDED


async def _pass(admission: Admission) -> None:
    async with admission.turn():
        pass
