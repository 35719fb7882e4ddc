"""The whole recipe of the nose detector: ``python -m services.noseprint.training.detector_recipe FOLDER``.

Writes the training set, trains from the COCO weights (or from another checkpoint), exports, quantises
and calibrates into services/noseprint/model unless told otherwise.
"""

import argparse
from pathlib import Path

import torch

from services.noseprint.detection import MODEL_FILE
from services.noseprint.training.detector_export import MODEL_FOLDER, export
from services.noseprint.training.detector_prepare import prepare
from services.noseprint.training.detector_train import train
from shared.training.dataset import data_folder

EPOCHS = 8
"""From COCO's weights. A detector of dogs' heads as the start needs two."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the training set and checkpoints are kept")
    parser.add_argument("--target", type=Path, default=MODEL_FOLDER / MODEL_FILE)
    parser.add_argument("--start", type=Path, default=data_folder() / "pretrained" / "yolov5n_coco.npz")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--version", default="1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dataset = arguments.folder / "set"
    print("pictures:", prepare(data_folder(), dataset, seed=arguments.seed))
    checkpoint = train(
        dataset, arguments.folder / "run", arguments.start, epochs=arguments.epochs, seed=arguments.seed
    )
    export(dataset, checkpoint, arguments.target, arguments.version)
    print(f"wrote {arguments.target.name}")


if __name__ == "__main__":
    main()
