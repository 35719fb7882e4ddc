"""Registering dogs over gRPC, with a real PostgreSQL and real pictures in a folder."""

import asyncio
import re
import uuid

import grpc
import numpy as np
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2
from services.noseprint.register import outbox
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import ADMINISTRATOR, Service, bearer, refused, registration

INVALID, EXISTS = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS
UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED
REGISTERED = noseprint_pb2.REGISTRATION_STATE_REGISTERED
UNCONFIRMED = noseprint_pb2.REGISTRATION_STATE_UNCONFIRMED
PENDING = noseprint_pb2.REGISTRATION_STATE_PENDING
KIM = {"phone": "010-9999-0000", "owner": "김철수", "email": "kim@example.com"}


class TestNewDog:
    async def test_gets_a_number_and_a_token(self, service: Service) -> None:
        answer = await service.register(profile=drawn.grey())
        assert re.fullmatch(r"\d{14}-ㄲ-5678", answer.dog.registration_number)
        assert answer.dog.state == REGISTERED
        assert answer.dog.print_count == 5
        assert len(answer.owner_token) == 43
        assert answer.dog.facts == registration(1).dog
        assert answer.model.version == drawn.VERSION
        stages = {timing.stage for timing in answer.timings}
        assert {"decode", "nose", "encode", "agree", "wait", "search", "verify", "upload", "insert"} <= stages
        assert len(service.pictures()) == 6
        assert answer.dog.profile_url == "/files/" + service.pictures()[-1].removeprefix("public/")
        assert await service.rows("uploads") == 0
        assert await service.rows("prints") == 5
        assert await service.rows("templates") == 1
        assert await service.rows("audit WHERE event = 'registered'") == 1

    async def test_is_found_again_by_every_one_of_its_photos(self, service: Service) -> None:
        answer = await service.register(first=0)
        await service.register(2, phone="010-1111-2222")
        for view in (0, 1, 2, 3, 4, 77):
            found = await service.stub.IdentifyDog(
                noseprint_pb2.IdentifyDogRequest(nose=drawn.photo(1, view))
            )
            assert found.match.dog.id == answer.dog.id

    async def test_numbers_of_the_same_second_are_told_apart(self, service: Service) -> None:
        token = (await service.register(1)).owner_token
        answers = await asyncio.gather(*(service.register(dog, owner_token=token) for dog in range(2, 12)))
        numbers = [answer.dog.registration_number for answer in answers]
        assert len(set(numbers)) == 10
        assert all(re.fullmatch(r"\d{14}-ㄲ-5678(-\d+)?", number) for number in numbers)


class TestRefusedPhotos:
    @pytest.mark.parametrize("count", [0, 1, 4, 6])
    async def test_other_than_five(self, service: Service, count: int) -> None:
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.register(noses=drawn.views(1, count=count))
        assert metadata["field"] == "nose"
        assert await service.rows("dogs") == 0

    async def test_one_without_a_nose_is_named(self, service: Service) -> None:
        noses = drawn.views(1)
        noses[3] = drawn.grey()
        async with refused(INVALID, "NO_NOSE_FOUND") as metadata:
            await service.register(noses=noses)
        assert metadata["photo"] == "3"
        assert service.pictures() == []
        assert await service.rows("dogs") == 0

    async def test_one_that_is_no_picture(self, service: Service) -> None:
        noses = drawn.views(1)
        noses[4] = b"not a picture"
        async with refused(INVALID, "NOT_AN_IMAGE") as metadata:
            await service.register(noses=noses)
        assert metadata["photo"] == "4"

    async def test_a_profile_that_is_no_picture(self, service: Service) -> None:
        async with refused(INVALID, "NOT_AN_IMAGE") as metadata:
            await service.register(profile=b"not a picture")
        assert metadata["field"] == "profile"

    @pytest.mark.parametrize(
        ("dogs", "odd"),
        [((1, 1, 2, 1, 1), "2"), ((2, 1, 1, 1, 2), "0,4"), ((1, 2, 3, 4, 5), "1,2,3,4")],
    )
    async def test_of_different_dogs_are_named(
        self, service: Service, dogs: tuple[int, ...], odd: str
    ) -> None:
        async with refused(INVALID, "PHOTOS_DISAGREE") as metadata:
            await service.register(noses=[drawn.photo(dog, view) for view, dog in enumerate(dogs)])
        assert metadata["photos"] == odd
        assert service.pictures() == []
        assert await service.rows("dogs") == 0


