"""Train the head detector with ultralytics: ``python -m services.facecolor.training.detector.train``."""

import argparse
from pathlib import Path

import torch

from services.facecolor.training.detector.network import ARCHITECTURE, HeadDetectorTrainer
from shared.training.dataset import data_folder

SIZE = 256
"""Longest side of the pictures trained on, in pixels."""
AUGMENTATION: dict[str, float] = {
    # Mosaics show heads small and cut off; scaling and shifting cut them off at the borders as well.
    "mosaic": 0.6,
    "scale": 0.6,
    "translate": 0.2,
    "degrees": 35.0,
    "shear": 4.0,
    "perspective": 0.0004,
    "fliplr": 0.5,
    "hsv_h": 0.02,
    "hsv_s": 0.6,
    "hsv_v": 0.5,
    "mixup": 0.0,
    "cutmix": 0.0,
    "copy_paste": 0.0,
}


def train(
    dataset: Path,
    run: Path,
    start: Path,
    *,
    epochs: int = 8,
    learning_rate: float = 1e-3,
    frozen_layers: int = 3,
    batch: int = 16,
    seed: int = 0,
    size: int = SIZE,
    close_mosaic: int = 1,
) -> Path:
    """Train and return the path of the last checkpoint (the moving average of the weights).

    Args:
        dataset: folder written by ``prepare``.
        run: folder for checkpoints and logs.
        start: ``.npz`` of pretrained arrays, or a ``.pt`` checkpoint of an earlier run.
        frozen_layers: the first layers of the backbone that keep their weights.
        close_mosaic: last epochs without mosaics.
    """
    trainer_class = type("Trainer", (HeadDetectorTrainer,), {"start": start})
    trainer = trainer_class(
        overrides={
            "model": ARCHITECTURE,
            "data": str(dataset / "data.yaml"),
            "project": str(run.parent.resolve()),
            "name": run.name,
            "exist_ok": True,
            "epochs": epochs,
            "batch": batch,
            "nbs": batch,
            "imgsz": size,
            "optimizer": "AdamW",
            "lr0": learning_rate,
            "lrf": 0.02,
            "cos_lr": True,
            "warmup_epochs": min(0.5, epochs / 10),
            "warmup_bias_lr": 0.0,
            "weight_decay": 0.01,
            "freeze": frozen_layers,
            "close_mosaic": close_mosaic,
            "device": "cpu",
            "workers": 0,
            "amp": False,
            "plots": False,
            "seed": seed,
            "pretrained": False,
            "single_cls": True,
            **AUGMENTATION,
        }
    )
    trainer.train()
    return Path(trainer.last)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="folder written by prepare")
    parser.add_argument("run", type=Path, help="folder for checkpoints and logs")
    parser.add_argument("--start", type=Path, default=data_folder() / "pretrained" / "yolov5n_coco.npz")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--frozen-layers", type=int, default=3)
    parser.add_argument("--close-mosaic", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(
        train(
            arguments.dataset,
            arguments.run,
            arguments.start,
            epochs=arguments.epochs,
            learning_rate=arguments.learning_rate,
            frozen_layers=arguments.frozen_layers,
            close_mosaic=arguments.close_mosaic,
            seed=arguments.seed,
        )
    )


if __name__ == "__main__":
    main()
