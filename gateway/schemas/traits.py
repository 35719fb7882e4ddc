"""What kind of dog a photo shows."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.answers import Traits
from gateway.schemas.common import Model, Partial, Probability, RequestIdField, Timings
from shared.vocabulary import Ear, Fur, HeadShape, Pattern

TRAITS_EXAMPLE: dict[str, Any] = {
    "dog": {"probability": 0.998, "count": 1},
    "breed": {
        "top": [
            {"id": "border_collie", "name": "Border collie", "probability": 0.81},
            {"id": "collie", "name": "Rough collie", "probability": 0.07},
            {"id": "shetland_sheepdog", "name": "Shetland sheepdog", "probability": 0.04},
            {"id": "bernese_mountain_dog", "name": "Bernese mountain dog", "probability": 0.02},
            {"id": "english_springer", "name": "English springer spaniel", "probability": 0.01},
        ]
    },
    "ear": {"value": "up", "probability": 0.93},
    "fur": {"value": "long", "probability": 0.97},
    "pattern": {"value": "blaze", "probability": 0.88},
    "head": "long",
    "beard": False,
}


class Dog(BaseModel):
    """Whether there is a dog."""

    probability: Probability
    count: int = Field(ge=1, description="Heads found; the answer is about the largest. At least 1.")


class BreedCandidate(BaseModel):
    """A breed the dog may be."""

    id: str = Field(description="Stable identifier in lower_snake_case.")
    name: str = Field(description="Name for people, English.")
    probability: Probability


class BreedAnswer(BaseModel):
    """The breeds it may be."""

    top: list[BreedCandidate] = Field(description="The five likeliest, likeliest first.")


class EarAnswer(BaseModel):
    """How the ears stand."""

    value: Ear
    probability: Probability


class FurAnswer(BaseModel):
    """The coat of the head."""

    value: Fur
    probability: Probability


class PatternAnswer(BaseModel):
    """The pattern of the face."""

    value: Pattern
    probability: Probability


class TraitsBody(BaseModel):
    """The traits of a dog."""

    model_config = ConfigDict(json_schema_extra={"example": TRAITS_EXAMPLE})

    dog: Dog
    breed: BreedAnswer
    ear: EarAnswer
    fur: FurAnswer
    pattern: PatternAnswer
    head: HeadShape = Field(description="Head shape typical of the likeliest breed; icons follow it.")
    beard: bool = Field(description="Whether the likeliest breed typically wears a beard; icons follow it.")

    @classmethod
    def of(cls, traits: Traits, count: int) -> "TraitsBody":
        """The body for traits read from a photo with ``count`` heads."""
        return cls(
            dog=Dog(probability=traits.dog_probability, count=count),
            breed=BreedAnswer(
                top=[
                    BreedCandidate(id=breed.id, name=breed.name, probability=breed.probability)
                    for breed in traits.breeds
                ]
            ),
            ear=EarAnswer(value=traits.ear, probability=traits.ear_probability),
            fur=FurAnswer(value=traits.fur, probability=traits.fur_probability),
            pattern=PatternAnswer(value=traits.pattern, probability=traits.pattern_probability),
            head=traits.head,
            beard=traits.beard,
        )


class TraitsAnswer(TraitsBody):
    """Answer of ``POST /v1/traits``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **TRAITS_EXAMPLE,
                "partial": [],
                "model": {"name": "traits-mobilenet-v2", "version": "1"},
                "timings_ms": {"photo": 9.1, "heads": 14.2, "traits": 31.0, "total": 55.0},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    partial: Partial
    model: Model
    timings_ms: Timings
    request_id: RequestIdField
