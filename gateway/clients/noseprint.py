"""Client of the nose-print service."""

from collections.abc import Sequence
from datetime import UTC

import grpc

from gateway.answers import Provenance
from gateway.clients.channel import ServiceCaller
from gateway.clients.convert import box_of, probability, provenance_of, word_of
from gateway.deadline import Deadline
from gateway.dogs import (
    Credentials,
    Dog,
    DogChange,
    DogFacts,
    DogPage,
    DogState,
    Lookup,
    Match,
    NewDog,
    NoseCheck,
    NoseQuality,
    Owner,
    OwnerFacts,
    ProfilePicture,
    Registration,
    Sex,
    Verification,
)
from gateway.metrics import Metrics
from pawtrait.noseprint.v1 import noseprint_pb2, noseprint_pb2_grpc
from shared.messages import to_number

_ADMINISTRATOR = ("x-pawtrait-admin", "1")
"""The service believes this header: it is set here, after the key has been seen, and nowhere else."""

Metadata = tuple[tuple[str, str], ...]


class NosePrintClient:
    """Asks about noses and registered dogs.

    Every method raises ``PawtraitError``: what the service answered, or that it could not.
    """

    service = "noseprint"
    full_name = noseprint_pb2.DESCRIPTOR.services_by_name["NosePrintService"].full_name
    # Tokens and codes are used up, photos are added, and who deleted a dog has no token for it any more.
    once = (
        f"{full_name}/AddNosePhotos",
        f"{full_name}/ConfirmDog",
        f"{full_name}/CreateFoundReport",
        f"{full_name}/DeleteDog",
    )

    def __init__(self, channel: grpc.aio.Channel, metrics: Metrics) -> None:
        self._stub = noseprint_pb2_grpc.NosePrintServiceStub(channel)
        self._call = ServiceCaller(self.service, metrics)

    async def check(self, nose: bytes, deadline: Deadline) -> NoseCheck:
        """Say whether a photo shows a usable nose."""
        request = noseprint_pb2.CheckNoseRequest(nose=nose)
        answer = await self._call(self._stub.CheckNose, "CheckNose", request, deadline)
        found = answer.HasField("nose_box")
        return NoseCheck(
            box=box_of(answer.nose_box) if found else None,
            confidence=probability(answer.confidence),
            usable=answer.usable,
            reasons=tuple(answer.reasons),
            quality=_to_quality(answer.quality) if found else None,
            provenance=provenance_of(answer.model, answer.timings),
        )

    async def register(self, dog: NewDog, caller: Credentials, deadline: Deadline) -> Registration:
        """Register a dog; with a known owner's token it becomes that owner's."""
        request = noseprint_pb2.RegisterDogRequest(
            noses=dog.noses,
            profile=dog.profile,
            owner=noseprint_pb2.OwnerFacts(name=dog.owner.name, phone=dog.owner.phone, email=dog.owner.email),
            dog=noseprint_pb2.DogFacts(
                name=dog.facts.name,
                breed=dog.facts.breed,
                sex=to_number(dog.facts.sex, noseprint_pb2.Sex),
                birth_year=dog.facts.birth_year or 0,
            ),
            dispute=dog.dispute,
            owner_token=caller.token,
            request_id=dog.call_id,
        )
        answer = await self._call(self._stub.RegisterDog, "RegisterDog", request, deadline)
        return Registration(
            _to_dog(answer.dog), answer.owner_token, provenance_of(answer.model, answer.timings)
        )

    async def identify(self, nose: bytes, deadline: Deadline) -> Lookup:
        """Find a dog among all registered ones."""
        request = noseprint_pb2.IdentifyDogRequest(nose=nose)
        answer = await self._call(self._stub.IdentifyDog, "IdentifyDog", request, deadline)
        match = None
        if answer.HasField("match"):
            found = answer.match
            match = Match(_to_dog(found.dog), probability(found.probability), found.contact_token)
        return Lookup(answer.lookup_id, match, provenance_of(answer.model, answer.timings))

    async def verify(self, dog_id: str, nose: bytes, deadline: Deadline) -> Verification:
        """Compare a photo with one dog."""
        request = noseprint_pb2.VerifyDogRequest(dog_id=dog_id, nose=nose)
        answer = await self._call(self._stub.VerifyDog, "VerifyDog", request, deadline)
        return Verification(
            answer.lookup_id,
            answer.same,
            probability(answer.probability),
            provenance_of(answer.model, answer.timings),
        )

    async def add_photos(
        self, dog_id: str, noses: Sequence[bytes], caller: Credentials, deadline: Deadline
    ) -> tuple[Dog, Provenance]:
        """Add photos of a dog's nose; the dog, and how long it took."""
        request = noseprint_pb2.AddNosePhotosRequest(dog_id=dog_id, noses=noses)
        answer = await self._call(
            self._stub.AddNosePhotos, "AddNosePhotos", request, deadline, _metadata(caller)
        )
        return _to_dog(answer.dog), Provenance("", "", _to_timings(answer))

    async def get(self, dog_id: str, caller: Credentials, deadline: Deadline) -> Dog:
        """Read a dog."""
        request = noseprint_pb2.GetDogRequest(dog_id=dog_id)
        answer = await self._call(self._stub.GetDog, "GetDog", request, deadline, _metadata(caller))
        return _to_dog(answer.dog)

    async def list_dogs(
        self, page_size: int, page_token: str, caller: Credentials, deadline: Deadline
    ) -> DogPage:
        """A page of dogs."""
        request = noseprint_pb2.ListDogsRequest(page_size=page_size, page_token=page_token)
        answer = await self._call(self._stub.ListDogs, "ListDogs", request, deadline, _metadata(caller))
        return DogPage(tuple(_to_dog(dog) for dog in answer.dogs), answer.next_page_token)

    async def update(self, dog_id: str, change: DogChange, caller: Credentials, deadline: Deadline) -> Dog:
        """Change a dog's facts or picture."""
        request = noseprint_pb2.UpdateDogRequest(
            dog_id=dog_id,
            name=change.name,
            breed=change.breed,
            sex=to_number(change.sex, noseprint_pb2.Sex) if change.sex else None,
            birth_year=change.birth_year,
            profile=change.profile,
        )
        answer = await self._call(self._stub.UpdateDog, "UpdateDog", request, deadline, _metadata(caller))
        return _to_dog(answer.dog)

    async def delete(self, dog_id: str, caller: Credentials, deadline: Deadline) -> None:
        """Delete a dog with everything that is kept of it."""
        request = noseprint_pb2.DeleteDogRequest(dog_id=dog_id)
        await self._call(self._stub.DeleteDog, "DeleteDog", request, deadline, _metadata(caller))

    async def confirm(self, dog_id: str, code: str, caller: Credentials, deadline: Deadline) -> Dog:
        """Join a dog to the owner who was sent the code."""
        request = noseprint_pb2.ConfirmDogRequest(dog_id=dog_id, code=code)
        answer = await self._call(self._stub.ConfirmDog, "ConfirmDog", request, deadline, _metadata(caller))
        return _to_dog(answer.dog)

    async def owner(self, owner_id: str, caller: Credentials, deadline: Deadline) -> Owner:
        """Read an owner."""
        request = noseprint_pb2.GetOwnerRequest(owner_id=owner_id)
        answer = await self._call(self._stub.GetOwner, "GetOwner", request, deadline, _metadata(caller))
        facts = OwnerFacts(answer.owner.name, answer.owner.phone, answer.owner.email)
        return Owner(answer.id, facts, tuple(_to_dog(dog) for dog in answer.dogs))

    async def report(self, contact_token: str, message: str, contact: str, deadline: Deadline) -> str:
        """Relay a finder's message to a dog's owner; the report's id."""
        request = noseprint_pb2.CreateFoundReportRequest(
            contact_token=contact_token, message=message, contact=contact
        )
        answer = await self._call(self._stub.CreateFoundReport, "CreateFoundReport", request, deadline)
        return answer.id

    async def evidence(self, lookup_id: str, deadline: Deadline) -> bytes:
        """The matched points of two noses, as PNG."""
        request = noseprint_pb2.GetEvidenceRequest(lookup_id=lookup_id)
        answer = await self._call(self._stub.GetEvidence, "GetEvidence", request, deadline)
        return answer.png

    async def profile_picture(self, registration_number: str, deadline: Deadline) -> ProfilePicture:
        """The picture of the dog with a registration number."""
        request = noseprint_pb2.GetProfilePictureRequest(registration_number=registration_number)
        answer = await self._call(self._stub.GetProfilePicture, "GetProfilePicture", request, deadline)
        return ProfilePicture(answer.picture, answer.media_type)


