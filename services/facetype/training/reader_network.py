"""The part reader in PyTorch: a pretrained trunk, cut into a frozen stem and a trained rest, and heads."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from shared.training import efficientnet_lite as lite
from shared.training.mobilenet_v2 import MobileNetV2, load_imagenet

BACKBONES = ("efficientnet_lite0", "mobilenet_v2", "small")
WIDTH = 1280
STEM_BLOCKS = {"efficientnet_lite0": 12, "mobilenet_v2": 14, "small": 0}
"""Blocks that stay as ImageNet made them: the rest works on squares a sixteenth of the crop's side."""
DROPOUT = 0.2


class PartHeads(nn.Module):
    """For each part: linear heads over its labels, and one logit whether it belongs to a face."""

    def __init__(self, width: int, labels: Sequence[int]) -> None:
        super().__init__()
        self.labels = list(labels)
        self.norm = nn.BatchNorm1d(width, affine=False)
        """Features are standardised, so that one rate of learning suits all; folded away for serving."""
        self.linear = nn.Linear(width, sum(labels) + len(labels))
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        """(n, width) → (n, labels of all parts, then one face logit per part)."""
        logits: Tensor = self.linear(nn.functional.dropout(self.norm(features), DROPOUT, self.training))
        return logits

    def of_part(self, logits: Tensor, place: int) -> tuple[Tensor, Tensor]:
        """The logits (n, labels) and the face logits (n,) of the part at ``place`` of the parts' order."""
        start = sum(self.labels[:place])
        labels = logits[:, start : start + self.labels[place]]
        return labels, logits[:, sum(self.labels) + place]


class InFullPrecision(nn.Module):
    """A layer kept out of brain floats: going back through depthwise filters is thrice as slow in them."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """As the layer itself."""
        with torch.autocast(x.device.type, enabled=False):
            result: Tensor = self.layer(x.float())
        return result


def depthwise_in_full(trunk: nn.Module) -> None:
    """Keep every depthwise convolution out of brain floats, in place."""
    for module in list(trunk.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d) and child.groups > 1:
                setattr(module, name, InFullPrecision(child))


class ReaderNetwork(nn.Module):
    """Stem (frozen), trunk and heads."""

    def __init__(self, stem: nn.Module, trunk: nn.Module, width: int, labels: Sequence[int]) -> None:
        super().__init__()
        self.stem, self.trunk, self.heads = stem, trunk, PartHeads(width, labels)
        self.stem.requires_grad_(False)
        depthwise_in_full(self.trunk)

    def features(self, stems: Tensor) -> Tensor:
        """(n, c, h, w) outputs of the stem → (n, width) pooled features."""
        pooled: Tensor = self.trunk(stems).float().mean((2, 3))
        return pooled

    def forward(self, crops: Tensor) -> Tensor:
        """(n, size, size, 3) uint8 RGB → logits as of :class:`PartHeads`."""
        signed = crops.permute(0, 3, 1, 2).float() / 127.5 - 1
        logits: Tensor = self.heads(self.features(self.stem(signed)))
        return logits


def small_trunk() -> nn.Sequential:
    """A network without pretrained weights, for drawings and tests: four strided layers."""
    widths = (3, 16, 32, 64, 96)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU6()]
    return nn.Sequential(*layers)


def build(backbone: str, catalogue: Catalogue, data: Path) -> ReaderNetwork:
    """A network for a catalogue's labels.

    Args:
        backbone: one of :data:`BACKBONES`; ``small`` needs no pretrained weights.
        catalogue: whose labels.
        data: holds ``pretrained/mobilenet_v2_imagenet1k.npz``.

    Raises:
        ValueError: no such backbone.
        FileNotFoundError: its weights are not there.
    """
    labels = [len(catalogue.labels(part)) for part in Part]
    cut = STEM_BLOCKS.get(backbone, 0)
    if backbone == "small":
        trunk = small_trunk()
        return ReaderNetwork(nn.Identity(), trunk, 96, labels)
    if backbone == "efficientnet_lite0":
        layers = lite.build(lite.VARIANTS[backbone])
        lite.load_imagenet(layers, lite.default_weights(backbone))
    elif backbone == "mobilenet_v2":
        network = MobileNetV2()
        load_imagenet(network, data / "pretrained" / "mobilenet_v2_imagenet1k.npz")
        layers = network.features
    else:
        raise ValueError(f"no backbone {backbone}; there are {', '.join(BACKBONES)}")
    return ReaderNetwork(layers[:cut], layers[cut:], WIDTH, labels)


def run_stem(stem: nn.Module, crops: Tensor, batch: int = 12) -> Tensor:
    """Outputs of the stem for (n, size, size, 3) uint8 crops, (n, c, h, w) float16.

    Brain floats inside: they halve the time where the processor has them. Few crops at a time, so that
    the first, large layers stay in a core's cache.
    """
    parts = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for some in crops.split(batch):
            signed = (some.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(
                memory_format=torch.channels_last
            )
            parts.append(stem(signed).to(torch.float16))
    return torch.cat(parts)
