"""Servers that read drawn noses, as processes of their own, which may be killed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import grpc

from pawtrait.noseprint.v1 import noseprint_pb2_grpc
from shared.launcher.ports import any_free
from tests.integration.topology import HOST, Server

MODULE = "tests.integration.noseprint.drawn"


class DrawnServers:
    """Several servers of one register.

    Args:
        folder: for logs and the data folder.
        database_url: of their database.
        count: how many.
        environment: further settings.
    """

    def __init__(self, folder: Path, database_url: str, count: int, **environment: str) -> None:
        self.data_dir = folder / "data"
        self.servers = []
        taken: set[int] = set()
        for number in range(count):
            port = any_free(HOST, taken)
            taken.add(port)
            settings = {
                "DATABASE_URL": database_url,
                "NOSEPRINT_PORT": str(port),
                "NOSEPRINT_DRAIN": "0",
                "NOSEPRINT_MAX_IN_FLIGHT": "64",
                "NOSEPRINT_DEFAULT_DEADLINE": "120",
                "OPENBLAS_NUM_THREADS": "1",
                **environment,
            }
            self.servers.append(Server(f"noseprint-{number}", MODULE, port, folder, settings))

    async def wait_until_healthy(self) -> None:
        """Return once all of them serve."""
        await asyncio.gather(*(asyncio.to_thread(server.wait_until_healthy) for server in self.servers))

    def stubs(self) -> list[noseprint_pb2_grpc.NosePrintServiceStub]:
        """A stub for each."""
        # Killed servers come back: look for them often.
        options = [("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
        return [
            noseprint_pb2_grpc.NosePrintServiceStub(grpc.aio.insecure_channel(server.address, options))
            for server in self.servers
        ]

    def logs(self) -> str:
        """Everything that they wrote."""
        return "".join(server.log.read_text() for server in self.servers)

    def stop(self) -> None:
        """Stop all of them."""
        for server in self.servers:
            server.stop()


def codes(errors: Sequence[object]) -> set[str]:
    """Statuses of failed calls, for messages of assertions."""
    return {error.code().name for error in errors if isinstance(error, grpc.aio.AioRpcError)}
