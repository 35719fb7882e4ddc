"""What the gateway's tests have the nose-print service answer, by method."""

from collections.abc import Callable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from pawtrait.common.v1 import common_pb2
from pawtrait.noseprint.v1 import noseprint_pb2 as noses

DOG_ID = "0b6f2a52-6b5b-4a87-9d2c-2f0f4d0c7d11"
OWNER_ID = "6d6f8d3e-50d1-4f0b-8f0e-0f3b0f0b6a55"
LOOKUP_ID = "3c1b6a0a-6d0e-4b43-9a55-8a5d9a0f2c11"
NUMBER, MASKED = "20261120143015-ㄲ-5678", "20261120143015-ㄲ-****"
OWNER_TOKEN, CONTACT_TOKEN, NEXT_PAGE = "owner-secret", "contact-secret", "more"
PROFILE = f"/files/profiles/{DOG_ID}.jpg"
MODEL = common_pb2.ModelInfo(name="nose-canned", version="4")
STAGES = [common_pb2.StageTime(stage="nose", milliseconds=12.5)]


def dog(*, own: bool, **changes: Any) -> noses.Dog:
    facts = noses.DogFacts(name="꿍이", breed="Jindo", sex=noses.SEX_FEMALE, birth_year=2021)
    return noses.Dog(
        **{
            "id": DOG_ID,
            "registration_number": NUMBER if own else MASKED,
            "facts": facts,
            "profile_url": PROFILE,
            "registered_at": Timestamp(seconds=1_795_152_615),
            "state": noses.REGISTRATION_STATE_REGISTERED,
            "print_count": 5,
            "owner_id": OWNER_ID if own else "",
            **changes,
        }
    )


KNOWN_DOG = {
    "id": DOG_ID,
    "registration_number": MASKED,
    "name": "꿍이",
    "breed": "Jindo",
    "sex": "female",
    "birth_year": "2021",
    "profile_url": PROFILE,
    "registered_at": "2026-11-20T05:30:15+00:00",
    "probability": "0.9987",
}
"""Metadata of ALREADY_REGISTERED."""


def check_answer(_: Any) -> noses.CheckNoseResponse:
    return noses.CheckNoseResponse(
        nose_box=common_pb2.Box(x_min=0.31, y_min=0.28, x_max=0.7, y_max=0.62),
        confidence=0.97,
        usable=False,
        reasons=["PHOTO_TOO_BLURRY", "NOSE_TOO_SMALL"],
        quality=noses.NoseQuality(sharpness=41.006, nose_px=112, exposure=0.4712, glare=0.0211),
        model=MODEL,
        timings=STAGES,
    )


def match_answer(_: Any) -> noses.IdentifyDogResponse:
    match = noses.DogMatch(dog=dog(own=False), probability=0.99671, contact_token=CONTACT_TOKEN)
    return noses.IdentifyDogResponse(match=match, lookup_id=LOOKUP_ID, model=MODEL, timings=STAGES)


def no_match_answer(_: Any) -> noses.IdentifyDogResponse:
    return noses.IdentifyDogResponse(lookup_id=LOOKUP_ID, model=MODEL, timings=STAGES)


NOSE_ANSWERS: dict[str, Callable[..., Any]] = {
    "CheckNose": check_answer,
    "RegisterDog": lambda _: noses.RegisterDogResponse(
        dog=dog(own=True), owner_token=OWNER_TOKEN, model=MODEL, timings=STAGES
    ),
    "IdentifyDog": match_answer,
    "VerifyDog": lambda _: noses.VerifyDogResponse(
        same=True, probability=0.98, lookup_id=LOOKUP_ID, model=MODEL, timings=STAGES
    ),
    "AddNosePhotos": lambda _: noses.AddNosePhotosResponse(dog=dog(own=True, print_count=7), timings=STAGES),
    "GetDog": lambda _: noses.GetDogResponse(dog=dog(own=True)),
    "ListDogs": lambda _: noses.ListDogsResponse(dogs=[dog(own=True)], next_page_token=NEXT_PAGE),
    "ConfirmDog": lambda _: noses.ConfirmDogResponse(dog=dog(own=True)),
    "GetProfilePicture": lambda _: noses.GetProfilePictureResponse(
        profile_url=PROFILE, picture=b"jpeg", media_type="image/jpeg"
    ),
    "UpdateDog": lambda _: noses.UpdateDogResponse(dog=dog(own=True)),
    "DeleteDog": lambda _: noses.DeleteDogResponse(),
    "GetOwner": lambda _: noses.GetOwnerResponse(
        id=OWNER_ID,
        owner=noses.OwnerFacts(name="김보호", phone="+821012345678"),
        dogs=[dog(own=True)],
    ),
    "CreateFoundReport": lambda _: noses.CreateFoundReportResponse(id=LOOKUP_ID),
    "GetEvidence": lambda _: noses.GetEvidenceResponse(png=b"png", inliers=41),
}
