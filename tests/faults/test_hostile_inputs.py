"""Ten thousand hostile inputs: no 500, no crash, no growth. ``HOSTILE_INPUTS`` changes how many."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import grpc
import httpx
import psutil
import pytest
from google.protobuf import descriptor_pool, message_factory

from tests.faults import hostile
from tests.faults.hostile import Hostile
from tests.live import LiveSystem, running_system

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("HOSTILE_INPUTS", "10000"))
GROWTH_MB = 200.0
AT_ONCE = 6
REFUSALS = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)
SERVICES = {
    "traits": "TraitsService",
    "facecolor": "FaceColorService",
    "icon": "IconService",
    "noseprint": "NosePrintService",
    "facetype": "FaceTypeService",
}


def memory(system: LiveSystem) -> float:
    """Proportional set size of all processes, in megabytes."""
    processes = [psutil.Process(pid) for pid in system.pids().values()]
    family = {each.pid: each for one in processes for each in (one, *one.children(recursive=True))}
    return sum(each.memory_full_info().pss for each in family.values()) / 1e6


async def send(client: httpx.AsyncClient, request: Hostile, statuses: Counter[int], bad: list[str]) -> None:
    try:
        answer = await client.request(
            request.method, request.path, headers=request.headers, content=request.body
        )
    except (httpx.InvalidURL, httpx.LocalProtocolError, ValueError, UnicodeError):
        statuses[0] += 1  # the client itself will not send it
        return
    except httpx.RemoteProtocolError:
        statuses[-1] += 1  # refused by the server's HTTP parser, which closes the connection
        return
    statuses[answer.status_code] += 1
    if answer.status_code == 500 or answer.status_code > 504:
        bad.append(f"{request.method} {request.path[:200]} {request.headers} -> {answer.text[:300]}")


async def flood(url: str, requests: Iterable[Hostile]) -> tuple[Counter[int], list[str]]:
    statuses: Counter[int] = Counter()
    bad: list[str] = []
    waiting = iter(requests)

    async def worker(client: httpx.AsyncClient) -> None:
        for request in waiting:
            await send(client, request, statuses, bad)

    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await asyncio.gather(*(worker(client) for _ in range(AT_ONCE)))
    return statuses, bad


def methods(service: str) -> list[tuple[str, bytes]]:
    """Path of each call of a service, and a message that it would read."""
    __import__(f"pawtrait.{service}.v1.{service}_pb2")
    full_name = f"pawtrait.{service}.v1.{SERVICES[service]}"
    descriptor = descriptor_pool.Default().FindServiceByName(full_name)
    found = []
    for method in descriptor.methods:
        made = message_factory.GetMessageClass(method.input_type)()
        for each in made.DESCRIPTOR.fields:
            if each.type == each.TYPE_BYTES and not each.is_repeated:
                setattr(made, each.name, hostile.seeds()[0])
            elif each.type == each.TYPE_STRING and not each.is_repeated:
                setattr(made, each.name, "x" * 40)
        found.append((f"/{full_name}/{method.name}", made.SerializeToString()))
    return found


def flood_services(system: LiveSystem, count: int) -> tuple[Counter[str], list[str]]:
    chance = random.Random(7)  # noqa: S311 - repeatable, no secrets
    codes: Counter[str] = Counter()
    bad: list[str] = []
    for service in SERVICES:
        calls = methods(service)
        with grpc.insecure_channel(system.addresses[service]) as channel:
            for _ in range(count // len(SERVICES)):
                path, good = chance.choice(calls)
                metadata = [("authorization", f"Bearer {chance.randbytes(8).hex()}")]
                try:
                    channel.unary_unary(path)(hostile.message(chance, good), timeout=30, metadata=metadata)
                    code = grpc.StatusCode.OK
                except grpc.RpcError as error:
                    code = error.code()
                    if code not in REFUSALS:
                        bad.append(f"{path}: {code} {error.details()}")
                codes[code.name] += 1
    return codes, bad


@pytest.mark.timeout(3600)
def test_nothing_that_is_sent_makes_an_error_of_ours(tmp_path: Path) -> None:
    limits = {f"GATEWAY_{name}_LIMIT": "" for name in ("CHECK", "LOOKUP", "REGISTER", "PROFILE", "ACCESS")}
    with running_system(tmp_path / "data", **limits) as system:
        # What the first inputs load and fill stays; it is no growth.
        asyncio.run(flood(system.url, hostile.requests(COUNT // 10, seed=1)))
        before, pids = memory(system), system.pids()
        statuses, bad = asyncio.run(flood(system.url, hostile.requests(COUNT * 8 // 10, seed=2)))
        codes, bad_codes = flood_services(system, COUNT * 2 // 10)
        after = memory(system)
        print(f"HTTP {dict(statuses)}; gRPC {dict(codes)}; memory {before:.0f} then {after:.0f} MB")
        assert bad == []
        assert bad_codes == []
        assert system.pids() == pids
        assert after - before < GROWTH_MB
        assert sum(statuses.values()) + sum(codes.values()) >= COUNT * 0.99
        assert httpx.get(f"{system.url}/readyz", timeout=10).status_code == 200
