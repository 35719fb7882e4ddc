"""The whole recipe of the head detector: ``python -m services.facecolor.training.detector.recipe FOLDER``.

Round 1 learns from the photos in which the teacher is sure of every dog's head. Its detector then labels
the photos in which the teacher missed one, held to the body boxes, and round 2 learns from all of them
and from the heads boxed by hand. Exports to services/facecolor/model unless told otherwise.
"""

import argparse
from pathlib import Path

import torch

from services.facecolor.detection import MODEL_FILE
from services.facecolor.training.detector.export import calibrate, export_onnx
from services.facecolor.training.detector.prepare import prepare
from services.facecolor.training.detector.pseudo_labels import write_labels
from services.facecolor.training.detector.quantise import quantise
from services.facecolor.training.detector.train import train
from shared.training.dataset import REPOSITORY, data_folder

ROUND_1_EPOCHS, ROUND_2_EPOCHS = 5, 5
ROUND_1_RATE, ROUND_2_RATE = 1e-3, 6e-4


def run(folder: Path, target: Path, version: str, seed: int = 0) -> None:
    """Both rounds, from the photos to the exported and calibrated file ``target``."""
    data = data_folder()
    pretrained = data / "pretrained" / "yolov5n_coco.npz"
    print("round 1:", prepare(data, folder / "round1"))
    first = train(
        folder / "round1",
        folder / "run1",
        pretrained,
        epochs=ROUND_1_EPOCHS,
        learning_rate=ROUND_1_RATE,
        seed=seed,
    )
    labeller = folder / "round1.onnx"
    export_onnx(first, labeller, version=f"{version}-round1")
    calibrate(labeller, data)
    print("labels:", write_labels(labeller, data, folder / "labels.csv"))
    print("round 2:", prepare(data, folder / "round2", folder / "labels.csv"))
    second = train(
        folder / "round2",
        folder / "run2",
        first,
        epochs=ROUND_2_EPOCHS,
        learning_rate=ROUND_2_RATE,
        seed=seed,
    )
    export_onnx(second, target, version)
    quantise(target, data)
    print("calibration:", calibrate(target, data))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where training sets, checkpoints and labels are kept")
    parser.add_argument(
        "--target", type=Path, default=REPOSITORY / "services" / "facecolor" / "model" / MODEL_FILE
    )
    parser.add_argument("--version", default="1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run(arguments.folder, arguments.target, arguments.version, arguments.seed)


if __name__ == "__main__":
    main()
