"""The stem's features of many views, computed once: training then runs only the tail.

The stem is frozen, so each view passes it once instead of once an epoch; that is most of the work.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from services.facecolor.training.colour_network import STEM_CHANNELS, Stem
from services.facecolor.training.colour_views import plain_view, random_view

BATCH = 16


@dataclass(frozen=True, slots=True)
class Features:
    """Stem outputs of ``views`` views of n faces; view 0 is the plain one."""

    places: NDArray[np.float16]
    """Shape (n, views, 32, size/8, size/8)."""
    colours: NDArray[np.uint8]
    """Shape (n, views, size/4, size/4, 3)."""

    def __len__(self) -> int:
        return len(self.places)

    @property
    def views(self) -> int:
        """Views of each face."""
        return int(self.places.shape[1])

    def take(self, faces: NDArray[np.intp]) -> "Features":
        """Those of some faces."""
        return Features(self.places[faces], self.colours[faces])

    def batch(self, faces: NDArray[np.intp], views: NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """The tail's two inputs for some faces, one view each."""
        places = torch.from_numpy(self.places[faces, views]).float()
        colours = normalised(self.colours[faces, views])
        return places.contiguous(memory_format=torch.channels_last), colours


def normalised(pictures: NDArray[np.uint8]) -> Tensor:
    """Pictures (n, h, w, 3) as the network's input (n, 3, h, w), RGB / 127.5 - 1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def compute_features(stem: Stem, squares: NDArray[np.uint8], size: int, views: int, seed: int) -> Features:
    """Pass views of each square through the stem.

    Args:
        stem: the frozen part of the network.
        squares: shape (n, side, side, 3).
        size: side of the network's input, pixels.
        views: views of each face; the first is the plain one, the others are random.
        seed: of the random views.
    """
    rng = np.random.default_rng(seed)
    stem.eval()
    shape = (len(squares), views)
    places = np.empty((*shape, STEM_CHANNELS, size // 8, size // 8), np.float16)
    colours = np.empty((*shape, size // 4, size // 4, 3), np.uint8)
    for view in range(views):
        for start in range(0, len(squares), BATCH):
            part = squares[start : start + BATCH]
            pictures = np.stack(
                [plain_view(square, size) if view == 0 else random_view(square, size, rng) for square in part]
            )
            with torch.inference_mode():
                deep, coarse = stem(normalised(pictures))
            places[start : start + BATCH, view] = deep.numpy()
            rounded = ((coarse + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
            colours[start : start + BATCH, view] = rounded.permute(0, 2, 3, 1).numpy()
    return Features(places, colours)
