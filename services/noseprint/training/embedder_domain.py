"""Take out of the embeddings what all real noses have in common against synthetic ones.

``python -m services.noseprint.training.embedder_domain MODEL_FOLDER [--version …]``

The embedder learns identities mostly from synthetic noses. Real ones then lie together in one direction, that
of being photos, which tells nothing of whose they are but makes strangers look alike. The
direction is the mean embedding of the real noses of the training split; the last layer, being linear, is
projected onto what is at right angles to it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from tqdm import tqdm

from services.noseprint.alignment import align
from services.noseprint.embedding import MODEL_FILE, Embedder
from services.noseprint.training.embedder_data import boxed_noses, read_rgb
from shared.training.dataset import REPOSITORY, Split, data_folder
from shared.training.saving import save_onnx

MODEL_FOLDER = REPOSITORY / "services" / "noseprint" / "model"
LEAST_NOSE = 24
"""Width of a nose that counts, in pixels of a 320 px picture."""


def real_direction(embedder: Embedder, data: Path) -> NDArray[np.float32]:
    """The unit vector (256,) along which real noses lie as a whole; training split only.

    Raises:
        ValueError: there are no boxed noses.
    """
    photos = boxed_noses(data, {Split.TRAIN}, LEAST_NOSE)
    embeddings = [
        embedder.embed(align(read_rgb(path), box).pixels[None])[0]
        for key in tqdm(sorted(photos), desc="real noses", unit="photo", mininterval=5)
        for path, box in photos[key]
    ]
    if not embeddings:
        raise ValueError("no boxed noses to take the direction from")
    mean = np.mean(embeddings, axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def take_out(path: Path, direction: NDArray[np.float32], version: str) -> None:
    """Project the last layer of ``embedder.onnx`` onto what is at right angles to ``direction`` (256,)."""
    model = onnx.load(str(path))
    last = [node for node in model.graph.node if node.op_type == "Gemm"][-1]
    arrays = {each.name: each for each in model.graph.initializer}
    casts = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast"}
    for name in last.input[1:]:  # weight (256, features) and bias (256,)
        stored = arrays[casts.get(name, name)]
        array = numpy_helper.to_array(stored)
        exact = array.astype(np.float64)
        kept = exact - np.multiply.outer(direction, direction @ exact)
        stored.CopyFrom(numpy_helper.from_array(kept.astype(array.dtype), stored.name))
    for entry in model.metadata_props:
        if entry.key == "version":
            entry.value = version
    onnx.checker.check_model(model)
    save_onnx(model, path)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("model", type=Path, nargs="?", default=MODEL_FOLDER, help="folder of embedder.onnx")
    options.add_argument("--version", help="of the file afterwards; as before when left out")
    chosen = options.parse_args(arguments)
    embedder = Embedder(chosen.model)
    direction = real_direction(embedder, data_folder())
    take_out(chosen.model / MODEL_FILE, direction, chosen.version or embedder.version)


if __name__ == "__main__":
    main()
