"""Draws what a photo should look like: a wrong one with a cross beside a right one with a tick."""

from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from pydantic import BaseModel, ConfigDict, Field

from services.icon import rendering
from services.icon.packs.loading import built_in_pack
from services.icon.spec import DrawnDog

SIZE = (672, 340)
"""Width and height of an example, pixels."""

_FRAME, _RADIUS, _BORDER, _GAP = 288, 28, 10, 24
_FINER = 2
"""Drawn this much larger and scaled down."""
_CANVAS = 512
_FACE = 256, 262
"""Where the middle of the face lies on the canvas of an icon."""
_WIDER = 40, 592
"""Canvas units by which a whole figure is wider to the left than an icon, and the side of its own canvas."""
_BACK = frozenset({"face", "muzzle", "shading", "pattern", "beard", "chest"})
"""What is not seen of a dog that looks away."""
_WRONG, _RIGHT = "#d23b30", "#2e8b57"
_HORIZON = 0.72

_DISC_CLIP = '<circle cx="256" cy="256" r="250"/></clipPath>'
_NO_CLIP = '<rect x="-200" y="-200" width="912" height="912"/></clipPath>'

_BOWL = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" width="512" height="512">
<ellipse cx="256" cy="410" rx="200" ry="22" fill="#2a1530" opacity="0.14"/>
<path d="M98 296h316l34 104a14 14 0 0 1-14 18H78a14 14 0 0 1-14-18z" fill="#d9543f"/>
<path d="M78 372l-14 28a14 14 0 0 0 14 18h356a14 14 0 0 0 14-18l-14-28z" fill="#b8402e"/>
<ellipse cx="256" cy="296" rx="158" ry="30" fill="#8c2f22"/>
<path d="M110 296c10-64 60-88 96-84 20-26 74-30 98 0 44-6 86 30 98 84-60 26-230 26-292 0z" fill="#8a5a34"/>
<g fill="#a9743f"><circle cx="180" cy="268" r="20"/><circle cx="236" cy="246" r="22"/>
<circle cx="300" cy="250" r="20"/><circle cx="344" cy="276" r="18"/><circle cx="262" cy="284" r="18"/></g>
<g transform="translate(256 362) rotate(-8)" fill="#fff7ea">
<rect x="-52" y="-11" width="104" height="22" rx="8"/>
<circle cx="-54" cy="-13" r="16"/><circle cx="-54" cy="13" r="16"/><circle cx="54" cy="-13" r="16"/>
<circle cx="54" cy="13" r="16"/></g></svg>"""


class PlacedDog(BaseModel):
    """A dog in a frame.

    ``x`` and ``y`` place the middle of its face, in shares of the frame; an icon of ``scale`` 1 fills it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dog: DrawnDog
    x: float
    y: float
    scale: Annotated[float, Field(gt=0, le=4)]
    view: Literal["front", "back"] = "front"


class Frame(BaseModel):
    """A photo that is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ground: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    dogs: tuple[PlacedDog, ...] = ()
    still_life: bool = False
    """A bowl and a bone, and no dog."""
    dim: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How dark it is, 0: not at all."""


class Example(BaseModel):
    """A photo that will not do beside one that will."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wrong: Frame
    right: Frame


def draw_example(example: Example) -> Image.Image:
    """Both photos beside each other on a transparent sheet of :data:`SIZE`, RGBA."""
    sheet = Image.new("RGBA", (SIZE[0] * _FINER, SIZE[1] * _FINER))
    side = _FRAME + 2 * _BORDER
    left = (SIZE[0] - 2 * side - _GAP) // 2
    for x, frame, good in ((left, example.wrong, False), (left + side + _GAP, example.right, True)):
        _lay_frame(sheet, frame, x * _FINER, 8 * _FINER)
        _lay_badge(sheet, ((x + side / 2) * _FINER, (8 + side - 6) * _FINER), good=good)
    return sheet.resize(SIZE, Image.Resampling.LANCZOS)


def _lay_frame(sheet: Image.Image, frame: Frame, left: int, top: int) -> None:
    side, border = _FRAME * _FINER, _BORDER * _FINER
    whole = side + 2 * border
    shadow = Image.new("RGBA", sheet.size)
    shape = (left, top + 6 * _FINER, left + whole, top + whole + 6 * _FINER)
    ImageDraw.Draw(shadow).rounded_rectangle(shape, (_RADIUS + 8) * _FINER, (42, 21, 48, 80))
    sheet.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(7 * _FINER)))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((left, top, left + whole, top + whole), (_RADIUS + 8) * _FINER, "white")
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, side - 1, side - 1), _RADIUS * _FINER, 255)
    sheet.paste(_photo(frame, side), (left + border, top + border), mask)


def _photo(frame: Frame, side: int) -> Image.Image:
    """What is in the frame: a wall and a floor, and whoever stands before them."""
    photo = Image.new("RGBA", (side, side), frame.ground)
    floor = Image.new("RGBA", (side, side - round(side * _HORIZON)), (42, 21, 48, 22))
    photo.alpha_composite(floor, (0, round(side * _HORIZON)))
    if frame.still_life:
        photo.alpha_composite(_drawn(_BOWL, side), (0, 0))
    for placed in frame.dogs:
        unit = side * placed.scale / _CANVAS
        figure = _figure(placed.dog, placed.view, round(_WIDER[1] * unit))
        x = round(placed.x * side - (_FACE[0] + _WIDER[0]) * unit)
        y = round(placed.y * side - _FACE[1] * unit)
        box = (max(-x, 0), max(-y, 0), min(figure.width, side - x), min(figure.height, side - y))
        if box[0] < box[2] and box[1] < box[3]:
            photo.alpha_composite(figure.crop(box), (max(x, 0), max(y, 0)))
    if frame.dim:
        photo.alpha_composite(Image.new("RGBA", photo.size, (16, 12, 24, round(255 * frame.dim))))
    return photo.convert("RGB")


@lru_cache(maxsize=16)
def _figure(dog: DrawnDog, view: str, size: int) -> Image.Image:
    """A dog without its disc, down to the chest."""
    without = frozenset({"backdrop.svg"}) | (_BACK if view == "back" else frozenset())
    svg = built_in_pack().compose(dog.spec(), without).svg.replace(_DISC_CLIP, _NO_CLIP)
    left, wide = _WIDER
    return _drawn(svg.replace('viewBox="0 0 512 512"', f'viewBox="-{left} 0 {wide} {wide}"'), size)


def _drawn(svg: str, size: int) -> Image.Image:
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = rendering.rasterise(svg, size)
    return Image.fromarray(pixels)


def _lay_badge(sheet: Image.Image, middle: tuple[float, float], *, good: bool) -> None:
    pen = ImageDraw.Draw(sheet)
    radius = 24 * _FINER
    x, y = middle
    pen.circle(middle, radius + 5 * _FINER, "white")
    pen.circle(middle, radius, _RIGHT if good else _WRONG)
    strokes = [(-11, 1, -3, 9, 12, -9)] if good else [(-9, -9, 9, 9), (9, -9, -9, 9)]
    for stroke in strokes:
        points = [(x + stroke[i] * _FINER, y + stroke[i + 1] * _FINER) for i in range(0, len(stroke), 2)]
        pen.line(points, "white", 6 * _FINER, joint="curve")
        for point in (points[0], points[-1]):
            pen.circle(point, 3 * _FINER, "white")
