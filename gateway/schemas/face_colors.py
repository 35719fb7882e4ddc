"""The colours of a face."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.answers import FaceColours, Head, Swatch
from gateway.schemas.common import Model, Partial, Probability, RequestIdField, Timings
from shared.vocabulary import Colour

Fraction = Annotated[float, Field(ge=0, le=1, description="Fraction of the upright picture, 0 to 1.")]

_BLACK: dict[str, Any] = {"name": "black", "hex": "#22201f", "lab": [12.1, 0.6, 0.9], "share": 0.61}
_WHITE: dict[str, Any] = {"name": "white", "hex": "#e9e5df", "lab": [91.0, 0.3, 3.2], "share": 0.27}
FACE_COLORS_EXAMPLE: dict[str, Any] = {
    "head_box": {"x_min": 0.21, "y_min": 0.1, "x_max": 0.63, "y_max": 0.58, "confidence": 0.94},
    "primary": _BLACK,
    "secondary": _WHITE,
    "palette": [_BLACK, _WHITE],
}


class HeadBox(BaseModel):
    """Where the dog's head is."""

    x_min: Fraction
    y_min: Fraction
    x_max: Fraction
    y_max: Fraction
    confidence: Probability

    @classmethod
    def of(cls, head: Head) -> "HeadBox":
        """The body for a head; four decimals are a tenth of a pixel."""
        edges = {name: round(getattr(head.box, name), 4) for name in ("x_min", "y_min", "x_max", "y_max")}
        return cls(**edges, confidence=head.confidence)


class SwatchBody(BaseModel):
    """One colour of a face."""

    name: Colour
    hex: str = Field(pattern="^#[0-9a-f]{6}$", description="sRGB, lower case.")
    lab: tuple[float, float, float] = Field(description="CIELAB (D65): L*, a*, b*.")
    share: float = Field(ge=0, le=1, description="Share of the face's fur, 0 to 1.")

    @classmethod
    def of(cls, swatch: Swatch) -> "SwatchBody":
        """The body for a swatch."""
        return cls(name=swatch.name, hex=swatch.hex, lab=swatch.lab, share=swatch.share)


class FaceColorsBody(BaseModel):
    """The colours of a dog's face."""

    model_config = ConfigDict(json_schema_extra={"example": FACE_COLORS_EXAMPLE})

    head_box: HeadBox | None = Field(
        description="The largest head. Null when none was found: then the middle of the photo was read."
    )
    primary: SwatchBody = Field(description="The main colour of the fur.")
    secondary: SwatchBody | None = Field(description="The second colour; null when the face has one.")
    palette: list[SwatchBody] = Field(max_length=5, description="Measured colours, the largest share first.")

    @classmethod
    def of(cls, colours: FaceColours, head: Head | None) -> "FaceColorsBody":
        """The body for colours read from a head."""
        return cls(
            head_box=HeadBox.of(head) if head else None,
            primary=SwatchBody.of(colours.primary),
            secondary=SwatchBody.of(colours.secondary) if colours.secondary else None,
            palette=[SwatchBody.of(swatch) for swatch in colours.palette],
        )


class FaceColorsAnswer(FaceColorsBody):
    """Answer of ``POST /v1/face-colors``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **FACE_COLORS_EXAMPLE,
                "partial": [],
                "model": {"name": "face-colours", "version": "1"},
                "timings_ms": {"photo": 9.1, "heads": 14.2, "face_colors": 12.0, "total": 40.0},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    partial: Partial
    model: Model
    timings_ms: Timings
    request_id: RequestIdField
