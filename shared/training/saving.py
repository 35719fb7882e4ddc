"""Writing files of models where they may already be listed among the released ones."""

from pathlib import Path

import onnx

from shared.model_files import renew_sums


def save_onnx(model: onnx.ModelProto, path: Path | str) -> None:
    """Write a network; where the folder lists its files, the list names the new content."""
    onnx.save(model, str(path))
    renew_sums(Path(path))
