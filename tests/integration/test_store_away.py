"""Icons while their store is gone: a gateway, an icon service, an S3 server, and a network that breaks."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx
import pytest

from shared.launcher.ports import any_free
from tests.integration.conftest import problem
from tests.integration.topology import HOST, Server
from tests.relay import Relay, relay_to
from tests.unit.shared.s3_server import CREDENTIALS, S3Server, s3_server
from tests.waiting import until

__all__ = ["s3_server"]

DEADLINE = 15.0
"""Seconds; the gateway's own."""
SIZES = count(64)
"""A new size each time is an icon that nobody has kept yet."""


@pytest.fixture(scope="module")
def relay(s3_server: S3Server) -> Iterator[Relay]:
    with relay_to(s3_server.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def icons(s3_server: S3Server, relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The icon service, its store behind the relay."""
    folder: Path = tmp_path_factory.mktemp("icons")
    port = any_free(HOST, set())
    store = {
        "S3_BUCKET": s3_server.new_bucket(),
        "S3_ENDPOINT_URL": relay.url,
        "S3_REGION": "eu-west-1",
        **CREDENTIALS,
    }
    server = Server("icon", "services.icon.server", port, folder, {"ICON_PORT": str(port), **store})
    try:
        server.wait_until_healthy()
        yield server
    finally:
        relay.refuse()
        server.stop()


@pytest.fixture(scope="module")
def client(icons: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway before it."""
    port = any_free(HOST, set())
    own = {"PORT": str(port), "ICON_ADDRESS": icons.address}
    gateway = Server("gateway", "gateway", port, tmp_path_factory.mktemp("gateway"), own)
    try:
        gateway.wait_until_healthy()
        with httpx.Client(base_url=f"http://{gateway.address}", timeout=30) as opened:
            yield opened
    finally:
        gateway.stop()


def keep(client: httpx.Client) -> httpx.Response:
    """Ask for an icon that is to be kept."""
    return client.post("/v1/icons", json={"ear": "up", "size": next(SIZES)})


def draw(client: httpx.Client) -> float:
    """Seconds that an icon takes which is not to be kept."""
    begun = time.monotonic()
    assert client.get("/v1/icons/classic-v1.png", params={"size": next(SIZES)}).status_code == 200
    return time.monotonic() - begun


def told(answer: httpx.Response) -> None:
    """The answer says that the store is away."""
    assert problem(answer, 503, "SERVICE_UNAVAILABLE")["service"] == "storage"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("how", ["silent", "refusing"])
def test_icons_are_drawn_while_their_store_is_gone_and_kept_when_it_is_back(
    client: httpx.Client, relay: Relay, icons: Server, how: str
) -> None:
    until(lambda: keep(client).status_code == 200, 10)
    pid = icons.process.pid
    (relay.swallow if how == "silent" else relay.refuse)()
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(keep, client) for _ in range(8)]
        drawn = []
        while not all(call.done() for call in waiting) or len(drawn) < 3:
            drawn.append(draw(client))
    for call in waiting:
        told(call.result())
    assert time.monotonic() - begun < DEADLINE - 4, "well before the gateway would give up"
    assert max(drawn) < 3, "no icon waits for a store that it does not need"
    begun = time.monotonic()
    told(keep(client))
    if how == "silent":
        assert time.monotonic() - begun < 1, "it is left alone"
    relay.restore()
    until(lambda: keep(client).status_code == 200, 5, pause=0.1)
    assert icons.process.pid == pid
