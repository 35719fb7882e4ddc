"""The whole recipe of the nose detector: ``python -m services.noseprint.training.detector_recipe FOLDER``.

Writes the training set and trains from the COCO weights (or from another checkpoint); lets that detector
label further photos, and trains on with these; exports, quantises and calibrates into
services/noseprint/model unless told otherwise.
"""

import argparse
from pathlib import Path

import torch

from services.noseprint.detection import MODEL_FILE, NoseDetector
from services.noseprint.training.detector_export import MODEL_FOLDER, export
from services.noseprint.training.detector_found import DOUBTFUL, write_found
from services.noseprint.training.detector_prepare import Mixture, prepare
from services.noseprint.training.detector_train import train
from shared.training.dataset import data_folder

EPOCHS = 8
"""From COCO's weights. A detector of dogs' heads as the start needs two."""
FURTHER_EPOCHS = 5
LARGE = Mixture(zoomed=5200, whole=5600, no_nose=500, negatives=1400, made_up=600, synthetic=700)
"""Views an epoch when there are photos that an earlier detector labelled."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the training set and checkpoints are kept")
    parser.add_argument("--target", type=Path, default=MODEL_FOLDER / MODEL_FILE)
    parser.add_argument(
        "--start",
        type=Path,
        default=data_folder() / "pretrained" / "yolov5n_coco.npz",
        help="arrays (.npz), a checkpoint (.pt) or a detector that ships (.onnx)",
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--further-epochs", type=int, default=FURTHER_EPOCHS)
    parser.add_argument("--version", default="1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    dataset, more, found = (arguments.folder / name for name in ("set", "more", "found.csv"))
    print("pictures:", prepare(data_folder(), dataset, seed=arguments.seed))
    first = train(
        dataset, arguments.folder / "run", arguments.start, epochs=arguments.epochs, seed=arguments.seed
    )
    earlier = arguments.folder / "earlier" / MODEL_FILE
    export(dataset, first, earlier, arguments.version)
    detector = NoseDetector(earlier, threshold=DOUBTFUL)
    print("photos labelled by it:", write_found(data_folder(), detector, found))
    print("pictures:", prepare(data_folder(), more, LARGE, seed=arguments.seed + 1, found=found))
    checkpoint = train(
        more, arguments.folder / "further", first, epochs=arguments.further_epochs, seed=arguments.seed
    )
    export(dataset, checkpoint, arguments.target, arguments.version)
    print(f"wrote {arguments.target.name}")


if __name__ == "__main__":
    main()
