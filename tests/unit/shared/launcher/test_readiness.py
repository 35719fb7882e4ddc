"""Waiting for health, against the small service as a real process."""

import socket
import time
from pathlib import Path

import pytest

from shared.database.embedded import EmbeddedPostgres
from shared.launcher.plan import POSTGRES, Process
from shared.launcher.ports import any_free
from shared.launcher.readiness import wait_until_ready
from tests.unit.shared.conftest import RunningService, StartService


def process(name: str, port: int) -> Process:
    return Process(name, "module", port, {})


async def test_returns_once_a_service_serves(small_service: RunningService) -> None:
    begun = time.monotonic()
    await wait_until_ready([process("small", small_service.port)], 30)
    assert time.monotonic() - begun < 15


async def test_waits_for_a_service_that_is_loading(start_service: StartService, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    service = start_service(wait="started", gate=str(gate))
    with pytest.raises(TimeoutError, match="not ready after 1 s: small"):
        await wait_until_ready([process("small", service.port)], 1)
    gate.touch()
    await wait_until_ready([process("small", service.port)], 30)
    assert service.events("serving")


async def test_names_only_those_that_are_late(small_service: RunningService) -> None:
    nobody = any_free("127.0.0.1", set())
    with pytest.raises(TimeoutError) as late:
        await wait_until_ready([process("small", small_service.port), process("gateway", nobody)], 1.5)
    assert str(late.value).endswith("s: gateway")


async def test_something_else_on_the_port_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(TimeoutError, match="small"):
        await wait_until_ready([process("small", other.getsockname()[1])], 1)


async def test_the_database_is_ready_when_it_takes_connections(own_postgres: EmbeddedPostgres) -> None:
    database = process(POSTGRES, own_postgres.port)
    await wait_until_ready([database], 30)
    own_postgres.stop()
    with pytest.raises(TimeoutError, match=f"not ready after 1 s: {POSTGRES}"):
        await wait_until_ready([database], 1)
