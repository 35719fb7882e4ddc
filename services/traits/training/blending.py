"""Mixing the weights of several runs and of the network they started from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def blend(network: nn.Module, runs: Sequence[dict[str, Tensor]], share: float) -> None:
    """Set ``network`` to the mean of ``runs``, mixed with the weights it has now.

    Weights that started from the same point can be averaged (Wortsman et al. 2022, model soups), and
    between the start and the fine-tuned end lie weights that know what both know (Wortsman et al. 2022,
    robust fine-tuning): ImageNet showed its network ten times as many photos of these breeds.

    Args:
        network: as ImageNet left it.
        runs: state dicts of the same shape.
        share: 0 = leave ``network`` alone, 1 = the mean of the runs.
    """
    mixed = {}
    for name, start in network.state_dict().items():
        mean = torch.stack([run[name] for run in runs]).mean(0)
        mixed[name] = torch.lerp(start, mean, share)
    network.load_state_dict(mixed)
