"""A second look at a face that the detector found: whether the frame cuts it off or it is turned away.

A small network reads a crop of the face with room around it, grey beyond the edges of the photo: where
that grey begins, and whether a face goes on there, is easier to see close up than in the whole photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.facetype.face import Part
from services.facetype.part_crops import crop_part, margins_of
from shared.geometry import Box, RgbImage
from shared.onnx_session import OnnxSession

MODEL_FILE = "looks.onnx"


@dataclass(frozen=True, slots=True)
class Look:
    """What a face looks like close up: logits, positive when it is so. 0 says nothing."""

    cut: float = 0.0
    turned: float = 0.0


class FaceLooks:
    """The network that takes the second look. Deterministic and thread-safe.

    The graph takes ``crops`` (n, size, size, 3) uint8 RGB and gives ``logits`` (n, 3): cut off, turned away,
    and how far the muzzle lies aside, which only training uses. Metadata: ``size``, ``version``,
    ``margins``.

    Args:
        model: ``looks.onnx``.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: there is no such file.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        self._session = OnnxSession(model, threads)
        self.version = self._session.metadata["version"]
        self._size = int(self._session.metadata["size"])
        self._margins = margins_of(self._session.metadata)

    def look(self, image: RgbImage, boxes: Sequence[Box]) -> list[Look]:
        """A look at each of the faces at ``boxes`` of an upright (height, width, 3) uint8 RGB picture."""
        if not boxes:
            return []
        crops = np.stack([crop_part(image, Part.WHOLE, box, self._size, self._margins) for box in boxes])
        logits = self._session.run(crops=crops)["logits"]
        return [Look(float(row[0]), float(row[1])) for row in logits]
