"""Confusion matrices as SVG."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

CELL, LEFT, TOP, RIGHT, BOTTOM = 92, 150, 92, 24, 58
FONT = "font-family='DejaVu Sans, Noto Sans, Arial, sans-serif'"
INK, FAINT, PAPER = "#1f2430", "#5b6270", "#ffffff"
LIGHT, DARK = np.array([238, 242, 248]), np.array([31, 78, 140])


def _shade(share: float) -> tuple[str, str]:
    """Background and text colour of a cell with that share of its row."""
    red, green, blue = (round(float(value)) for value in LIGHT + (DARK - LIGHT) * share**0.7)
    return f"#{red:02x}{green:02x}{blue:02x}", PAPER if share > 0.45 else INK


def draw_confusion(
    counts: NDArray[np.int64], names: Sequence[str], title: str, subtitle: str, path: Path, version: str = ""
) -> None:
    """Draw a matrix of counts, rows the truth and columns the answers, with shares of each row.

    Args:
        counts: (n, n).
        names: of the classes, for people.
        title: of the picture.
        subtitle: what was measured.
        path: SVG file to write.
        version: of what was measured, in small print.
    """
    n = len(names)
    width, height = LEFT + n * CELL + RIGHT, TOP + n * CELL + BOTTOM
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' {FONT} role='img'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{width}' height='{height}' fill='{PAPER}'/>",
        f"<text x='{LEFT}' y='30' font-size='19' font-weight='bold' fill='{INK}'>{escape(title)}</text>",
        f"<text x='{LEFT}' y='52' font-size='12.5' fill='{FAINT}'>{escape(subtitle)}</text>",
        f"<text x='{LEFT - 12}' y='{TOP - 12}' font-size='12' fill='{FAINT}' "
        "text-anchor='end'>breed says</text>",
        f"<text x='{LEFT + n * CELL * 0.4:.0f}' y='{height - 12}' font-size='12' fill='{FAINT}' "
        "text-anchor='middle'>the service answers</text>",
    ]
    if version:
        parts.append(
            f"<text x='{width - RIGHT}' y='{height - 12}' font-size='9.5' fill='{FAINT}' "
            f"text-anchor='end'>{escape(version)}</text>"
        )
    for row in range(n):
        middle = TOP + row * CELL + CELL / 2
        parts.append(
            f"<text x='{LEFT - 12}' y='{middle + 5}' font-size='14' fill='{INK}' "
            f"text-anchor='end'>{escape(names[row])}</text>"
        )
        parts.append(
            f"<text x='{LEFT + row * CELL + CELL / 2}' y='{TOP + n * CELL + 22}' font-size='13' fill='{INK}' "
            f"text-anchor='middle'>{escape(names[row])}</text>"
        )
        total = max(int(counts[row].sum()), 1)
        for column in range(n):
            share = float(counts[row, column]) / total
            fill, ink = _shade(share)
            x, y = LEFT + column * CELL, TOP + row * CELL
            parts.append(
                f"<rect x='{x + 1.5}' y='{y + 1.5}' width='{CELL - 3}' height='{CELL - 3}' rx='6' "
                f"fill='{fill}'/>"
            )
            parts.append(
                f"<text x='{x + CELL / 2}' y='{y + CELL / 2 + 2}' font-size='19' fill='{ink}' "
                f"text-anchor='middle'>{100 * share:.0f} %</text>"
                f"<text x='{x + CELL / 2}' y='{y + CELL / 2 + 22}' font-size='12' fill='{ink}' "
                f"text-anchor='middle'>{counts[row, column]}</text>"
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")
