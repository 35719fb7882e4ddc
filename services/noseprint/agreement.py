"""Whether photos that are said to show one dog do."""

from collections.abc import Sequence
from itertools import combinations

from services.noseprint.local_features import match
from services.noseprint.matching import Probe, Scorer
from shared.errors import PawtraitError, Reason


def check_agreement(probes: Sequence[Probe], scorer: Scorer, version: str) -> None:
    """See that all photos show the same dog.

    Photos that match one another, directly or through others, are one dog's: two photos from different
    sides need not match each other when a third matches both.

    Args:
        version: of the scorer's model.

    Raises:
        PawtraitError: ``PHOTOS_DISAGREE``, with the indices of the photos that are not of the largest group
            as ``photos``, e.g. ``"1,4"``.
    """
    groups = group(probes, scorer, version)
    if len(groups) > 1:
        odd = sorted(index for each in groups[1:] for index in each)
        raise disagreement(odd)


def disagreement(odd: Sequence[int]) -> PawtraitError:
    """The refusal of photos by index from 0."""
    numbers = ", ".join(str(index + 1) for index in odd)
    return PawtraitError(
        Reason.PHOTOS_DISAGREE,
        f"not all photos show the same dog's nose; these do not go with the rest: {numbers}",
        {"photos": ",".join(str(index) for index in odd)},
    )


def group(probes: Sequence[Probe], scorer: Scorer, version: str) -> list[list[int]]:
    """Indices of the photos of each dog, the largest group first, and of equal ones the earliest."""
    dog_of = list(range(len(probes)))
    for first, second in combinations(range(len(probes)), 2):
        if dog_of[first] == dog_of[second]:
            continue  # known already through others
        a, b = probes[first], probes[second]
        cosine = float(a.embeddings[version] @ b.embeddings[version])
        if scorer.probability(cosine, 1.0) < scorer.threshold_verify():
            continue
        if scorer.probability(cosine, match(a.features, b.features).score) >= scorer.threshold_verify():
            joined, into = dog_of[second], dog_of[first]
            dog_of = [into if dog == joined else dog for dog in dog_of]
    groups = [[i for i, dog in enumerate(dog_of) if dog == each] for each in dict.fromkeys(dog_of)]
    return sorted(groups, key=lambda indices: (-len(indices), indices))
