"""From seeds to shipped weights: ``python -m services.noseprint.training.embedder_recipe RUN_FOLDER``.

1. write four sets of synthetic individuals, each from a seed of its own, so that none shares a nose;
2. train the embedder (further arguments are the training command's);
3. put ``embedder.onnx`` beside the service's code, take out of it what real noses have in common, and fit
   ``scoring.json``.

Each step is skipped when its result is there: a run that was interrupted goes on.
"""

import argparse
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.noseprint.embedding import MODEL_FILE
from services.noseprint.synthesis.sets import write_set
from services.noseprint.training import calibration, embedder_domain, embedder_train
from shared.model_files import renew_sums

MODEL_FOLDER = Path(__file__).parents[1] / "model"


@dataclass(frozen=True, slots=True)
class SyntheticSet:
    """What a set of synthetic noses is for, and its size."""

    seed: int
    individuals: int
    views: int


SETS = {
    "training": SyntheticSet(1, 3200, 8),
    "development": SyntheticSet(2, 150, 4),
    "calibration": SyntheticSet(3, 300, 6),
    "test": SyntheticSet(4, 400, 6),
}


def make_set(folder: Path, name: str) -> Path:
    """Write (or finish) the set of this name below ``folder``; returns its own folder."""
    made = SETS[name]
    write_set(folder / name, made.seed, made.individuals, made.views, processes=os.cpu_count() or 1)
    return folder / name


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("run", type=Path, help="folder for sets, checkpoints and weights")
    options.add_argument("--only", choices=list(SETS), help="write one set and stop")
    options.add_argument("--model", type=Path, default=MODEL_FOLDER, help="folder that the weights go into")
    chosen, further = options.parse_known_args(arguments)
    sets = chosen.run / "sets"
    if chosen.only:
        make_set(sets, chosen.only)
        return
    folders = {name: make_set(sets, name) for name in SETS}
    if not (chosen.run / MODEL_FILE).is_file():
        command = ["--synthetic", str(folders["training"]), "--development", str(folders["development"])]
        embedder_train.main([*command, "--out", str(chosen.run), *further])
    chosen.model.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(chosen.run / MODEL_FILE, chosen.model / MODEL_FILE)
    renew_sums(chosen.model / MODEL_FILE)
    embedder_domain.main([str(chosen.model)])
    calibration.main(["--synthetic", str(folders["calibration"]), "--model", str(chosen.model)])


if __name__ == "__main__":
    main()
