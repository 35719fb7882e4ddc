"""Finding dogs, comparing with one, and the evidence."""

import io
import uuid

import grpc
import pytest
from PIL import Image

from pawtrait.noseprint.v1 import noseprint_pb2
from pawtrait.noseprint.v1.noseprint_pb2 import GetEvidenceRequest, IdentifyDogRequest, VerifyDogRequest
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import Service, bearer, refused

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
KIM = {"phone": "010-9999-0000", "owner": "김철수", "email": "kim@example.com"}


class TestCheck:
    async def test_says_what_a_photo_is_good_for(self, service: Service) -> None:
        answer = await service.stub.CheckNose(noseprint_pb2.CheckNoseRequest(nose=drawn.photo(1, 0)))
        assert answer.usable
        assert list(answer.reasons) == []
        assert answer.nose_box.x_min == 0.25
        assert answer.quality.nose_px == 200
        assert answer.model.name == "drawn"

    async def test_says_why_not(self, service: Service) -> None:
        answer = await service.stub.CheckNose(noseprint_pb2.CheckNoseRequest(nose=drawn.grey()))
        assert not answer.usable
        assert list(answer.reasons) == ["NO_NOSE_FOUND"]
        assert not answer.HasField("nose_box")

    async def test_refuses_what_is_no_picture(self, service: Service) -> None:
        async with refused(INVALID, "NOT_AN_IMAGE"):
            await service.stub.CheckNose(noseprint_pb2.CheckNoseRequest(nose=b"GIF89a"))


class TestLookup:
    async def test_shows_public_facts_and_never_the_owner(self, service: Service) -> None:
        registered = await service.register(1)
        found = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(1, 30)))
        dog = found.match.dog
        assert dog.id == registered.dog.id
        assert dog.registration_number == registered.dog.registration_number[:-4] + "****"
        assert dog.owner_id == ""
        assert 0.9 < found.match.probability <= 1
        assert len(found.match.contact_token) == 43
        text = str(found)
        for secret in ("홍길동", "hong@", "5678", "12345678"):
            assert secret not in text

    async def test_of_a_stranger_says_so_in_the_same_shape(self, service: Service) -> None:
        for dog in range(1, 6):
            await service.register(dog, phone=f"010-1234-000{dog}")
        found = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(99, 0)))
        assert not found.HasField("match")
        assert uuid.UUID(found.lookup_id)
        assert found.model.version == drawn.VERSION
        hit = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(3, 9)))
        assert [each.stage for each in hit.timings] == [each.stage for each in found.timings]
        assert await service.rows("audit WHERE event = 'lookup'") == 2
        # What matched nobody is not kept.
        assert await service.rows("lookups WHERE nose IS NOT NULL") == 1

    async def test_in_an_empty_register_matches_nobody(self, service: Service) -> None:
        found = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(1, 0)))
        assert not found.HasField("match")

    async def test_refuses_what_is_no_nose(self, service: Service) -> None:
        await service.register(1)
        async with refused(INVALID, "NO_NOSE_FOUND"):
            await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.grey()))
        assert await service.rows("lookups") == 0


class TestVerification:
    async def test_tells_the_dog_from_another(self, service: Service) -> None:
        registered = await service.register(1)
        same = await service.stub.VerifyDog(
            VerifyDogRequest(dog_id=registered.dog.id, nose=drawn.photo(1, 30))
        )
        other = await service.stub.VerifyDog(
            VerifyDogRequest(dog_id=registered.dog.id, nose=drawn.photo(2, 30))
        )
        assert same.same
        assert same.probability > 0.9
        assert not other.same
        assert other.probability < 0.1

    @pytest.mark.parametrize("dog_id", [str(uuid.uuid4()), "", "no id", "' OR 1=1"])
    async def test_of_no_dog(self, service: Service, dog_id: str) -> None:
        async with refused(NOT_FOUND, "NOT_FOUND"):
            await service.stub.VerifyDog(VerifyDogRequest(dog_id=dog_id, nose=drawn.photo(1, 0)))

    async def test_of_a_dog_that_waits_for_a_decision(self, service: Service) -> None:
        await service.register(1)
        disputed = await service.register(1, first=50, dispute=True, **KIM)
        async with refused(NOT_FOUND, "NOT_FOUND"):
            await service.stub.VerifyDog(VerifyDogRequest(dog_id=disputed.dog.id, nose=drawn.photo(1, 0)))


class TestEvidence:
    async def test_is_a_picture_of_both_noses(self, service: Service) -> None:
        registered = await service.register(1)
        found = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(1, 30)))
        verified = await service.stub.VerifyDog(
            VerifyDogRequest(dog_id=registered.dog.id, nose=drawn.photo(1, 31))
        )
        for lookup_id in (found.lookup_id, verified.lookup_id):
            answer = await service.stub.GetEvidence(GetEvidenceRequest(lookup_id=lookup_id))
            picture = Image.open(io.BytesIO(answer.png))
            assert picture.format == "PNG"
            assert picture.width > picture.height
            assert answer.inliers >= 0

    async def test_of_a_lookup_without_a_match(self, service: Service) -> None:
        registered = await service.register(1)
        missed = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(2, 0)))
        other = await service.stub.VerifyDog(
            VerifyDogRequest(dog_id=registered.dog.id, nose=drawn.photo(2, 0))
        )
        for lookup_id in (missed.lookup_id, other.lookup_id, str(uuid.uuid4()), "x"):
            async with refused(NOT_FOUND, "NOT_FOUND"):
                await service.stub.GetEvidence(GetEvidenceRequest(lookup_id=lookup_id))

    async def test_is_gone_with_the_dog_and_with_time(self, service: Service) -> None:
        registered = await service.register(1)
        found = await service.stub.IdentifyDog(IdentifyDogRequest(nose=drawn.photo(1, 30)))
        request = GetEvidenceRequest(lookup_id=found.lookup_id)
        await service.stub.GetEvidence(request)
        async with service.database.connection() as connection:
            await connection.execute("UPDATE lookups SET expires_at = now()")
        async with refused(NOT_FOUND, "NOT_FOUND"):
            await service.stub.GetEvidence(request)
        await service.stub.DeleteDog(
            noseprint_pb2.DeleteDogRequest(dog_id=registered.dog.id), metadata=bearer(registered.owner_token)
        )
        assert await service.rows("lookups") == 0
