"""Fits text into a box: broken at spaces, smaller where it must be, never overflowing.

Korean is broken at spaces like English: a word torn between two rows is legal and hard to read.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from services.facetype.card.fonts import font

_STEP = 2
"""Pixels by which the size goes down while a text does not fit."""
_STILL_LARGE = 0.74
"""Share of the largest size below which a further row is better than smaller letters."""
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class FittedText:
    """Rows of text and the size, in pixels, at which each is at most as wide as the box."""

    rows: tuple[str, ...]
    size: int


# A catalogue has few texts, and cards repeat them.
@lru_cache(maxsize=512)
def fit(text: str, file: Path, *, width: int, sizes: tuple[int, int], rows: int) -> FittedText:
    """Set a text as large as fits.

    Args:
        text: any; blanks count as one space.
        file: the font.
        width: of the box, pixels.
        sizes: largest and smallest size of the font, pixels.
        rows: most rows.

    Returns:
        The rows, about equally wide, and as few as keep the letters large. A text too long even at the
        smallest size ends in an ellipsis; only a word wider than the box is ever broken.

    """
    words = text.split()
    largest, smallest = sizes
    for count in range(1, rows + 1):
        least = smallest if count == rows else max(smallest, round(largest * _STILL_LARGE))
        for size in range(largest, least - 1, -_STEP):
            broken = _balanced(words, file, size, width)
            if broken is not None and len(broken) <= count:
                return FittedText(broken, size)
    return FittedText(_cut(words, file, smallest, width, rows), smallest)


def measured(text: str, file: Path, size: int) -> float:
    """The advance of a row of text, in pixels."""
    return font(file, size).getlength(text)


def _balanced(words: list[str], file: Path, size: int, width: int) -> tuple[str, ...] | None:
    """As few rows as possible, the widest of them as narrow as possible; None where a word is too wide."""
    widths = [measured(word, file, size) for word in words]
    space = measured(" ", file, size)
    if any(own > width for own in widths):
        return None
    rows = _broken(words, widths, space, width)
    # The narrowest box that takes no more rows: its width is that of some run of words, found by halving.
    low, high = max(widths, default=0.0), float(width)
    while len(rows) > 1 and high - low > 1:
        middle = (low + high) / 2
        narrower = _broken(words, widths, space, middle)
        if len(narrower) > len(rows):
            low = middle
        else:
            rows, high = narrower, middle
    return rows


def _broken(words: list[str], widths: list[float], space: float, width: float) -> tuple[str, ...]:
    rows: list[list[str]] = []
    used = 0.0
    for word, own in zip(words, widths, strict=True):
        if rows and used + space + own <= width:
            rows[-1].append(word)
            used += space + own
        else:
            rows.append([word])
            used = own
    return tuple(" ".join(row) for row in rows)


def _cut(words: list[str], file: Path, size: int, width: int, rows: int) -> tuple[str, ...]:
    """Full rows, the last one ending in an ellipsis where something is left over."""
    done: list[str] = []
    rest = list(words)
    while rest and len(done) < rows:
        if len(done) == rows - 1:
            row = " ".join(rest)
            done.append(row if measured(row, file, size) <= width else _shortened(row, file, size, width))
            break
        count = len(rest)
        while count > 1 and measured(" ".join(rest[:count]), file, size) > width:
            count -= 1
        row = " ".join(rest[:count])
        if measured(row, file, size) > width:
            head = _longest(row, file, size, width)
            done.append(head)
            rest = [row[len(head) :], *rest[1:]]
        else:
            done.append(row)
            rest = rest[count:]
    return tuple(done)


def _shortened(text: str, file: Path, size: int, width: int) -> str:
    room = width - measured(_ELLIPSIS, file, size)
    return _longest(text, file, size, room).rstrip() + _ELLIPSIS


def _longest(text: str, file: Path, size: int, width: float) -> str:
    """The longest beginning, at least a letter, that is no wider than ``width``."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measured(text[:middle], file, size) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low]
