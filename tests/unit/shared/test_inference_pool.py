"""Work in threads, within deadlines."""

import asyncio
import threading
import time

import pytest

from shared.errors import PawtraitError, Reason
from shared.inference_pool import InferencePool, Stopwatch
from shared.request_context import request_id


async def test_runs_off_the_event_loop() -> None:
    pool = InferencePool(1, "model")
    name = await pool.run(lambda: threading.current_thread().name, time_left=None)
    assert name.startswith("model")
    pool.close()


async def test_the_work_sees_the_request_id() -> None:
    pool = InferencePool(1, "model")
    request_id.set("abc-1")
    assert await pool.run(request_id.get, time_left=5) == "abc-1"
    pool.close()


async def test_what_the_work_raises_arrives() -> None:
    pool = InferencePool(1, "model")

    def fail() -> None:
        raise PawtraitError(Reason.NO_DOG_FOUND, "no dog")

    with pytest.raises(PawtraitError, match="no dog"):
        await pool.run(fail, time_left=5)
    pool.close()


async def test_work_whose_time_is_up_does_not_begin() -> None:
    pool = InferencePool(1, "model")
    begun: list[str] = []
    hold = threading.Event()
    first = asyncio.ensure_future(pool.run(lambda: hold.wait(10), time_left=None))
    late = asyncio.ensure_future(pool.run(lambda: begun.append("late"), time_left=0.05))
    in_time = asyncio.ensure_future(pool.run(lambda: begun.append("in time"), time_left=30))
    await asyncio.sleep(0.2)
    hold.set()
    await first
    with pytest.raises(PawtraitError) as refused:
        await late
    await in_time
    assert refused.value.reason is Reason.DEADLINE_EXCEEDED
    assert begun == ["in time"]
    pool.close()


async def test_no_more_threads_than_asked_for() -> None:
    pool = InferencePool(2, "model")
    at_work = 0
    most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.02)
        with lock:
            at_work -= 1

    await asyncio.gather(*(pool.run(work, time_left=None) for _ in range(10)))
    assert most == 2
    pool.close()


async def test_closing_lets_running_work_finish_and_drops_the_rest() -> None:
    pool = InferencePool(1, "model")
    done: list[str] = []

    def work() -> None:
        time.sleep(0.2)
        done.append("running")

    running = asyncio.ensure_future(pool.run(work, time_left=None))
    waiting = asyncio.ensure_future(pool.run(lambda: done.append("waiting"), time_left=None))
    await asyncio.sleep(0.05)
    await asyncio.to_thread(pool.close)
    assert done == ["running"]
    await running
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_stopwatch_keeps_stages_in_order_also_when_one_fails() -> None:
    watch = Stopwatch()
    with watch.stage("decode"):
        time.sleep(0.02)
    with pytest.raises(RuntimeError), watch.stage("classify"):
        raise RuntimeError
    (decode, decode_time), (classify, classify_time) = watch.stages
    assert (decode, classify) == ("decode", "classify")
    assert 20 <= decode_time < 5000
    assert 0 <= classify_time < 1000
