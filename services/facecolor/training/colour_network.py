"""The colour head's network: MobileNetV2 beside a branch that keeps the colours as they are.

MobileNetV2 is Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018),
here with its batch norms already folded into the convolutions and with TensorFlow's padding.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from shared.training.mobilenet_v2 import MobileNetV2, load_imagenet

PRIMARY_CLASSES = 7
SECONDARY_CLASSES = 8
"""The seven colours, then "none"."""

STEM_BLOCKS = 7
"""Blocks of the trunk that stay frozen."""
STEM_CHANNELS, PLACE_CHANNELS, DEEP_CHANNELS = 32, 96, 320
PLACE_BLOCKS = 14
"""Blocks up to where places are still told apart finely enough for attention (stride 16)."""
EMBEDDING = 32
"""Channels that a colour is embedded in."""
CENTRE_WEIGHT = 1.5
"""How much the attention leans towards the middle: logit lost at the middle of an edge."""


def load_trunk(path: Path) -> nn.Sequential:
    """MobileNetV2's blocks 0 … 17 with the arrays of ``path``, named as in torchvision.

    Input (n, 3, s, s) with s a multiple of 32, RGB / 127.5 - 1; output (n, 320, s/32, s/32).

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: an array has another shape than the network wants.
    """
    network = MobileNetV2()
    load_imagenet(network, path)
    return nn.Sequential(*network.features[:-1])


class Stem(nn.Module):
    """What training leaves as it is: MobileNetV2's blocks 0 … 6, and the picture made coarse."""

    def __init__(self, trunk: nn.Sequential) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*trunk[:STEM_BLOCKS])

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, s, s) → features (n, 32, s/8, s/8) and colours (n, 3, s/4, s/4)."""
        return self.blocks(image), F.avg_pool2d(image, 4)


class ColourTail(nn.Module):
    """What is trained: MobileNetV2's blocks 7 … 17, a branch for colours, and two classifiers.

    The deep features know shapes and breeds but little of colour. So each of ``maps`` attention maps,
    read from the features of block 13 and leaning towards the middle of the square, gathers embedded
    colours (1×1 convolutions only, so each place keeps its own colour) and features from where it
    looks; together with the deep features they are classified.
    """

    def __init__(self, trunk: nn.Sequential, maps: int = 4, hidden: int = 128, dropout: float = 0.4) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*trunk[STEM_BLOCKS:])
        self.colours = nn.Sequential(
            nn.Conv2d(3, EMBEDDING, 1), nn.ReLU(), nn.Conv2d(EMBEDDING, EMBEDDING, 1), nn.ReLU()
        )
        self.attention = nn.Conv2d(PLACE_CHANNELS, maps, 1)
        joined = DEEP_CHANNELS + maps * (EMBEDDING + PLACE_CHANNELS)
        self.norm = nn.LayerNorm(joined)
        self.hidden = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(joined, hidden), nn.ReLU(), nn.Dropout(dropout)
        )
        self.primary = nn.Linear(hidden, PRIMARY_CLASSES)
        self.secondary = nn.Linear(hidden, SECONDARY_CLASSES)

    def forward(self, features: Tensor, colours: Tensor) -> tuple[Tensor, Tensor]:
        """The stem's two outputs → logits (n, 7) of the primary and (n, 8) of the secondary colour."""
        middle = self.trunk[: PLACE_BLOCKS - STEM_BLOCKS](features)
        deep = self.trunk[PLACE_BLOCKS - STEM_BLOCKS :](middle).mean((2, 3)).float()
        embedded = F.avg_pool2d(self.colours(colours), 4).flatten(2).transpose(1, 2).float()
        places = middle.flatten(2).transpose(1, 2).float()
        side = torch.linspace(-1, 1, middle.shape[2])
        centre = CENTRE_WEIGHT * (side[:, None] ** 2 + side[None] ** 2)
        look = (self.attention(middle).float() - centre).flatten(2).softmax(2)
        gathered = [deep, (look @ embedded).flatten(1), (look @ places).flatten(1)]
        hidden = self.hidden(self.norm(torch.cat(gathered, 1)))
        return self.primary(hidden), self.secondary(hidden)


class ColourHead(nn.Module):
    """Stem and tail with calibrated probabilities: the network that ships.

    Args:
        tails: their probabilities are averaged (geometric mean); usually one.
        temperatures: divide the logits of the primary and the secondary colour (Guo et al., 2017).
    """

    def __init__(self, stem: Stem, tails: list[ColourTail], temperatures: tuple[float, float]) -> None:
        super().__init__()
        self.stem = stem
        self.tails = nn.ModuleList(tails)
        self.temperatures = temperatures

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, s, s), RGB / 127.5 - 1 → probabilities (n, 7) and (n, 8)."""
        features, colours = self.stem(image)
        logits = [tail(features, colours) for tail in self.tails]
        primary = torch.stack([pair[0].log_softmax(1) for pair in logits]).mean(0)
        secondary = torch.stack([pair[1].log_softmax(1) for pair in logits]).mean(0)
        return (primary / self.temperatures[0]).softmax(1), (secondary / self.temperatures[1]).softmax(1)
