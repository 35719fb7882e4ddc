"""The register's pictures in S3: a real server by HTTP."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import grpc
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.register import uploads
from services.noseprint.sweeper import Sweeper
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, bearer, refused
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


class TestPictures:
    async def test_come_and_go_with_the_dog(
        self,
        bucket: str,
        s3_server: S3Server,
        relay: Relay,
        service: Service,
    ) -> None:
        dog = await service.register(1, profile=drawn.grey())
        listed = s3_server.client.list_objects_v2(Bucket=bucket)["Contents"]
        assert len(listed) == 6
        assert dog.dog.profile_url.startswith(relay.url)
        found = await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 9)))
        evidence = await service.stub.GetEvidence(pb.GetEvidenceRequest(lookup_id=found.lookup_id))
        assert evidence.png.startswith(b"\x89PNG")
        service.context.storage.put(uploads.profile_key(uuid.uuid4()), b"nobody's", "image/jpeg")
        settings = service.context.settings.model_copy(update={"upload_lifetime": timedelta(0)})
        await service.stub.DeleteDog(pb.DeleteDogRequest(dog_id=dog.dog.id), metadata=bearer(dog.owner_token))
        await Sweeper(service.database, service.context.storage, settings).sweep()
        assert "Contents" not in s3_server.client.list_objects_v2(Bucket=bucket)

    async def test_that_cannot_be_stored_are_not_registered(
        self,
        bucket: str,
        s3_server: S3Server,
        service: Service,
    ) -> None:
        s3_server.client.delete_bucket(Bucket=bucket)
        async with refused(grpc.StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE") as metadata:
            await service.register(1)
        assert metadata["service"] == "storage"
        assert await service.rows("dogs") == 0


class TestAStoreThatIsGone:
    """What needs it is told so in time, what does not goes on, and nothing is lost."""

    @pytest.mark.parametrize("how", [Relay.swallow, Relay.refuse], ids=["silent", "refusing"])
    async def test_and_comes_back(
        self, bucket: str, s3_server: S3Server, relay: Relay, service: Service, how: Callable[[Relay], None]
    ) -> None:
        first = await service.register(1)
        how(relay)

        async def told(dog: int) -> None:
            async with refused(grpc.StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE") as metadata:
                await service.register(dog, phone=f"010-1234-000{dog}")
            assert metadata["service"] == "storage"

        begun = time.monotonic()
        waiting = [asyncio.ensure_future(told(dog)) for dog in range(2, 6)]
        looked_up = 0
        while not all(task.done() for task in waiting) or not looked_up:
            asked = time.monotonic()
            found = await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 9)), timeout=5)
            assert found.match.dog.id == first.dog.id
            assert time.monotonic() - asked < 3
            looked_up += 1
        await asyncio.gather(*waiting)
        assert time.monotonic() - begun < 12
        read = await service.stub.GetDog(
            pb.GetDogRequest(dog_id=first.dog.id), metadata=bearer(first.owner_token)
        )
        assert read.dog.id == first.dog.id
        async with refused(grpc.StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE"):
            await service.stub.GetEvidence(pb.GetEvidenceRequest(lookup_id=found.lookup_id))
        assert await service.rows("dogs") == 1

        relay.restore()
        begun = time.monotonic()
        while not await succeeds(service.register(2)):
            assert time.monotonic() - begun < 5
            await asyncio.sleep(0.1)
        settings = service.context.settings.model_copy(update={"upload_lifetime": timedelta(0)})
        sweeper = Sweeper(service.database, service.context.storage, settings)
        # A picture that was on its way when its call was given up may still arrive; the next sweep takes it.
        begun = time.monotonic()
        await sweeper.sweep()
        while len(s3_server.keys(bucket)) > 10 and time.monotonic() - begun < 15:
            await asyncio.sleep(0.5)
            await sweeper.sweep()
        assert await service.rows("dogs") == 2
        assert len(s3_server.keys(bucket)) == 10, "those of the two dogs, and nobody else's"
