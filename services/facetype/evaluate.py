"""Figures of the face types as they are served: ``python -m services.facetype.evaluate``.

Every validation photo goes the way of production: detector, gate, parts, type. The truth is the type of the
dog's breed in the catalogue's ``breed_types.yaml``. Breeds held out of training have rows of their own.
``--breeds FILE`` (see :mod:`services.facetype.evaluation.baseline`) adds the baseline of predicting the breed
and looking its type up. ``--figures FOLDER`` draws the confusion matrices.
"""

import argparse
import json
from pathlib import Path

import cv2

from services.facetype.analyser import FaceAnalyser
from services.facetype.catalogue import load_catalogue
from services.facetype.catalogue.breed_table import read_breed_table
from services.facetype.evaluation.baseline import read_breeds
from services.facetype.evaluation.drawing import draw_confusion
from services.facetype.evaluation.figures import confusion
from services.facetype.evaluation.photos import CheckedPhoto, read_checked_photos
from services.facetype.evaluation.readings import Reading, read_photos
from services.facetype.evaluation.report import report
from shared.training.dataset import Split, data_folder

DOGS = Path(__file__).with_name("catalogues") / "dogs"


def chosen(photos: list[CheckedPhoto], limit: int) -> list[CheckedPhoto]:
    """Validation photos, and all photos of the breeds that are held out; about ``limit`` of them, 0 = all."""
    checked = [photo for photo in photos if photo.split is Split.VALIDATION or photo.held_out]
    return checked[:: max(len(checked) // limit, 1)] if limit else checked


def draw(readings: list[Reading], folder: Path, names: dict[str, str], version: str) -> None:
    """Draw the matrices of accepted photos, of trained and of held-out breeds."""
    for file, title, held_out in (
        ("types.svg", "Breeds that were trained on", False),
        ("types_held_out.svg", "Breeds left out of training", True),
    ):
        own = [
            reading
            for reading in readings
            if reading.photo.held_out is held_out
            and reading.accepted
            and reading.photo.split is Split.VALIDATION
        ]
        counts = confusion(
            [reading.photo.type_id for reading in own],
            [str(reading.type_id) for reading in own],
            list(names),
        )
        right = 100 * counts.trace() / max(int(counts.sum()), 1)
        told = f"{counts.sum()} accepted validation photos, {right:.1f} % right"
        draw_confusion(counts, list(names.values()), title, told, folder / file, version)


def main() -> None:
    """Read the command line, evaluate, print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--catalogue", type=Path, default=DOGS, help="catalogue folder with breed_types.yaml"
    )
    options.add_argument("--breeds", type=Path, help="CSV of breed probabilities, for the baseline")
    options.add_argument("--figures", type=Path, help="folder to draw the confusion matrices into")
    options.add_argument("--out", type=Path, help="write the figures as JSON")
    options.add_argument("--limit", type=int, default=0, help="use about so many photos only")
    options.add_argument("--threads", type=int, default=1)
    arguments = options.parse_args()
    data = data_folder()
    if not data.is_dir():
        options.error(f"no data at {data}; set PAWTRAIT_DATA")
    cv2.setNumThreads(arguments.threads)
    catalogue = load_catalogue(arguments.catalogue)
    table = read_breed_table(catalogue)
    analyser = FaceAnalyser(catalogue, arguments.threads)
    readings = read_photos(analyser, chosen(read_checked_photos(catalogue, data), arguments.limit))
    breeds = read_breeds(arguments.breeds, table) if arguments.breeds else None
    result = report(readings, catalogue, table, breeds)
    print(f"{analyser.version}\n{result.text()}")
    if arguments.figures:
        names = {kind.id: kind.name.en for kind in catalogue.types}
        draw(readings, arguments.figures, names, analyser.version)
    if arguments.out:
        document = {"model": analyser.version, "rows": result.rows}
        arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
