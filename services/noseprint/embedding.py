"""From an aligned nose to the vector that is compared by cosine."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH
from shared.onnx_session import OnnxSession

MODEL_FILE = "embedder.onnx"
EMBEDDING_SIZE = 256


class Embedder:
    """The trained network; thread-safe.

    Args:
        model_folder: where ``embedder.onnx`` lies.
        threads: cores that one call may use.

    Raises:
        FileNotFoundError: there is no model file.
    """

    def __init__(self, model_folder: Path, threads: int = 1) -> None:
        self._session = OnnxSession(model_folder / MODEL_FILE, threads)
        self.name = self._session.metadata["name"]
        self.version = self._session.metadata["version"]

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings of aligned noses: unit vectors, shape (n, 256), the most telling components first.

        Args:
            pixels: shape (n, 192, 224), uint8, grey, from :func:`services.noseprint.alignment.align`.

        Raises:
            ValueError: not such an array.
        """
        if (
            pixels.ndim != 3
            or pixels.shape[1:] != (ALIGNED_HEIGHT, ALIGNED_WIDTH)
            or pixels.dtype != np.uint8
        ):
            raise ValueError(f"not aligned noses: shape {pixels.shape}, {pixels.dtype}")
        if len(pixels) == 0:
            return np.zeros((0, EMBEDDING_SIZE), np.float32)
        return self._session.run(pixels=pixels)["embedding"]
