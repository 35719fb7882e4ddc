"""Starts the small service as a real process, and calls it over a real socket."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from pawtrait.traits.v1 import traits_pb2, traits_pb2_grpc
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[3]
MODULE = "tests.unit.shared.small_service"


class RunningService:
    """The process, its log, and calls to it."""

    def __init__(self, log_file: Path, settings: dict[str, str]) -> None:
        self.log_file = log_file
        environment = {**os.environ, **{f"SMALL_{name.upper()}": value for name, value in settings.items()}}
        with log_file.open("wb") as log:
            self.process = subprocess.Popen(
                # As a child that stops when the tests are killed.
                [sys.executable, "-m", "shared.launcher.child", str(os.getpid()), MODULE],
                cwd=REPOSITORY,
                env=environment,
                stderr=log,
                stdout=log,
            )
        self.port = 0

    def wait_for(self, event: str) -> dict[str, Any]:
        """The first log line of an event."""
        return until(lambda: next(iter(self.events(event)), None) or self._fail_if_ended(event))

    def _fail_if_ended(self, event: str) -> None:
        if self.process.poll() is not None and not self.events(event):
            raise AssertionError(f"ended with {self.process.returncode}: {self.log_file.read_text()}")

    def lines(self) -> list[str]:
        return self.log_file.read_text().splitlines()

    def events(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.lines() if line.startswith("{") and line.endswith("}")]
        return [line for line in found if line["event"] == event]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address)

    def call(
        self, what: str, *, timeout: float = 20, request_id: str | None = None
    ) -> traits_pb2.ClassifyTraitsResponse:
        with self.channel() as channel:
            metadata = [("x-request-id", request_id)] if request_id is not None else []
            return traits_pb2_grpc.TraitsServiceStub(channel).ClassifyTraits(
                traits_pb2.ClassifyTraitsRequest(photo=what.encode()), timeout=timeout, metadata=metadata
            )

    def health(self, name: str = "") -> str:
        with self.channel() as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=name), timeout=5
            )
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


StartService = Callable[..., RunningService]


@pytest.fixture(scope="module")
def start_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartService]:
    """Starts small services with settings by name; they are stopped after the module."""
    with ExitStack() as stack:

        def start(*, wait: str | None = "serving", **settings: str) -> RunningService:
            folder = tmp_path_factory.mktemp("service")
            service = RunningService(folder / "log", {"drain": "PT0.2S", **settings})
            stack.callback(service.stop)
            if wait:
                service.port = service.wait_for(wait)["port"]
            return service

        yield start


@pytest.fixture(scope="module")
def small_service(start_service: StartService) -> RunningService:
    """One with ordinary settings, for all tests of a module that leave it as it is."""
    return start_service()


def error_info(error: grpc.RpcError) -> error_details_pb2.ErrorInfo:
    """The one ErrorInfo of a failed call."""
    status = rpc_status.from_call(error)
    assert status is not None, error
    assert len(status.details) == 1, status
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "pawtrait"
    return info


def milliseconds_since(begun: float) -> float:
    return (time.monotonic() - begun) * 1000
