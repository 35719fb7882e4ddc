"""The command that containers are checked with, against real servers."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from shared.healthcheck import main
from tests.unit.shared.conftest import RunningService, StartService

NAME = "pawtrait.traits.v1.TraitsService"


@pytest.mark.parametrize("service", [[], [NAME]])
def test_a_server_that_serves_is_healthy(small_service: RunningService, service: list[str]) -> None:
    assert main([small_service.address, *service]) == 0


def test_a_server_that_loads_is_not(
    start_service: StartService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loading = start_service(wait="started", gate=str(tmp_path / "gate"))
    assert main([loading.address, NAME]) == 1
    assert capsys.readouterr().out == f"{loading.address}: NOT_SERVING\n"


def test_another_service_than_the_server_has_is_not(
    small_service: RunningService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([small_service.address, "pawtrait.nobody.v1.NobodyService"]) == 1
    assert "NOT_FOUND" in capsys.readouterr().out


def test_where_nobody_listens_nothing_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["127.0.0.1:1", "--timeout", "2"]) == 1
    assert "127.0.0.1:1: " in capsys.readouterr().out


def test_it_is_a_command_with_an_exit_status(small_service: RunningService) -> None:
    command = [sys.executable, "-m", "shared.healthcheck"]
    assert subprocess.run([*command, small_service.address]).returncode == 0
    assert subprocess.run([*command, "127.0.0.1:1"], capture_output=True).returncode == 1


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def web_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_over_http_200_is_healthy_and_nothing_else(
    web_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{web_server}/healthz"]) == 0
    assert main([f"{web_server}/readyz"]) == 1
    assert "503" in capsys.readouterr().out
    assert main(["http://127.0.0.1:1/healthz"]) == 1
