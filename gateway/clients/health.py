"""Asks services whether they can answer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


async def check(channel: grpc.aio.Channel, full_name: str, timeout_seconds: float) -> str:
    """The health status of a service, e.g. ``"SERVING"``; ``"UNREACHABLE"`` when it does not answer."""
    # The published types do not know the health stub's methods.
    stub: Any = health_pb2_grpc.HealthStub(channel)
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=full_name), timeout=timeout_seconds)
    except grpc.aio.AioRpcError:
        return "UNREACHABLE"
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def check_all(
    channels: Mapping[str, tuple[grpc.aio.Channel, str]], timeout_seconds: float
) -> dict[str, str]:
    """The status of each service by short name, asked at the same time.

    Args:
        channels: channel and full protobuf name of each service.
        timeout_seconds: time that each gets.

    """
    statuses = await asyncio.gather(
        *(check(channel, full_name, timeout_seconds) for channel, full_name in channels.values())
    )
    return dict(zip(channels, statuses, strict=True))
