"""The fonts that the card is set in; see the README beside this for where they come from."""

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FAMILY = "Pawtrait Card"
_FOLDER = Path(__file__).parent
HEAVY = _FOLDER / "card-heavy.otf"
"""For names."""
MEDIUM = _FOLDER / "card-medium.otf"
"""For everything else."""


@lru_cache(maxsize=64)
def font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    """A font at a size in pixels; libraqm and HarfBuzz, which Pillow's wheels carry, shape its text."""
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.RAQM)
