"""Whether noses are the same dog's: embeddings first, then point by point, then one probability."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.noseprint.local_features import LocalFeatures, match
from services.noseprint.register import dogs, prints, search
from services.noseprint.register.records import StoredPrint, Vector
from shared.database.pool import Connection
from shared.inference_pool import InferencePool, Stopwatch

_MOST_PRINTS = 5
"""Prints of one dog, the likest first, that are compared point by point with a photo."""


class Scorer(Protocol):
    """Turns scores into calibrated probabilities; :class:`services.noseprint.scoring.MatchScorer`."""

    def probability(self, cosine: float, local: float) -> float:
        """That two prints are one dog's, at even odds before."""

    def dog_score(self, probabilities: Sequence[float]) -> float:
        """That a print is a dog's, from its probabilities against several prints of that dog."""

    def threshold_identify(self, register_size: int) -> float:
        """From which on a lookup matches."""

    def threshold_register(self, register_size: int) -> float:
        """From which on a registration is refused."""

    def threshold_verify(self) -> float:
        """From which on a photo shows a given dog."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A nose that is looked for."""

    features: LocalFeatures
    embeddings: Mapping[str, Vector]
    """By version of the model; the current one, and the one before while both answer."""


@dataclass(frozen=True, slots=True)
class DogMatch:
    """How much a dog is like a probe."""

    dog_id: uuid.UUID
    print_id: uuid.UUID
    """The print that is most like it."""
    probability: float


Threshold = Callable[[Scorer, int], float]
"""From a scorer and the size of the register."""


@dataclass(frozen=True, slots=True)
class _Hope:
    """A dog that may be the one."""

    dog_id: uuid.UUID
    nearest: Sequence[tuple[float, StoredPrint]]
    scorer: Scorer
    best_case: float
    """Its probability if all points fitted perfectly."""
    threshold: float


