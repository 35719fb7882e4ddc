"""Reads the parts of a face: one network for all parts, with linear heads of its own for each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from services.facetype.part_crops import crop_part, margins_of
from shared.box_detection import check_image
from shared.geometry import Box, RgbImage
from shared.onnx_session import OnnxSession


@dataclass(frozen=True, slots=True)
class PartLogits:
    """What the network answers about the parts it was shown, uncalibrated."""

    labels: Mapping[Part, NDArray[np.float32]]
    """Part → one logit for each of its labels, in the catalogue's order."""
    face: Mapping[Part, float]
    """Part → logit that it belongs to a face at all."""


class PartReader:
    """The network that reads parts. Deterministic and safe to call from several threads.

    The graph takes ``crops`` (n, size, size, 3) uint8 RGB and gives ``logits`` (n, labels of all parts, then
    one face logit per part). Metadata: ``version``, ``size``, ``labels`` (part → labels), ``margins``
    (part → room around it), and what :mod:`services.facetype.fusion` needs.

    Args:
        model: ``types.onnx`` of a catalogue.
        catalogue: whose labels the network must have been trained for.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: no such model.
        ValueError: the model was trained for other labels than the catalogue's.
    """

    def __init__(self, model: Path, catalogue: Catalogue, threads: int = 1) -> None:
        # Always one crop, so an arena stays small.
        self._session = OnnxSession(model, threads, arena=True)
        self.metadata = self._session.metadata
        self.version = self.metadata["version"]
        self._size = int(self.metadata["size"])
        self._margins = margins_of(self.metadata)
        trained = json.loads(self.metadata["labels"])
        expected = {str(part): list(catalogue.labels(part)) for part in Part}
        if trained != expected:
            raise ValueError(f"{model} was trained for other labels than those of {catalogue.label}")
        starts = np.cumsum([0, *(len(expected[part]) for part in Part)])
        self._columns = {
            part: slice(int(starts[place]), int(starts[place + 1])) for place, part in enumerate(Part)
        }
        self._face_column = {part: int(starts[-1]) + place for place, part in enumerate(Part)}

    def read(self, image: RgbImage, boxes: Mapping[Part, Box]) -> PartLogits:
        """Read the parts at ``boxes`` of an upright picture; parts without a box are left out.

        Raises:
            ValueError: ``image`` is not (height, width, 3) uint8, or there are no boxes.
        """
        check_image(image)
        if not boxes:
            raise ValueError("no part to read")
        # One after another: together they would take a tenth less time, and 27 MB more.
        logits = [
            self._session.run(crops=crop_part(image, part, box, self._size, self._margins)[None])["logits"][0]
            for part, box in boxes.items()
        ]
        return PartLogits(
            {part: row[self._columns[part]] for part, row in zip(boxes, logits, strict=True)},
            {part: float(row[self._face_column[part]]) for part, row in zip(boxes, logits, strict=True)},
        )
