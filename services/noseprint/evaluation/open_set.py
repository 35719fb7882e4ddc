"""Open-set search: how often a registered dog is missed when strangers are hardly ever matched.

Registers larger than the dogs at hand are filled up with templates drawn from the embedder's own
distribution: the mean and covariance of measured templates (a normal distribution, brought to unit
length), not uniform vectors, which would be far too easy to tell apart. A drawn dog that reaches the
shortlist gets local scores from those measured between strangers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.noseprint.evaluation.prints import Prints
from services.noseprint.local_features import match
from services.noseprint.scoring import MatchScorer

GALLERY = 5
SHORTLIST = 10
"""Dogs that the server compares point by point, per photo."""
_CHUNK = 50_000
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Register:
    """Registered dogs of five prints, and probes of dogs that are (``owners`` ≥ 0) among them."""

    gallery: NDArray[np.int64]
    """(dogs, 5): indices of prints."""
    templates: Vectors
    """(dogs, 256): mean of each dog's embeddings, at unit length."""
    probes: NDArray[np.int64]
    owners: NDArray[np.int64]
    """Row in ``gallery`` of each probe's dog."""


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Vectors at unit length."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def register_of(prints: Prints) -> Register:
    """Every dog's first five prints are registered, its others are probes."""
    by_dog = [np.flatnonzero(prints.dogs == dog) for dog in np.unique(prints.dogs)]
    gallery = np.stack([owned[:GALLERY] for owned in by_dog])
    owners = np.concatenate([np.full(len(owned) - GALLERY, dog) for dog, owned in enumerate(by_dog)])
    probes = np.concatenate([owned[GALLERY:] for owned in by_dog])
    return Register(gallery, unit(prints.embeddings[gallery].mean(1)), probes, owners)


class TemplateSource:
    """Draws templates that are distributed as measured ones are."""

    def __init__(self, templates: Vectors, seed: int) -> None:
        self._mean = templates.mean(0)
        covariance = np.cov(templates, rowvar=False)
        values, axes = np.linalg.eigh(covariance)
        self._spread = (axes * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)
        self._rng = np.random.default_rng(seed)

    def draw(self, count: int) -> Vectors:
        """(count, 256) unit vectors."""
        normal = self._rng.standard_normal((count, len(self._mean)), dtype=np.float32)
        return unit(normal @ self._spread + self._mean)


def nearest_drawn(
    probes: Vectors, source: TemplateSource, sizes: list[int]
) -> dict[int, NDArray[np.float32]]:
    """The cosines of the ``SHORTLIST`` nearest among the first 1 … size templates drawn, for each size.

    Returns:
        size → (probes, SHORTLIST), highest first.
    """
    best = np.full((len(probes), SHORTLIST), -1.0, np.float32)
    found: dict[int, NDArray[np.float32]] = {}
    drawn = 0
    with tqdm(total=max(sizes), desc="templates", mininterval=5) as progress:
        for size in sorted(sizes):
            while drawn < size:
                count = min(_CHUNK, size - drawn)
                cosines = probes @ source.draw(count).T
                top = np.partition(cosines, -min(SHORTLIST, count), axis=1)[:, -SHORTLIST:]
                best = np.sort(np.concatenate([best, top], 1), 1)[:, : -SHORTLIST - 1 : -1]
                drawn += count
                progress.update(count)
            found[size] = best.copy()
    return found


def open_set_figures(
    prints: Prints, scorer: MatchScorer, strangers_local: NDArray[np.float64], sizes: list[int], seed: int = 1
) -> dict[int, dict[str, float]]:
    """False-negative and false-positive identification rates at the shipped thresholds, by register size.

    A registered dog counts as found when its template is among the ten nearest, its fused score reaches
    the threshold, and no drawn dog on the shortlist scores higher.

    Args:
        prints: of individuals never trained on, at least six each.
        scorer: with the shipped thresholds.
        strangers_local: local scores measured between different dogs.
        sizes: of the register.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    register = register_of(prints)
    probes = prints.embeddings[register.probes]
    own_pairs = np.stack([np.repeat(register.probes, GALLERY), register.gallery[register.owners].ravel()], 1)
    own_logits = _logits(scorer, prints.cosines(own_pairs), prints.locals(own_pairs, "own dogs"))
    own = np.array([scorer.fused_logit(list(row)) for row in own_logits.reshape(-1, GALLERY)])
    own_template = np.einsum("ij,ij->i", probes, register.templates[register.owners])
    # What five prints' cosines are, given their template's: a template is nearer than any one print.
    all_cosines = probes @ prints.embeddings[register.gallery.ravel()].T
    template_cosines = probes @ register.templates.T
    others = np.arange(len(register.templates))[None] != register.owners[:, None]
    ratio = all_cosines.reshape(len(probes), -1, GALLERY)[others] - template_cosines[others][:, None]
    near = nearest_drawn(probes, TemplateSource(register.templates, seed), sizes)
    figures = {}
    for size in sizes:
        threshold = scorer.identify_logit(size)
        stranger = np.full(len(probes), -np.inf)
        for place in range(min(SHORTLIST, size)):
            cosines = near[size][:, place, None] + ratio[rng.integers(0, len(ratio), len(probes))]
            local = rng.choice(strangers_local, cosines.shape)
            logits = _logits(scorer, cosines.ravel(), local.ravel()).reshape(cosines.shape)
            fused = np.array([scorer.fused_logit(list(row)) for row in logits])
            stranger = np.maximum(stranger, fused)
        listed = own_template > near[size][:, min(SHORTLIST, size) - 1]
        found = listed & (own >= threshold) & (own > stranger)
        figures[size] = {
            "threshold_logit": threshold,
            "not_shortlisted": float((~listed).mean()),
            "fnir": float((~found).mean()),
            "fpir": float((stranger >= threshold).mean()),
            "probes": len(probes),
        }
    return figures


def measured_search(prints: Prints, scorer: MatchScorer, most: int = 400) -> dict[str, float]:
    """The same with nothing drawn: every probe against the register, as the server searches."""
    register = register_of(prints)
    chosen = np.linspace(0, len(register.probes) - 1, min(most, len(register.probes))).astype(int)
    cosines = prints.embeddings[register.probes[chosen]] @ register.templates.T
    size = len(register.templates)
    threshold = scorer.identify_logit(size)
    highest, own = np.full(len(chosen), -np.inf), np.full(len(chosen), -np.inf)
    for row, place in enumerate(tqdm(chosen, desc="search", unit="probe", mininterval=5)):
        for dog in np.argsort(-cosines[row])[: SHORTLIST + 1]:
            pairs = np.array([(register.probes[place], each) for each in register.gallery[dog]])
            local = np.array([_local(prints, pair) for pair in pairs])
            fused = scorer.fused_logit(list(_logits(scorer, prints.cosines(pairs), local)))
            if dog == register.owners[place]:
                own[row] = fused
            else:
                highest[row] = max(highest[row], fused)
    return {
        "register": size,
        "probes": len(chosen),
        "fpir": float((highest >= threshold).mean()),
        "fnir": float(((own < threshold) | (own <= highest)).mean()),
        "rank_1": float((own > highest).mean()),
    }


def _local(prints: Prints, pair: NDArray[np.int64]) -> float:
    return match(prints.features[pair[0]], prints.features[pair[1]]).score


def _logits(
    scorer: MatchScorer, cosines: NDArray[np.floating], local: NDArray[np.floating]
) -> NDArray[np.float64]:
    return np.array([scorer.logit(float(c), float(s)) for c, s in zip(cosines, local, strict=True)])
