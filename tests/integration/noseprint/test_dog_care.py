"""What holders of tokens and administrators do with dogs."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

import grpc
import pytest

from pawtrait.noseprint.v1 import noseprint_pb2 as pb
from tests.integration.noseprint import drawn
from tests.integration.noseprint.conftest import ADMINISTRATOR, Service, bearer, refused, registration

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED
KIM = {"phone": "010-9999-0000", "owner": "김철수", "email": "kim@example.com"}

Metadata = tuple[tuple[str, str], ...]
Call = Callable[[Service, str, Metadata], Awaitable[object]]

CALLS: dict[str, Call] = {
    "get": lambda s, dog, who: s.stub.GetDog(pb.GetDogRequest(dog_id=dog), metadata=who),
    "update": lambda s, dog, who: s.stub.UpdateDog(pb.UpdateDogRequest(dog_id=dog, name="x"), metadata=who),
    "delete": lambda s, dog, who: s.stub.DeleteDog(pb.DeleteDogRequest(dog_id=dog), metadata=who),
    "confirm": lambda s, dog, who: s.stub.ConfirmDog(pb.ConfirmDogRequest(dog_id=dog), metadata=who),
    "add": lambda s, dog, who: s.stub.AddNosePhotos(
        pb.AddNosePhotosRequest(dog_id=dog, noses=drawn.views(1, 60, 1)), metadata=who
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_only_the_dogs_own_token_opens_it(service: Service, call: Call) -> None:
    dog = await service.register(1)
    other = await service.register(2, **KIM)
    for nobody in ((), bearer(""), bearer("x" * 43), (("authorization", f"Basic {dog.owner_token}"),)):
        async with refused(UNAUTHENTICATED, "UNAUTHENTICATED"):
            await call(service, dog.dog.id, nobody)
    async with refused(DENIED, "PERMISSION_DENIED"):
        await call(service, dog.dog.id, bearer(other.owner_token))
    for dog_id in (str(uuid.uuid4()), "no id"):
        async with refused(NOT_FOUND, "NOT_FOUND"):
            await call(service, dog_id, bearer(dog.owner_token))
    assert await service.rows("dogs") == 2
    assert await service.rows("prints") == 10


class TestReading:
    async def test_the_owner_sees_the_whole_number_and_administrators_do_not(self, service: Service) -> None:
        dog = await service.register(1)
        request = pb.GetDogRequest(dog_id=dog.dog.id)
        own = await service.stub.GetDog(request, metadata=bearer(dog.owner_token))
        assert own.dog == dog.dog
        seen = await service.stub.GetDog(request, metadata=ADMINISTRATOR)
        assert seen.dog.registration_number.endswith("-****")

    async def test_pages_of_dogs_are_for_administrators(self, service: Service) -> None:
        made = [await service.register(dog, phone=f"010-1234-000{dog}") for dog in range(1, 6)]
        seen: list[str] = []
        token = ""
        while True:
            page = await service.stub.ListDogs(
                pb.ListDogsRequest(page_size=2, page_token=token), metadata=ADMINISTRATOR
            )
            seen += [dog.id for dog in page.dogs]
            token = page.next_page_token
            if not token:
                break
        assert seen == [each.dog.id for each in reversed(made)]
        own = await service.stub.ListDogs(pb.ListDogsRequest(), metadata=bearer(made[0].owner_token))
        assert [dog.id for dog in own.dogs] == [made[0].dog.id]
        async with refused(UNAUTHENTICATED, "UNAUTHENTICATED"):
            await service.stub.ListDogs(pb.ListDogsRequest())

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (pb.ListDogsRequest(page_size=101), "page_size"),
            (pb.ListDogsRequest(page_size=-1), "page_size"),
            (pb.ListDogsRequest(page_token="made up"), "page_token"),  # noqa: S106
            (pb.ListDogsRequest(page_token="MjAyNg=="), "page_token"),  # noqa: S106
        ],
    )
    async def test_a_page_that_is_none(
        self, service: Service, request_: pb.ListDogsRequest, field: str
    ) -> None:
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.stub.ListDogs(request_, metadata=ADMINISTRATOR)
        assert metadata["field"] == field

    async def test_owners_see_themselves_and_that_dog_only(self, service: Service) -> None:
        first = await service.register(1)
        second = await service.register(2, owner_token=first.owner_token)
        me = await service.stub.GetOwner(
            pb.GetOwnerRequest(owner_id="me"), metadata=bearer(second.owner_token)
        )
        assert (me.owner.name, me.owner.phone, me.owner.email) == (
            "홍길동",
            "+821012345678",
            "hong@example.com",
        )
        assert [dog.id for dog in me.dogs] == [second.dog.id]
        seen = await service.stub.GetOwner(pb.GetOwnerRequest(owner_id=me.id), metadata=ADMINISTRATOR)
        assert {dog.id for dog in seen.dogs} == {first.dog.id, second.dog.id}
        other = await service.register(3, **KIM)
        async with refused(DENIED, "PERMISSION_DENIED"):
            await service.stub.GetOwner(
                pb.GetOwnerRequest(owner_id=me.id), metadata=bearer(other.owner_token)
            )
        async with refused(UNAUTHENTICATED, "UNAUTHENTICATED"):
            await service.stub.GetOwner(pb.GetOwnerRequest(owner_id=me.id))
        async with refused(NOT_FOUND, "NOT_FOUND"):
            await service.stub.GetOwner(
                pb.GetOwnerRequest(owner_id=str(uuid.uuid4())), metadata=ADMINISTRATOR
            )
        assert await service.rows("audit WHERE event = 'disclosure'") == 2

    async def test_the_picture_is_found_by_number(self, service: Service) -> None:
        dog = await service.register(1, profile=drawn.photo(5, 5))
        number = dog.dog.registration_number
        for asked in (number, number[:-4] + "****"):
            found = await service.stub.GetProfilePicture(
                pb.GetProfilePictureRequest(registration_number=asked)
            )
            assert found.profile_url == dog.dog.profile_url
            assert found.picture.startswith(b"\xff\xd8\xff")
            assert found.media_type == "image/jpeg"
        for asked in ("", number[:-1] + "0", "20261120143015-%-5678"):
            async with refused(NOT_FOUND, "NOT_FOUND"):
                await service.stub.GetProfilePicture(pb.GetProfilePictureRequest(registration_number=asked))


class TestUpdate:
    async def test_changes_what_is_sent_and_keeps_the_number(self, service: Service) -> None:
        dog = await service.register(1)
        changed = await service.stub.UpdateDog(
            pb.UpdateDogRequest(dog_id=dog.dog.id, name="가을", sex=pb.SEX_MALE, birth_year=0),
            metadata=bearer(dog.owner_token),
        )
        assert changed.dog.facts == pb.DogFacts(name="가을", breed="진돗개", sex=pb.SEX_MALE, birth_year=0)
        assert changed.dog.registration_number == dog.dog.registration_number

    async def test_replaces_the_picture(self, service: Service) -> None:
        dog = await service.register(1, profile=drawn.grey())
        changed = await service.stub.UpdateDog(
            pb.UpdateDogRequest(dog_id=dog.dog.id, profile=drawn.photo(1, 1)),
            metadata=bearer(dog.owner_token),
        )
        assert changed.dog.profile_url != dog.dog.profile_url
        kept = [key for key in service.pictures() if key.startswith("public/")]
        assert ["/files/" + key.removeprefix("public/") for key in kept] == [changed.dog.profile_url]
        assert await service.rows("uploads") == 0

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"name": ""}, "name"), ({"breed": "x" * 101}, "breed"), ({"birth_year": 1}, "birth_year")],
    )
    async def test_says_which_field_is_wrong(
        self, service: Service, change: dict[str, object], field: str
    ) -> None:
        dog = await service.register(1)
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.stub.UpdateDog(
                pb.UpdateDogRequest(dog_id=dog.dog.id, **change),  # type: ignore[arg-type]
                metadata=bearer(dog.owner_token),
            )
        assert metadata["field"] == field


class TestDeletion:
    async def test_leaves_nothing(self, service: Service) -> None:
        dog = await service.register(1, profile=drawn.grey(), request_id="a-key")
        await service.stub.DeleteDog(pb.DeleteDogRequest(dog_id=dog.dog.id), metadata=bearer(dog.owner_token))
        assert service.pictures() == []
        for table in ("dogs", "owners", "prints", "templates", "owner_tokens", "idempotency"):
            assert await service.rows(table) == 0
        assert await service.rows("audit WHERE event = 'deleted'") == 1
        async with refused(NOT_FOUND, "NOT_FOUND"):
            await CALLS["get"](service, dog.dog.id, bearer(dog.owner_token))
        found = await service.stub.IdentifyDog(pb.IdentifyDogRequest(nose=drawn.photo(1, 0)))
        assert not found.HasField("match")
        assert (await service.register(1)).dog.id != dog.dog.id

    async def test_keeps_an_owner_who_has_another_dog(self, service: Service) -> None:
        first = await service.register(1)
        await service.register(2, owner_token=first.owner_token)
        await CALLS["delete"](service, first.dog.id, ADMINISTRATOR)
        assert await service.rows("owners") == 1
        assert len(service.pictures()) == 5


class TestMorePhotos:
    async def test_are_added(self, service: Service) -> None:
        dog = await service.register(1)
        answer = await service.stub.AddNosePhotos(
            pb.AddNosePhotosRequest(dog_id=dog.dog.id, noses=drawn.views(1, 60, 3)),
            metadata=bearer(dog.owner_token),
        )
        assert answer.dog.print_count == 8
        assert len(service.pictures()) == 8
        assert await service.rows("templates") == 1
        assert await service.rows("uploads") == 0

    async def test_of_another_dog_are_named_and_none_is_added(self, service: Service) -> None:
        dog = await service.register(1)
        async with refused(INVALID, "PHOTOS_DISAGREE") as metadata:
            await service.stub.AddNosePhotos(
                pb.AddNosePhotosRequest(
                    dog_id=dog.dog.id, noses=[drawn.photo(1, 60), drawn.photo(2, 0), drawn.photo(1, 61)]
                ),
                metadata=bearer(dog.owner_token),
            )
        assert metadata["photos"] == "1"
        assert len(service.pictures()) == 5
        assert await service.rows("prints") == 5

    @pytest.mark.parametrize("count", [0, 6])
    async def test_too_few_or_too_many(self, service: Service, count: int) -> None:
        dog = await service.register(1)
        async with refused(INVALID, "INVALID_FIELD") as metadata:
            await service.stub.AddNosePhotos(
                pb.AddNosePhotosRequest(dog_id=dog.dog.id, noses=drawn.views(1, 60, count)),
                metadata=bearer(dog.owner_token),
            )
        assert metadata["field"] == "nose"


STRANGE = ["\x00", "\x86", "\u202e", "🐶", "' OR 1=1 --", "%", "../..", "a" * 100_000, "\x00" * 43, "٣" * 14]


@pytest.mark.parametrize("text", STRANGE, ids=[str(number) for number in range(len(STRANGE))])
async def test_strange_texts_are_the_callers_fault(service: Service, text: str) -> None:
    dog = await service.register(1)
    holder, stub = bearer(dog.owner_token), service.stub
    dog_id, nose = dog.dog.id, drawn.photo(1, 1)
    calls = [
        lambda: stub.GetDog(pb.GetDogRequest(dog_id=text), metadata=holder),
        lambda: stub.ListDogs(pb.ListDogsRequest(page_token=text), metadata=ADMINISTRATOR),
        lambda: stub.UpdateDog(pb.UpdateDogRequest(dog_id=text, name="x"), metadata=holder),
        lambda: stub.DeleteDog(pb.DeleteDogRequest(dog_id=text), metadata=holder),
        lambda: stub.ConfirmDog(pb.ConfirmDogRequest(dog_id=dog_id, code=text), metadata=holder),
        lambda: stub.VerifyDog(pb.VerifyDogRequest(dog_id=text, nose=nose)),
        lambda: stub.GetOwner(pb.GetOwnerRequest(owner_id=text), metadata=holder),
        lambda: stub.GetEvidence(pb.GetEvidenceRequest(lookup_id=text)),
        lambda: stub.GetProfilePicture(pb.GetProfilePictureRequest(registration_number=text)),
        lambda: stub.GetProfilePicture(
            pb.GetProfilePictureRequest(registration_number=f"20261120143015-{text}-5678")
        ),
        lambda: stub.CreateFoundReport(
            pb.CreateFoundReportRequest(contact_token=text, message="m", contact="c")
        ),
        lambda: stub.RegisterDog(registration(2, phone=text)),
        lambda: stub.RegisterDog(registration(2, email=text)),
        lambda: stub.RegisterDog(registration(2, owner_token=text)),
        lambda: stub.IdentifyDog(pb.IdentifyDogRequest(nose=text.encode())),
    ]
    for number, call in enumerate(calls):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call()
        assert caught.value.code() in (INVALID, NOT_FOUND, UNAUTHENTICATED, DENIED), (
            number,
            caught.value.details(),
        )
    # These may be anything that people can write.
    for change in ({"name": text}, {"breed": text}):
        with suppress(grpc.aio.AioRpcError):
            await stub.UpdateDog(pb.UpdateDogRequest(dog_id=dog_id, **change), metadata=holder)
    assert (await stub.GetDog(pb.GetDogRequest(dog_id=dog_id), metadata=holder)).dog.id == dog_id
