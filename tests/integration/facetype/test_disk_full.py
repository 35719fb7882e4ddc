"""Profiles while their database, or the disk of their pictures, is full."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from pawtrait.facetype.v1 import facetype_pb2 as pb
from shared.database.embedded import EmbeddedPostgres
from shared.errors import Reason
from tests.conftest import copy_of_cluster
from tests.integration.facetype.conftest import Service, bearer, portrait, refused
from tests.small_disk import SmallDisk, small_disk

FULL = (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.STORAGE_FULL)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 180) as mounted:
        yield mounted


@pytest.fixture
def postgres_there(disk: SmallDisk, made_cluster: Path) -> Iterator[EmbeddedPostgres]:
    """A server whose data lie on the disk."""
    with EmbeddedPostgres(copy_of_cluster(made_cluster, disk.folder / "postgres")) as server:
        yield server


@pytest.fixture
def database_url(postgres_there: EmbeddedPostgres) -> str:
    """Where the service of these tests keeps its profiles."""
    return postgres_there.url


async def is_made(service: Service) -> bool:
    """Whether a profile is made; where it is not, there has to be no room for it."""
    try:
        await service.create()
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return False
    return True


async def is_whole(service: Service, profiles: int) -> None:
    """As many profiles as there should be, each with its three objects, and nothing that is nobody's."""
    await service.sweeper(upload_lifetime=timedelta(0)).sweep()
    assert (await service.rows(), len(service.kept())) == (profiles, 3 * profiles)


async def test_what_is_refused_is_not_half_stored_and_what_is_stored_is_read(
    service: Service, disk: SmallDisk
) -> None:
    created = await service.create()
    disk.fill()
    refusals = 0
    for _ in range(60):
        refusals += not await is_made(service)
        if refusals == 2:
            break
    assert refusals == 2, "a few rows may go into pages that have room"
    read = await service.stub.GetProfile(
        pb.GetProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token)
    )
    assert read.profile == created.profile
    assert (await service.stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=portrait()))).analysis.type_id
    profiles = await service.rows()
    disk.free_again()
    await service.create()
    await is_whole(service, profiles + 1)


@pytest.fixture
def disk_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """The service's data folder; its database lies elsewhere."""
    monkeypatch.setenv("DATA_RESERVE", "1MB")
    with small_disk(tmp_path / "data", 40) as mounted:
        yield mounted


async def test_pictures_that_find_no_room_are_no_profile(
    disk_of_pictures: SmallDisk, service: Service
) -> None:
    created = await service.create()
    for leave in (900_000, 0):
        disk_of_pictures.fill(leave)
        async with refused(*FULL) as metadata:
            await service.create()
        assert (metadata["service"], metadata["retry_after"]) == ("storage", "60")
    read = await service.stub.GetProfile(
        pb.GetProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token)
    )
    assert read.profile == created.profile
    await is_whole(service, 1)
    disk_of_pictures.free_again()
    await service.create()
    await is_whole(service, 2)
