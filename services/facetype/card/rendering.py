"""Draws a card: :func:`render_portrait` for stories and chats, :func:`render_landscape` for link previews."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from services.facetype.card import shapes
from services.facetype.card.colours import BRAND, INK, PAPER, SOFT, CardColours, Rgb, colours_of
from services.facetype.card.content import CardContent, CardPicture, Language
from services.facetype.card.fonts import HEAVY, MEDIUM, font
from services.facetype.card.layout import LANDSCAPE, PORTRAIT, Layout
from services.facetype.card.text import FittedText, fit, measured

NAME = "Pawtrait"
_LABELS: dict[Language, str] = {"en": "Face type", "ko": "얼굴 유형"}
_FASTEST = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER]
_DRAWN = [*_FASTEST, cv2.IMWRITE_PNG_FILTER_NONE]
"""Measured on one core, 1080 × 1350 pixels: 9 ms and 140 kB, filtered 11 ms and 160 kB; by Pillow 23 ms."""
_PHOTOGRAPHED = [*_FASTEST, cv2.IMWRITE_PNG_FILTER_UP]
"""A photo packs a third smaller with this filter."""

_BLUR, _SHADOW, _DROP = 20, 0.28, 8
"""Of the panel's shadow: pixels, share, pixels below the panel."""
_NAME_LEADING, _LINE_LEADING = 1.14, 1.42
_AFTER_LABEL, _AFTER_NAME, _BETWEEN_LINES = 0.9, 0.32, 0.22
"""Gaps, as shares of the size of the type before them."""


def render_portrait(content: CardContent) -> bytes:
    """A PNG of 1080 × 1350 pixels. The same content gives the same bytes."""
    return _render(content, PORTRAIT)


def render_landscape(content: CardContent) -> bytes:
    """A PNG of 1200 × 630 pixels, the size that link previews are made for. As repeatable as the other."""
    return _render(content, LANDSCAPE)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of text: where its middle lies below the top of the block, and how it is set."""

    text: str
    middle: float
    file: Path
    size: int
    colour: Rgb


def _render(content: CardContent, layout: Layout) -> bytes:
    colours = colours_of(content.picture)
    sheet = Image.new("RGB", (layout.width, layout.height), colours.ground)
    for x, y, size, degrees in layout.marks:
        sheet.paste(colours.marks, (x, y), shapes.paw(size, degrees))
    _lay_panel(sheet, layout, colours)
    _lay_picture(sheet, content.picture, layout)
    pen = ImageDraw.Draw(sheet)
    _set_words(pen, sheet, content, layout, colours)
    _set_footer(pen, sheet, content, layout, colours)
    flags = _DRAWN if content.picture.shape[2] == 4 else _PHOTOGRAPHED
    done, packed = cv2.imencode(".png", cv2.cvtColor(np.asarray(sheet), cv2.COLOR_RGB2BGR), flags)
    if not done:
        raise RuntimeError("the card cannot be encoded")
    return bytes(packed)


def _lay_panel(sheet: Image.Image, layout: Layout, colours: CardColours) -> None:
    left, top, right, bottom = layout.panel
    width, height, radius = right - left, bottom - top, layout.radius
    for x, y, mask in shapes.shadow(width, height, radius, _BLUR, _SHADOW):
        sheet.paste(colours.label_ink, (left + x, top + y + _DROP), mask)
    for x, y, mask in shapes.corners(width, height, radius):
        sheet.paste(PAPER, (left + x, top + y), mask)
    sheet.paste(PAPER, (left + radius, top, right - radius, bottom))
    sheet.paste(PAPER, (left, top + radius, right, bottom - radius))


def _lay_picture(sheet: Image.Image, picture: CardPicture, layout: Layout) -> None:
    left, top, side = layout.picture
    if picture.shape[2] == 4:
        # The panel is plain, so the picture can be laid over its colour before it is scaled.
        laid = Image.new("RGB", (picture.shape[1], picture.shape[0]), PAPER)
        laid.paste(Image.fromarray(picture[..., :3]), mask=Image.fromarray(picture[..., 3]))
        sheet.paste(Image.fromarray(_square(np.asarray(laid), side)), (left, top))
    else:
        # Noise takes most of a photo's file: the last two bits, seen by nobody, cost a quarter of it.
        square = (_square(picture, side) & np.uint8(0xFC)) + np.uint8(2)
        sheet.paste(Image.fromarray(square), (left, top), shapes.rounded(side, side, side // 2))


def _square(picture: CardPicture, side: int) -> CardPicture:
    """The middle square of a picture of three channels at the size wanted."""
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    middle = np.ascontiguousarray(picture[top : top + short, left : left + short])
    if short == side:
        return middle
    method = cv2.INTER_AREA if short > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(middle, (side, side), interpolation=method), np.uint8)


def _set_words(
    pen: ImageDraw.ImageDraw, sheet: Image.Image, content: CardContent, layout: Layout, colours: CardColours
) -> None:
    """Label, name and lines as one block in the middle of their column."""
    left, top, right, bottom = layout.text
    rows, label_height, height = _block(content, layout, right - left)
    y = top + max((bottom - top - height) / 2, 0)
    _set_label(pen, sheet, _LABELS[content.language], (left, right), (y, label_height), layout, colours)
    centred = layout.align == "centre"
    for row in rows:
        pen.text(
            ((left + right) / 2 if centred else left, y + row.middle),
            row.text,
            row.colour,
            font(row.file, row.size),
            anchor="mm" if centred else "lm",
            language=content.language,
        )


def _block(content: CardContent, layout: Layout, width: int) -> tuple[list[_Row], float, float]:
    """The rows below the label, the label's height, and the height of it all."""
    label_height = layout.label_size * 1.9
    y = label_height + layout.label_size * _AFTER_LABEL
    rows: list[_Row] = []

    def add(text: FittedText, file: Path, leading: float, colour: Rgb) -> None:
        nonlocal y
        for row in text.rows:
            rows.append(_Row(row, y + text.size * leading / 2, file, text.size, colour))
            y += text.size * leading

    name = fit(content.type_name, HEAVY, width=width, sizes=layout.name_sizes, rows=2)
    add(name, HEAVY, _NAME_LEADING, INK)
    y += name.size * _AFTER_NAME
    for line in _lines(content.lines, layout, width):
        add(line, MEDIUM, _LINE_LEADING, SOFT)
        y += line.size * _BETWEEN_LINES
    return rows, label_height, y


