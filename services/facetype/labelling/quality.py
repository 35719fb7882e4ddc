"""How good the automatic boxes are: ``python -m services.facetype.labelling.quality --heads … --noses …``.

Compares the boxes that :mod:`services.facetype.labelling.autolabel` would write with those drawn by hand
(``hand_boxes.csv``), on the photos that the rules of the geometry were not fitted to (the validation split)
and on those that they were (train and dev).
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from services.facetype.face import Part
from services.facetype.labelling.geometry import parts_of
from services.facetype.labelling.hand_boxes import HandBoxedFace, boxed_faces
from shared.training.dataset import Split

RIGHT_IOU = 0.5


def overlaps(faces: Iterable[HandBoxedFace], part: Part) -> list[float]:
    """Intersection over union of the automatic box of a part with the hand-drawn one, per face."""
    return [parts_of(face.head, face.nose)[part].iou(face.parts[part]) for face in faces]


def summary(values: Sequence[float]) -> str:
    """Mean, median and share from :data:`RIGHT_IOU` as text."""
    if not values:
        return "–"
    right = sum(value >= RIGHT_IOU for value in values)
    return (
        f"mean IoU {np.mean(values):.2f}, median {np.median(values):.2f}, "
        f"IoU ≥ {RIGHT_IOU}: {100 * right / len(values):.1f} % ({right}/{len(values)})"
    )


def report(title: str, faces: Sequence[HandBoxedFace]) -> None:
    """Print the overlap of each part, with and without a known nose."""
    print(f"{title}: {len(faces)} faces")
    for part in Part:
        print(f"  {part.value:<7} {summary(overlaps(faces, part))}")
    with_nose = [face for face in faces if face.nose is not None]
    without = [face for face in faces if face.nose is None]
    for name, group in (("nose found", with_nose), ("no nose found", without)):
        means = ", ".join(f"{part.value} {np.mean(overlaps(group, part)):.2f}" for part in Part if group)
        print(f"  {name} ({len(group)} faces), mean IoU: {means or '–'}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--heads", type=Path, required=True, help="boxes of heads of all photos")
    parser.add_argument("--noses", type=Path, help="boxes of noses of all photos")
    arguments = parser.parse_args()
    for title, splits in (
        ("measured on (validation)", {Split.VALIDATION}),
        ("fitted to (train and dev)", {Split.TRAIN, Split.DEV}),
    ):
        report(title, boxed_faces(arguments.heads, arguments.noses, splits))


if __name__ == "__main__":
    main()
