"""The names of a face's colours, learned from labels made by eye."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.facecolor.colour_crop import head_square
from shared.geometry import Box, RgbImage
from shared.onnx_session import OnnxSession
from shared.vocabulary import Colour

MODEL_FILE = "colour_head.onnx"
COLOURS: tuple[Colour, ...] = tuple(Colour)
"""Order of the network's outputs; the secondary output has "none" after them."""


@dataclass(frozen=True, slots=True)
class ColourNames:
    """What a face's colours are called, with calibrated probabilities (0…1)."""

    primary: Colour
    primary_probability: float
    secondary: Colour | None
    """None: one colour only."""
    secondary_probability: float
    primary_distribution: tuple[float, ...]
    """One probability a colour, in the order of :data:`COLOURS`; sums to 1."""


class ColourNamer:
    """The colour head: a small network that reads the square around a head.

    Args:
        model: ``colour_head.onnx`` or the folder it lies in.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: there is no model file.
        ValueError: the file names other colours than the vocabulary.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        self._session = OnnxSession(model / MODEL_FILE if model.is_dir() else model, threads)
        metadata = self._session.metadata
        if metadata["colours"].split(",") != [str(colour) for colour in COLOURS]:
            raise ValueError(f"{model} names other colours: {metadata['colours']}")
        self.name = metadata["name"]
        self.version = metadata["version"]
        self._size = int(metadata["size"])

    def name_colours(self, image: RgbImage, head: Box) -> ColourNames:
        """Primary and secondary of the face in the box. The same input gives the same answer."""
        square = head_square(image, head, self._size)
        pixels = cv2.dnn.blobFromImage(square, 1 / 127.5, mean=(127.5, 127.5, 127.5))
        outputs = self._session.run(image=np.asarray(pixels, np.float32))
        return decide(outputs["primary"][0], outputs["secondary"][0])


def decide(primary: NDArray[np.float32], secondary: NDArray[np.float32]) -> ColourNames:
    """Names from the network's probabilities.

    Args:
        primary: shape (7,), sums to 1.
        secondary: shape (8,), the last being "none"; sums to 1.
    """
    first = int(np.argmax(primary))
    rest = secondary.astype(np.float64)
    # The second colour is another one than the first, whose part goes to the others.
    rest[first] = 0.0
    total = rest.sum()
    rest = rest / total if total > 0 else np.eye(len(rest))[-1]
    second = int(np.argmax(rest))
    return ColourNames(
        primary=COLOURS[first],
        primary_probability=float(primary[first]),
        secondary=COLOURS[second] if second < len(COLOURS) else None,
        secondary_probability=float(rest[second]),
        primary_distribution=tuple(float(value) for value in primary),
    )
