"""Photos, cards and gallery in S3: a real server by HTTP."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import grpc
import pytest

from pawtrait.facetype.v1 import facetype_pb2 as pb
from services.facetype.profiles import objects
from shared.errors import Reason
from tests.integration.facetype.conftest import Service, bearer, portrait, refused
from tests.relay import Relay, relay_to
from tests.unit.shared.s3_server import S3Server, s3_server

__all__ = ["s3_server"]


@pytest.fixture
def relay(s3_server: S3Server) -> Iterator[Relay]:
    """The network between service and server."""
    with relay_to(s3_server.url) as opened:
        yield opened


@pytest.fixture
def bucket(s3_server: S3Server, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, which the service is told of."""
    name = s3_server.new_bucket()
    # What is tried here is that the wait ends, not when.
    monkeypatch.setattr("shared.object_storage.calls.SECONDS", 2.0)
    monkeypatch.setattr("shared.object_storage.s3._READ_SECONDS", 1.0)
    monkeypatch.setenv("S3_BUCKET", name)
    monkeypatch.setenv("S3_ENDPOINT_URL", relay.url)
    monkeypatch.setenv("S3_PUBLIC_URL", f"{s3_server.url}/{name}")
    monkeypatch.setenv("S3_REGION", "eu-west-1")
    return name


async def succeeds(call: Awaitable[object]) -> bool:
    """Whether a call is answered; that the store is still away is no mistake."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return True


def kept(s3_server: S3Server, bucket: str) -> set[str]:
    """Keys of photos and cards."""
    listed = s3_server.client.list_objects_v2(Bucket=bucket)["Contents"]
    return {item["Key"] for item in listed if item["Key"].startswith(objects.PREFIXES)}


async def test_they_come_and_go_with_the_profile(bucket: str, s3_server: S3Server, service: Service) -> None:
    created = await service.create()
    profile = created.profile
    assert len(kept(s3_server, bucket)) == 3
    assert profile.share_card_url.startswith(s3_server.url)
    assert lies_at(s3_server, bucket, profile.share_card_url) == "image/png"
    for url in (*profile.gallery, *(kind.gallery[0] for kind in (await _types(service)))):
        assert lies_at(s3_server, bucket, url) == "image/png"
    service.context.storage.put(objects.photo_key(uuid.uuid4()), b"nobody's", "image/jpeg")
    await service.stub.DeleteProfile(
        pb.DeleteProfileRequest(profile_id=profile.id), metadata=bearer(created.token)
    )
    assert len(kept(s3_server, bucket)) == 1
    await service.sweeper(upload_lifetime=timedelta(0)).sweep()
    assert kept(s3_server, bucket) == set()
    assert lies_at(s3_server, bucket, profile.gallery[0])  # the catalogue's pictures stay


async def test_what_is_over_goes(bucket: str, s3_server: S3Server, service: Service) -> None:
    await service.create()
    async with service.context.database.connection() as connection:
        await connection.execute("UPDATE profiles SET expires_at = now()")
    swept = await service.sweeper().sweep()
    assert swept is not None
    assert (swept.profiles, swept.objects) == (1, 3)
    assert kept(s3_server, bucket) == set()


async def test_what_cannot_be_stored_is_no_profile(
    bucket: str, s3_server: S3Server, service: Service
) -> None:
    for item in s3_server.client.list_objects_v2(Bucket=bucket)["Contents"]:
        s3_server.client.delete_object(Bucket=bucket, Key=item["Key"])
    s3_server.client.delete_bucket(Bucket=bucket)
    async with refused(grpc.StatusCode.UNAVAILABLE, Reason.SERVICE_UNAVAILABLE) as metadata:
        await service.create()
    assert metadata["service"] == "storage"
    assert await service.rows() == 0


@pytest.mark.parametrize("how", [Relay.swallow, Relay.refuse], ids=["silent", "refusing"])
async def test_a_store_that_is_gone_and_comes_back(
    bucket: str, s3_server: S3Server, relay: Relay, service: Service, how: Callable[[Relay], None]
) -> None:
    """What needs it is told so in time, what does not goes on, and nothing is lost."""
    created = await service.create()
    how(relay)

    async def told() -> None:
        async with refused(grpc.StatusCode.UNAVAILABLE, Reason.SERVICE_UNAVAILABLE) as metadata:
            await service.create()
        assert metadata["service"] == "storage"

    begun = time.monotonic()
    waiting = [asyncio.ensure_future(told()) for _ in range(3)]
    analysed = await service.stub.AnalyzeFace(pb.AnalyzeFaceRequest(photo=portrait()), timeout=10)
    assert analysed.analysis == created.profile.analysis
    read = await service.stub.GetProfile(
        pb.GetProfileRequest(profile_id=created.profile.id), metadata=bearer(created.token), timeout=5
    )
    assert read.profile == created.profile
    await asyncio.gather(*waiting)
    assert time.monotonic() - begun < 15
    assert await service.rows() == 1

    relay.restore()
    begun = time.monotonic()
    while not await succeeds(service.create()):
        assert time.monotonic() - begun < 5
        await asyncio.sleep(0.1)
    # A picture that was on its way when its call was given up may still arrive; the next sweep takes it.
    begun = time.monotonic()
    await service.sweeper(upload_lifetime=timedelta(0)).sweep()
    while len(kept(s3_server, bucket)) > 6 and time.monotonic() - begun < 15:
        await asyncio.sleep(0.5)
        await service.sweeper(upload_lifetime=timedelta(0)).sweep()
    assert await service.rows() == 2
    assert len(kept(s3_server, bucket)) == 6, "those of the two profiles, and nobody else's"


def lies_at(s3_server: S3Server, bucket: str, url: str) -> str:
    """Media type of the public object behind an address; who may fetch it is up to the bucket's policy."""
    key = url.removeprefix(f"{s3_server.url}/{bucket}/")
    assert key.startswith("public/")
    return s3_server.client.head_object(Bucket=bucket, Key=key)["ContentType"]


async def _types(service: Service) -> list[pb.FaceType]:
    return list((await service.stub.ListTypes(pb.ListTypesRequest())).types)
