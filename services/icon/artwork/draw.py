"""Small helpers that write SVG elements. Colours are placeholders such as ``$head_base``."""

from services.icon.artwork.curves import Curve

LINE = 7
"""Width of every contour, in units of the canvas."""


def d(*items: str | float) -> str:
    """The ``d`` attribute from commands and numbers in turn: ``d("M", 10, 20, "h", 5, "Z")``."""
    text = ""
    for item in items:
        if isinstance(item, str):
            text += item
        else:
            text += ("" if text[-1].isalpha() else " ") + f"{round(item, 1):g}"
    return text


def path(shape: Curve | str, fill: str = "none", **attributes: str | float) -> str:
    """A ``path`` element from a closed curve or the text of a ``d`` attribute."""
    d = shape.path() if isinstance(shape, Curve) else shape
    return f'<path d="{d}" fill="{fill}"{_attributes(attributes)}/>'


def contour(shape: Curve | str, fill: str, line: str, width: float = LINE) -> str:
    """A filled shape with the contour of the drawing."""
    return path(shape, fill, stroke=line, stroke_width=width, stroke_linejoin="round", stroke_linecap="round")


def stroke(line: str, colour: str, width: float, **attributes: str | float) -> str:
    """An open line with round ends."""
    return path(
        line,
        "none",
        stroke=colour,
        stroke_width=width,
        stroke_linecap="round",
        stroke_linejoin="round",
        **attributes,
    )


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, **attributes: str | float) -> str:
    """An ellipse about (x, y)."""
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{_attributes(attributes)}/>'


def group(*parts: str, **attributes: str | float) -> str:
    """A group of elements."""
    return f"<g{_attributes(attributes)}>{''.join(parts)}</g>"


def clipped(name: str, *parts: str) -> str:
    """A group that shows only within the clip path ``name`` of the icon."""
    return f'<g clip-path="url(#$id-{name})">{"".join(parts)}</g>'


def clip(name: str, *shapes: str) -> str:
    """A clip path, to stand among the definitions."""
    return f'<clipPath id="$id-{name}">{"".join(shapes)}</clipPath>'


def both(*parts: str) -> str:
    """The parts and their mirror image about the axis of the head."""
    drawn = "".join(parts)
    return f'{drawn}<g transform="matrix(-1 0 0 1 512 0)">{drawn}</g>'


def _attributes(attributes: dict[str, str | float]) -> str:
    out = ""
    for name, value in attributes.items():
        text = f"{value:g}" if isinstance(value, float | int) else value
        out += f' {name.replace("_", "-")}="{text}"'
    return out
