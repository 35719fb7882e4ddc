"""Clients of the running system, and dogs to show to it."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import httpx
import pytest

from tests.conftest import Portrait
from tests.live import LiveSystem

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def api(live_system: LiveSystem) -> Iterator[httpx.Client]:
    """An HTTP client of the gateway."""
    with httpx.Client(base_url=live_system.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def channels(live_system: LiveSystem) -> Iterator[dict[str, grpc.Channel]]:
    """A gRPC channel to each service by short name."""
    opened = {
        name: grpc.insecure_channel(address)
        for name, address in live_system.addresses.items()
        if name not in ("gateway", "postgres")
    }
    yield opened
    for channel in opened.values():
        channel.close()


@pytest.fixture(scope="session")
def dog(portraits: list[Portrait]) -> bytes:
    """A JPEG of a dog that may be shipped."""
    by_name = {portrait.path.stem: portrait for portrait in portraits}
    return by_name["black_and_white"].data


def problem(response: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """The body of an error response, checked for what every problem has to have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["reason"] == reason
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["type"].endswith("/" + reason.lower().replace("_", "-"))
    assert body["request_id"] == response.headers["x-request-id"]
    return body
