"""Checkpoints of training runs: weights and what they were trained with, as plain values only.

Nothing is unpickled, so that a checkpoint from somebody else can be looked at without running it.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Run:
    """A checkpoint."""

    network: dict[str, Tensor]
    """State of ``TraitsNetwork``."""
    arguments: dict[str, Any]
    """What the command was told; paths are strings."""

    @property
    def backbone(self) -> str:
        """Name of the backbone."""
        return str(self.arguments["backbone"])

    @property
    def weights(self) -> Path | None:
        """File of the backbone's ImageNet weights; None: the default one."""
        named = self.arguments["weights"]
        return None if named is None else Path(named)

    @property
    def frozen_blocks(self) -> int:
        """Blocks that belong to the stem."""
        return int(self.arguments["frozen_blocks"])


def plain_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """What a command was told, without anything that a checkpoint could not hold."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}


def save_run(path: Path, network: Mapping[str, Tensor], arguments: dict[str, Any], epoch: int) -> None:
    """Write a checkpoint; ``network`` is a state dict."""
    torch.save({"network": dict(network), "arguments": arguments, "epoch": epoch}, path)


def load_run(path: Path) -> Run:
    """Read a checkpoint.

    Raises:
        pickle.UnpicklingError: it holds more than plain values.
    """
    saved = torch.load(path, weights_only=True)
    return Run(saved["network"], saved["arguments"])
