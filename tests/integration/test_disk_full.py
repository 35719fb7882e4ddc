"""A gateway whose disk is full: no room for bodies of requests, nor for its log."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.launcher.ports import any_free
from tests.integration.conftest import problem
from tests.integration.topology import HOST, Server
from tests.small_disk import SmallDisk, small_disk
from tests.waiting import until

LARGE = os.urandom(3_000_000)
"""A body that does not stay in memory while it is read; no picture."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("gateway") / "disk", 32) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def gateway(disk: SmallDisk) -> Iterator[Server]:
    """A gateway alone, which has its log and its temporary files on that disk."""
    port = any_free(HOST, set())
    own = {"PORT": str(port), "TMPDIR": str(disk.folder), "GATEWAY_DEADLINE": "4"}
    server = Server("gateway", "gateway", port, disk.folder, own)
    try:
        server.wait_until_healthy()
        yield server
    finally:
        server.stop()


@pytest.fixture
def full_disk(disk: SmallDisk) -> Iterator[SmallDisk]:
    disk.fill()
    # The gateway lets go of the body before when its answer is out, which is a moment later.
    time.sleep(0.3)
    disk.fill()
    yield disk
    if (disk.folder / "filling").exists():
        disk.free_again()


@pytest.fixture(scope="module")
def client(gateway: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{gateway.address}", timeout=30) as opened:
        yield opened


def send(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post("/v1/traits", files={"photo": LARGE}, headers=headers)


@pytest.mark.parametrize("path", ["/v1/traits", "/v1/icons/from-photo", "/v1/profiles", "/predict"])
def test_a_body_that_finds_no_room_is_told_so_and_not_called_wrong(
    client: httpx.Client, full_disk: SmallDisk, gateway: Server, path: str
) -> None:
    field = "file" if path == "/predict" else "photo"
    facts = {"birth_date": "2001-05-03", "mbti": "ENFP"}
    told = problem(client.post(path, files={field: LARGE}, data=facts), 503, "STORAGE_FULL")
    assert told["service"] == "gateway"
    assert "room" in told["title"].lower()
    # What fits into memory, and what has no body, goes on.
    problem(client.post(path, files={field: b"no picture"}, data=facts), 415, "NOT_AN_IMAGE")
    assert client.get("/healthz").status_code == 200
    full_disk.free_again()
    problem(client.post(path, files={field: LARGE}, data=facts), 415, "NOT_AN_IMAGE")
    assert gateway.process.poll() is None


def test_says_when_to_come_back_in_the_callers_language(client: httpx.Client, full_disk: SmallDisk) -> None:
    answer = send(client, **{"Accept-Language": "ko"})
    assert answer.json()["title"] == "저장 공간이 부족해요"
    assert answer.headers["retry-after"] == "60"
    metrics = client.get("/metrics").text
    assert 'pawtrait_problems_total{reason="STORAGE_FULL",status="503"}' in metrics
    assert "pawtrait_temporary_free_bytes 0.0" in metrics


def test_five_photos_that_find_no_room_leave_none_behind(client: httpx.Client, full_disk: SmallDisk) -> None:
    full_disk.free_again()
    full_disk.fill(8_000_000)
    before = full_disk.free
    files = [("nose", (f"{number}.jpg", LARGE)) for number in range(5)]
    facts = {"owner_name": "Kim", "owner_phone": "010-1234-5678", "dog_name": "Kkung"}
    for _ in range(3):
        problem(client.post("/v1/dogs", files=files, data=facts), 503, "STORAGE_FULL")
    until(lambda: full_disk.free > before - 100_000, 10)


def test_a_log_that_finds_no_room_stops_nobody(
    client: httpx.Client, full_disk: SmallDisk, gateway: Server
) -> None:
    size = gateway.log.stat().st_size
    for number in range(300):
        assert client.get(f"/nothing/{number}").status_code == 404
    assert gateway.log.stat().st_size - size < 10_000, "there was no room"
    assert gateway.process.poll() is None
    full_disk.free_again()
    client.get("/nothing/here-again")
    until(lambda: "here-again" in gateway.log.read_text(errors="replace"), 10)


def test_it_stops_cleanly_all_the_same(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        port = any_free(HOST, set())
        server = Server("gateway", "gateway", port, disk.folder, {"PORT": str(port)})
        server.wait_until_healthy()
        disk.fill()
        server.stop()
        assert server.process.returncode == 0
