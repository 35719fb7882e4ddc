"""Train the nose detector with ultralytics: ``python -m services.noseprint.training.detector_train``."""

import argparse
from pathlib import Path

import torch

from shared.training.box_training import Schedule, train_boxes
from shared.training.dataset import data_folder

SIZE = 320
"""Longest side of the pictures trained on, in pixels."""
AUGMENTATION: dict[str, float] = {
    # The views are made beforehand; this only keeps an epoch from showing the same pixels again.
    "mosaic": 0.2,
    "scale": 0.2,
    "translate": 0.08,
    "degrees": 0.0,
    "shear": 0.0,
    "perspective": 0.0,
    "fliplr": 0.5,
    "hsv_h": 0.02,
    "hsv_s": 0.4,
    "hsv_v": 0.3,
    "mixup": 0.0,
    "cutmix": 0.0,
    "copy_paste": 0.0,
    "erasing": 0.0,
}


def train(
    dataset: Path,
    run: Path,
    start: Path,
    *,
    epochs: int = 2,
    learning_rate: float = 1e-3,
    frozen_layers: int = 3,
    batch: int = 16,
    seed: int = 0,
    size: int = SIZE,
) -> Path:
    """Train and return the path of the last checkpoint (the moving average of the weights).

    Args:
        dataset: folder written by ``detector_prepare``.
        run: folder for checkpoints and logs.
        start: see :func:`shared.training.box_training.train_boxes`.
        frozen_layers: the first layers of the backbone that keep their weights.
    """
    schedule = Schedule(
        epochs=epochs,
        learning_rate=learning_rate,
        frozen_layers=frozen_layers,
        batch=batch,
        size=size,
        warmup_epochs=0.3,
        seed=seed,
    )
    # The last checkpoint is the one that is used, so the dev pictures are looked at once, at the end.
    options = {"close_mosaic": 1, "val": False, "single_cls": True, **AUGMENTATION}
    return train_boxes(dataset, run, start, schedule, options)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="folder written by detector_prepare")
    parser.add_argument("run", type=Path, help="folder for checkpoints and logs")
    parser.add_argument(
        "--start",
        type=Path,
        default=data_folder() / "pretrained" / "yolov5n_coco.npz",
        help="arrays (.npz), a checkpoint (.pt) or a detector that ships (.onnx)",
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--frozen-layers", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=SIZE, help="longest side, pixels")
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
            seed=arguments.seed,
            size=arguments.size,
        )
    )


if __name__ == "__main__":
    main()
