"""Between messages of the contract and plain Python. Used by the server only."""

from collections.abc import Sequence

from pawtrait.noseprint.v1 import noseprint_pb2
from services.noseprint.access import Caller
from services.noseprint.dog_care import DogChange, OwnerView
from services.noseprint.identification import Lookup
from services.noseprint.nose_reader import NoseCheck
from services.noseprint.register.facts import Sex, check_dog, check_owner
from services.noseprint.registration_call import RegistrationRequest
from services.noseprint.views import DogView
from shared.call_metadata import bearer_token, metadata_of
from shared.errors import PawtraitError, Reason
from shared.interceptors import Context
from shared.messages import to_box_message, to_number, to_timings, to_word

ADMINISTRATOR = "x-pawtrait-admin"
"""Metadata key that the gateway, and nobody else, sets once it has seen an administrator's key."""
_LONGEST_CALL_KEY = 200


def caller_of(context: Context) -> Caller:
    """Who calls."""
    metadata = metadata_of(context)
    return Caller(bearer_token(metadata), metadata.get(ADMINISTRATOR, "").lower() in ("1", "true", "yes"))


def to_registration(request: noseprint_pb2.RegisterDogRequest, *, region: str) -> RegistrationRequest:
    """What a caller wants registered.

    Raises:
        PawtraitError: ``INVALID_FIELD`` naming the field.
    """
    dog, owner = request.dog, request.owner
    if len(request.request_id) > _LONGEST_CALL_KEY:
        raise PawtraitError(
            Reason.INVALID_FIELD,
            f"request_id has at most {_LONGEST_CALL_KEY} characters",
            {"field": "request_id"},
        )
    return RegistrationRequest(
        noses=tuple(request.noses),
        owner=check_owner(owner.name, owner.phone, owner.email, region=region),
        dog=check_dog(
            dog.name, dog.breed, to_word(dog.sex, noseprint_pb2.Sex, Sex, field="dog_sex"), dog.birth_year
        ),
        profile=request.profile if request.HasField("profile") else None,
        dispute=request.dispute,
        owner_token=request.owner_token,
        call_key=request.request_id,
    )


def to_change(request: noseprint_pb2.UpdateDogRequest) -> DogChange:
    """What a caller wants changed.

    Raises:
        PawtraitError: ``INVALID_FIELD``: ``sex``.
    """
    return DogChange(
        name=request.name if request.HasField("name") else None,
        breed=request.breed if request.HasField("breed") else None,
        sex=to_word(request.sex, noseprint_pb2.Sex, Sex, field="sex") if request.HasField("sex") else None,
        birth_year=request.birth_year if request.HasField("birth_year") else None,
        profile=request.profile if request.HasField("profile") else None,
    )


def dog_message(dog: DogView) -> noseprint_pb2.Dog:
    """A dog as a message."""
    message = noseprint_pb2.Dog(
        id=str(dog.id),
        registration_number=dog.registration_number,
        facts=noseprint_pb2.DogFacts(
            name=dog.facts.name,
            breed=dog.facts.breed,
            sex=to_number(dog.facts.sex, noseprint_pb2.Sex),
            birth_year=dog.facts.birth_year or 0,
        ),
        profile_url=dog.profile_url,
        state=to_number(dog.state, noseprint_pb2.RegistrationState),
        print_count=dog.print_count,
        owner_id=str(dog.owner_id) if dog.owner_id else "",
    )
    message.registered_at.FromDatetime(dog.registered_at)
    return message


def check_message(check: NoseCheck) -> noseprint_pb2.CheckNoseResponse:
    """What a photo is good for."""
    message = noseprint_pb2.CheckNoseResponse(
        usable=check.usable, reasons=[reason.value for reason in check.reasons]
    )
    if check.nose is not None:
        message.nose_box.CopyFrom(to_box_message(check.nose.box))
        message.confidence = check.nose.confidence
    if check.quality is not None:
        message.quality.CopyFrom(
            noseprint_pb2.NoseQuality(
                sharpness=check.quality.sharpness,
                nose_px=check.quality.nose_px,
                exposure=check.quality.exposure,
                glare=check.quality.glare,
            )
        )
    return message


def lookup_message(lookup: Lookup) -> noseprint_pb2.IdentifyDogResponse:
    """The answer to a lookup."""
    message = noseprint_pb2.IdentifyDogResponse(lookup_id=str(lookup.id), timings=to_timings(lookup.stages))
    if lookup.match is not None:
        message.match.CopyFrom(
            noseprint_pb2.DogMatch(
                dog=dog_message(lookup.match.dog),
                probability=lookup.match.probability,
                contact_token=lookup.match.contact_token,
            )
        )
    return message


def owner_message(owner: OwnerView) -> noseprint_pb2.GetOwnerResponse:
    """An owner in clear."""
    facts = noseprint_pb2.OwnerFacts(name=owner.facts.name, phone=owner.facts.phone, email=owner.facts.email)
    return noseprint_pb2.GetOwnerResponse(id=str(owner.id), owner=facts, dogs=dog_messages(owner.dogs))


def dog_messages(dogs: Sequence[DogView]) -> list[noseprint_pb2.Dog]:
    """Dogs as messages."""
    return [dog_message(dog) for dog in dogs]
