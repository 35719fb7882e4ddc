"""A COCO folder of painted dogs, so that a drawing of a face is taken for a face as well.

``python -m services.facetype.training.painted_faces PORTRAITS --out FOLDER``: ``PORTRAITS`` is a folder that
``python -m services.icon.portraits`` wrote. The types follow from what was painted. Give the folder to
``reader_train`` by ``--further``; no figure counts paintings.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import yaml

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.labelling.geometry import parts_of
from services.facetype.training.coco import IMAGES, CocoPicture, LabelledPart, write_coco
from shared.geometry import Box

DOGS = Path(__file__).parents[1] / "catalogues" / "dogs"
MUZZLES = {"flat": "short", "round": "medium", "long": "long"}
EARS = {"up": "prick", "down": "drop"}


def type_of(painted: Mapping[str, Any], catalogue: Catalogue) -> str:
    """The type of a painted dog.

    Raises:
        ValueError: the catalogue is not about dogs, or what was painted makes none of its types.
    """
    muzzle = MUZZLES[painted["head"]]
    beard, brow = ("present", "bushy") if painted["beard"] else ("absent", "plain")
    return catalogue.type_of(
        {"muzzle": muzzle, "bridge": muzzle, "ears": EARS[painted["ear"]], "beard": beard, "brow": brow}
    )


def write_painted(portraits: Path, catalogue: Catalogue, out: Path) -> int:
    """Write the COCO folder; returns how many faces it holds."""
    (out / IMAGES).mkdir(parents=True, exist_ok=True)
    pictures = []
    for painted in yaml.safe_load((portraits / "portraits.yaml").read_text(encoding="utf-8")):
        picture = cv2.imread(str(portraits / painted["file"]))
        if picture is None:
            raise ValueError(f"cannot read {portraits / painted['file']}")
        type_id = type_of(painted, catalogue)
        target = out / IMAGES / f"painted_{Path(painted['file']).stem}.png"
        cv2.imwrite(str(target), picture)
        boxes = parts_of(Box(**painted["head_box"]))
        parts = tuple(
            LabelledPart(catalogue.label_of(part, type_id), part, box) for part, box in boxes.items()
        )
        pictures.append(CocoPicture(target, picture.shape[1], picture.shape[0], parts))
    write_coco(out, pictures, "painted dogs")
    return len(pictures)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("portraits", type=Path, metavar="PORTRAITS", help="folder with portraits.yaml")
    options.add_argument("--out", type=Path, required=True, help="COCO folder to write")
    options.add_argument("--catalogue", type=Path, default=DOGS, help="catalogue folder")
    chosen = options.parse_args(arguments)
    count = write_painted(chosen.portraits, load_catalogue(chosen.catalogue), chosen.out)
    print(f"{count} painted faces in {chosen.out}")


if __name__ == "__main__":
    main()
