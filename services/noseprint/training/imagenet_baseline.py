"""Plain ImageNet features of MobileNetV2, as a baseline for the embedder."""

from pathlib import Path

from torch import nn

from shared.training.mobilenet_v2 import MobileNetV2, load_imagenet


def load_features(weights: Path) -> nn.Module:
    """The network up to its last 1,280 channels: (n, 3, h, w) in −1…1 → (n, 1280, h / 32, w / 32).

    Args:
        weights: an ``.npz`` of arrays under torchvision's module names, batch norms folded.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: its arrays do not fit.
    """
    network = MobileNetV2()
    load_imagenet(network, weights)
    features: nn.Module = network.features
    return features.eval()
