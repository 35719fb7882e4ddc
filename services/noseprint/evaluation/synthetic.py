"""The table on synthetic individuals that nothing was trained or calibrated on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.noseprint.evaluation import baselines
from services.noseprint.evaluation.prints import Prints, genuine_pairs, impostor_pairs
from services.noseprint.evaluation.tables import Row, verification_row
from services.noseprint.scoring import MatchScorer

GALLERY = 5
"""Prints of a registered dog."""


def verification(
    prints: Prints,
    noses: NDArray[np.uint8],
    scorer: MatchScorer,
    impostors: int,
    weights: Path | None,
    seed: int = 1,
) -> dict[str, Row]:
    """Pairs of single prints, by every method on the same pairs.

    Args:
        prints: of ``noses``.
        noses: aligned, (n, 192, 224).
        scorer: joins both scores.
        impostors: number of impostor pairs.
        weights: of the ImageNet baseline; None leaves it out.
        seed: of the pairs.
    """
    pairs = np.concatenate([genuine_pairs(prints.dogs), impostor_pairs(prints.dogs, impostors, seed)])
    same, cosine, local = prints.same(pairs), prints.cosines(pairs), prints.locals(pairs)
    both = np.array([scorer.logit(float(c), float(s)) for c, s in zip(cosine, local, strict=True)])
    rows = {
        "embedding only": verification_row(cosine, same),
        "local features only": verification_row(local, same),
        "both (ships)": verification_row(both, same),
    }
    if weights is not None:
        features = baselines.imagenet_features(noses, weights)
        rows["plain ImageNet features"] = verification_row(
            np.einsum("ij,ij->i", features[pairs[:, 0]], features[pairs[:, 1]]).astype(np.float64), same
        )
    plain = baselines.sift(noses)
    rows["SIFT + RANSAC"] = verification_row(baselines.sift_ransac(plain, pairs), same)
    return rows


def against_five(
    prints: Prints, noses: NDArray[np.uint8], scorer: MatchScorer, strangers: int, seed: int = 1
) -> dict[str, Row]:
    """Probes against registered dogs of five prints: the fused score beside the older register's method.

    Every dog's first five prints are registered; each other print is compared with its own dog and
    ``strangers`` others by the fused score, and with all dogs by the SVM.
    """
    rng = np.random.default_rng(seed)
    by_dog = [np.flatnonzero(prints.dogs == dog) for dog in np.unique(prints.dogs)]
    gallery = np.stack([owned[:GALLERY] for owned in by_dog])
    owners = np.concatenate([np.full(len(owned) - GALLERY, dog) for dog, owned in enumerate(by_dog)])
    probes = np.concatenate([owned[GALLERY:] for owned in by_dog])
    compared, same = [], []
    for probe, owner in zip(probes, owners, strict=True):
        others = np.delete(np.arange(len(by_dog)), owner)
        for dog in (owner, *rng.choice(others, min(strangers, len(others)), replace=False)):
            compared.append([(probe, each) for each in gallery[dog]])
            same.append(dog == owner)
    pairs = np.array(compared, np.int64).reshape(-1, 2)
    cosine, local = prints.cosines(pairs), prints.locals(pairs, "five prints")
    logits = [scorer.logit(float(c), float(s)) for c, s in zip(cosine, local, strict=True)]
    fused = np.array([scorer.fused_logit(row) for row in _rows(logits, GALLERY)])
    decisions = baselines.words_svm(baselines.sift(noses), gallery, probes, seed)
    rightful = owners[:, None] == np.arange(len(by_dog))[None]
    return {
        "both, five prints fused (ships)": verification_row(fused, np.array(same)),
        "CLAHE, SIFT, 100 words, SVM": verification_row(decisions.ravel(), rightful.ravel()),
    }


def _rows(values: Sequence[float], length: int) -> list[Sequence[float]]:
    return [values[start : start + length] for start in range(0, len(values), length)]
