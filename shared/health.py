"""The health service, so that those who watch it do not hold up the shutdown."""

import asyncio
from typing import Any

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as aio_health

LIVE = "live"
"""Name that is SERVING as long as the process answers, whatever it waits for: restarts go by it."""


class Health(aio_health.HealthServicer):
    """Says NOT_SERVING until told otherwise, and ends every watch when closed.

    The library's own starts with ``""`` serving, and its watches never end, so that stopping the
    server would wait for the whole grace period whenever a balancer watches.

    Args:
        names: services, by full name, that this process has; ``""`` and :data:`LIVE` are added.

    """

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = ("", *names)
        self._closed = asyncio.Event()

    async def say(self, status: int) -> None:
        """Set the status of every service; that of :data:`LIVE` stays."""
        await self.set(LIVE, health_pb2.HealthCheckResponse.SERVING)
        for name in self._names:
            await self.set(name, status)

    def close(self) -> None:
        """End the watches."""
        self._closed.set()

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:  # noqa: N802
        """See the library."""
        watch = asyncio.ensure_future(super().Watch(request, context))
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({watch, closed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()
            closed.cancel()
