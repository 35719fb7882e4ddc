"""MobileNetV2 (Sandler et al., CVPR 2018) with plain ImageNet weights, as a baseline's features."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, repeats, stride (table 2 of the paper)."""


class _SameConv(nn.Conv2d):
    """A convolution with TensorFlow's padding: at stride 2 on the right and below only."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, 1, 0, 1)) if self.stride[0] == 2 else x)


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers.append(nn.Sequential(_SameConv(inputs, hidden, 1), nn.ReLU6()))
        layers.append(nn.Sequential(_SameConv(hidden, hidden, 3, stride, groups=hidden), nn.ReLU6()))
        layers.append(_SameConv(hidden, outputs, 1))
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


def load_features(weights: Path) -> nn.Module:
    """The network up to its last 1,280 channels: (n, 3, h, w) in −1…1 → (n, 1280, h / 32, w / 32).

    Args:
        weights: an ``.npz`` of arrays under torchvision's module names, batch norms folded.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: its arrays do not fit.
    """
    layers: list[nn.Module] = [nn.Sequential(_SameConv(3, 32, 3, 2), nn.ReLU6())]
    inputs = 32
    for expansion, channels, repeats, stride in _STAGES:
        for repeat in range(repeats):
            layers.append(_Block(inputs, channels, stride if repeat == 0 else 1, expansion))
            inputs = channels
    layers.append(nn.Sequential(_SameConv(inputs, 1280, 1), nn.ReLU6()))
    network = nn.Module()
    network.features = nn.Sequential(*layers)
    with np.load(weights) as arrays:
        state = {
            name: torch.from_numpy(arrays[name]) for name in arrays.files if name.startswith("features.")
        }
    network.load_state_dict(state)
    features: nn.Module = network.features
    return features.eval()
