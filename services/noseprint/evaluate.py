"""Measure nose prints: ``python -m services.noseprint.evaluate PAIRS.csv --out SCORES.csv [--cropped]``.

Reads rows ``image_a,image_b,same`` (paths relative to the CSV), writes every row with its scores
``embedding,local,probability`` (the probability is what the server would say), and prints AUC, EER and
the true-accept rates at false-accept rates of 1 % and 0.1 % for each.

``--synthetic FOLDER`` instead measures on synthetic individuals never trained on, beside plain
baselines, and open-set search; ``--real`` on the real noses of the data folder.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from services.noseprint.embedding import Embedder
from services.noseprint.evaluation import open_set, pairs_file, real_noses, synthetic
from services.noseprint.evaluation.prints import impostor_pairs, prints_of
from services.noseprint.evaluation.tables import figures, verification_row, verification_table
from services.noseprint.scoring import MatchScorer
from services.noseprint.synthesis.sets import read_set
from shared.training.dataset import data_folder

MODEL_FOLDER = Path(__file__).with_name("model")
SIZES = [1_000, 10_000, 1_000_000]
"""Sizes of the registers that open-set search is measured for."""


def evaluate_pairs(path: Path, out: Path, model: Path, *, cropped: bool, threads: int) -> int:
    """Score a file of pairs; returns the exit status: 1 when no row could be scored.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: the file of pairs is not one.
    """
    pairs = pairs_file.read_pairs(path)
    reader = pairs_file.PictureReader(model, threads, cropped=cropped)
    names = [name for pair in pairs for name in (pair.image_a, pair.image_b)]
    readings = pairs_file.read_pictures(reader, path.parent, names)
    scored = pairs_file.score_pairs(pairs, readings, MatchScorer(model))
    pairs_file.write_scores(out, scored)
    for name, reading in readings.items():
        if reading.problem:
            print(f"{name}: {reading.problem}", file=sys.stderr)
    usable = [row for row in scored if not row.problem]
    print(f"{len(usable)} of {len(scored)} rows scored; {out} written")
    same = np.array([row.pair.same for row in usable], np.bool_)
    if not usable or same.all() or not same.any():
        print("no figures: they need scored pairs of the same nose and of different noses")
        return 0 if usable else 1
    rows = {}
    for name in ("embedding", "local", "probability"):
        rows[name] = verification_row(np.array([getattr(row, name) for row in usable], np.float64), same)
    print(verification_table(rows))
    return 0


def evaluate_synthetic(folder: Path, model: Path, impostors: int) -> dict[str, Any]:
    """Print and return the figures on synthetic individuals."""
    noses = read_set(folder)
    embedder, scorer = Embedder(model), MatchScorer(model)
    prints = prints_of(embedder, noses)
    flat = noses.reshape(-1, *noses.shape[2:])
    weights = data_folder() / "pretrained" / "mobilenet_v2_imagenet1k.npz"
    if find_spec("torch") is None or not weights.is_file():
        print(
            "plain ImageNet features are left out: they need PyTorch (make setup-train) and the data folder"
        )
        rows = synthetic.verification(prints, flat, scorer, impostors, None)
    else:
        rows = synthetic.verification(prints, flat, scorer, impostors, weights)
    print(f"{len(noses)} synthetic individuals never trained on, pairs of single prints")
    print(verification_table(rows))
    fives = synthetic.against_five(prints, flat, scorer, 10)
    print("a probe against a dog's five prints")
    print(verification_table(fives))
    search = open_set.measured_search(prints, scorer)
    print("search, measured: " + figures(search))
    pairs = impostor_pairs(prints.dogs, 5_000, 2)
    sizes = open_set.open_set_figures(prints, scorer, prints.locals(pairs, "strangers"), SIZES)
    for size, row in sizes.items():
        print(f"search among {size}: " + figures(row))
    return {"verification": rows, "five_prints": fives, "search": search, "open_set": sizes}


def evaluate_real(model: Path) -> dict[str, Any]:
    """Print and return the figures on the data folder's real noses."""
    data, scorer = data_folder(), MatchScorer(model)
    sample = real_noses.read_sample(data / "nose_photos", model)
    print(
        f"sample: {len(sample.prints.dogs)} of {sample.photos} photos show a nose; refused: {sample.refused}"
    )
    rows, ranks = real_noses.sample_rows(sample.prints, scorer)
    print(verification_table(rows))
    print("rank 1 from the other photos: " + figures(ranks))
    strangers, unseen = real_noses.read_strangers(data, model, 24)
    results = []
    for size in (len(set(sample.prints.dogs.tolist())), 1_000):
        results.append(real_noses.search_sample(sample.prints, strangers, scorer, size))
        print("search: " + figures(results[-1]))
    print(f"of the strangers {int(unseen.sum())} are of photos that no model was trained on")
    negatives = real_noses.negatives_accepted(data / "negatives", model)
    print(f"no noses, accepted: {negatives}")
    return {"verification": rows, "rank_1": ranks, "search": results, "negatives": negatives}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m services.noseprint.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("pairs", type=Path, nargs="?", help="CSV with the columns image_a,image_b,same")
    options.add_argument("--out", type=Path, help="CSV to write (pairs), or JSON (the other evaluations)")
    options.add_argument("--cropped", action="store_true", help="the pictures show just a nose")
    options.add_argument("--synthetic", type=Path, help="a set from python -m services.noseprint.synthesis")
    options.add_argument("--impostors", type=int, default=100_000, help="impostor pairs of --synthetic")
    options.add_argument("--real", action="store_true", help="measure on the data folder's real noses")
    options.add_argument("--model", type=Path, default=MODEL_FOLDER, help="folder of the weights")
    options.add_argument("--threads", type=int, default=1)
    chosen = options.parse_args(arguments)
    if sum((chosen.pairs is not None, chosen.synthetic is not None, chosen.real)) != 1:
        options.error("name a file of pairs, or --synthetic FOLDER, or --real")
    try:
        if chosen.pairs is not None:
            if chosen.out is None:
                options.error("--out is missing: where to write the scores")
            return evaluate_pairs(
                chosen.pairs, chosen.out, chosen.model, cropped=chosen.cropped, threads=chosen.threads
            )
        found = (
            evaluate_real(chosen.model)
            if chosen.real
            else evaluate_synthetic(chosen.synthetic, chosen.model, chosen.impostors)
        )
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
