"""From PyTorch to the file that is served: weights kept in 16 bits, reckoned with in 32."""

from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH
from shared.training.saving import save_onnx

NAME = "nose-embedder"
SMALL = 1024
"""Arrays with fewer numbers stay in 32 bits."""


class _Served(nn.Module):
    """Takes (n, 192, 224) bytes, as the aligned noses come."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        embeddings: Tensor = self.network(pixels[:, None].float())
        return embeddings


def export(network: nn.Module, path: Path, version: str) -> None:
    """Write ``embedder.onnx``: input ``pixels`` (n, 192, 224) uint8, output ``embedding`` (n, 256)."""
    example = torch.zeros((2, ALIGNED_HEIGHT, ALIGNED_WIDTH), dtype=torch.uint8)
    served = _Served(network.to(memory_format=torch.contiguous_format)).eval()
    torch.onnx.export(
        served,
        (example,),
        str(path),
        input_names=["pixels"],
        output_names=["embedding"],
        dynamic_axes={"pixels": {0: "n"}, "embedding": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(path))
    _halve(model)
    for key, value in (("name", NAME), ("version", version)):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    save_onnx(model, path)


def _halve(model: onnx.ModelProto) -> None:
    """Store large weights as float16 with a cast behind each, which ONNX Runtime folds when loading."""
    casts = []
    for weight in list(model.graph.initializer):
        if weight.data_type != TensorProto.FLOAT or numpy_helper.to_array(weight).size < SMALL:
            continue
        stored = numpy_helper.from_array(numpy_helper.to_array(weight).astype("float16"), weight.name + "_16")
        casts.append(helper.make_node("Cast", [stored.name], [weight.name], to=TensorProto.FLOAT))
        model.graph.initializer.remove(weight)
        model.graph.initializer.append(stored)
    for node in reversed(casts):
        model.graph.node.insert(0, node)
