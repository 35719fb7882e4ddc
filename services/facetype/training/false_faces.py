"""What a detector takes for faces where there are none, for the part reader to learn to refuse.

``python -m services.facetype.training.false_faces FOLDER --detector parts.onnx --out FILE.csv``: runs a
detector of faces, or of parts, over the pictures of a COCO folder that have no annotation.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import cv2

from services.facetype.part_detection import Kind
from services.facetype.training.coco import read_coco
from shared.box_detection import OnnxBoxDetector
from shared.training.pictures import load_upright

LIKELY = 0.03
"""Confidence from which a box is worth refusing: far below what would be taken for a face."""
LONG_SIDE = 500
MOST = 2
"""Boxes kept of a picture."""


def write_false_faces(folder: Path, detector: OnnxBoxDetector, out: Path) -> int:
    """Write file, x_min, y_min, x_max, y_max, confidence; returns how many boxes there are."""
    count = 0
    with out.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("file", "x_min", "y_min", "x_max", "y_max", "confidence"))
        for picture in read_coco(folder):
            if picture.parts:
                continue
            faces = [
                found
                for found in detector.find(load_upright(picture.path, None, LONG_SIDE))
                if found.kind in (Kind.WHOLE, Kind.CUT)
            ]
            for found in faces[:MOST]:
                box = found.box
                edges = (f"{edge:.4f}" for edge in (box.x_min, box.y_min, box.x_max, box.y_max))
                writer.writerow((picture.path.name, *edges, f"{found.confidence:.3f}"))
                count += 1
    return count


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("folder", type=Path, metavar="FOLDER", help="COCO folder")
    options.add_argument("--detector", type=Path, required=True, help="ONNX file of a detector")
    options.add_argument("--out", type=Path, required=True, help="CSV to write")
    chosen = options.parse_args(arguments)
    cv2.setNumThreads(1)
    count = write_false_faces(chosen.folder, OnnxBoxDetector(chosen.detector, threshold=LIKELY), chosen.out)
    print(f"{count} boxes in {chosen.out}")


if __name__ == "__main__":
    main()
