"""Prints of many noses at once, and the scores of many pairs of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.noseprint.alignment import AlignedNose
from services.noseprint.embedding import Embedder
from services.noseprint.local_features import LocalFeatures, extract, match

Pairs = NDArray[np.int64]
"""Shape (n, 2): indices of prints."""


@dataclass(frozen=True)
class Prints:
    """Prints in a row, with the name (a number) of the dog of each."""

    embeddings: NDArray[np.float32]
    """Shape (n, 256)."""
    features: list[LocalFeatures]
    dogs: NDArray[np.int64]
    """Shape (n,)."""

    def cosines(self, pairs: Pairs) -> NDArray[np.float64]:
        """Cosine of every pair."""
        return np.asarray(
            np.einsum("ij,ij->i", self.embeddings[pairs[:, 0]], self.embeddings[pairs[:, 1]]), np.float64
        )

    def locals(self, pairs: Pairs, note: str = "local features") -> NDArray[np.float64]:
        """Local score of every pair."""
        return np.array(
            [
                match(self.features[a], self.features[b]).score
                for a, b in tqdm(pairs, desc=note, unit="pair", mininterval=5)
            ]
        )

    def same(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Whether each pair is one dog's."""
        return np.asarray(self.dogs[pairs[:, 0]] == self.dogs[pairs[:, 1]], np.bool_)


def prints_of(embedder: Embedder, noses: NDArray[np.uint8]) -> Prints:
    """Prints of a set of aligned noses (dogs, views, 192, 224)."""
    dogs, views = noses.shape[:2]
    flat = noses.reshape(-1, *noses.shape[2:])
    embeddings, features = [], []
    for start in tqdm(range(0, len(flat), 32), desc="prints", unit="batch", mininterval=5):
        batch = np.array(flat[start : start + 32])
        embeddings.append(embedder.embed(batch))
        features += [extract(AlignedNose(pixels, 0.0, None)) for pixels in batch]
    return Prints(np.concatenate(embeddings), features, np.repeat(np.arange(dogs), views))


def genuine_pairs(dogs: NDArray[np.int64]) -> Pairs:
    """Every two prints of one dog."""
    order = np.argsort(dogs, kind="stable")
    starts = np.flatnonzero(np.diff(dogs[order], prepend=-1))
    pairs = []
    for group in np.split(order, starts[1:]):
        first, second = np.triu_indices(len(group), 1)
        pairs.append(np.stack([group[first], group[second]], 1))
    return np.concatenate(pairs)


def impostor_pairs(dogs: NDArray[np.int64], count: int, seed: int) -> Pairs:
    """``count`` random pairs of different dogs' prints, all different pairs."""
    rng = np.random.default_rng(seed)
    found: Pairs = np.zeros((0, 2), np.int64)
    while len(found) < count:
        drawn = np.sort(rng.integers(0, len(dogs), (2 * count, 2)), 1)
        drawn = drawn[dogs[drawn[:, 0]] != dogs[drawn[:, 1]]]
        found = np.unique(np.concatenate([found, drawn]), axis=0)
    return found[np.sort(rng.permutation(len(found))[:count])]


def against_dogs(probe: int, gallery: Sequence[Sequence[int]]) -> Pairs:
    """Pairs of a probe with every print of every dog of a gallery."""
    return np.array([(probe, each) for prints in gallery for each in prints], np.int64)
