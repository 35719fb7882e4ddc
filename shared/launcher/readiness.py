"""Waits until every process answers that it is healthy."""

import asyncio
from typing import Any

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.database.embedded import is_ready
from shared.launcher.plan import GATEWAY, POSTGRES, Process

_POLL_SECONDS = 0.1


async def wait_until_ready(plan: list[Process], seconds: float) -> None:
    """Return when every service serves and the gateway reports ready.

    Raises:
        TimeoutError: naming the processes that were not ready in time.

    """
    waiting = {process.name: asyncio.create_task(_wait(process)) for process in plan}
    try:
        _, late = await asyncio.wait(waiting.values(), timeout=seconds)
        if late:
            names = ", ".join(name for name, task in waiting.items() if task in late)
            raise TimeoutError(f"not ready after {seconds:.0f} s: {names}")
        for task in waiting.values():
            task.result()
    finally:
        for task in waiting.values():
            task.cancel()


async def _wait(process: Process) -> None:
    healthy = {GATEWAY: _gateway_is_ready, POSTGRES: _database_is_ready}.get(
        process.name, _service_is_serving
    )
    # Polling: nothing tells when another process becomes ready.
    while not await healthy(process.address):  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)


async def _service_is_serving(address: str) -> bool:
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            # The published types do not know the health stub's methods.
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _database_is_ready(address: str) -> bool:
    return await asyncio.to_thread(is_ready, int(address.rpartition(":")[2]))


async def _gateway_is_ready(address: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"http://{address}/readyz", timeout=2)).status_code == 200
        except httpx.HTTPError:
            return False
