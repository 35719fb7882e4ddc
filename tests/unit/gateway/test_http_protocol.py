"""Bounds on what arrives, tried on the gateway's process over plain sockets."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.waiting import until

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = (
    b"POST /v1/icons HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, psutil.Process]]:
    """Its port and process; it waits one second for heads and one for bodies."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "GATEWAY_HEAD_TIME": "1",
        "GATEWAY_BODY_TIME": "1",
    }
    log = (tmp_path_factory.mktemp("log") / "log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stderr=log)
    try:
        until(lambda: alive(port))
        yield port, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()
        log.close()


def alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=15)


def heard(connection: socket.socket) -> bytes:
    """Everything until the other side hangs up."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def held(connection: socket.socket, byte: bytes) -> float:
    """Seconds for which a connection lives on a byte now and then; at most twenty."""
    began = time.monotonic()
    try:
        while time.monotonic() - began < 20:
            connection.sendall(byte)
            time.sleep(0.2)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return time.monotonic() - began


def test_headers_beyond_the_cap_are_refused_and_not_kept(gateway: tuple[int, psutil.Process]) -> None:
    port, process = gateway
    before = process.memory_info().rss
    sent = 0
    with connect(port) as connection:
        connection.sendall(HEAD)
        try:
            for number in range(400):
                connection.sendall(f"X-{number}: ".encode() + bytes([97]) * 100_000 + b"\r\n")
                sent += 100_000
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert sent < 40_000_000, "all of it was taken"
    assert process.memory_info().rss - before < 10_000_000
    assert alive(port)


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X-Long: " + b"a" * 70_000 + b"\r\n\r\n",
        HEAD + b"X-Endless: " + b"a" * 70_000,
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        HEAD + b"X: y\r\n" * 15_000 + b"\r\n",
    ],
    ids=["long", "endless", "path", "many"],
)
def test_a_head_beyond_the_cap_is_431(gateway: tuple[int, psutil.Process], head: bytes) -> None:
    with connect(gateway[0]) as connection:
        connection.sendall(head)
        assert heard(connection).startswith(b"HTTP/1.1 431 ")


def test_a_large_head_below_the_cap_is_taken(gateway: tuple[int, psutil.Process]) -> None:
    with connect(gateway[0]) as connection:
        connection.sendall(HEAD + b"X-Long: " + b"a" * 50_000 + b"\r\nConnection: close\r\n\r\n")
        assert heard(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("begun", "answer"), [(HEAD, b"HTTP/1.1 408 "), (b"", b"")])
def test_a_head_that_does_not_come_ends_the_connection(
    gateway: tuple[int, psutil.Process], begun: bytes, answer: bytes
) -> None:
    with connect(gateway[0]) as connection:
        connection.sendall(begun)
        began = time.monotonic()
        assert heard(connection)[:13] == answer
        assert 0.5 < time.monotonic() - began < 6


def test_bytes_now_and_then_do_not_hold_a_connection(gateway: tuple[int, psutil.Process]) -> None:
    with connect(gateway[0]) as connection:
        assert held(connection, b"\r\n") < 8


def test_a_body_that_takes_too_long_is_a_problem(gateway: tuple[int, psutil.Process]) -> None:
    with connect(gateway[0]) as connection:
        connection.sendall(POST)
        began = time.monotonic()
        answer = heard(connection)
        assert 0.7 < time.monotonic() - began < 10
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    assert b'"reason": "REQUEST_TOO_SLOW"' in answer


def test_a_body_that_goes_on_after_the_answer_ends_with_its_time(
    gateway: tuple[int, psutil.Process],
) -> None:
    endless = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with connect(gateway[0]) as connection:
        connection.sendall(endless)
        assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")
        assert held(connection, b"x") < 15


def test_who_does_not_take_answers_does_not_hold_a_connection(
    gateway: tuple[int, psutil.Process],
) -> None:
    port, process = gateway
    page = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(2000):
                connection.sendall(page * 10)
        own = connection.getsockname()[1]

        def held_open() -> bool:
            return any(each.raddr and each.raddr.port == own for each in process.net_connections("tcp"))

        assert held_open()
        until(lambda: not held_open(), 20)


def test_requests_follow_each_other_on_one_connection(gateway: tuple[int, psutil.Process]) -> None:
    port, _ = gateway
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.get("/healthz").status_code == 200
        time.sleep(1.5)  # longer than a head may take: between requests nothing is being sent
        assert client.get("/healthz").status_code == 200
    with connect(port) as connection:
        connection.sendall((HEAD + b"\r\n") * 2 + HEAD + b"Connection: close\r\n\r\n")
        assert heard(connection).count(b"HTTP/1.1 200 ") == 3
