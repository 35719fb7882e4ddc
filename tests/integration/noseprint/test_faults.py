"""Many servers at once, killed servers, a killed database, and what a dump gives away.

The short forms run with the other tests; the long ones, marked slow, are the figures in docs/noseprint.md.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import numpy as np
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.register import uploads
from services.noseprint.register.database import Database
from services.noseprint.settings import NosePrintSettings
from services.noseprint.sweeper import Sweeper
from shared.database.cluster import environment, installation
from shared.database.embedded import EmbeddedPostgres
from shared.object_storage import FolderStorage
from tests.conftest import copy_of_cluster
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import bearer, registration
from tests.integration.noseprint.processes import DrawnServers, codes
from tests.live import REPOSITORY

RANDOM = np.random.default_rng()
LONG = pytest.mark.slow
AWAY = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)


@pytest.fixture
def servers(own_postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[DrawnServers]:
    """Two servers on a database of their own."""
    started = DrawnServers(tmp_path, own_postgres.url, 2)
    yield started
    started.stop()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("calls", [16, pytest.param(200, marks=LONG)])
async def test_of_many_registrations_of_one_dog_exactly_one_succeeds(
    servers: DrawnServers, own_postgres: EmbeddedPostgres, calls: int
) -> None:
    """Over two server processes, each call with photos of its own and an owner of its own."""
    await servers.wait_until_healthy()
    stubs = servers.stubs()

    async def register(number: int) -> pb.RegisterDogResponse:
        request = registration(7, first=10 * number, phone=f"010-2000-{number:04}", owner=f"Owner {number}")
        while True:
            try:
                return await stubs[number % 2].RegisterDog(request, timeout=600)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                await asyncio.sleep(RANDOM.uniform(0.05, 0.5))

    results = await asyncio.gather(*(register(number) for number in range(calls)), return_exceptions=True)
    won = [each for each in results if isinstance(each, pb.RegisterDogResponse)]
    lost = [each for each in results if not isinstance(each, pb.RegisterDogResponse)]
    assert (len(won), codes(lost), len(lost)) == (1, {"ALREADY_EXISTS"}, calls - 1)
    await _is_whole(own_postgres.url, servers.data_dir, {won[0].dog.id: 7})


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("dogs", "kills"), [(24, 3), pytest.param(500, 25, marks=LONG)])
async def test_whatever_is_killed_every_registration_is_whole_or_not_there(
    servers: DrawnServers, own_postgres: EmbeddedPostgres, dogs: int, kills: int
) -> None:
    """Kill -9 of servers and of PostgreSQL, at random moments during registrations."""
    await servers.wait_until_healthy()
    stubs = servers.stubs()
    registered: dict[int, pb.RegisterDogResponse] = {}
    waiting = asyncio.Queue[int]()
    for dog in range(dogs):
        waiting.put_nowait(dog)

    async def register(number: int) -> None:
        while not waiting.empty():
            dog = waiting.get_nowait()
            request = registration(dog, phone=f"010-2000-{dog:04}", profile=drawn.grey())
            request.request_id = str(uuid.uuid4())
            while dog not in registered:
                try:
                    stub = stubs[int(RANDOM.integers(2))]
                    registered[dog] = await stub.RegisterDog(request, timeout=60)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in AWAY:
                        raise
                    await asyncio.sleep(RANDOM.uniform(0.05, 0.3))

    async def kill() -> None:
        for number in range(kills):
            before = len(registered)
            deadline = time.monotonic() + 30
            enough = min(before + dogs // (kills + 1), dogs)
            while len(registered) < enough and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await asyncio.sleep(RANDOM.uniform(0, 0.5))
            if number % 3 == 1:
                await asyncio.to_thread(own_postgres.kill)
                await asyncio.to_thread(own_postgres.start)
            else:
                server = servers.servers[number % 2]
                await asyncio.to_thread(server.kill)
                server.start()

    await asyncio.gather(kill(), *(register(number) for number in range(6)))
    assert len(registered) == dogs
    await servers.wait_until_healthy()
    # Every 201 is found afterwards, by its token and by another photo.
    for dog, answer in registered.items():
        own = await stubs[0].GetDog(
            pb.GetDogRequest(dog_id=answer.dog.id), metadata=bearer(answer.owner_token), timeout=30
        )
        assert own.dog == answer.dog
        found = await stubs[1].IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(dog, 999)), timeout=30)
        assert found.match.dog.id == answer.dog.id
    await _is_whole(
        own_postgres.url, servers.data_dir, {answer.dog.id: dog for dog, answer in registered.items()}
    )


async def _is_whole(url: str, data_dir: Path, dogs: dict[str, int]) -> None:
    """No half dog, and after the sweep no picture without a row and no row without a picture."""
    database = Database(url)
    await database.open()
    storage = FolderStorage(data_dir / "objects")
    settings = NosePrintSettings(upload_lifetime=timedelta(0), default_deadline=timedelta(0))
    await asyncio.sleep(0.5)
    await Sweeper(database, storage, settings).sweep()
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT dogs.id, profile_key,"
            " (SELECT count(*) FROM prints WHERE dog_id = dogs.id) AS prints,"
            " (SELECT count(*) FROM templates WHERE dog_id = dogs.id) AS templates,"
            " (SELECT count(*) FROM owner_tokens WHERE dog_id = dogs.id) AS tokens"
            " FROM dogs JOIN owners ON owners.id = owner_id"
        )
        assert {str(row["id"]) for row in rows} == set(dogs)
        assert {(row["prints"], row["templates"], row["tokens"]) for row in rows} == {(5, 1, 1)}
        assert await connection.fetchval("SELECT count(*) FROM owners") == len(dogs)
        assert await connection.fetchval("SELECT dogs FROM register_size") == len(dogs)
        named = {row["picture_key"] for row in await connection.fetch("SELECT picture_key FROM prints")}
    named |= {row["profile_key"] for row in rows if row["profile_key"]}
    assert {*storage.list(uploads.NOSES), *storage.list(uploads.PROFILES)} == named
    await database.close()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("dogs", "reports"), [(6, 2), pytest.param(100, 20, marks=LONG)])
async def test_a_dump_and_the_logs_name_nobody(
    servers: DrawnServers, own_postgres: EmbeddedPostgres, dogs: int, reports: int
) -> None:
    """But for the four digits inside registration numbers."""
    await servers.wait_until_healthy()
    stub, other = servers.stubs()
    secrets: set[str] = set()
    for dog in range(dogs):
        phone = f"010-7{dog:03}-{4000 + dog}"
        owner, email = f"Gildong Hong the {dog}th", f"hong.{dog}.secret@example.com"
        digits = phone.replace("-", "")
        secrets |= {owner, email, phone, phone[:8], digits, digits[1:]}
        answer = await stub.RegisterDog(
            registration(dog, phone=phone, owner=owner, email=email, request_id=str(dog)), timeout=60
        )
        # Refused in every way that might find its way into a log.
        for wrong in (
            registration(dog, phone=phone, owner=owner, email=email),
            registration(dog, phone=phone + "9", owner=owner, email=email),
            registration(dog, phone=phone, owner=owner + "\x00", email=email),
            registration(dog, phone=phone, owner=owner, email=email + "@"),
        ):
            with pytest.raises(grpc.aio.AioRpcError):
                await other.RegisterDog(wrong, timeout=60)
        await other.GetOwner(pb.GetOwnerRequest(owner_id="me"), metadata=bearer(answer.owner_token))
        secrets.add(answer.owner_token)
    for dog in range(reports):
        found = await other.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(dog, 99)), timeout=60)
        finder, message = f"Finder Kim the {dog}th", f"I saw your dog at bridge {dog}"
        secrets |= {finder, message, found.match.contact_token}
        await stub.CreateFoundReport(
            pb.CreateFoundReportRequest(
                contact_token=found.match.contact_token, message=message, contact=finder
            )
        )
    dump = subprocess.run(  # noqa: ASYNC221
        [installation() / "bin" / "pg_dump", own_postgres.url],
        env={**environment(), "HOME": os.environ.get("HOME", "/")},
        check=True,
        capture_output=True,
    ).stdout.decode()
    assert dump.count("-ㄲ-") >= dogs  # it is the dump of this register
    logs = servers.logs() + own_postgres.log.read_text()
    assert '"event": "call"' in logs
    # Bytes are dumped as hexadecimal digits, among which any number turns up; text would be there as hex.
    text = re.sub(r"\\\\x[0-9a-f]+", "", dump)
    assert len(text) < len(dump) / 2
    for secret in secrets:
        in_hex = secret.encode().hex()
        assert secret not in text
        assert in_hex not in dump
        assert secret not in logs


@pytest.mark.timeout(300)
async def test_a_lost_database_is_unavailable_and_comes_back_without_a_restart(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    servers = DrawnServers(tmp_path, own_postgres.url, 1)
    try:
        await servers.wait_until_healthy()
        (stub,) = servers.stubs()
        registered = await stub.RegisterDog(registration(1), timeout=60)
        for end in (own_postgres.kill, own_postgres.stop):
            await asyncio.to_thread(end)
            for call in (
                lambda: stub.RegisterDog(registration(2), timeout=60),
                lambda: stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 9)), timeout=60),
                lambda: stub.GetDog(
                    pb.GetDogRequest(dog_id=registered.dog.id), metadata=bearer(registered.owner_token)
                ),
            ):
                begun = time.monotonic()
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call()
                assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
                assert time.monotonic() - begun < 15
            # What needs no database still answers.
            assert (await stub.CheckNose(pb.CheckNoseRequest(nose=drawn.photo(1, 1)))).usable
            await asyncio.to_thread(own_postgres.start)
            found = await stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 9)), timeout=60)
            assert found.match.dog.id == registered.dog.id
        pid = servers.servers[0].process.pid
        await stub.RegisterDog(registration(2, phone="010-9999-0000"), timeout=60)
        assert servers.servers[0].process.pid == pid
        assert servers.servers[0].process.poll() is None
    finally:
        servers.stop()


@pytest.mark.timeout(300)
async def test_a_server_waits_for_its_database(own_postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    await asyncio.to_thread(own_postgres.stop)
    servers = DrawnServers(tmp_path, own_postgres.url, 1)
    try:
        await asyncio.sleep(5)
        assert servers.servers[0].process.poll() is None
        assert not await asyncio.to_thread(servers.servers[0].is_healthy)
        await asyncio.to_thread(own_postgres.start)
        await servers.wait_until_healthy()
    finally:
        servers.stop()


@pytest.mark.timeout(300)
async def test_alone_it_brings_its_own_database_which_commands_find(
    made_cluster: Path, tmp_path: Path
) -> None:
    copy_of_cluster(made_cluster, _made(tmp_path / "data") / "postgres")
    servers = DrawnServers(tmp_path, "", 1)
    try:
        await servers.wait_until_healthy()
        (stub,) = servers.stubs()
        await stub.RegisterDog(registration(1), timeout=60)
        disputed = registration(1, first=50, phone="010-9999-0000", dispute=True)
        waiting = await stub.RegisterDog(disputed, timeout=60)
        listed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "services.noseprint.decide"],
            cwd=REPOSITORY,
            env={**os.environ, "DATA_DIR": str(servers.data_dir), "DATABASE_URL": ""},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert listed.stdout.startswith(waiting.dog.id), listed.stderr
    finally:
        servers.stop()
    # It took its database with it.
    assert not (servers.data_dir / "postgres" / "data" / "postmaster.pid").exists()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
