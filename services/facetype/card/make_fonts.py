"""Makes the card's fonts from Pretendard: ``python -m services.facetype.card.make_fonts FOLDER``.

Needs fonttools, which ``.venv-train`` has. ``FOLDER`` holds ``Pretendard-ExtraBold.otf`` and so on.
"""

import argparse
from pathlib import Path

from fontTools import subset

from services.facetype.card.fonts import FAMILY, HEAVY, MEDIUM

SOURCES = {HEAVY: "Pretendard-ExtraBold.otf", MEDIUM: "Pretendard-Medium.otf"}

_LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180)]
_PUNCTUATION = [
    *range(0x2010, 0x2015),
    *range(0x2018, 0x201F),
    *(0x2022, 0x2026, 0x2032, 0x2033, 0x20A9, 0x20AC),
    *range(0x2190, 0x2194),
    *range(0x3000, 0x3012),
]
_HANGUL = [*range(0x3131, 0x318F), *range(0xAC00, 0xD7A4)]
_FAMILY_NAMES, _UNIQUE_NAME, _POSTSCRIPT_NAME = (1, 4, 16), 3, 6


def make(source: Path, target: Path) -> int:
    """Write the subset of a font under the name that it may bear. The size of the file in bytes."""
    options = subset.Options()
    options.layout_features = ["kern", "ccmp", "locl", "mark", "mkmk", "calt"]
    options.hinting = False
    options.notdef_outline = True
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[*_LATIN, *_PUNCTUATION, *_HANGUL])
    subsetter.subset(font)
    names = font["name"]
    for number in _FAMILY_NAMES:
        names.removeNames(nameID=number)
    for number in _FAMILY_NAMES[:2]:
        names.setName(FAMILY, number, 3, 1, 0x409)
    for number in (_UNIQUE_NAME, _POSTSCRIPT_NAME):
        names.setName(f"{FAMILY.replace(' ', '')}-{target.stem}", number, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [f"{FAMILY.replace(' ', '')}-{target.stem}"]
    cff.topDictIndex[0].FamilyName = cff.topDictIndex[0].FullName = FAMILY
    subset.save_font(font, str(target), options)
    return target.stat().st_size


def main() -> None:
    """Parse the command line and make both."""
    parser = argparse.ArgumentParser(description="Make the fonts of the share card.")
    parser.add_argument("folder", type=Path, help="the package's folder of .otf files")
    folder = parser.parse_args().folder
    for target, source in SOURCES.items():
        print(f"{target}  {make(folder / source, target):,} bytes")


if __name__ == "__main__":
    main()
