"""The traits network in PyTorch: the trained part of the backbone and the heads on it."""

from torch import Tensor, nn

from services.traits.training.heads import Heads


class TraitsNetwork(nn.Module):
    """Trunk and heads; the stem stays outside because its output is kept between epochs."""

    def __init__(self, trunk: nn.Module, width: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = Heads(width)

    def features(self, stems: Tensor) -> Tensor:
        """(n, c, h, w) stem outputs → (n, width) pooled features."""
        pooled: Tensor = self.trunk(stems).float().mean((2, 3))
        return pooled
