"""Train the detector of parts on a COCO folder whose categories are ``<label>/<part>``.

``python -m services.facetype.training.parts_train FOLDER --out RUN --initial WEIGHTS --target parts.onnx``

The detector finds the parts; which label each has is the reader's to say, so labels are not learned here.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from services.facetype.training.coco import read_coco
from services.facetype.training.parts_export import export
from services.facetype.training.parts_prepare import prepare
from shared.training.box_training import Schedule, train_boxes
from shared.training.dataset import data_folder

SIZE = 320
"""Longest side of the views and of the detector's input, in pixels."""
AUGMENTATION: dict[str, float] = {
    # The views are turned, scaled and cut already, with classes that follow from it.
    "mosaic": 0.0,
    "scale": 0.0,
    "translate": 0.0,
    "degrees": 0.0,
    "fliplr": 0.5,
    "hsv_h": 0.02,
    "hsv_s": 0.6,
    "hsv_v": 0.5,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and at what rate is trained."""

    views: int = 10_000
    dev_views: int = 400
    epochs: int = 3
    learning_rate: float = 1e-3
    frozen_layers: int = 2
    batch: int = 16
    size: int = SIZE
    seed: int = 0


def train(views: Path, run: Path, initial: Path | None, recipe: Recipe) -> Path:
    """Train and return the path of the last checkpoint (the moving average of the weights).

    Args:
        views: folder written by ``parts_prepare``.
        run: folder for checkpoints and logs.
        initial: see :func:`shared.training.box_training.train_boxes`.
    """
    schedule = Schedule(
        epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        frozen_layers=recipe.frozen_layers,
        batch=recipe.batch,
        size=recipe.size,
        seed=recipe.seed,
    )
    return train_boxes(views, run, initial, schedule, AUGMENTATION)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = Recipe()
    parser.add_argument("folder", type=Path, help="COCO-format folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for views, checkpoints and logs")
    parser.add_argument("--target", type=Path, help="ONNX file to write; OUT/parts.onnx when not given")
    parser.add_argument(
        "--initial",
        type=Path,
        default=data_folder() / "pretrained" / "yolov5n_coco.npz",
        help="weights to start from: arrays (.npz), a checkpoint (.pt) or a detector that ships (.onnx)",
    )
    parser.add_argument("--keep-views", action="store_true", help="use the views that OUT already holds")
    parser.add_argument("--views", type=int, default=usual.views, help="views to make of the pictures")
    parser.add_argument("--dev-views", type=int, default=usual.dev_views)
    parser.add_argument("--epochs", type=int, default=usual.epochs)
    parser.add_argument("--learning-rate", type=float, default=usual.learning_rate)
    parser.add_argument("--frozen-layers", type=int, default=usual.frozen_layers)
    parser.add_argument("--batch", type=int, default=usual.batch)
    parser.add_argument("--size", type=int, default=usual.size, help="input in pixels, a multiple of 32")
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    parser.add_argument("--version", default="1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=usual.seed)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    recipe = Recipe(
        views=arguments.views,
        dev_views=arguments.dev_views,
        epochs=arguments.epochs,
        learning_rate=arguments.learning_rate,
        frozen_layers=arguments.frozen_layers,
        batch=arguments.batch,
        size=arguments.size,
        seed=arguments.seed,
    )
    pictures = read_coco(arguments.folder)
    views = arguments.out / "views"
    if not (arguments.keep_views and (views / "data.yaml").is_file()):
        made = prepare(
            pictures,
            views,
            views=recipe.views,
            dev_views=recipe.dev_views,
            size=recipe.size,
            seed=recipe.seed,
        )
        print("views:", dict(made), flush=True)
    initial = arguments.initial if arguments.initial.is_file() else None
    checkpoint = train(views, arguments.out / "run", initial, recipe)
    target = arguments.target or arguments.out / "parts.onnx"
    lines = export(checkpoint, views, target, arguments.version, recipe.size, precision=arguments.precision)
    for kind, (slope, offset) in lines.items():
        print(f"{kind.name.lower()}: confidence = sigmoid({slope:.3f} · logit + {offset:.3f})")
    print(f"wrote {target} ({target.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
