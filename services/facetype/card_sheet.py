"""All cards of a catalogue on one sheet, to look at: ``python -m services.facetype.card_sheet OUT.png``."""

import argparse
import io
from pathlib import Path

from PIL import Image

from services.facetype.card_drawing import Cards, draw_cards, plain_disc, read_gallery_picture
from services.facetype.catalogue import Catalogue, FaceType, Language, load_catalogue
from services.facetype.settings import FaceTypeSettings
from services.facetype.showcase import Published

UPRIGHT, LYING = (270, 338), (400, 210)
"""Sizes of the cards on the sheet, pixels."""
_GAP, _PAPER = 12, "#8d857c"


def draw_sheet(catalogue: Catalogue, address: str = "pawtrait.example") -> Image.Image:
    """A row for each type: its upright and lying card in every language, with a picture of its gallery."""
    languages = list(Language)
    step = UPRIGHT[0] + LYING[0] + 2 * _GAP
    size = (step * len(languages) + _GAP, (UPRIGHT[1] + _GAP) * len(catalogue.types) + _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    for row, kind in enumerate(catalogue.types):
        top = _GAP + row * (UPRIGHT[1] + _GAP)
        for column, language in enumerate(languages):
            left = _GAP + column * step
            cards = _cards(catalogue, kind, language, column, address)
            sheet.paste(_small(cards.portrait, UPRIGHT), (left, top))
            lower = top + (UPRIGHT[1] - LYING[1]) // 2
            sheet.paste(_small(cards.landscape, LYING), (left + UPRIGHT[0] + _GAP, lower))
    return sheet


def _cards(catalogue: Catalogue, kind: FaceType, language: Language, which: int, address: str) -> Cards:
    gallery = catalogue.gallery(kind.id)
    picture = read_gallery_picture(Published(gallery[which % len(gallery)], "")) if gallery else plain_disc()
    return draw_cards(picture, kind, language, address)


def _small(card: bytes, size: tuple[int, int]) -> Image.Image:
    return Image.open(io.BytesIO(card)).resize(size, Image.Resampling.LANCZOS)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw all cards of a catalogue on one sheet.")
    parser.add_argument("--catalogue", type=Path, default=FaceTypeSettings().catalogue, help="its folder")
    parser.add_argument("out", type=Path, help="PNG file to write")
    arguments = parser.parse_args()
    sheet = draw_sheet(load_catalogue(arguments.catalogue))
    sheet.quantize(256, dither=Image.Dither.NONE).save(arguments.out, optimize=True)
    print(f"{arguments.out}  {sheet.width} x {sheet.height}, {arguments.out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
