"""Train the head detector with ultralytics: ``python -m services.facecolor.training.detector.train``."""

import argparse
import random
from pathlib import Path

import torch

from shared.training.box_training import Schedule, train_boxes
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


def sampled(dataset: Path, run: Path, pictures: int, seed: int) -> Path:
    """A ``data.yaml`` that trains on so many pictures of the set, drawn at random."""
    images = sorted((dataset / "images" / "train").iterdir())
    chosen = random.Random(seed).sample(images, min(pictures, len(images)))  # noqa: S311 (no secret)
    run.mkdir(parents=True, exist_ok=True)
    listing = run / "train.txt"
    listing.write_text("\n".join(str(path.resolve()) for path in chosen) + "\n")
    description = run / "data.yaml"
    description.write_text(
        f"path: {dataset.resolve()}\ntrain: {listing.resolve()}\nval: images/dev\nnames: {{0: head}}\n"
    )
    return description


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
    pictures: int | None = None,
) -> Path:
    """Train and return the path of the last checkpoint (the moving average of the weights).

    Args:
        dataset: folder written by ``prepare``.
        run: folder for checkpoints and logs.
        start: see :func:`shared.training.box_training.train_boxes`.
        frozen_layers: the first layers of the backbone that keep their weights.
        close_mosaic: last epochs without mosaics.
        pictures: how many of the training pictures to use, drawn at random; all when None.
    """
    schedule = Schedule(
        epochs=epochs,
        learning_rate=learning_rate,
        frozen_layers=frozen_layers,
        batch=batch,
        size=size,
        seed=seed,
    )
    options = {"close_mosaic": close_mosaic, "single_cls": True, **AUGMENTATION}
    description = sampled(dataset, run, pictures, seed) if pictures else None
    return train_boxes(dataset, run, start, schedule, options, description)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="folder written by prepare")
    parser.add_argument("run", type=Path, help="folder for checkpoints and logs")
    parser.add_argument(
        "--start",
        type=Path,
        default=data_folder() / "pretrained" / "yolov5n_coco.npz",
        help="arrays (.npz), a checkpoint (.pt) or a detector that ships (.onnx)",
    )
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--frozen-layers", type=int, default=3)
    parser.add_argument("--close-mosaic", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=int, help="train on so many pictures, drawn at random")
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
            pictures=arguments.pictures,
        )
    )


if __name__ == "__main__":
    main()
