"""A store that hangs, goes away and comes back: a real server behind a network that breaks."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from shared.errors import PawtraitError, Reason
from shared.object_storage import ObjectStorage, S3Storage, StorageCalls, StoredObject
from tests.relay import Relay, relay_to
from tests.unit.shared.s3_server import S3Server, s3_server

__all__ = ["s3_server"]

SECONDS = 0.8


@pytest.fixture
def relay(s3_server: S3Server) -> Iterator[Relay]:
    with relay_to(s3_server.url) as opened:
        yield opened


@pytest.fixture
def calls(s3_server: S3Server, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageCalls]:
    monkeypatch.setattr("shared.object_storage.s3._READ_SECONDS", 0.6)
    storage = S3Storage(s3_server.new_bucket(), endpoint_url=relay.url, region="eu-west-1")
    opened = StorageCalls(storage, SECONDS)
    yield opened
    relay.refuse()  # nobody waits for an answer that will not come
    opened.close()


async def away(calls: StorageCalls) -> float:
    """Seconds until a call is told that the store is away."""
    begun = time.monotonic()
    with pytest.raises(PawtraitError) as caught:
        await calls.put("a.txt", b"x")
    assert caught.value.reason is Reason.SERVICE_UNAVAILABLE
    assert caught.value.metadata["service"] == "storage"
    return time.monotonic() - begun


async def back(calls: StorageCalls) -> float:
    """Seconds until a call succeeds."""
    begun = time.monotonic()
    while True:
        try:
            await calls.put("b.txt", b"x")
            return time.monotonic() - begun
        except PawtraitError:
            await asyncio.sleep(0.05)


async def test_objects_come_and_go(calls: StorageCalls) -> None:
    await calls.put("a.txt", b"x")
    assert await calls.get("a.txt") == StoredObject(b"x", "text/plain")
    await calls.delete("a.txt")
    assert await calls.get("a.txt") is None


async def test_a_store_that_hangs_is_left_alone_and_found_again(calls: StorageCalls, relay: Relay) -> None:
    # Several connections that lie idle when the network goes: none of them will ever answer.
    await asyncio.gather(*(calls.put(f"{number}.txt", b"x") for number in range(8)))
    relay.swallow()
    waits = await asyncio.gather(*(away(calls) for _ in range(8)))
    assert max(waits) < SECONDS + 1, "all of them end, though there are fewer threads"
    assert await away(calls) < 0.2, "it is left alone"
    relay.restore()
    assert await back(calls) < 4
    assert await calls.get("b.txt") == StoredObject(b"x", "text/plain")


async def test_a_store_that_refuses_is_found_again_at_once(calls: StorageCalls, relay: Relay) -> None:
    await calls.put("a.txt", b"x")
    relay.refuse()
    for _ in range(4):
        await away(calls)
    relay.restore()
    assert await back(calls) < 2
    assert await calls.get("a.txt") == StoredObject(b"x", "text/plain")


async def test_nothing_else_waits_for_a_store_that_hangs(calls: StorageCalls, relay: Relay) -> None:
    relay.swallow()
    hanging = [asyncio.ensure_future(away(calls)) for _ in range(40)]
    late, begun = 0.0, time.monotonic()
    while not all(task.done() for task in hanging):
        before = time.monotonic()
        await asyncio.sleep(0.02)
        late = max(late, time.monotonic() - before)
        # The threads that the loop shares are free, too.
        assert await asyncio.to_thread(lambda: threading.current_thread().name)
    assert late < 0.5
    assert time.monotonic() - begun < SECONDS + 1.5
    await asyncio.gather(*hanging)


class Refusing:
    """A store with no room."""

    def put(self, key: str, data: bytes, media_type: str) -> None:
        raise PawtraitError(Reason.STORAGE_FULL, "no room", {"service": "storage"})

    def get(self, key: str) -> StoredObject | None:
        return StoredObject(b"x", "text/plain")


async def test_a_full_store_is_no_store_that_hangs() -> None:
    refusing: ObjectStorage = Refusing()  # type: ignore[assignment]
    calls = StorageCalls(refusing)
    for _ in range(10):
        with pytest.raises(PawtraitError) as caught:
            await calls.put("a.txt", b"x")
        assert caught.value.reason is Reason.STORAGE_FULL
    assert await calls.get("a.txt") is not None
    calls.close()
