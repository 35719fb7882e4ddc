"""MobileNetV2 as TensorFlow means it, for the ImageNet weights that came from there."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's 'SAME' padding: at stride 2, right and bottom only.

    The ImageNet weights were made with it; torchvision's symmetric padding would shift every stride.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        pad = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, pad, groups=groups)
        self.shift = stride == 2

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) → (n, outputs, h / stride, w / stride); h and w even at stride 2."""
        return super().forward(functional.pad(x, (0, 1, 0, 1)) if self.shift else x)


def _unit(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(SameConv(inputs, outputs, kernel, stride, groups), nn.ReLU6())


class InvertedResidual(nn.Module):
    """Expand, filter by depth, project (Sandler et al. 2018), with batch norms folded away."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = [_unit(inputs, hidden, 1)] if expansion != 1 else []
        layers += [_unit(hidden, hidden, 3, stride, groups=hidden), SameConv(hidden, outputs, 1)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h / stride, w / stride)."""
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """MobileNetV2 1.0 without its classifier, under torchvision's module names."""

    width = 1280

    def __init__(self) -> None:
        super().__init__()
        features: list[nn.Module] = [_unit(3, 32, 3, 2)]
        inputs = 32
        for expansion, outputs, repeats, stride in (
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ):
            for repeat in range(repeats):
                features.append(InvertedResidual(inputs, outputs, stride if repeat == 0 else 1, expansion))
                inputs = outputs
        features.append(_unit(320, self.width, 1))
        self.features = nn.Sequential(*features)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) in -1…1 → (n, 1280) pooled features."""
        pooled: Tensor = self.features(x).mean((2, 3))
        return pooled


def load_imagenet(trunk: MobileNetV2, path: Path) -> tuple[Tensor, Tensor]:
    """Fill ``trunk`` from the ImageNet arrays at ``path``; returns the classifier's weight and bias."""
    arrays = {name: torch.from_numpy(array.astype(np.float32)) for name, array in np.load(path).items()}
    weight, bias = arrays.pop("classifier.1.weight"), arrays.pop("classifier.1.bias")
    trunk.load_state_dict(arrays)
    return weight, bias