class TestRefusedFields:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"phone": "010-12"}, "owner_phone"),
            ({"owner": ""}, "owner_name"),
            ({"email": "nobody"}, "owner_email"),
            ({"name": "x" * 101}, "dog_name"),
            ({"facts": noseprint_pb2.DogFacts(name="x", birth_year=1900)}, "dog_birth_year"),
            ({"facts": noseprint_pb2.DogFacts(name="x", sex=9)}, "dog_sex"),
            ({"request_id": "x" * 201}, "request_id"),
        ],
    )
    async def test_are_named(self, service: Service, change: dict[str, object], field: str) -> None:
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.register(**change)
        assert metadata["field"] == field
        assert await service.rows("dogs") == 0


class TestKnownDog:
    async def test_is_refused_with_its_public_facts(self, service: Service) -> None:
        first = await service.register(profile=drawn.grey())
        stored = service.pictures()
        async with refused(EXISTS, "ALREADY_REGISTERED") as metadata:
            await service.register(first=50, **KIM, name="Rex")
        assert metadata["id"] == first.dog.id
        assert metadata["registration_number"] == first.dog.registration_number[:-4] + "****"
        assert (metadata["name"], metadata["breed"], metadata["sex"]) == ("꿍이", "진돗개", "female")
        assert metadata["birth_year"] == "2021"
        assert metadata["profile_url"] == first.dog.profile_url
        # Four digits alone turn up among those of random identifiers.
        assert not re.search(r"1234\D?5678|ㄲ-5678", " ".join(metadata.values()))
        assert await service.rows("dogs") == 1
        assert await service.rows("owners") == 1
        assert await service.rows("uploads") == 0
        assert await service.rows("audit WHERE event = 'refused'") == 1
        assert service.pictures() == stored

    @pytest.mark.parametrize("known", range(5))
    async def test_is_recognised_by_any_of_the_five_photos(
        self, service: Service, known: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All five are searched: the other four are of views so odd that they resemble no stored print."""
        await service.register(first=0)

        def odd(dog: int, view: int, version: str = drawn.VERSION) -> object:
            seed = [dog, view, 7] if view >= 1000 else None
            if seed is None:
                return unchanged(dog, view, version)
            vector = np.random.default_rng(seed).normal(size=256) + 4 * common
            return np.asarray(vector / np.linalg.norm(vector), np.float32)

        unchanged = drawn.embedding
        common = np.random.default_rng(99).normal(size=256)
        monkeypatch.setattr(drawn, "embedding", odd)
        noses = [drawn.photo(1, 1000 + number) for number in range(5)]
        noses[known] = drawn.photo(1, 3)
        with monkeypatch.context() as agreeing:
            agreeing.setattr("services.noseprint.registration.check_agreement", lambda *_: None)
            async with refused(EXISTS, "ALREADY_REGISTERED"):
                await service.register(noses=noses, **KIM)

    async def test_whose_owner_disputes_it_waits_for_a_person(self, service: Service) -> None:
        first = await service.register()
        disputed = await service.register(first=50, dispute=True, **KIM)
        assert disputed.dog.state == PENDING
        assert len(disputed.owner_token) == 43
        found = await service.stub.IdentifyDog(noseprint_pb2.IdentifyDogRequest(nose=drawn.photo(1, 51)))
        assert found.match.dog.id == first.dog.id
        assert await service.rows("templates") == 1
        assert await service.rows("audit WHERE event = 'disputed'") == 1
        own = await service.stub.GetDog(
            noseprint_pb2.GetDogRequest(dog_id=disputed.dog.id), metadata=bearer(disputed.owner_token)
        )
        assert own.dog.state == PENDING

    async def test_a_dispute_about_nothing_is_a_registration(self, service: Service) -> None:
        answer = await service.register(dispute=True)
        assert answer.dog.state == REGISTERED
        assert await service.rows("templates") == 1

    async def test_only_one_of_many_at_once_is_registered(self, service: Service) -> None:
        results = await asyncio.gather(
            *(
                service.register(1, first=10 * n, phone=f"010-1234-{1000 + n}", owner=f"Owner {n}")
                for n in range(12)
            ),
            return_exceptions=True,
        )
        registered = [each for each in results if isinstance(each, noseprint_pb2.RegisterDogResponse)]
        others = [each for each in results if isinstance(each, grpc.aio.AioRpcError)]
        assert len(registered) == 1
        assert {each.code() for each in others} == {EXISTS}
        assert await service.rows("dogs") == 1
        assert len(service.pictures()) == 5
        assert await service.rows("uploads") == 0


class TestKnownPhone:
    async def test_with_the_owners_token_the_dog_is_theirs(self, service: Service) -> None:
        first = await service.register(1)
        second = await service.register(2, owner_token=first.owner_token)
        assert second.owner_token != first.owner_token
        assert await service.rows("owners") == 1
        assert await service.rows("outbox") == 0
        listed = await service.stub.ListDogs(noseprint_pb2.ListDogsRequest(), metadata=ADMINISTRATOR)
        assert {dog.state for dog in listed.dogs} == {REGISTERED}
        assert len({dog.owner_id for dog in listed.dogs}) == 1

    async def test_without_it_the_dog_waits_under_the_same_answer(self, service: Service) -> None:
        await service.register(1)
        known = await service.register(2)
        unknown = await service.register(3, **KIM)
        for answer in (known, unknown):
            # All that callers can see is the same: the answer itself …
            assert answer.dog.state == REGISTERED
            assert {field.name for field, _ in answer.ListFields()} == {
                field.name for field, _ in unknown.ListFields()
            }
            assert [each.stage for each in answer.timings] == [each.stage for each in unknown.timings]
            # … what the token's holder reads afterwards …
            holder = bearer(answer.owner_token)
            own = await service.stub.GetDog(
                noseprint_pb2.GetDogRequest(dog_id=answer.dog.id), metadata=holder
            )
            assert own.dog == answer.dog
            owner = await service.stub.GetOwner(noseprint_pb2.GetOwnerRequest(owner_id="me"), metadata=holder)
            assert owner.id == answer.dog.owner_id
            assert len(owner.dogs) == 1
        # … and that lookups find it, and that it cannot be registered again.
        for dog, answer in ((2, known), (3, unknown)):
            found = await service.stub.IdentifyDog(
                noseprint_pb2.IdentifyDogRequest(nose=drawn.photo(dog, 70))
            )
            assert found.match.dog.id == answer.dog.id
            assert found.match.dog.state == REGISTERED
            async with refused(EXISTS, "ALREADY_REGISTERED"):
                await service.register(dog, first=90, **KIM)
        # An administrator sees it.
        listed = await service.stub.ListDogs(noseprint_pb2.ListDogsRequest(), metadata=ADMINISTRATOR)
        assert [dog.state for dog in listed.dogs] == [REGISTERED, UNCONFIRMED, REGISTERED]

    async def test_an_unconfirmed_owners_token_proves_nothing(self, service: Service) -> None:
        await service.register(1)
        waiting = await service.register(2)
        await service.register(3, owner_token=waiting.owner_token)
        listed = await service.stub.ListDogs(noseprint_pb2.ListDogsRequest(), metadata=ADMINISTRATOR)
        assert [dog.state for dog in listed.dogs] == [UNCONFIRMED, UNCONFIRMED, REGISTERED]

    async def test_the_owner_joins_it_with_the_code_they_were_sent(self, service: Service) -> None:
        first = await service.register(1)
        waiting = await service.register(2, name="Rex", email="somebody@example.com")
        await service.ask()
        async with service.database.connection() as connection:
            owner_id = uuid.UUID(first.dog.owner_id)
            (message,) = await outbox.of_owner(connection, service.context.cipher, owner_id)
        assert message.kind == "confirmation"
        assert message.body["dog"] == "Rex"
        confirm = noseprint_pb2.ConfirmDogRequest(dog_id=waiting.dog.id, code="0000-0000-0000")
        async with refused(DENIED, "PERMISSION_DENIED"):
            await service.stub.ConfirmDog(confirm, metadata=bearer(waiting.owner_token))
        confirm.code = message.body["code"].lower()
        async with refused(DENIED, "PERMISSION_DENIED"):
            await service.stub.ConfirmDog(confirm, metadata=bearer(first.owner_token))
        joined = await service.stub.ConfirmDog(confirm, metadata=bearer(waiting.owner_token))
        assert joined.dog.owner_id == first.dog.owner_id
        assert await service.rows("owners") == 1
        assert await service.rows("dogs WHERE state = 'registered'") == 2

    async def test_an_owner_is_not_asked_again_and_again(self, service: Service) -> None:
        await service.register(1)
        for dog in range(2, 9):
            await service.register(dog)
        assert await service.ask() == 7
        assert await service.ask() == 0
        assert await service.rows("outbox") == 5
        assert await service.rows("dogs WHERE state = 'unconfirmed'") == 7

    async def test_a_dog_that_waits_for_nobody_answers_codes_alike(self, service: Service) -> None:
        first = await service.register(1)
        async with refused(DENIED, "PERMISSION_DENIED") as metadata:
            await service.stub.ConfirmDog(
                noseprint_pb2.ConfirmDogRequest(dog_id=first.dog.id, code="1234-1234-1234"),
                metadata=bearer(first.owner_token),
            )
        assert metadata["message"] == "the code is wrong, used up or too old"

    async def test_a_token_that_is_nobodys_is_refused_whoever_the_phone_is(self, service: Service) -> None:
        await service.register(1)
        for change in ({}, KIM):
            async with refused(UNAUTHENTICATED, "UNAUTHENTICATED"):
                await service.register(2, owner_token="x" * 43, **change)


class TestRepeatedCall:
    async def test_gets_the_same_answer(self, service: Service) -> None:
        key = str(uuid.uuid4())
        first = await service.register(request_id=key, profile=drawn.grey())
        again = await service.register(request_id=key, profile=drawn.grey())
        assert again == first
        assert await service.rows("dogs") == 1
        assert len(service.pictures()) == 6

    async def test_at_the_same_time_too(self, service: Service) -> None:
        answers = await asyncio.gather(*(service.register(request_id="a-key") for _ in range(6)))
        assert all(answer == answers[0] for answer in answers)
        assert await service.rows("dogs") == 1
        assert len(service.pictures()) == 5
        assert await service.rows("uploads") == 0

    async def test_without_a_key_it_is_another_call(self, service: Service) -> None:
        await service.register()
        async with refused(EXISTS, "ALREADY_REGISTERED"):
            await service.register()

    async def test_a_key_is_for_one_call(self, service: Service) -> None:
        await service.register(1, request_id="a-key")
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.register(2, request_id="a-key")
        assert metadata["field"] == "request_id"

    async def test_the_answer_is_kept_encrypted(self, service: Service) -> None:
        first = await service.register(request_id="a-key")
        async with service.database.connection() as connection:
            row = await connection.fetchrow("SELECT * FROM idempotency")
        assert row is not None
        assert first.owner_token.encode() not in bytes(row["answer_sealed"])
        assert "a-key" not in str(dict(row))
