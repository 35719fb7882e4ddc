"""Icons: what to draw, what was drawn, and what can be chosen."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.answers import Icon, IconChoices, IconFormat, IconParts, Style
from gateway.schemas.common import Model, Partial, RequestIdField, Timings
from gateway.schemas.face_colors import FACE_COLORS_EXAMPLE, FaceColorsBody
from gateway.schemas.traits import TRAITS_EXAMPLE, TraitsBody
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

STYLE_NAME = "[a-z0-9][a-z0-9._-]{0,63}"
"""Names that a style can have."""

MIN_SIZE, MAX_SIZE, DEFAULT_SIZE = 32, 1024, 512

Size = Annotated[
    int, Field(ge=MIN_SIZE, le=MAX_SIZE, description="Width and height, pixels. An SVG ignores it.")
]
StyleName = Annotated[
    str,
    Field(
        pattern=f"^({STYLE_NAME})?$",
        description="Style pack with its version, from `GET /v1/icons/parts`. Empty: the default style.",
    ),
]

_PARTS_EXAMPLE: dict[str, Any] = {
    "style": "classic-v1",
    "ear": "up",
    "fur": "long",
    "pattern": "blaze",
    "primary": "black",
    "secondary": "white",
    "head": "long",
    "beard": False,
}
_ICON_EXAMPLE: dict[str, Any] = {
    "url": "http://localhost:8000/files/icons/classic-v1/9f2c.png",
    "format": "png",
    "size": 512,
    "parts": _PARTS_EXAMPLE,
}


class PartsQuery(BaseModel):
    """What an icon shows. Everything has a default."""

    ear: Ear = Field(Ear.DOWN, description="How the ears stand.")
    fur: Fur = Field(Fur.SHORT, description="The coat.")
    pattern: Pattern = Field(Pattern.NONE, description="The pattern of the face.")
    primary: Colour = Field(Colour.TAN, description="Main colour of the fur.")
    secondary: Colour | None = Field(
        None, description="Colour of the pattern. Left out: the primary colour, which shows no pattern."
    )
    head: HeadShape = Field(HeadShape.ROUND, description="Outline of the head.")
    beard: bool = Field(False, description="Whether the dog wears a beard.")
    size: Size = DEFAULT_SIZE

    def parts(self, style: str) -> IconParts:
        """The same in the gateway's own words."""
        return IconParts(style=style, **self.model_dump(include=set(PARTS)))


PARTS = ("ear", "fur", "pattern", "primary", "secondary", "head", "beard")


class IconRequest(PartsQuery):
    """Body of ``POST /v1/icons``."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {**_PARTS_EXAMPLE, "format": "png", "size": 512}}
    )

    style: StyleName = ""
    format: IconFormat = IconFormat.PNG


class PartsBody(BaseModel):
    """What an icon shows."""

    style: str
    ear: Ear
    fur: Fur
    pattern: Pattern
    primary: Colour
    secondary: Colour
    head: HeadShape
    beard: bool


class IconBody(BaseModel):
    """A kept icon."""

    model_config = ConfigDict(json_schema_extra={"example": _ICON_EXAMPLE})

    url: str = Field(description="Where the icon is served, for good.")
    format: IconFormat
    size: int = Field(description="Width and height, pixels.")
    parts: PartsBody = Field(
        description="What it shows. The same names are the parameters of `GET /v1/icons/{style}.png`."
    )

    @classmethod
    def of(cls, icon: Icon, url: str, image_format: IconFormat, parts: IconParts) -> "IconBody":
        """The body for an icon kept at ``url``."""
        return cls(
            url=url,
            format=image_format,
            size=icon.size,
            parts=PartsBody(
                style=icon.style,
                secondary=parts.secondary or parts.primary,
                **{name: getattr(parts, name) for name in PARTS if name != "secondary"},
            ),
        )


class IconAnswer(BaseModel):
    """Answer of ``POST /v1/icons``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "icon": _ICON_EXAMPLE,
                "model": {"name": "classic-v1", "version": "1"},
                "timings_ms": {"icon": 8.4, "icon.render": 6.0, "total": 8.9},
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    icon: IconBody
    model: Model
    timings_ms: Timings
    request_id: RequestIdField


class FromPhotoAnswer(BaseModel):
    """Answer of ``POST /v1/icons/from-photo``."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "icon": _ICON_EXAMPLE,
                "traits": TRAITS_EXAMPLE,
                "face_colors": FACE_COLORS_EXAMPLE,
                "partial": [],
                "model": {
                    "heads": {"name": "dog-heads", "version": "1"},
                    "traits": {"name": "traits-mobilenet-v2", "version": "1"},
                    "face_colors": {"name": "face-colours", "version": "1"},
                    "icon": {"name": "classic-v1", "version": "1"},
                },
                "timings_ms": {
                    "photo": 9.1,
                    "heads": 14.2,
                    "traits": 31.0,
                    "face_colors": 12.0,
                    "icon": 8.4,
                    "total": 64.0,
                },
                "request_id": "5f0c1f0e9a",
            }
        }
    )

    icon: IconBody | None = Field(description="Null only when `partial` names `icon`.")
    traits: TraitsBody | None = Field(description="Null only when `partial` names `traits`.")
    face_colors: FaceColorsBody | None = Field(description="Null only when `partial` names `facecolor`.")
    partial: Partial
    model: dict[str, Model] = Field(description="Which model gave each part of the answer.")
    timings_ms: Timings
    request_id: RequestIdField


class StyleBody(BaseModel):
    """A style pack and what it can draw."""

    id: str = Field(description="Identifier with version, as in the icons' addresses.")
    name: str = Field(description="Name for people, English.")
    ear: list[Ear]
    fur: list[Fur]
    pattern: list[Pattern]
    head: list[HeadShape]
    colors: dict[Colour, str] = Field(description="Colours it paints with, sRGB `#rrggbb` by name.")
    beard: bool = Field(description="Whether it can draw beards.")
    formats: list[IconFormat]

    @classmethod
    def of(cls, style: Style) -> "StyleBody":
        """The body for a style."""
        return cls(
            id=style.id,
            name=style.name,
            ear=list(style.ears),
            fur=list(style.furs),
            pattern=list(style.patterns),
            head=list(style.heads),
            colors=dict(style.colours),
            beard=style.beards,
            formats=list(style.formats),
        )


class SizeRange(BaseModel):
    """The sizes allowed, pixels."""

    min: int
    max: int
    default: int


class PartsAnswer(BaseModel):
    """Answer of ``GET /v1/icons/parts``."""

    styles: list[StyleBody] = Field(description="The styles, the default one first.")
    size: SizeRange
    request_id: RequestIdField

    @classmethod
    def of(cls, choices: IconChoices, request_id: str) -> "PartsAnswer":
        """The body for what can be chosen."""
        size = SizeRange(min=choices.min_size, max=choices.max_size, default=DEFAULT_SIZE)
        return cls(styles=[StyleBody.of(style) for style in choices.styles], size=size, request_id=request_id)
