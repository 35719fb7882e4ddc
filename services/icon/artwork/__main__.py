"""Writes the layers of the built-in pack: ``python -m services.icon.artwork [FOLDER]``.

The files are committed, so that running the service needs none of this; a test keeps both in step.
"""

import sys
from pathlib import Path

from services.icon.artwork.layers import layers

PACK = Path(__file__).resolve().parents[1] / "packs" / "classic-v1"


def write(folder: Path) -> int:
    """Write every layer below ``folder`` and return how many there are."""
    drawn = layers()
    for name, content in drawn.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content + "\n")
    return len(drawn)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PACK
    print(f"{write(target)} layers written to {target}")
