"""Registered dogs: what the public sees of them, and what the holder of a token does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from gateway.addresses import absolute
from gateway.dogs import Dog, DogState, Sex
from gateway.schemas.common import Model, Probability, RequestIdField, Timings

_PUBLIC: dict[str, Any] = {
    "id": "0b6f2a52-6b5b-4a87-9d2c-2f0f4d0c7d11",
    "registration_number": "20261120143015-ㄲ-****",
    "name": "꿍이",
    "breed": "Jindo",
    "sex": "female",
    "birth_year": 2021,
    "profile_url": "https://pawtrait.example/files/profiles/0b6f2a52-6b5b-4a87-9d2c-2f0f4d0c7d11.jpg",
    "registered_at": "2026-11-20T05:30:15Z",
}
_OWN: dict[str, Any] = {
    **_PUBLIC,
    "registration_number": "20261120143015-ㄲ-5678",
    "state": "registered",
    "nose_photos": 5,
    "owner_id": "6d6f8d3e-50d1-4f0b-8f0e-0f3b0f0b6a55",
}
_MODEL: dict[str, Any] = {"name": "nose-print", "version": "1"}
EarliestYear = 1980


class PublicDog(BaseModel):
    """What anybody may see of a registered dog."""

    model_config = ConfigDict(json_schema_extra={"example": _PUBLIC})

    id: str = Field(description="UUID.")
    registration_number: str = Field(description="Its tail is masked for anyone but the owner.")
    name: str
    breed: str | None = Field(description="In the owner's words; null: not said.")
    sex: Sex
    birth_year: int | None = Field(description="Null: not said.")
    profile_url: str | None = Field(description="The dog's picture; null: there is none.")
    registered_at: datetime

    @classmethod
    def of(cls, dog: Dog, request: Request) -> "PublicDog":
        """The public facts of a dog."""
        return cls(**_public(dog, request))

    @classmethod
    def of_metadata(cls, facts: Mapping[str, str], request: Request) -> "PublicDog":
        """The same from the metadata of ``ALREADY_REGISTERED``.

        Raises:
            ValueError: they are not what the contract says.

        """
        year, url = facts.get("birth_year", ""), facts.get("profile_url", "")
        return cls(
            id=facts.get("id", ""),
            registration_number=facts.get("registration_number", ""),
            name=facts.get("name", ""),
            breed=facts.get("breed") or None,
            sex=Sex(facts.get("sex") or "unknown"),
            birth_year=int(year) if year else None,
            profile_url=absolute(url, request) if url else None,
            registered_at=datetime.fromisoformat(facts.get("registered_at", "")),
        )


class OwnDog(PublicDog):
    """What the holder of its token, or an administrator, sees of a dog."""

    model_config = ConfigDict(json_schema_extra={"example": _OWN})

    state: DogState = Field(description="`pending`: disputed, waiting for a person to decide.")
    nose_photos: int = Field(description="Photos of its nose that are kept.")
    owner_id: str | None

    @classmethod
    def of(cls, dog: Dog, request: Request) -> "OwnDog":
        """All facts of a dog."""
        return cls(
            **_public(dog, request),
            state=dog.state,
            nose_photos=dog.print_count,
            owner_id=dog.owner_id or None,
        )


def _public(dog: Dog, request: Request) -> dict[str, Any]:
    return {
        "id": dog.id,
        "registration_number": dog.registration_number,
        "name": dog.facts.name,
        "breed": dog.facts.breed or None,
        "sex": dog.facts.sex,
        "birth_year": dog.facts.birth_year,
        "profile_url": absolute(dog.profile_url, request) if dog.profile_url else None,
        "registered_at": dog.registered_at,
    }


class RegistrationAnswer(BaseModel):
    """Answer of ``POST /v1/dogs``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "dog": _OWN,
                "owner_token": "pt_Zm9yIHRoZSBvd25lciBhbG9uZQ",
                "model": _MODEL,
                "timings_ms": {"nose": 210.4, "agree": 20.1, "search": 6.0, "insert": 9.3},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    dog: OwnDog
    owner_token: str = Field(description="Reads, changes and deletes this dog. Shown once: keep it.")
    model: Model
    timings_ms: Timings
    request_id: RequestIdField


class MatchBody(BaseModel):
    """A dog that was found."""

    dog: PublicDog
    probability: Probability
    contact_token: str = Field(
        description="For `POST /v1/found-reports`, once and not for long. The owner is not named."
    )
    evidence_url: str = Field(description="A picture of the matched points of the two noses.")


