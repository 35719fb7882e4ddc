"""Measure the reference on the photos that the served system is measured on.

``python -m services.facetype.training.faster_rcnn_evaluate RUN/last.pt``: types and times of a trained Faster
R-CNN on validation photos, of trained and of held-out breeds. Its detections are votes: each part gives every
label its best score, and scores of the parts are multiplied, as the served fusion does with even trust.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.evaluation.figures import figures
from services.facetype.evaluation.photos import CheckedPhoto, read_checked_photos
from services.facetype.face import Part
from services.facetype.training.coco import read_category
from services.facetype.training.faster_rcnn_network import SIDE, build
from shared.geometry import RgbImage
from shared.training.dataset import Split, data_folder

DOGS = Path(__file__).parents[1] / "catalogues" / "dogs"
UNSEEN = 0.01
"""Score of a label that was not detected on a part."""
FACE_SCORE = 0.05
SAME_PART = 0.5
"""Overlap from which two detections are of the same part."""


class ReferenceDetector:
    """A trained Faster R-CNN.

    Args:
        checkpoint: as :mod:`services.facetype.training.faster_rcnn` wrote it.
        catalogue: whose labels its categories are.
    """

    def __init__(self, checkpoint: Path, catalogue: Catalogue) -> None:
        stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
        self.step, self.steps = stored["step"], stored["steps"]
        self._categories = [read_category(name) for name in stored["categories"]]
        self._network = build(stored["backbone"], len(self._categories), None)
        self._network.load_state_dict(stored["network"])
        self._network.eval()
        self._catalogue = catalogue

    def types(self, image: RgbImage) -> NDArray[np.float64] | None:
        """(types,) probabilities for the surest face in a picture; None where it finds none."""
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            found = self._network([pixels])[0]
        parts = [self._categories[int(label) - 1][1] for label in found["labels"]]
        wholes = [place for place, part in enumerate(parts) if part is Part.WHOLE]
        if not wholes or float(found["scores"][wholes[0]]) < FACE_SCORE:
            return None
        # Detections come with the highest score first.
        face = found["boxes"][wholes[0]]
        score = np.zeros(len(self._catalogue.types))
        for part in Part:
            own = [
                place
                for place, one in enumerate(parts)
                if one is part and _within(found["boxes"][place], face)
            ]
            if own:
                score += self._votes(part, own, found)
        shares = np.exp(score - score.max())
        return np.asarray(shares / shares.sum(), np.float64)

    def _votes(self, part: Part, own: Sequence[int], found: dict[str, Tensor]) -> NDArray[np.float64]:
        """(types,) logarithms of the shares that the part's detections give to each type's label."""
        best: dict[str, float] = {}
        first = found["boxes"][own[0]]
        for place in own:
            label = self._catalogue.label_of(part, self._categories[int(found["labels"][place]) - 1][0])
            if _overlap(found["boxes"][place], first) >= SAME_PART:
                best[label] = max(best.get(label, 0.0), float(found["scores"][place]))
        scores = {label: best.get(label, UNSEEN) for label in self._catalogue.labels(part)}
        total = sum(scores.values())
        return np.log(
            [scores[self._catalogue.label_of(part, type_id)] / total for type_id in self._catalogue.type_ids]
        )


def _within(box: Tensor, face: Tensor) -> bool:
    """Whether the middle of a box lies in a face."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(face[0] <= x <= face[2] and face[1] <= y <= face[3])


def _overlap(one: Tensor, other: Tensor) -> float:
    """Intersection over union."""
    wide = float(min(one[2], other[2]) - max(one[0], other[0]))
    high = float(min(one[3], other[3]) - max(one[1], other[1]))
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (one, other)]
    return wide * high / (sum(areas) - wide * high)


def evaluate(
    detector: ReferenceDetector, photos: Sequence[CheckedPhoto], catalogue: Catalogue
) -> dict[str, str]:
    """Accuracy, macro-F1 and calibration error where a face was found, over all photos, and the time."""
    rows, truth, times = [], [], []
    for photo in photos:
        image = photo.load()
        scale = SIDE / max(image.shape[:2])
        size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
        began = time.perf_counter()
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = detector.types(small)
        times.append((time.perf_counter() - began) * 1000)
        if found is not None:
            rows.append(found)
            truth.append(catalogue.type_ids.index(photo.type_id))
    if not rows:
        return {"photos": f"{len(photos)}, a face in none"}
    right = int((np.stack(rows).argmax(1) == np.array(truth)).sum())
    return {
        "type, face found": str(figures(np.stack(rows), np.array(truth))),
        "type, all photos": f"{100 * right / len(photos):.1f} (n {len(photos)})",
        "milliseconds a photo, median": f"{np.median(times):.0f}",
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("checkpoint", type=Path)
    options.add_argument(
        "--catalogue", type=Path, default=DOGS, help="catalogue folder with breed_types.yaml"
    )
    options.add_argument("--limit", type=int, default=0, help="use about so many photos only")
    options.add_argument("--threads", type=int, default=1)
    chosen = options.parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(chosen.threads)
    catalogue = load_catalogue(chosen.catalogue)
    detector = ReferenceDetector(chosen.checkpoint, catalogue)
    print(f"Faster R-CNN, step {detector.step} of {detector.steps}")
    photos = [p for p in read_checked_photos(catalogue, data_folder()) if p.split is Split.VALIDATION]
    for name, held_out in (("trained breeds", False), ("held-out breeds", True)):
        own = [photo for photo in photos if photo.held_out is held_out]
        own = own[:: max(len(own) // chosen.limit, 1)] if chosen.limit else own
        print(name, json.dumps(evaluate(detector, own, catalogue), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
