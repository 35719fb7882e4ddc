"""``python -m shared.launcher`` when it cannot start: one clear sentence, status 1, no traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shared.launcher.plan import POSTGRES, SERVICES

REPOSITORY = Path(__file__).resolve().parents[4]
ANY = {"PORT": "0", **{f"{name.upper()}_PORT": "0" for name in (*SERVICES, POSTGRES)}}


def launch(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.launcher"],
        cwd=REPOSITORY,
        env={**os.environ, **ANY, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_says_that_the_gateways_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = launch(PORT=str(port), DATA_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stdout == f"Cannot start: port {port} is taken; choose another with PORT=…\n"
    assert ended.stderr == ""


@pytest.mark.parametrize("name", ["PORT", "ICON_PORT"])
def test_says_what_is_no_port(tmp_path: Path, name: str) -> None:
    ended = launch(DATA_DIR=str(tmp_path), **{name: "http"})
    assert ended.returncode == 1
    assert ended.stdout.startswith(f"Cannot start: {name}=http is no port")
    assert ended.stderr == ""


def test_says_that_the_data_folder_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ended = launch(DATA_DIR=str(file))
    assert ended.returncode == 1
    assert ended.stdout.startswith("Cannot start: ")
    assert str(file) in ended.stdout
    assert ended.stderr == ""