def _lines(lines: tuple[str, str], layout: Layout, width: int) -> list[FittedText]:
    """The two lines, set in one size."""
    largest, smallest = layout.line_sizes
    alone = [fit(line, MEDIUM, width=width, sizes=(largest, smallest), rows=2) for line in lines]
    common = min(line.size for line in alone)
    return [fit(line, MEDIUM, width=width, sizes=(common, smallest), rows=2) for line in lines]


def _set_label(
    pen: ImageDraw.ImageDraw,
    sheet: Image.Image,
    text: str,
    columns: tuple[int, int],
    place: tuple[float, float],
    layout: Layout,
    colours: CardColours,
) -> None:
    """A pill with a word in it."""
    top, height = round(place[0]), round(place[1])
    width = round(measured(text, HEAVY, layout.label_size) + height)
    left = (sum(columns) - width) // 2 if layout.align == "centre" else columns[0]
    sheet.paste(colours.label, (left, top), shapes.rounded(width, height, height // 2))
    middle = (left + width / 2, top + height / 2)
    pen.text(middle, text, colours.label_ink, font(HEAVY, layout.label_size), anchor="mm")


def _set_footer(
    pen: ImageDraw.ImageDraw, sheet: Image.Image, content: CardContent, layout: Layout, colours: CardColours
) -> None:
    """The mark and the project's name, and the address on the other side."""
    left, _, right, _ = layout.panel
    size, y = layout.footer_size, layout.footer
    badge = round(size * 1.5)
    sheet.paste(BRAND, (left, y - badge // 2), shapes.rounded(badge, badge, round(badge * 0.3)))
    sheet.paste(PAPER, (left, y - badge // 2), shapes.paw(badge, 0))
    pen.text((left + badge + size // 2, y), NAME, INK, font(HEAVY, size), anchor="lm")
    if content.address:
        room = right - left - badge - size - round(measured(NAME, HEAVY, size)) - size
        address = fit(
            content.address, MEDIUM, width=room, sizes=(round(size * 0.85), round(size * 0.6)), rows=1
        )
        pen.text((right, y), address.rows[0], colours.label_ink, font(MEDIUM, address.size), anchor="rm")
