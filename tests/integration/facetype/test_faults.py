"""Killed servers, a killed database, and what a dump gives away."""

import asyncio
import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import numpy as np
import pytest

from pawtrait.facetype.v1 import facetype_pb2 as pb
from pawtrait.facetype.v1 import facetype_pb2_grpc
from services.facetype.profiles import objects
from services.facetype.profiles.database import Database
from services.facetype.settings import FaceTypeSettings
from services.facetype.sweeper import Sweeper
from shared.database.cluster import environment, installation
from shared.database.embedded import EmbeddedPostgres
from shared.launcher.ports import any_free
from shared.object_storage import FolderStorage
from tests.facetype_system import BORN, MBTI
from tests.integration.facetype.conftest import bearer, portrait, request
from tests.integration.topology import HOST, Server

RANDOM = np.random.default_rng()
LONG = pytest.mark.slow
AWAY = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)
Stub = facetype_pb2_grpc.FaceTypeServiceStub


@pytest.fixture
def server(own_postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Server]:
    """A server process on a database of its own."""
    port = any_free(HOST, set())
    started = Server(
        "facetype",
        "services.facetype.server",
        port,
        tmp_path,
        {"DATABASE_URL": own_postgres.url, "FACETYPE_PORT": str(port), "FACETYPE_DRAIN": "0"},
    )
    yield started
    started.stop()


