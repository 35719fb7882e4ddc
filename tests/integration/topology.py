"""Services and gateway started one by one, without a launcher that would start them again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.launcher.ports import any_free
from tests.live import REPOSITORY
from tests.waiting import until

SERVICES = ("traits", "facecolor", "icon")
HOST = "127.0.0.1"


class Server:
    """One server process that can be stopped, frozen and started again on its port."""

    def __init__(self, name: str, module: str, port: int, folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.address = f"{HOST}:{port}"
        self.log = folder / f"{name}.log"
        self._module = module
        self._environment = {**os.environ, "DATA_DIR": str(folder / "data"), **environment}
        self.start()

    def start(self) -> None:
        """Start the process; does not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shared.launcher.child", str(os.getpid()), self._module],
                cwd=REPOSITORY,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def wait_until_healthy(self) -> None:
        """Return once it serves; fails with its log when it ends instead."""

        def healthy() -> bool:
            assert self.process.poll() is None, f"{self.name} ended: {self.log.read_text()[-3000:]}"
            return self.is_healthy()

        until(healthy, 90)

    def is_healthy(self) -> bool:
        """Whether it serves."""
        if self.name == "gateway":
            try:
                return httpx.get(f"http://{self.address}/healthz", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False
        with grpc.insecure_channel(self.address) as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def freeze(self) -> None:
        """Let it hang: the port stays open and nothing answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop, and see that it does."""
        if self.process.poll() is None:
            self.thaw()
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise


class Topology:
    """Three services and a gateway that knows them."""

    def __init__(self, folder: Path, **gateway_environment: str) -> None:
        self.servers: dict[str, Server] = {}
        taken: set[int] = set()
        addresses = {}
        for name in SERVICES:
            port = any_free(HOST, taken)
            taken.add(port)
            own = {f"{name.upper()}_PORT": str(port)}
            self.servers[name] = Server(name, f"services.{name}.server", port, folder, own)
            addresses[f"{name.upper()}_ADDRESS"] = self.servers[name].address
        port = any_free(HOST, taken)
        self.gateway = Server(
            "gateway", "gateway", port, folder, {**addresses, "PORT": str(port), **gateway_environment}
        )
        self.url = f"http://{self.gateway.address}"

    def wait_until_healthy(self) -> None:
        """Return once all of them serve."""
        for server in (*self.servers.values(), self.gateway):
            server.wait_until_healthy()

    def stop(self) -> None:
        """Stop everything."""
        for server in (self.gateway, *self.servers.values()):
            server.stop()