class DogFinder:
    """Finds the dog that probes show among all registered ones.

    Args:
        scorers: by version of the model.
        current: version of the model that new prints are made with.
        pool: threads that compare.
        shortlist: dogs that are compared point by point, per probe.
    """

    def __init__(
        self, scorers: Mapping[str, Scorer], current: str, pool: InferencePool, *, shortlist: int
    ) -> None:
        self._scorers = scorers
        self._pool = pool
        self._shortlist = shortlist
        self.scorer = scorers[current]
        self.current = current
        self.versions = frozenset(scorers)

    def close(self) -> None:
        """Stop the threads."""
        self._pool.close()

    async def find(
        self,
        connection: Connection,
        probes: Sequence[Probe],
        threshold: Threshold,
        watch: Stopwatch,
        *,
        time_left: float | None,
    ) -> DogMatch | None:
        """The likeliest dog that any of the probes shows; None when none reaches the threshold.

        Args:
            connection: in a transaction.

        Raises:
            PawtraitError: ``DEADLINE_EXCEEDED``.
        """
        with watch.stage("search"):
            size = await dogs.count_searchable(connection)
            candidates = [await self._candidates(connection, probe) for probe in probes]
            stored = await self._prints(connection, set().union(*candidates))
        with watch.stage("verify"):
            # Most candidates cannot reach the threshold however well their points fit: those are let go
            # before their points are fetched.
            hopeful = [
                self._hopeful(probe, {dog_id: stored[dog_id] for dog_id in near}, threshold, size)
                for probe, near in zip(probes, candidates, strict=True)
            ]
            wanted = {each.dog_id for near in hopeful for each in near}
            features = await self._features(connection, stored, wanted)

            def compare_all() -> list[DogMatch]:
                compared = [
                    self._likeliest(probe, near, features)
                    for probe, near in zip(probes, hopeful, strict=True)
                ]
                return [found for found in compared if found is not None]

            matches = await self._pool.run(compare_all, time_left=time_left) if features else []
        return max(matches, key=lambda found: found.probability, default=None)

    async def compare(
        self, connection: Connection, probe: Probe, dog_id: uuid.UUID, *, time_left: float | None
    ) -> tuple[DogMatch, float] | None:
        """How much one dog is like a probe, and the threshold of verification; None: it has no print.

        Raises:
            PawtraitError: ``DEADLINE_EXCEEDED``.
        """
        stored = await self._prints(connection, {dog_id})
        if not _nearest(probe, stored.get(dog_id, [])):
            return None
        features = await self._features(connection, stored, {dog_id})
        nearest = _nearest(probe, stored[dog_id])
        scorer = self._scorers[nearest[0][1].model_version]
        found = await self._pool.run(
            lambda: _compare(probe, nearest, features, scorer, needed=0.0), time_left=time_left
        )
        return (found, scorer.threshold_verify()) if found else None

    async def _candidates(self, connection: Connection, probe: Probe) -> set[uuid.UUID]:
        return {
            candidate.dog_id
            for version, embedding in probe.embeddings.items()
            for candidate in await search.shortlist(connection, embedding, version, self._shortlist)
        }

    async def _prints(
        self, connection: Connection, dog_ids: set[uuid.UUID]
    ) -> dict[uuid.UUID, list[StoredPrint]]:
        by_dog: dict[uuid.UUID, list[StoredPrint]] = defaultdict(list)
        for each in await prints.of_dogs(connection, dog_ids):
            if each.model_version in self._scorers:
                by_dog[each.dog_id].append(each)
        return by_dog

    async def _features(
        self,
        connection: Connection,
        stored: Mapping[uuid.UUID, Sequence[StoredPrint]],
        dog_ids: set[uuid.UUID],
    ) -> dict[uuid.UUID, LocalFeatures]:
        wanted = [each.id for dog_id in dog_ids for each in stored[dog_id]]
        found = await prints.features(connection, wanted)
        return {print_id: LocalFeatures.from_bytes(content) for print_id, content in found.items()}

    def _hopeful(
        self,
        probe: Probe,
        stored: Mapping[uuid.UUID, Sequence[StoredPrint]],
        threshold: Threshold,
        size: int,
    ) -> list[_Hope]:
        """Those that could reach the threshold, the most hopeful first."""
        hopes = []
        for dog_id, kept in stored.items():
            if nearest := _nearest(probe, kept):
                scorer = self._scorers[nearest[0][1].model_version]
                best_case = scorer.dog_score([scorer.probability(cosine, 1.0) for cosine, _ in nearest])
                if best_case >= (needed := threshold(scorer, size)):
                    hopes.append(_Hope(dog_id, nearest, scorer, best_case, needed))
        return sorted(hopes, key=lambda hope: -hope.best_case)

    def _likeliest(
        self, probe: Probe, hopes: Sequence[_Hope], features: Mapping[uuid.UUID, LocalFeatures]
    ) -> DogMatch | None:
        """The likeliest dog of those that reach the threshold."""
        best: DogMatch | None = None
        for hope in hopes:
            needed = max(hope.threshold, best.probability if best else 0.0)
            # Whoever cannot become the likeliest need not be compared to the end.
            if hope.best_case >= needed:
                best = _compare(probe, hope.nearest, features, hope.scorer, needed=needed) or best
        return best


def _compare(
    probe: Probe,
    nearest: Sequence[tuple[float, StoredPrint]],
    features: Mapping[uuid.UUID, LocalFeatures],
    scorer: Scorer,
    *,
    needed: float,
) -> DogMatch | None:
    """How much a dog is like a probe; None as soon as it is clear that it is less than ``needed``."""
    # Until its points are compared, a print counts as if they fitted perfectly.
    probabilities = [scorer.probability(cosine, 1.0) for cosine, _ in nearest]
    for index, (cosine, each) in enumerate(nearest):
        # A print that was deleted a moment ago has no points any more.
        kept = features.get(each.id)
        local = match(probe.features, kept).score if kept is not None else 0.0
        probabilities[index] = scorer.probability(cosine, local)
        if scorer.dog_score(probabilities) < needed:
            return None
    likest = max(range(len(nearest)), key=lambda index: probabilities[index])
    chosen = nearest[likest][1]
    return DogMatch(chosen.dog_id, chosen.id, scorer.dog_score(probabilities))


def _nearest(probe: Probe, stored: Sequence[StoredPrint]) -> list[tuple[float, StoredPrint]]:
    """Cosine and print, the likest first, of one model: the one that most of the dog's prints are of."""
    by_version: dict[str, list[tuple[float, StoredPrint]]] = defaultdict(list)
    for each in stored:
        if each.model_version in probe.embeddings:
            cosine = float(probe.embeddings[each.model_version] @ each.embedding)
            by_version[each.model_version].append((cosine, each))
    if not by_version:
        return []
    version = max(by_version, key=lambda name: len(by_version[name]))
    return sorted(by_version[version], key=lambda pair: -pair[0])[:_MOST_PRINTS]