def stub_of(server: Server) -> Stub:
    """A client that looks often for a server that comes back."""
    options = [("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
    return Stub(grpc.aio.insecure_channel(server.address, options))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("profiles", "kills"), [(12, 3), pytest.param(300, 20, marks=LONG)])
async def test_whatever_is_killed_every_profile_is_whole_or_not_there(
    server: Server, own_postgres: EmbeddedPostgres, tmp_path: Path, profiles: int, kills: int
) -> None:
    """Kill -9 of the server and of PostgreSQL, at random moments while profiles are made."""
    await asyncio.to_thread(server.wait_until_healthy)
    stub = stub_of(server)
    made: dict[int, pb.CreateProfileResponse] = {}
    waiting = asyncio.Queue[int]()
    for number in range(profiles):
        waiting.put_nowait(number)

    async def make() -> None:
        while not waiting.empty():
            number = waiting.get_nowait()
            call = request(request_id=str(uuid.uuid4()), seed=number)
            while number not in made:
                try:
                    made[number] = await stub.CreateProfile(call, timeout=60)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in AWAY:
                        raise
                    await asyncio.sleep(RANDOM.uniform(0.05, 0.3))

    async def kill() -> None:
        for number in range(kills):
            enough = min(len(made) + profiles // (kills + 1), profiles - 1)
            deadline = time.monotonic() + 30
            while len(made) < enough and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await asyncio.sleep(RANDOM.uniform(0, 0.3))
            if number % 3 == 1:
                await asyncio.to_thread(own_postgres.kill)
                await asyncio.to_thread(own_postgres.start)
            else:
                await asyncio.to_thread(server.kill)
                server.start()

    await asyncio.gather(kill(), *(make() for _ in range(3)))
    await asyncio.to_thread(server.wait_until_healthy)
    for answer in made.values():
        read = await stub.GetProfile(
            pb.GetProfileRequest(profile_id=answer.profile.id), metadata=bearer(answer.token), timeout=30
        )
        assert read.profile == answer.profile
    await _is_whole(own_postgres.url, tmp_path / "data", {answer.profile.id for answer in made.values()})


async def _is_whole(url: str, data_dir: Path, profiles: set[str]) -> None:
    """After the sweep exactly these rows, and no object without a row or row without its objects."""
    database, storage = Database(url), FolderStorage(data_dir / "objects")
    await database.open()
    settings = FaceTypeSettings(upload_lifetime=timedelta(0), default_deadline=timedelta(0))
    await Sweeper(database, storage, settings).sweep()
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id, photo_key, portrait_key, landscape_key FROM profiles")
        assert await connection.fetchval("SELECT count(*) FROM uploads") == 0
    assert {str(row["id"]) for row in rows} == profiles
    named = {key for row in rows for key in tuple(row)[1:]}
    assert {key for prefix in objects.PREFIXES for key in storage.list(prefix)} == named
    await database.close()


@pytest.mark.timeout(300)
async def test_a_dump_and_the_logs_give_nothing_away(server: Server, own_postgres: EmbeddedPostgres) -> None:
    await asyncio.to_thread(server.wait_until_healthy)
    stub = stub_of(server)
    created = await stub.CreateProfile(request(request_id="repeatable"), timeout=60)
    for wrong in (
        request(birth_date=f"{BORN.isoformat()}x"),
        request(mbti=f"{MBTI}x"),
        request(b"no photo"),
    ):
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.CreateProfile(wrong, timeout=60)
    await stub.GetProfile(
        pb.GetProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token), timeout=30
    )
    dump = subprocess.run(  # noqa: ASYNC221
        [installation() / "bin" / "pg_dump", own_postgres.url],
        env={**environment(), "HOME": os.environ.get("HOME", "/")},
        check=True,
        capture_output=True,
    ).stdout.decode()
    assert created.profile.id in dump  # it is the dump of these profiles
    logs = server.log.read_text() + own_postgres.log.read_text()
    assert '"event": "call"' in logs
    # Bytes are dumped as hexadecimal digits, among which any number turns up; text would be there as hex.
    text = re.sub(r"\\\\x[0-9a-f]+", "", dump)
    for secret in (BORN.isoformat(), MBTI, created.token, "repeatable"):
        assert secret not in text
        assert secret.encode().hex() not in dump
        assert secret not in logs


@pytest.mark.timeout(300)
async def test_a_lost_database_is_unavailable_and_comes_back_without_a_restart(
    server: Server, own_postgres: EmbeddedPostgres
) -> None:
    await asyncio.to_thread(server.wait_until_healthy)
    stub, pid = stub_of(server), server.process.pid
    created = await stub.CreateProfile(request(), timeout=60)
    await asyncio.to_thread(own_postgres.kill)
    for call in (
        lambda: stub.CreateProfile(request(), timeout=60),
        lambda: stub.ListTypes(pb.ListTypesRequest(), timeout=60),
        lambda: stub.GetSharedProfile(
            pb.GetSharedProfileRequest(share_id=created.profile.share_id), timeout=60
        ),
    ):
        begun = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - begun < 15
    # What needs no database still answers.
    analysed = await stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=portrait()), timeout=60)
    assert analysed.analysis == created.profile.analysis
    await asyncio.to_thread(own_postgres.start)
    read = await stub.GetProfile(
        pb.GetProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token), timeout=60
    )
    assert read.profile == created.profile
    assert server.process.poll() is None
    assert server.process.pid == pid


@pytest.mark.timeout(300)
async def test_retention_is_kept_by_the_server_itself(own_postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    """A profile of two seconds: it is not found when they are over, and its photo and cards are gone."""
    port = any_free(HOST, set())
    server = Server(
        "facetype",
        "services.facetype.server",
        port,
        tmp_path,
        {
            "DATABASE_URL": own_postgres.url,
            "FACETYPE_PORT": str(port),
            "FACETYPE_DRAIN": "0",
            "FACETYPE_RETENTION": "2",
            "FACETYPE_SWEEP_EVERY": "0.5",
        },
    )
    try:
        await asyncio.to_thread(server.wait_until_healthy)
        stub = stub_of(server)
        created = await stub.CreateProfile(request(), timeout=60)
        storage = FolderStorage(tmp_path / "data" / "objects")
        deadline = time.monotonic() + 30
        while any(list(storage.list(prefix)) for prefix in objects.PREFIXES):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GetProfile(
                pb.GetProfileRequest(profile_id=created.profile.id),
                metadata=bearer(created.token),
                timeout=30,
            )
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    finally:
        server.stop()
