"""Training of box detectors with ultralytics: what all of this project's detectors have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from shared.training.box_network import ARCHITECTURE, BoxDetectorTrainer
from shared.training.box_restart import pictures_of, restored


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and at what rate is trained."""

    epochs: int
    learning_rate: float = 1e-3
    """Of AdamW, falling along a cosine to a fiftieth."""
    frozen_layers: int = 3
    """The first layers of the backbone, which keep their weights."""
    batch: int = 16
    size: int = 320
    """Longest side of the pictures, pixels."""
    warmup_epochs: float = 0.5
    """At most; a tenth of all when that is less."""
    seed: int = 0


def train_boxes(
    dataset: Path,
    run: Path,
    start: Path | None,
    schedule: Schedule,
    options: Mapping[str, Any],
    description: Path | None = None,
) -> Path:
    """Train on processors and return the path of the last checkpoint (the moving average of the weights).

    Args:
        dataset: folder in ultralytics' layout.
        run: folder for checkpoints and logs.
        start: ``.npz`` of pretrained arrays, a ``.pt`` checkpoint of an earlier run, or the ``.onnx`` file of
            a detector that ships; random weights, and nothing frozen, when None.
        options: further settings of ultralytics: augmentation, above all.
        description: the ``data.yaml`` to train with, when it is not the dataset's own.

    Raises:
        FileNotFoundError: no such start or dataset.
    """
    described = description or dataset / "data.yaml"
    trainer_class = type("Trainer", (BoxDetectorTrainer,), {"start": starting_point(start, dataset, run)})
    trainer = trainer_class(
        overrides={
            "model": ARCHITECTURE,
            "data": str(described),
            "project": str(run.parent.resolve()),
            "name": run.name,
            "exist_ok": True,
            "epochs": schedule.epochs,
            "batch": schedule.batch,
            "nbs": schedule.batch,
            "imgsz": schedule.size,
            "optimizer": "AdamW",
            "lr0": schedule.learning_rate,
            "lrf": 0.02,
            "cos_lr": True,
            "warmup_epochs": min(schedule.warmup_epochs, schedule.epochs / 10),
            "warmup_bias_lr": 0.0,
            "weight_decay": 0.01,
            "freeze": schedule.frozen_layers if start is not None else None,
            "device": "cpu",
            "workers": 0,
            "amp": False,
            "plots": False,
            "seed": schedule.seed,
            "pretrained": False,
            **options,
        }
    )
    trainer.train()
    return Path(trainer.last)


def starting_point(start: Path | None, dataset: Path, run: Path) -> Path | None:
    """The arrays or the checkpoint to start from; what ships as ONNX becomes a checkpoint in ``run`` first.

    Raises:
        FileNotFoundError: there is no such file, or no dataset.
    """
    if start is None or start.suffix != ".onnx":
        return start
    classes = len(yaml.safe_load((dataset / "data.yaml").read_text())["names"])
    model = restored(start, pictures_of(dataset), classes)
    run.mkdir(parents=True, exist_ok=True)
    checkpoint = run / "start.pt"
    torch.save({"model": model, "ema": None}, checkpoint)
    return checkpoint