class LookupAnswer(BaseModel):
    """Answer of ``POST /v1/dogs/lookup``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "match": {
                    "dog": _PUBLIC,
                    "probability": 0.997,
                    "contact_token": "pc_b25jZSBhbmQgbm90IGZvciBsb25n",
                    "evidence_url": "https://pawtrait.example/v1/lookups/3c1b6a0a-6d0e-4b43-9a55-8a5d9a0f2c11/evidence.png",
                },
                "lookup_id": "3c1b6a0a-6d0e-4b43-9a55-8a5d9a0f2c11",
                "model": _MODEL,
                "timings_ms": {"photo": 22.0, "lookup": 80.0, "lookup.search": 4.1, "total": 104.0},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    match: MatchBody | None = Field(description="Null: no registered dog is near enough.")
    lookup_id: str
    model: Model
    timings_ms: Timings
    request_id: RequestIdField


class VerificationAnswer(BaseModel):
    """Answer of ``POST /v1/dogs/{dog_id}/verify``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "same": True,
                "probability": 0.997,
                "lookup_id": "3c1b6a0a-6d0e-4b43-9a55-8a5d9a0f2c11",
                "evidence_url": "https://pawtrait.example/v1/lookups/3c1b6a0a-6d0e-4b43-9a55-8a5d9a0f2c11/evidence.png",
                "model": _MODEL,
                "timings_ms": {"photo": 22.0, "verify": 70.0, "total": 93.0},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    same: bool = Field(description="Whether the probability reaches the threshold of verification.")
    probability: Probability
    lookup_id: str
    evidence_url: str | None = Field(description="As of a lookup; null when it is not the same dog.")
    model: Model
    timings_ms: Timings
    request_id: RequestIdField


class DogAnswer(BaseModel):
    """A dog, for who may see all of it."""

    model_config = ConfigDict(json_schema_extra={"example": {"dog": _OWN, "request_id": "5f0c1f0e9a"}})

    dog: OwnDog
    request_id: RequestIdField


class MorePhotosAnswer(DogAnswer):
    """Answer of ``POST /v1/dogs/{dog_id}/noses``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "dog": {**_OWN, "nose_photos": 7},
                "timings_ms": {"photo": 40.1, "noses": 160.0, "total": 201.0},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    timings_ms: Timings


class DogListAnswer(BaseModel):
    """Answer of ``GET /v1/dogs``."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"dogs": [_OWN], "next_page_token": None, "request_id": "5f0c1f0e9a"}}
    )

    dogs: list[OwnDog] = Field(description="Newest first.")
    next_page_token: str | None = Field(description="For `page_token`; null: this was the last page.")
    request_id: RequestIdField


class OwnerAnswer(BaseModel):
    """Answer of ``GET /v1/owners/{owner_id}``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _OWN["owner_id"],
                "name": "김보호",
                "phone": "+821012345678",
                "email": None,
                "dogs": [_OWN],
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    id: str
    name: str
    phone: str = Field(description="E.164.")
    email: str | None
    dogs: list[OwnDog] = Field(description="For the holder of a dog's token that dog, else all of them.")
    request_id: RequestIdField


class DogChangeBody(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "꿍이", "birth_year": 2020}}
    )

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    breed: Annotated[str, Field(max_length=100)] | None = Field(None, description="Empty: no longer said.")
    sex: Sex | None = None
    birth_year: Annotated[int, Field(ge=EarliestYear, le=9999)] | None = None


class ConfirmationBody(BaseModel):
    """The code that the owner was sent."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "482913"}})

    code: str = Field(min_length=1, max_length=100)


class FoundReportBody(BaseModel):
    """What a finder tells the owner."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "contact_token": "pc_b25jZSBhbmQgbm90IGZvciBsb25n",
                "message": "She is with me, near the park. She is well.",
                "contact": "010-0000-0000",
            }
        },
    )

    message: str = Field(min_length=1, max_length=2000)
    contact: str = Field(min_length=1, max_length=200, description="How the owner reaches the finder.")
    contact_token: str = Field(
        "", max_length=512, description="From the lookup; or as `Authorization: Bearer`."
    )


class FoundReportAnswer(BaseModel):
    """Answer of ``POST /v1/found-reports``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"id": "d2a3c0a0-1f6e-4a0e-9a3e-6b1f7f1f2a90", "request_id": "5f0c1f0e9a"}
        }
    )

    id: str
    request_id: RequestIdField
