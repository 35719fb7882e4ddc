"""What several answers share."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gateway.answers import Provenance

Probability = Annotated[float, Field(ge=0, le=1, description="Calibrated probability, 0 to 1.")]


class Model(BaseModel):
    """Which model gave an answer."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "traits-mobilenet-v2", "version": "1"}})

    name: str = Field(description="Name of the model.")
    version: str = Field(description="Version of its weights; changes whenever an answer could.")

    @classmethod
    def of(cls, provenance: Provenance) -> "Model":
        """The model of an answer."""
        return cls(name=provenance.name, version=provenance.version)


Timings = Annotated[
    dict[str, float],
    Field(
        description=(
            "Wall time of each stage, milliseconds. `photo` is taking the photo in; a name with a dot is a "
            "stage inside a service, `total` is everything from when the body had been read."
        ),
        examples=[{"photo": 9.1, "heads": 14.2, "heads.detect": 9.9, "traits": 31.0, "total": 58.3}],
    ),
]

RequestIdField = Annotated[
    str, Field(description="The id of this request, also in `X-Request-Id`.", examples=["5f0c1f0e9a"])
]

Partial = Annotated[
    list[str],
    Field(
        description=(
            "Names of the services that were down: what they would have said is left out. Empty when "
            "nothing is missing. Never caused by load."
        ),
        examples=[[]],
    ),
]


def timings(
    walls: Mapping[str, float], provenances: Mapping[str, Provenance | None], total: float
) -> dict[str, float]:
    """Wall times by call, the stages inside each service as ``call.stage``, and the total."""
    stages = {
        f"{call}.{stage}": spent
        for call, provenance in provenances.items()
        if provenance is not None
        for stage, spent in provenance.timings.items()
    }
    return {**walls, **stages, "total": round(total, 2)}
