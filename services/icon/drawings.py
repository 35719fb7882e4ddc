"""Draws the pictures of a catalogue: ``python -m services.icon.drawings LIST.yaml OUT_FOLDER``.

The list says which dogs there are: gallery pictures by group, and examples of photos that will and will
not do (:mod:`services.icon.photo_examples`). The same list draws the same files.
"""

import argparse
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import yaml
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from services.icon.composer import MAX_SIZE, MIN_SIZE, IconComposer
from services.icon.packs.loading import built_in_pack
from services.icon.photo_examples import Example, draw_example
from services.icon.spec import DrawnDog

_FILE_NAME = r"^[a-z0-9]+([-_][a-z0-9]+)*$"
Name = Annotated[str, Field(pattern=_FILE_NAME)]


class DrawingList(BaseModel):
    """What a list of drawings holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Annotated[int, Field(ge=MIN_SIZE, le=MAX_SIZE)]
    """Side of a gallery picture, pixels."""
    gallery: Mapping[Name, Mapping[Name, DrawnDog]] = {}
    """Group → file name without its ending → the dog."""
    examples: Mapping[Name, Example] = {}
    """File name without its ending → the example."""


def write(drawings: DrawingList, folder: Path) -> list[Path]:
    """Draw all of it: ``gallery/<group>/<name>.png`` and ``examples/<name>.png`` below ``folder``."""
    composer = IconComposer([built_in_pack()])
    files: list[Path] = []
    for group, dogs in drawings.gallery.items():
        for name, dog in dogs.items():
            icon = Image.open(io.BytesIO(composer.render(dog.spec(), "png", drawings.size)))
            files.append(_saved(icon.convert("RGBA"), folder / "gallery" / group / f"{name}.png"))
    for name, example in drawings.examples.items():
        files.append(_saved(draw_example(example), folder / "examples" / f"{name}.png"))
    return files


def _saved(picture: Image.Image, file: Path) -> Path:
    """Write a picture as a small PNG: steps of four in a colour are not seen, and halve the bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.array(picture)
    coarse = np.minimum((pixels[..., :3].astype(np.uint16) + 2) // 4 * 4, 255)
    pixels[..., :3] = np.where(pixels[..., 3:] > 0, coarse, 0)
    Image.fromarray(pixels).save(file, optimize=True)
    return file


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw the pictures of a catalogue.")
    parser.add_argument("list", type=Path, help="YAML list of drawings")
    parser.add_argument("folder", type=Path, help="where to write them")
    arguments = parser.parse_args()
    drawings = DrawingList.model_validate(yaml.safe_load(arguments.list.read_text(encoding="utf-8")))
    files = write(drawings, arguments.folder)
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files)} pictures in {arguments.folder}, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
