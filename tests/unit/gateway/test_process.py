"""``python -m gateway`` as a process: starts without services, answers, and stops cleanly."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def process(tmp_path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = _free_port()
    closed = f"127.0.0.1:{_free_port()}"
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(tmp_path),
        "TRAITS_ADDRESS": closed,
        "FACECOLOR_ADDRESS": closed,
        "ICON_ADDRESS": closed,
    }
    running = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    yield running, url
    running.kill()
    running.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_with_0(process, number):
    running, url = process
    assert httpx.get(f"{url}/readyz").status_code == 503
    running.send_signal(number)
    assert running.wait(10) == 0
    log = running.stderr.read().decode()
    assert "Traceback" not in log


def test_a_client_that_sends_too_much_still_reads_the_answer(process):
    _, url = process
    answer = httpx.post(f"{url}/v1/traits", files={"photo": ("x.jpg", bytes(25_000_000), "image/jpeg")})
    assert (answer.status_code, answer.json()["reason"]) == (413, "PHOTO_TOO_LARGE")


def test_a_client_that_asks_first_is_told_before_it_sends(process):
    _, url = process
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=5) as connection:
        connection.sendall(
            b"POST /v1/traits HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: 25000000\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_taken_port_is_an_error(process):
    running, url = process
    port = url.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "gateway"], env={**os.environ, "PORT": port}, capture_output=True, timeout=30
    )
    assert second.returncode != 0
    assert running.poll() is None


def _start_open_to_the_network(tmp_path, **settings: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ, "PORT": "0", "GATEWAY_HOST": "0.0.0.0", "DATA_DIR": str(tmp_path), **settings,  # noqa: S104
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "gateway"], env=environment, stderr=subprocess.PIPE)


def test_open_to_the_network_it_does_not_start_without_keys_and_says_how(tmp_path):
    running = _start_open_to_the_network(tmp_path)
    assert running.wait(30) == 1
    said = running.stderr.read().decode()
    assert "python -m gateway.keys create" in said
    assert "GATEWAY_KEYS=anyone-may-call" in said


def test_a_spoiled_file_of_keys_is_said_at_the_start(tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text("{")
    running = _start_open_to_the_network(tmp_path, GATEWAY_KEYS_FILE=str(keys))
    assert running.wait(30) == 1
    said = running.stderr.read().decode()
    assert "not a file of API keys" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "settings", [{"GATEWAY_KEYS": "anyone-may-call"}, {"ADMIN_KEY": "a key of the tests"}]
)
def test_with_a_key_or_with_plain_words_it_does(tmp_path, settings):
    running = _start_open_to_the_network(tmp_path, **settings)
    try:
        for line in running.stderr:
            if b"Uvicorn running" in line:
                break
        else:
            pytest.fail(f"ended with {running.wait(10)}")
    finally:
        running.kill()
        running.wait()
        running.stderr.close()
