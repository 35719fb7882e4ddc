"""Counting in a Redis that several gateways share; a real one, started for the test."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from gateway.quotas import Quota, Quotas
from shared.errors import PawtraitError
from tests.waiting import until

SERVER = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(SERVER is None, reason="redis-server is not installed")
RATES = dict.fromkeys(Quota, "3/minute")


class Redis:
    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert SERVER is not None
        words = [SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        until(self._answers)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(5) == b"+PONG"
        except OSError:
            return False


@pytest.fixture
def redis() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.stop()


def caller(address: str = "203.0.113.7") -> Request:
    return Request({"type": "http", "client": (address, 5000), "headers": []})


async def counts(quotas: Quotas, times: int) -> int:
    """How many of so many calls were let through."""
    passed, waits = 0, []
    for _ in range(times):
        try:
            await quotas.count(Quota.LOOKUP, caller())
            passed += 1
        except PawtraitError as error:
            waits.append(int(error.metadata["retry_after"]))
    assert all(1 <= wait <= 60 for wait in waits)
    return passed


@needs_redis
async def test_two_gateways_count_together(redis: Redis) -> None:
    redis.start()
    first, second = (Quotas(RATES, "2/minute", redis.uri) for _ in range(2))
    assert await counts(first, 2) == 2
    assert await counts(second, 3) == 1
    await first.count_key("a")
    await second.count_key("a")
    with pytest.raises(PawtraitError):
        await first.count_key("a")


@needs_redis
async def test_without_redis_each_counts_for_itself_and_goes_back_to_it(redis: Redis) -> None:
    quotas, other = Quotas(RATES, "", redis.uri), Quotas(RATES, "", redis.uri)
    begun = time.monotonic()
    assert await counts(quotas, 5) == 3
    assert await counts(other, 5) == 3
    assert time.monotonic() - begun < 10
    redis.start()
    assert await counts(quotas, 2) == 2
    assert await counts(other, 2) == 1


@pytest.mark.parametrize("store", ["memcached://x", "redis", "", "file:///x"])
def test_other_stores_are_a_clear_error(store: str) -> None:
    with pytest.raises(ValueError, match="redis://"):
        Quotas(RATES, "", store)
