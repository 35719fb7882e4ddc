"""Fit the scoring: ``python -m services.noseprint.training.calibration --synthetic FOLDER``.

On individuals that the embedder was not trained on, and on noses of real photos kept from its training:

1. logistic regression joins cosine and local score (pairs weighted to even odds);
2. the weight of the best print against the mean of five, and their slope and offset, are fitted on
   probes against dogs of five prints;
3. generalised Pareto tails are fitted to the fused logits of impostors, synthetic and real apart.

Writes ``scoring.json``.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import genpareto
from sklearn.linear_model import LogisticRegression

from services.noseprint.embedding import Embedder
from services.noseprint.evaluation.prints import Prints, genuine_pairs, impostor_pairs, prints_of
from services.noseprint.scoring import MOST_LOGIT, SCORING_FILE, Fusion, MatchScorer, Tail, local_evidence
from services.noseprint.synthesis.__main__ import read_set
from services.noseprint.training.embedder_data import boxed_noses, read_rgb
from services.noseprint.training.embedder_views import photo_view
from shared.training.dataset import Split, data_folder

MODEL_FOLDER = Path(__file__).parents[1] / "model"
GALLERY = 5
"""Prints of a registered dog."""
RATES = {"identify": 0.01, "register": 0.001}
VERIFY_RATE = 0.001
"""Share of strangers that pass a comparison with one given dog."""
TAIL_SHARE = 0.005
"""Share of impostors, the highest, that the tail is fitted to."""

Floats = NDArray[np.float64]


def fit_pairs(cosine: Floats, local: Floats, same: NDArray[np.bool_]) -> dict[str, float]:
    """Weights of the two scores, by logistic regression at even odds; neither weight is negative.

    Args:
        cosine: (n,).
        local: (n,).
        same: (n,).
    """
    evidence = np.array([local_evidence(score) for score in local])
    columns = np.stack([cosine, evidence], 1)
    fit = LogisticRegression(C=100.0, class_weight="balanced", max_iter=1000).fit(columns, same)
    weights = np.maximum(fit.coef_[0], 0.0)
    return {"offset": float(fit.intercept_[0]), "cosine": float(weights[0]), "local": float(weights[1])}


def fit_fusion(logits: Floats, same: NDArray[np.bool_]) -> Fusion:
    """How the logits (n, 5) of a probe against a dog's prints become one.

    The weight of the best is the one that tells dogs apart best at one false accept in a thousand.
    """
    best, mean = logits.max(1), logits.mean(1)

    def accepted(weight: float) -> float:
        joined = weight * best + (1 - weight) * mean
        return float((joined[same] > np.quantile(joined[~same], 0.999)).mean())

    weight = max((round(step / 10, 1) for step in range(11)), key=lambda each: (accepted(each), each))
    joined = (weight * best + (1 - weight) * mean)[:, None]
    fit = LogisticRegression(C=100.0, class_weight="balanced", max_iter=1000).fit(joined, same)
    return Fusion(weight, max(float(fit.coef_[0][0]), 0.05), float(fit.intercept_[0]))


def fit_tail(impostors: Floats, share: float = TAIL_SHARE) -> Tail:
    """The generalised Pareto tail of impostors' logits.

    A fitted shape below 0 would claim that no impostor can ever exceed some score; that is not believed,
    and the exponential tail (shape 0) taken instead.
    """
    level = float(np.quantile(impostors, 1 - share))
    excess = impostors[impostors > level] - level
    shape, _, scale = genpareto.fit(excess, floc=0)
    if shape < 0:
        shape, scale = 0.0, float(excess.mean())
    return Tail(level, float(len(excess) / len(impostors)), float(scale), float(shape))


def searches(
    prints: Prints, probes: int, dogs: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Probes against dogs of five prints: pairs (n, 5, 2) and whether they are the same dog.

    Every dog's first five prints are its gallery, the others are probes, each against its own dog and
    ``dogs`` others.
    """
    rng = np.random.default_rng(seed)
    by_dog = [np.flatnonzero(prints.dogs == dog) for dog in np.unique(prints.dogs)]
    tests = [(dog, probe) for dog, owned in enumerate(by_dog) for probe in owned[GALLERY:]]
    pairs, same = [], []
    for index in rng.permutation(len(tests))[:probes]:
        dog, probe = tests[index]
        others = rng.choice(np.delete(np.arange(len(by_dog)), dog), min(dogs, len(by_dog) - 1), replace=False)
        for other in (dog, *others):
            pairs.append([(probe, each) for each in by_dog[other][:GALLERY]])
            same.append(other == dog)
    return np.array(pairs, np.int64), np.array(same)


