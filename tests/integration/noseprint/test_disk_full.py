"""The register on a disk that is full: nothing is half stored, looking up goes on, and then all else."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.settings import NosePrintSettings
from services.noseprint.sweeper import Sweeper
from shared.database.embedded import EmbeddedPostgres
from shared.grpc_status import from_rpc_error
from shared.storage_settings import StorageSettings
from tests.conftest import copy_of_cluster
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, bearer, refused, serving
from tests.small_disk import SmallDisk, small_disk

RESERVE = 24_000_000
FULL = (grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 180) as mounted:
        yield mounted


@pytest.fixture
def postgres_there(disk: SmallDisk, made_cluster: Path) -> Iterator[EmbeddedPostgres]:
    """A server whose data lie on the disk, where the launcher keeps them."""
    with EmbeddedPostgres(copy_of_cluster(made_cluster, disk.folder / "postgres")) as server:
        yield server


@pytest.fixture
def storage_settings(disk: SmallDisk, tmp_path: Path) -> StorageSettings:
    """The database's disk is one of its own; nothing watches how much is left of it."""
    return StorageSettings(data_dir=tmp_path / "data")


@pytest.fixture
async def service(
    postgres_there: EmbeddedPostgres, storage_settings: StorageSettings, service_settings: dict[str, Any]
) -> AsyncIterator[Service]:
    settings = NosePrintSettings(database_url=postgres_there.url, **service_settings)
    server = drawn.DrawnServer(settings, storage_settings)
    async with serving(server, settings, storage_settings.data_dir) as running:
        yield running


async def identify(service: Service, dog: int) -> pb.IdentifyDogResponse:
    return await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(dog, 9)), timeout=20)


async def registers(service: Service, dog: int) -> bool:
    """Whether a dog is registered; where it is not, there has to be no room for it."""
    try:
        await service.register(dog, phone=f"010-1234-{dog:04}")
    except grpc.aio.AioRpcError as caught:
        error = from_rpc_error(caught, "noseprint")
        if (caught.code(), error.reason.value) != FULL or error.metadata["service"] != "database":
            raise
        return False
    return True


async def is_whole(service: Service, dogs: int) -> None:
    """As many dogs as there should be, each with its five pictures, and nothing that is nobody's."""
    settings = service.context.settings.model_copy(update={"upload_lifetime": timedelta(0)})
    await Sweeper(service.database, service.context.storage, settings).sweep()
    assert [await service.rows(table) for table in ("dogs", "prints", "uploads")] == [dogs, 5 * dogs, 0]
    assert len(service.pictures()) == 5 * dogs


class TestWhenTheReserveIsTouched:
    """Everything on one disk, as ``make run`` has it."""

    @pytest.fixture
    def storage_settings(self, disk: SmallDisk) -> StorageSettings:
        return StorageSettings(data_dir=disk.folder, data_reserve=RESERVE)

    async def test_what_grows_is_refused_and_all_else_goes_on(
        self, service: Service, disk: SmallDisk
    ) -> None:
        first, second = [await service.register(dog, phone=f"010-1234-000{dog}") for dog in (1, 2)]
        disk.fill(RESERVE // 2)
        async with refused(*FULL) as metadata:
            await service.register(3)
        assert metadata["retry_after"] == "60"
        async with refused(*FULL):
            change = pb.UpdateDogRequest(dog_id=first.dog.id, profile=drawn.grey())
            await service.stub.UpdateDog(change, metadata=bearer(first.owner_token))
        for _ in range(5):
            found = await identify(service, 1)
            assert found.match.dog.id == first.dog.id
        assert not (await identify(service, 7)).HasField("match")
        evidence = await service.stub.GetEvidence(pb.GetEvidenceRequest(lookup_id=found.lookup_id))
        assert evidence.png.startswith(b"\x89PNG")
        report = pb.CreateFoundReportRequest(
            contact_token=found.match.contact_token, message="Found!", contact="010-9876-5432"
        )
        assert (await service.stub.CreateFoundReport(report)).id
        renamed = await service.stub.UpdateDog(
            pb.UpdateDogRequest(dog_id=first.dog.id, name="Bori"), metadata=bearer(first.owner_token)
        )
        assert renamed.dog.facts.name == "Bori"
        gone = pb.DeleteDogRequest(dog_id=second.dog.id)
        await service.stub.DeleteDog(gone, metadata=bearer(second.owner_token))
        await is_whole(service, 1)
        disk.free_again()
        await service.register(3)
        await is_whole(service, 2)


class TestWhenTheDatabaseHasNoRoomAtAll:
    async def test_nothing_is_half_stored_and_dogs_are_found(
        self, service: Service, disk: SmallDisk, postgres_there: EmbeddedPostgres
    ) -> None:
        first = await service.register(1)
        await identify(service, 1)
        server = postgres_there.pid
        disk.fill()
        # A few rows may still go into pages that have room.
        refusals = 0
        for dog in range(2, 30):
            refusals += not await registers(service, dog)
            if refusals == 3:
                break
        assert refusals == 3
        dogs = await service.rows("dogs")
        for _ in range(5):
            assert (await identify(service, 1)).match.dog.id == first.dog.id
        read = await service.stub.GetDog(
            pb.GetDogRequest(dog_id=first.dog.id), metadata=bearer(first.owner_token)
        )
        assert read.dog.id == first.dog.id
        disk.free_again()
        await service.register(100, phone="010-9999-0000")
        evidence = (await identify(service, 100)).lookup_id
        await service.stub.GetEvidence(pb.GetEvidenceRequest(lookup_id=evidence))
        await is_whole(service, dogs + 1)
        assert postgres_there.pid == server

    async def test_one_that_fell_over_is_found_again_when_there_is_room(
        self, service: Service, disk: SmallDisk, postgres_there: EmbeddedPostgres
    ) -> None:
        """Its log of changes finds no room either, which stops PostgreSQL; its supervisor starts it."""
        first = await service.register(1)
        disk.fill()
        connection = await asyncpg.connect(postgres_there.superuser_url)
        filling = "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))"
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
            for _ in range(200):
                await connection.execute(filling)
        assert connection.is_closed()
        connection.terminate()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await service.register(2)
        error = from_rpc_error(caught.value, "noseprint")
        assert error.reason.value in ("SERVICE_UNAVAILABLE", "STORAGE_FULL")
        assert error.metadata["service"] == "database"
        disk.free_again()
        begun = time.monotonic()
        while not await service.database.is_up():
            await asyncio.to_thread(postgres_there.start)  # unless it runs, or recovers by itself
            assert time.monotonic() - begun < 20
            await asyncio.sleep(0.2)
        assert (await identify(service, 1)).match.dog.id == first.dog.id
        await service.register(2, phone="010-9999-0000")
        await is_whole(service, 2)
