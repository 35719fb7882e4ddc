"""Sheets of many icons, to look at: ``python -m services.icon.contact_sheet docs/icons``."""

import io
import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from services.icon.composer import IconComposer
from services.icon.packs.loading import built_in_pack
from services.icon.spec import IconSpec
from shared.vocabulary import Colour, Ear, Fur, HeadShape, Pattern

_LABEL = 18
"""Height of a line of labels, pixels."""
_LIGHT, _DARK = "#ffffff", "#15171c"

BREEDS: dict[str, IconSpec] = {
    "pug": IconSpec(Ear.DOWN, Fur.SHORT, Pattern.MUZZLE, Colour.TAN, Colour.BLACK, HeadShape.FLAT),
    "collie": IconSpec(Ear.UP, Fur.LONG, Pattern.BLAZE, Colour.RED, Colour.WHITE, HeadShape.LONG),
    "schnauzer": IconSpec(
        Ear.UP, Fur.SHORT, Pattern.NONE, Colour.GRAY, Colour.GRAY, HeadShape.ROUND, beard=True
    ),
    "poodle": IconSpec(Ear.DOWN, Fur.CURLY, Pattern.NONE, Colour.BROWN, Colour.BROWN, HeadShape.LONG),
    "dalmatian": IconSpec(Ear.DOWN, Fur.SHORT, Pattern.SPOTTED, Colour.WHITE, Colour.BLACK),
    "husky": IconSpec(Ear.UP, Fur.LONG, Pattern.BLAZE, Colour.GRAY, Colour.WHITE),
    "beagle": IconSpec(Ear.DOWN, Fur.SHORT, Pattern.EAR_PATCH, Colour.WHITE, Colour.BROWN),
    "black labrador": IconSpec(Ear.DOWN, Fur.SHORT, Pattern.NONE, Colour.BLACK, Colour.BLACK),
    "west highland terrier": IconSpec(Ear.UP, Fur.LONG, Pattern.NONE, Colour.WHITE, Colour.WHITE, beard=True),
    "dobermann": IconSpec(Ear.UP, Fur.SHORT, Pattern.POINTS, Colour.BLACK, Colour.TAN, HeadShape.LONG),
    "boston terrier": IconSpec(Ear.UP, Fur.SHORT, Pattern.BLAZE, Colour.BLACK, Colour.WHITE, HeadShape.FLAT),
    "golden retriever": IconSpec(Ear.DOWN, Fur.LONG, Pattern.NONE, Colour.CREAM, Colour.CREAM),
}


def write(folder: Path) -> list[Path]:
    """Draw every sheet below ``folder`` and return the files."""
    composer = IconComposer([built_in_pack()])
    sheets: dict[str, Callable[[IconComposer], Image.Image]] = {
        "breeds-200.png": _breeds,
        "heads-and-coats-160.png": _heads,
        "beards-160.png": _beards,
        "colours-64.png": _colours,
        "details-512.png": _details,
    }
    for first, second in (
        (Colour.BLACK, Colour.WHITE),
        (Colour.WHITE, Colour.BLACK),
        (Colour.TAN, Colour.BROWN),
        (Colour.CREAM, Colour.GRAY),
    ):
        sheets[f"parts-64-{first}-{second}.png"] = _parts(first, second)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, draw in sheets.items():
        files.append(folder / name)
        # 256 colours keep a sheet of small icons small and look the same.
        sheet = draw(composer)
        if "-64" in name:
            sheet = sheet.quantize(256, dither=Image.Dither.NONE)
        sheet.save(files[-1], optimize=True)
    return files


def _grid(
    composer: IconComposer,
    rows: Sequence[Sequence[IconSpec | None]],
    size: int,
    *,
    labels: Sequence[str] = (),
    paper: str = _LIGHT,
) -> Image.Image:
    """Icons in rows, with a label under each of the first row's columns or under every icon."""
    step = size + (_LABEL if labels else 0)
    sheet = Image.new("RGBA", (max(map(len, rows)) * size, len(rows) * step), paper)
    pen = ImageDraw.Draw(sheet)
    names = iter(labels)
    for y, row in enumerate(rows):
        for x, spec in enumerate(row):
            if spec is None:
                continue
            icon = Image.open(io.BytesIO(composer.render(spec, "png", size)))
            sheet.alpha_composite(icon.convert("RGBA"), (x * size, y * step))
            label = next(names, "")
            if label:
                middle = (x * size + size / 2, y * step + size + _LABEL / 2)
                pen.text(middle, label, fill="#333333", anchor="mm", font=ImageFont.load_default(13))
    return sheet.convert("RGB")


def _stacked(sheets: Sequence[Image.Image]) -> Image.Image:
    whole = Image.new("RGB", (max(s.width for s in sheets), sum(s.height for s in sheets)), _LIGHT)
    top = 0
    for sheet in sheets:
        whole.paste(sheet, (0, top))
        top += sheet.height
    return whole


def _breeds(composer: IconComposer) -> Image.Image:
    specs = list(BREEDS.values())
    return _grid(composer, [specs[:6], specs[6:]], 200, labels=list(BREEDS))


def _parts(first: Colour, second: Colour) -> Callable[[IconComposer], Image.Image]:
    """Every head, ear, coat and pattern in two colours; patterns change fastest."""
    rows = [
        [IconSpec(ear, fur, pattern, first, second, head) for fur, pattern in product(Fur, Pattern)]
        for head, ear in product(HeadShape, Ear)
    ]
    return lambda composer: _grid(composer, rows, 64)


def _heads(composer: IconComposer) -> Image.Image:
    colours = (Colour.TAN, Colour.WHITE, Colour.BLACK, Colour.GRAY, Colour.BROWN, Colour.CREAM, Colour.RED)
    rows = [
        [
            IconSpec(ear, fur, Pattern.NONE, colour, colour, head)
            for i, (ear, fur) in enumerate(product(Ear, Fur))
            for colour in (colours[(i + 2 * y) % len(colours)],)
        ]
        for y, head in enumerate(HeadShape)
    ]
    labels = [f"{head} · {ear} · {fur}" for head, ear, fur in product(HeadShape, Ear, Fur)]
    return _grid(composer, rows, 160, labels=labels)


def _beards(composer: IconComposer) -> Image.Image:
    colours = (Colour.GRAY, Colour.BLACK, Colour.WHITE, Colour.TAN, Colour.BROWN, Colour.CREAM)
    rows = [
        [
            IconSpec(ear, fur, Pattern.NONE, colours[i], colours[i], head, beard=True)
            for i, (ear, fur) in enumerate(product(Ear, Fur))
        ]
        for head in HeadShape
    ]
    return _grid(composer, rows, 160)


def _colours(composer: IconComposer) -> Image.Image:
    """Primary by row, secondary by column, in two patterns, on white and on a dark page."""
    rows = [
        [
            *(IconSpec(Ear.DOWN, Fur.SHORT, Pattern.BLAZE, first, second) for second in Colour),
            *(IconSpec(Ear.UP, Fur.LONG, Pattern.EAR_PATCH, first, second) for second in Colour),
        ]
        for first in Colour
    ]
    return _stacked([_grid(composer, rows, 64, paper=paper) for paper in (_LIGHT, _DARK)])


def _details(composer: IconComposer) -> Image.Image:
    specs = [BREEDS[name] for name in ("collie", "pug", "west highland terrier", "dalmatian")]
    return _grid(composer, [specs[:2], specs[2:]], 512)


if __name__ == "__main__":
    for file in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/icons")):
        print(f"{file}  {file.stat().st_size // 1024} kB")
