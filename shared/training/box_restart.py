"""A detector that ships, as a network that can be trained on.

The shipped file has its batch norms folded into the convolutions and most of its weights in 8 bits. This
takes the weights out by name, and gives every batch norm the statistics of what reaches it, measured over
pictures of the set, so that the network says the same as before whether it is trained or asked. What 8 bits
rounded away is gone; training brings it back soon.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from tqdm import tqdm

from shared.training.box_network import ARCHITECTURE, Bfloat16Model
from shared.training.ultralytics_offline import DetectionModel

PICTURES = 600
"""Over which the statistics of the batch norms are measured."""


def exported_arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    """Weights and biases of an exported detector by module name, those in 8 bits brought back to float32.

    Args:
        path: an ONNX file that ``shared.training.box_export`` wrote.
    """
    graph = onnx.load(str(path)).graph
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    arrays = {
        name: value.astype(np.float32)
        for name, value in stored.items()
        if name.startswith("model.") and name.endswith((".weight", ".bias"))
    }
    for node in graph.node:
        if node.op_type != "DequantizeLinear" or not node.input[0].startswith("model."):
            continue
        values, scale, zero = (stored[name].astype(np.float32) for name in node.input)
        name = node.input[0].removesuffix("_quantized")
        # Scales are given for each output channel, the first axis.
        shape = (-1, *[1] * (values.ndim - 1)) if scale.ndim else ()
        arrays[name] = (values - zero.reshape(shape)) * scale.reshape(shape)
    return arrays


def norms(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Conv2d, torch.nn.BatchNorm2d]]:
    """Every convolution with a batch norm behind it, with its name."""
    for name, block in model.named_modules():
        convolution, norm = getattr(block, "conv", None), getattr(block, "bn", None)
        if isinstance(convolution, torch.nn.Conv2d) and isinstance(norm, torch.nn.BatchNorm2d):
            yield f"{name}.conv", convolution, norm


def fill(model: torch.nn.Module, arrays: dict[str, NDArray[np.float32]]) -> None:
    """Put folded weights into a network; its batch norms add the biases and do nothing else.

    Raises:
        KeyError: an array is missing.
        RuntimeError: one has another shape than the network's.
    """
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Conv2d):
                module.weight.copy_(torch.from_numpy(arrays[f"{name}.weight"]))
                if module.bias is not None:
                    module.bias.copy_(torch.from_numpy(arrays[f"{name}.bias"]))
        for name, _, norm in norms(model):
            norm.load_state_dict(
                {
                    "weight": torch.ones_like(norm.weight),
                    "bias": torch.from_numpy(arrays[f"{name}.bias"]),
                    "running_mean": torch.zeros_like(norm.weight),
                    "running_var": torch.full_like(norm.weight, 1 - norm.eps),
                },
                strict=False,
            )


class Statistics:
    """Mean and variance of each channel of what a convolution gives."""

    def __init__(self, convolution: torch.nn.Conv2d) -> None:
        self._count, self._sum = 0, torch.zeros(convolution.out_channels, dtype=torch.float64)
        self._squares = torch.zeros_like(self._sum)
        self._hook = convolution.register_forward_hook(self._add)

    def _add(self, _: torch.nn.Module, __: Any, output: torch.Tensor) -> None:
        values = output.double()
        self._count += values[:, 0].numel()
        self._sum += values.sum((0, 2, 3))
        self._squares += values.square().sum((0, 2, 3))

    def end(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Listen no longer; mean and variance, each (channels,) float32."""
        self._hook.remove()
        mean = self._sum / self._count
        return mean.float(), (self._squares / self._count - mean.square()).clamp(min=0).float()


def settle_norms(model: torch.nn.Module, pictures: Iterable[torch.Tensor]) -> None:
    """Give each batch norm the statistics of its input; the network's answers stay as they are.

    Args:
        model: with batch norms as :func:`fill` leaves them.
        pictures: (n, 3, height, width), float32, 0…1; at least one.
    """
    listening = [(Statistics(convolution), norm) for _, convolution, norm in norms(model)]
    model.eval()
    with torch.no_grad():
        for batch in pictures:
            model(batch)
        for statistics, norm in listening:
            mean, variance = statistics.end()
            norm.load_state_dict(
                {
                    "weight": (variance + norm.eps).sqrt(),
                    "bias": norm.bias + mean,
                    "running_mean": mean,
                    "running_var": variance,
                },
                strict=False,
            )


def pictures_of(dataset: Path, count: int = PICTURES) -> Iterator[torch.Tensor]:
    """Pictures of a set in ultralytics' layout, one at a time, evenly over its training part."""
    paths = sorted((dataset / "images" / "train").glob("*.jpg"))
    for path in tqdm(paths[:: max(len(paths) // count, 1)], desc="statistics", mininterval=5):
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB))
        # Sides that the network's strides divide.
        height, width = (max(side // 32, 1) * 32 for side in image.shape[:2])
        pixels = torch.from_numpy(np.ascontiguousarray(image[:height, :width])).float() / 255
        yield pixels.permute(2, 0, 1)[None]


def restored(path: Path, pictures: Iterable[torch.Tensor], classes: int = 1) -> DetectionModel:
    """The network of an exported detector as it can be trained on.

    Args:
        path: an ONNX file that ``shared.training.box_export`` wrote.
        pictures: see :func:`settle_norms`.
        classes: kinds of things that it tells apart.
    """
    model = Bfloat16Model(ARCHITECTURE, nc=classes, ch=3, verbose=False)
    fill(model, exported_arrays(path))
    settle_norms(model, pictures)
    return model
