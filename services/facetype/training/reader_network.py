"""The part reader in PyTorch: a pretrained trunk, cut into a frozen stem and a trained rest, and heads."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from shared.training import efficientnet_lite as lite
from shared.training.mobilenet_v2 import MobileNetV2, load_imagenet

BACKBONES = ("efficientnet_lite2", "efficientnet_lite0", "mobilenet_v2", "small")
WIDTH = 1280
STEM_BLOCKS = {"efficientnet_lite2": 16, "efficientnet_lite0": 12, "mobilenet_v2": 14, "small": 0}
"""Blocks that stay as ImageNet made them: the rest works on squares a sixteenth of the crop's side."""
DROPOUT = 0.4
KIND_SHARE = 0.5
"""Of the kinds' opinion in a part's answer, where kinds are known."""


class PartHeads(nn.Module):
    """For each part: linear heads over its labels, one logit whether it belongs to a face, and its kinds.

    A type may take in faces that look quite unlike each other, and one plane parts them badly. Where a finer
    division is known (of dogs the breed), each part also has a head over these kinds, whose probabilities
    add up to the labels', and its answer is the mean of both opinions, as logarithms.

    Args:
        width: of the features.
        labels: how many each part has.
        kinds: for each part the place of the label that files each kind; empty where no kinds are known.
    """

    def __init__(self, width: int, labels: Sequence[int], kinds: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.labels = list(labels)
        self.kinds = len(kinds[0])
        for place, filed in enumerate(kinds):
            into = torch.zeros(len(filed), labels[place])
            into[range(len(filed)), list(filed)] = 1.0
            self.register_buffer(f"into{place}", into)
        self.norm = nn.BatchNorm1d(width, affine=False)
        """Features are standardised, so that one rate of learning suits all; folded away for serving."""
        self.linear = nn.Linear(width, sum(labels) + len(labels) * (1 + self.kinds))
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        """(n, width) → (n, labels of all parts, then one face logit per part, then kinds per part)."""
        logits: Tensor = self.linear(nn.functional.dropout(self.norm(features), DROPOUT, self.training))
        return logits

    def of_part(self, logits: Tensor, place: int) -> tuple[Tensor, Tensor]:
        """The logits (n, labels) and the face logits (n,) of the part at ``place`` of the parts' order."""
        start = sum(self.labels[:place])
        labels = logits[:, start : start + self.labels[place]]
        return labels, logits[:, sum(self.labels) + place]

    def kinds_of_part(self, logits: Tensor, place: int) -> Tensor:
        """The logits (n, kinds) of the part at ``place``."""
        start = sum(self.labels) + len(self.labels) + place * self.kinds
        return logits[:, start : start + self.kinds]

    def joined(self, logits: Tensor) -> Tensor:
        """What is served: (n, labels of all parts, then one face logit per part), kinds' opinion included."""
        ending = sum(self.labels)
        faces = logits[:, ending : ending + len(self.labels)]
        if not self.kinds:
            return torch.cat([logits[:, :ending], faces], 1)
        answers = []
        for place in range(len(self.labels)):
            own, _ = self.of_part(logits, place)
            shares = self.kinds_of_part(logits, place).softmax(1) @ self.get_buffer(f"into{place}")
            answers.append((1 - KIND_SHARE) * own.log_softmax(1) + KIND_SHARE * (shares + 1e-5).log())
        return torch.cat([*answers, faces], 1)


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

    def __init__(self, stem: nn.Module, trunk: nn.Module, heads: PartHeads) -> None:
        super().__init__()
        self.stem, self.trunk, self.heads = stem, trunk, heads
        self.stem.requires_grad_(False)
        depthwise_in_full(self.trunk)

    def features(self, stems: Tensor) -> Tensor:
        """(n, c, h, w) outputs of the stem → (n, width) pooled features."""
        pooled: Tensor = self.trunk(stems).float().mean((2, 3))
        return pooled

    def forward(self, crops: Tensor) -> Tensor:
        """(n, size, size, 3) uint8 RGB → what is served, as of :meth:`PartHeads.joined`."""
        signed = crops.permute(0, 3, 1, 2).float() / 127.5 - 1
        return self.heads.joined(self.heads(self.features(self.stem(signed))))


def small_trunk() -> nn.Sequential:
    """A network without pretrained weights, for drawings and tests: four strided layers."""
    widths = (3, 16, 32, 64, 96)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU6()]
    return nn.Sequential(*layers)


def build(
    backbone: str, catalogue: Catalogue, data: Path, kinds: Mapping[str, str] | None = None
) -> ReaderNetwork:
    """A network for a catalogue's labels.

    Args:
        backbone: one of :data:`BACKBONES`; ``small`` needs no pretrained weights.
        catalogue: whose labels.
        data: holds ``pretrained/mobilenet_v2_imagenet1k.npz``.
        kinds: kind → type, where types have a finer division.

    Raises:
        ValueError: no such backbone.
        FileNotFoundError: its weights are not there.
    """
    labels = [list(catalogue.labels(part)) for part in Part]
    filed = [
        [labels[place].index(catalogue.label_of(part, type_id)) for type_id in (kinds or {}).values()]
        for place, part in enumerate(Part)
    ]
    heads = PartHeads(96 if backbone == "small" else WIDTH, [len(own) for own in labels], filed)
    cut = STEM_BLOCKS.get(backbone, 0)
    if backbone == "small":
        trunk = small_trunk()
        return ReaderNetwork(nn.Identity(), trunk, heads)
    if backbone in lite.VARIANTS:
        layers = lite.build(lite.VARIANTS[backbone])
        lite.load_imagenet(layers, lite.default_weights(backbone))
    elif backbone == "mobilenet_v2":
        network = MobileNetV2()
        load_imagenet(network, data / "pretrained" / "mobilenet_v2_imagenet1k.npz")
        layers = network.features
    else:
        raise ValueError(f"no backbone {backbone}; there are {', '.join(BACKBONES)}")
    return ReaderNetwork(layers[:cut], layers[cut:], heads)


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
