"""ONNX Runtime sessions, set up the same way in every service."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.model_files import check_model_file

# Its official builds report their use to their maker unless told not to before they are loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort


class OnnxSession:
    """A network loaded from an ONNX file, run on the CPU.

    Thread-safe: ONNX Runtime allows concurrent ``run`` calls on one session.

    Args:
        path: the ONNX file.
        threads: cores that one call may use. Threads do not spin between calls, because several
            services share the machine.
        arena: keep freed memory for the next call. An arena grows to the largest batch ever seen and
            never shrinks, so it is for models whose inputs always have the same size; there it saves
            the page faults of plain allocation, which can double the time of a call.

    Raises:
        FileNotFoundError: there is no such file.
        shared.model_files.ModelFileError: it is not the file that the sums beside it name.

    """

    def __init__(self, path: Path, threads: int = 1, *, arena: bool = False) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"model file not found: {path}")
        check_model_file(path)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = arena
        self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input_names = [node.name for node in self._session.get_inputs()]
        self.output_names = [node.name for node in self._session.get_outputs()]
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, **inputs: NDArray[np.generic]) -> dict[str, NDArray[np.float32]]:
        """Feed arrays by input name; returns every output by name."""
        return dict(zip(self.output_names, self._session.run(None, inputs), strict=True))
