"""The network whose output tells noses apart: a small residual network that remembers where things are.

Identity is *where* the beads and grooves lie, so the last feature map is not averaged over the nose: a
small grid of places is kept and read by one linear layer, each place with weights of its own. (Residual
blocks: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.)
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH
from services.noseprint.embedding import EMBEDDING_SIZE

STRIDE = 32
"""Pixels of the aligned nose per place of the last grid."""
WIDTHS = (16, 32, 64, 128, 192)
"""Channels at strides 2, 4, 8, 16 and 32."""
PLACE_CHANNELS = 64
"""Channels that the linear layer reads at every place."""


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def standardised(pixels: Tensor) -> Tensor:
    """Pictures (n, 1, h, w), each at zero mean and unit variance."""
    mean = pixels.mean((1, 2, 3), keepdim=True)
    deviation = ((pixels - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
    return (pixels - mean) / (deviation + 1.0)


class Residual(nn.Module):
    """Two convolutions beside a way through."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) → the same shape."""
        return F.relu(x + self.second(self.first(x)))


class NoseNetwork(nn.Module):
    """(n, 1, 192, 224) grey levels 0…255, any float type → (n, 256) unit vectors."""

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        stem, low, middle, high, last = widths
        self.body = nn.Sequential(
            _conv(1, stem, 2, 5),
            _conv(stem, low, 2),
            _conv(low, middle, 2),
            Residual(middle),
            _conv(middle, high, 2),
            Residual(high),
            _conv(high, last, 2),
            Residual(last),
            _conv(last, PLACE_CHANNELS, 1, 1),
        )
        places = (ALIGNED_HEIGHT // STRIDE) * (ALIGNED_WIDTH // STRIDE)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(PLACE_CHANNELS * places, EMBEDDING_SIZE, bias=False)
        self.norm = nn.BatchNorm1d(EMBEDDING_SIZE, affine=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Embed; every picture is first brought to zero mean and unit variance."""
        features = self.body(standardised(pixels)).flatten(1)
        return F.normalize(self.norm(self.head(self.drop(features))).float())


class ArcFace(nn.Module):
    """Additive angular margin loss (Deng et al., "ArcFace", CVPR 2019) over the training individuals."""

    def __init__(self, classes: int, scale: float = 28.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, EMBEDDING_SIZE) * 0.05)
        self.scale = scale
        self.margin = 0.0
        """Radians that the right class has to be nearer; raised during training."""

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """(n, 256) unit vectors and (n,) classes → mean loss."""
        cosine = embeddings @ F.normalize(self.weight).T
        rows = torch.arange(len(labels))
        right = cosine[rows, labels].clamp(-0.9999, 0.9999)
        # Beyond 180° the shifted cosine would rise again: there the margin is taken off the cosine instead.
        shifted = torch.where(
            right > -torch.cos(torch.tensor(self.margin)),
            torch.cos(torch.acos(right) + self.margin),
            right - self.margin * torch.sin(torch.tensor(self.margin)),
        )
        logits = cosine.clone()
        logits[rows, labels] = shifted
        return F.cross_entropy(self.scale * logits, labels)