def _metadata(caller: Credentials) -> Metadata:
    if caller.is_administrator:
        return (_ADMINISTRATOR,)
    return (("authorization", f"Bearer {caller.token}"),) if caller.token else ()


def _to_quality(quality: noseprint_pb2.NoseQuality) -> NoseQuality:
    return NoseQuality(
        round(quality.sharpness, 2), quality.nose_px, round(quality.exposure, 3), round(quality.glare, 3)
    )


def _to_timings(answer: noseprint_pb2.AddNosePhotosResponse) -> dict[str, float]:
    return {stage.stage: round(stage.milliseconds, 2) for stage in answer.timings}


def _to_dog(dog: noseprint_pb2.Dog) -> Dog:
    facts = dog.facts
    sex = Sex.UNKNOWN if not facts.sex else word_of(facts.sex, noseprint_pb2.Sex, Sex, field="sex")
    return Dog(
        id=dog.id,
        registration_number=dog.registration_number,
        facts=DogFacts(facts.name, facts.breed, sex, facts.birth_year or None),
        profile_url=dog.profile_url,
        registered_at=dog.registered_at.ToDatetime(UTC),
        state=word_of(dog.state, noseprint_pb2.RegistrationState, DogState, field="state"),
        print_count=dog.print_count,
        owner_id=dog.owner_id,
    )
