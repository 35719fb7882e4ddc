"""Whether a photo shows a usable nose."""

from pydantic import BaseModel, ConfigDict, Field

from gateway.dogs import NoseCheck
from gateway.schemas.common import Model, RequestIdField, Timings


class NoseBox(BaseModel):
    """Where the nose is, in fractions of the upright photo."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float
    confidence: float = Field(ge=0, le=1, description="How sure the detector is.")


class NoseQuality(BaseModel):
    """What was measured."""

    sharpness: float = Field(description="Variance of the Laplacian over the nose; more is sharper.")
    nose_px: int = Field(description="Width of the nose, pixels.")
    exposure: float = Field(description="Mean brightness of the nose, 0 to 1.")
    glare: float = Field(description="Share of the nose that is blown out by reflections, 0 to 1.")


class NoseCheckAnswer(BaseModel):
    """Answer of ``POST /v1/noses/check``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "nose_box": {"x_min": 0.31, "y_min": 0.28, "x_max": 0.7, "y_max": 0.62, "confidence": 0.97},
                "usable": False,
                "reasons": ["PHOTO_TOO_BLURRY"],
                "advice": [
                    "The nose is out of focus or moved. Hold still, tap the nose to focus, and try again."
                ],
                "quality": {"sharpness": 41.0, "nose_px": 512, "exposure": 0.47, "glare": 0.02},
                "model": {"name": "nose-print", "version": "1"},
                "timings_ms": {"photo": 21.0, "check": 30.2, "check.detect": 11.8, "total": 52.0},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    nose_box: NoseBox | None = Field(description="The nose; null when none was found.")
    usable: bool = Field(description="Whether registration and lookup would take the photo.")
    reasons: list[str] = Field(description="Why not, the reasons of the errors that they would answer with.")
    advice: list[str] = Field(description="What to do about each, in the caller's language.")
    quality: NoseQuality | None = Field(description="Null when no nose was found.")
    model: Model
    timings_ms: Timings
    request_id: RequestIdField


def nose_box_of(check: NoseCheck) -> NoseBox | None:
    """The box of a check."""
    box = check.box
    if box is None:
        return None
    edges = (round(edge, 4) for edge in (box.x_min, box.y_min, box.x_max, box.y_max))
    x_min, y_min, x_max, y_max = edges
    return NoseBox(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max, confidence=check.confidence)


def quality_of(check: NoseCheck) -> NoseQuality | None:
    """The measures of a check."""
    found = check.quality
    if found is None:
        return None
    return NoseQuality(
        sharpness=found.sharpness, nose_px=found.nose_px, exposure=found.exposure, glare=found.glare
    )
