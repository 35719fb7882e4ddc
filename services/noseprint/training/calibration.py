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
from services.noseprint.evaluation.open_set import register_of
from services.noseprint.evaluation.prints import Prints, genuine_pairs, impostor_pairs, prints_of
from services.noseprint.scoring import (
    MOST_LOGIT,
    SCORING_FILE,
    STRONG_EVIDENCE,
    Fusion,
    MatchScorer,
    Tail,
    local_evidence,
    strong_evidence,
)
from services.noseprint.synthesis.sets import read_set
from services.noseprint.training.embedder_data import boxed_noses, read_rgb
from services.noseprint.training.embedder_views import photo_view
from shared.model_files import renew_sums
from shared.training.dataset import Split, data_folder

MODEL_FOLDER = Path(__file__).parents[1] / "model"
GALLERY = 5
"""Prints of a registered dog."""
RATES = {"identify": 0.01, "register": 0.001}
VERIFY_RATE = 0.001
"""Share of strangers that pass a comparison with one given dog."""
REAL_VERIFY_RATE = 0.01
"""The same of real strangers at hand: few, and most of their noses are smaller than the server accepts."""
LOW_RATE = 1e-4
"""False-accept rate at which the weight of strong local evidence is chosen."""
STRONG_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Weights of strong local evidence to choose from, as shares of the cosine's."""
TAIL_SHARE = 0.005
"""Share of impostors, the highest, that the tail is fitted to."""
SEARCH_TAIL_SHARE = 0.002
"""The same of whole searches, of which there are more."""
FEWEST_FOR_SHAPE = 100
"""Impostors in the tail from which its shape is fitted."""
SHORTLIST = 10
"""Strangers, the nearest by embedding, that every probe is compared with point by point, as in the server."""

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
    weights = np.maximum(_regression(columns, same).coef_[0], 0.0)
    plain = columns @ weights
    strong = np.array([strong_evidence(each) for each in evidence])

    def accepted(weight: float) -> float:
        joined = plain + weight * weights[0] * strong
        return float((joined[same] > np.quantile(joined[~same], 1 - LOW_RATE)).mean())

    # Regression minds the doubtful middle; what strong evidence is worth shows at few false accepts.
    extra = max(STRONG_WEIGHTS, key=lambda weight: (accepted(weight), -weight)) * weights[0]
    fit = _regression((plain + extra * strong)[:, None], same)
    slope = max(float(fit.coef_[0][0]), 0.05)
    return {
        "offset": float(fit.intercept_[0]),
        "cosine": float(slope * weights[0]),
        "local": float(slope * weights[1]),
        "strong_local": float(slope * extra),
    }


def _regression(columns: Floats, same: NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=100.0, class_weight="balanced", max_iter=1000).fit(columns, same)


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
    fit = _regression(joined, same)
    return Fusion(weight, max(float(fit.coef_[0][0]), 0.05), float(fit.intercept_[0]))


def fit_tail(impostors: Floats, share: float = TAIL_SHARE, compared: int | None = None) -> Tail:
    """The generalised Pareto tail of impostors' logits.

    A fitted shape below 0 would claim that no impostor can ever exceed some score; that is not believed,
    nor is any shape that is fitted to a handful, and the exponential tail (shape 0) is taken instead.

    Args:
        impostors: logits; those below the tail may be missing.
        share: of all impostors compared, the highest, that make the tail.
        compared: how many those were; as many as there are logits when None.
    """
    compared = compared or len(impostors)
    highest = np.sort(impostors)[::-1][: max(int(share * compared), 20) + 1]
    level = float(highest[-1])
    excess = highest[highest > level] - level
    shape, _, scale = genpareto.fit(excess, floc=0)
    if shape < 0 or len(excess) < FEWEST_FOR_SHAPE:
        shape, scale = 0.0, float(excess.mean())
    return Tail(level, float(len(excess) / compared), float(scale), float(shape))


def strangers_found(prints: Prints, scorer: MatchScorer) -> tuple[Floats, int]:
    """Fused logits of the strangers that searches would put on their shortlists, and how many were compared.

    Every dog's first five prints are registered; each of its other prints is searched among all others.
    """
    register = register_of(prints)
    cosines = prints.embeddings[register.probes] @ register.templates.T
    cosines[np.arange(len(register.probes)), register.owners] = -np.inf
    near = np.argsort(-cosines, 1)[:, :SHORTLIST]
    pairs = np.stack([np.repeat(register.probes, near.shape[1] * GALLERY), register.gallery[near].ravel()], 1)
    logits = pair_logits(
        scorer.pair_weights, prints.cosines(pairs), prints.locals(pairs, "strangers")
    ).reshape(-1, GALLERY)
    fused = np.array([scorer.fused_logit(list(row)) for row in logits])
    return fused, len(register.probes) * (len(register.templates) - 1)


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
    strong = np.maximum(evidence - STRONG_EVIDENCE, 0.0)
    joined = parameters["offset"] + parameters["cosine"] * cosine + parameters["local"] * evidence
    joined = joined + parameters["strong_local"] * strong
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
    found, compared = strangers_found(synthetic, scorer)
    tails = {
        "synthetic_five_prints": fit_tail(found, SEARCH_TAIL_SHARE, compared),
        "synthetic_one_print": fit_tail(single),
    }
    verify = max(float(np.quantile(each, 1 - VERIFY_RATE)) for each in (fused, single))
    if real is not None:
        pairs = impostor_pairs(real.dogs, min(impostors, len(real.dogs) ** 2 // 4), 3)
        strangers = pair_logits(parameters["pair"], real.cosines(pairs), real.locals(pairs, "real impostors"))
        tails["real_one_print"] = fit_tail(strangers)
        verify = max(verify, float(np.quantile(strangers, 1 - REAL_VERIFY_RATE)))
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
    renew_sums(chosen.model / SCORING_FILE)
    print(json.dumps(parameters, indent=1))


if __name__ == "__main__":
    main()
