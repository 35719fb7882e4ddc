"""The register's pictures in S3: a real server by HTTP."""

import uuid
from datetime import timedelta

import grpc
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from services.noseprint.register import uploads
from services.noseprint.sweeper import Sweeper
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, bearer, refused
from tests.unit.shared.s3_server import S3Server, s3_server

__all__ = ["s3_server"]


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, which the service is told of."""
    name = s3_server.new_bucket()
    monkeypatch.setenv("S3_BUCKET", name)
    monkeypatch.setenv("S3_ENDPOINT_URL", s3_server.url)
    monkeypatch.setenv("S3_REGION", "eu-west-1")
    return name


class TestPictures:
    async def test_come_and_go_with_the_dog(
        self,
        bucket: str,
        s3_server: S3Server,
        service: Service,
    ) -> None:
        dog = await service.register(1, profile=drawn.grey())
        listed = s3_server.client.list_objects_v2(Bucket=bucket)["Contents"]
        assert len(listed) == 6
        assert dog.dog.profile_url.startswith(s3_server.url)
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
