"""The traits network as it is served: one or several trunks in one ONNX file, each with its own inputs."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx.compose
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.traits.preprocessing import Role
from services.traits.training.network import TraitsNetwork
from services.traits.trunks import SIZE
from shared.training.quantisation import quantise, store_in_half
from shared.training.saving import save_onnx

Inputs = dict[str, NDArray[np.generic]]


class EachView(nn.Module):
    """Bytes in, the logits of each view out."""

    def __init__(self, stem: nn.Module, network: TraitsNetwork) -> None:
        super().__init__()
        self.body = nn.Sequential(stem, network.trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.heads = network.heads
        self.frozen = sum(isinstance(module, nn.Conv2d) for module in stem.modules())
        """Convolutions of the stem."""

    def forward(self, views: Tensor, roles: Tensor) -> Tensor:
        """(n, size, size, 3) uint8 views and (n, 3) one-hot roles → (n, 132)."""
        pixels = views.permute(0, 3, 1, 2).float() * (1 / 127.5) - 1.0
        return self.heads.each_view(self.body(pixels), roles)


def write_trunk(trunk: EachView, path: Path, name: str) -> None:
    """Export one trunk in full precision with a free number of views, which is the trunk's own."""
    example = (torch.zeros(3, SIZE, SIZE, 3, dtype=torch.uint8), torch.eye(len(Role)))
    torch.onnx.export(
        trunk.eval(),
        example,
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=["views", "roles"],
        output_names=["each"],
        dynamic_axes={"views": {0: f"{name}/count"}, "roles": {0: f"{name}/count"}},
    )


def make_small(path: Path, precision: str, frozen: int, inputs: Iterable[Inputs]) -> None:
    """Rewrite the trunk at ``path``.

    Args:
        path: a trunk in full precision.
        precision: ``int8`` = 8 bits throughout; ``mixed`` = 8 bits in the ``frozen`` first convolutions and
            the rest in full, stored in half; ``float32`` = as it is.
        frozen: how many.
        inputs: what the ranges of activations are taken from.
    """
    if precision == "float32":
        return
    quantise(path, path, inputs, -1 if precision == "int8" else frozen)
    store_in_half(path)


def put_together(trunks: Sequence[tuple[str, Path]], path: Path) -> None:
    """Write the trunks into one file; the names of one's inputs, outputs and nodes begin with ``<name>/``."""
    whole: onnx.ModelProto | None = None
    for name, part in trunks:
        model = onnx.compose.add_prefix(onnx.load(part), f"{name}/")
        whole = model if whole is None else _beside(whole, model)
    if whole is None:
        raise ValueError("a network needs a trunk")
    with tempfile.TemporaryDirectory() as folder:  # the file is checked before it takes another's place
        unchecked = Path(folder) / "traits.onnx"
        onnx.save(whole, unchecked)
        onnx.checker.check_model(str(unchecked))
    save_onnx(whole, path)


def _beside(one: onnx.ModelProto, other: onnx.ModelProto) -> onnx.ModelProto:
    """Both graphs in one model, unconnected."""
    both = onnx.ModelProto()
    both.CopyFrom(one)
    for field in ("node", "initializer", "input", "output", "value_info"):
        getattr(both.graph, field).extend(getattr(other.graph, field))
    known = {opset.domain for opset in both.opset_import}
    both.opset_import.extend(opset for opset in other.opset_import if opset.domain not in known)
    return both
