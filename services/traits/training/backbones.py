"""Backbones that the traits network can grow on, each cut into a frozen stem and a trained trunk."""

from dataclasses import dataclass
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from shared.training import efficientnet_lite as lite
from shared.training.mobilenet_v2 import MobileNetV2, load_imagenet


@dataclass(frozen=True)
class Backbone:
    """A pretrained network in two parts; pictures enter as RGB in -1…1."""

    stem: nn.Module
    """Low-level filters, kept as ImageNet made them: their output can be computed once and kept."""
    trunk: nn.Module
    """The rest, up to the last feature map."""
    width: int
    """Channels of the last feature map."""
    classifier: tuple[Tensor, Tensor] | None
    """ImageNet's own weight (1000 or 1001, width) and bias, if at hand."""

    def eval_mode(self) -> None:
        """Freeze the stem and every batch norm: batches here are small and full of crops."""
        self.stem.requires_grad_(False)
        for part in (self.stem, self.trunk):
            part.eval()


class _FromSigned(nn.Module):
    """-1…1 to the mean and deviation that torchvision's weights expect."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) in -1…1 → standardised, same shape."""
        standard: Tensor = ((x + 1) / 2 - self.mean) / self.deviation
        return standard


def mobilenet_v2(weights: Path, frozen_blocks: int) -> Backbone:
    """MobileNetV2 1.0 from the arrays at ``weights`` with its first ``frozen_blocks`` blocks as stem."""
    network = MobileNetV2()
    classifier = load_imagenet(network, weights)
    return Backbone(network.features[:frozen_blocks], network.features[frozen_blocks:], 1280, classifier)


def efficientnet_lite(name: str, weights: Path | None, frozen_blocks: int) -> Backbone:
    """EfficientNet-Lite ``name`` with its first ``frozen_blocks`` layers as stem.

    Args:
        name: one of ``efficientnet_lite.VARIANTS``.
        weights: a ``.pth`` of the package, or None to find the installed one.
        frozen_blocks: layers kept as ImageNet made them; the first convolution counts as one.
    """
    network = lite.build(lite.VARIANTS[name])
    classifier = lite.load_imagenet(network, weights or lite.default_weights(name))
    return Backbone(network[:frozen_blocks], network[frozen_blocks:], 1280, classifier)


def resnet50(weights: Path | None, frozen_blocks: int) -> Backbone:
    """ResNet50 of torchvision; ``frozen_blocks`` of its four stages belong to the stem.

    Args:
        weights: a state dict saved by torchvision, or None to let torchvision fetch its own.
        frozen_blocks: 0…3.
    """
    if weights is None:
        network = torchvision.models.resnet50(weights=torchvision.models.ResNet50_Weights.DEFAULT)
    else:
        network = torchvision.models.resnet50()
        network.load_state_dict(torch.load(weights, weights_only=True))
    stages = [network.layer1, network.layer2, network.layer3, network.layer4]
    first = [_FromSigned(), network.conv1, network.bn1, network.relu, network.maxpool]
    classifier = (network.fc.weight.detach().clone(), network.fc.bias.detach().clone())
    stem, trunk = nn.Sequential(*first, *stages[:frozen_blocks]), nn.Sequential(*stages[frozen_blocks:])
    return Backbone(stem, trunk, 2048, classifier)