def pair_logits(parameters: dict[str, float], cosine: Floats, local: Floats) -> Floats:
    """The logits that :meth:`MatchScorer.logit` gives, for arrays."""
    evidence = np.array([local_evidence(score) for score in local.ravel()]).reshape(local.shape)
    joined = parameters["offset"] + parameters["cosine"] * cosine + parameters["local"] * evidence
    return np.clip(joined, -MOST_LOGIT, MOST_LOGIT)


def real_noses(data: Path, views: int, seed: int) -> NDArray[np.uint8]:
    """Noses of photos kept from training (split dev), each as several views: (photos, views, 192, 224)."""
    photos = boxed_noses(data, {Split.DEV}, least=30)
    made = []
    for number, key in enumerate(sorted(photos)):
        rng = np.random.default_rng([seed, number, 5])
        copies = photos[key]
        shown = [copies[view % len(copies)] for view in range(views)]
        made.append([photo_view(rng, read_rgb(path), box) for path, box in shown])
    return np.array(made, np.uint8)


def calibrate(embedder: Embedder, synthetic: Prints, real: Prints | None, impostors: int) -> dict[str, Any]:
    """The content of ``scoring.json``."""
    pairs = np.concatenate([genuine_pairs(synthetic.dogs), impostor_pairs(synthetic.dogs, impostors, 1)])
    cosine, local, same = synthetic.cosines(pairs), synthetic.locals(pairs), synthetic.same(pairs)
    parameters: dict[str, Any] = {
        "embedder_version": embedder.version,
        "pair": fit_pairs(cosine, local, same),
    }
    groups, ours = searches(synthetic, impostors // 100, 20, 2)
    flat = groups.reshape(-1, 2)
    logits = pair_logits(
        parameters["pair"], synthetic.cosines(flat), synthetic.locals(flat, "searches")
    ).reshape(-1, GALLERY)
    parameters["fusion"] = asdict(fit_fusion(logits, ours))
    parameters |= {"impostor_tails": {}, "false_positive_identification_rate": RATES, "verify_threshold": 0.0}
    scorer = MatchScorer.from_parameters(parameters)
    fused = np.array([scorer.fused_logit(list(row)) for row in logits[~ours]])
    single = pair_logits(parameters["pair"], cosine[~same], local[~same])
    # A dog may have one print or five: strangers must exceed the thresholds with neither.
    tails = {"synthetic_five_prints": fit_tail(fused), "synthetic_one_print": fit_tail(single)}
    verify = max(float(np.quantile(each, 1 - VERIFY_RATE)) for each in (fused, single))
    if real is not None:
        pairs = impostor_pairs(real.dogs, min(impostors, len(real.dogs) ** 2 // 4), 3)
        strangers = pair_logits(parameters["pair"], real.cosines(pairs), real.locals(pairs, "real impostors"))
        tails["real_one_print"] = fit_tail(strangers)
        verify = max(verify, float(np.quantile(strangers, 1 - VERIFY_RATE)))
    parameters["impostor_tails"] = {name: asdict(tail) for name, tail in tails.items()}
    parameters["verify_threshold"] = verify
    return parameters


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--synthetic", type=Path, required=True, help="set that was not trained on")
    options.add_argument("--model", type=Path, default=MODEL_FOLDER, help="folder of embedder.onnx")
    options.add_argument("--impostors", type=int, default=60_000, help="impostor pairs")
    options.add_argument("--no-real", dest="real", action="store_false", help="leave nose_boxes out")
    chosen = options.parse_args(arguments)
    embedder = Embedder(chosen.model)
    synthetic = prints_of(embedder, read_set(chosen.synthetic))
    real = prints_of(embedder, real_noses(data_folder(), 4, 1)) if chosen.real else None
    parameters = calibrate(embedder, synthetic, real, chosen.impostors)
    (chosen.model / SCORING_FILE).write_text(json.dumps(parameters, indent=1) + "\n")
    print(json.dumps(parameters, indent=1))


if __name__ == "__main__":
    main()
