"""Where things stand on the two cards, in pixels."""

from dataclasses import dataclass
from typing import Literal

Align = Literal["centre", "left"]


@dataclass(frozen=True, slots=True)
class Layout:
    """One format of the card.

    ``panel`` is the white sheet (left, top, right, bottom), ``picture`` the square of the picture (left, top,
    side), ``text`` the column of the words (left, top, right, bottom), in whose middle they stand. Sizes of
    type are (largest, smallest). ``marks`` are paws: (x, y, size, degrees).
    """

    width: int
    height: int
    panel: tuple[int, int, int, int]
    radius: int
    picture: tuple[int, int, int]
    text: tuple[int, int, int, int]
    align: Align
    label_size: int
    name_sizes: tuple[int, int]
    line_sizes: tuple[int, int]
    footer_size: int
    footer: int
    """Height of the footer's middle."""
    marks: tuple[tuple[int, int, int, int], ...]


PORTRAIT = Layout(
    width=1080,
    height=1350,
    panel=(60, 60, 1020, 1226),
    radius=64,
    picture=(220, 116, 640),
    text=(116, 776, 964, 1196),
    align="centre",
    label_size=30,
    name_sizes=(112, 60),
    line_sizes=(40, 30),
    footer_size=34,
    footer=1288,
    marks=(
        (-34, 70, 132, -24), (960, -30, 150, 20), (-50, 560, 118, 14), (1000, 470, 124, -18),
        (-28, 1010, 136, -8), (982, 900, 140, 26),
        (330, -62, 120, 8), (640, 1242, 132, 18),
    ),
)  # fmt: skip

LANDSCAPE = Layout(
    width=1200,
    height=630,
    panel=(44, 44, 1156, 546),
    radius=48,
    picture=(76, 70, 450),
    text=(566, 76, 1110, 514),
    align="left",
    label_size=24,
    name_sizes=(84, 44),
    line_sizes=(31, 24),
    footer_size=28,
    footer=589,
    marks=(
        (-30, 30, 110, -22), (1118, -30, 124, 18), (-34, 400, 104, 12), (1134, 330, 100, -20),
        (560, -52, 96, 10), (700, 556, 104, 16), (420, 570, 84, -18),
    ),
)  # fmt: skip
