"""Real noses: the ten dogs of the sample, other dogs' noses, and things that are no noses.

The sample (ten dogs, five photos each, some taken one after another) is a smoke test, not a benchmark.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.noseprint.alignment import align
from services.noseprint.detection import NoseDetector
from services.noseprint.embedding import Embedder
from services.noseprint.evaluation.prints import Prints
from services.noseprint.evaluation.tables import Row, verification_row
from services.noseprint.local_features import LocalFeatures, extract, match
from services.noseprint.nose_reader import NoseReader
from services.noseprint.scoring import MatchScorer
from services.noseprint.training.embedder_data import boxed_noses
from shared.geometry import RgbImage
from shared.pictures import decode_picture
from shared.training.dataset import Split, split_of


@dataclass(frozen=True)
class Sample:
    """The ten dogs' prints, and how their photos fared with the quality gate."""

    prints: Prints
    photos: int
    refused: dict[str, int]
    """Photos that the server would refuse, by reason; those with a nose are read all the same here."""


def _open(path: Path) -> RgbImage:
    return decode_picture(path.read_bytes(), max_side=2048)


def read_sample(folder: Path, model: Path) -> Sample:
    """Read ``nose_photos/dog_*/``; only photos without any nose are left out."""
    reader, detector, embedder = NoseReader(model), NoseDetector(model), Embedder(model)
    embeddings: list[NDArray[np.float32]] = []
    features: list[LocalFeatures] = []
    dogs: list[int] = []
    refused: dict[str, int] = {}
    paths = [
        (dog, path)
        for dog, each in enumerate(sorted(folder.glob("dog_*")))
        for path in sorted(each.iterdir())
    ]
    for dog, path in tqdm(paths, desc="sample", unit="photo"):
        image = _open(path)
        for reason in reader.check(image).reasons[:1]:
            refused[str(reason)] = refused.get(str(reason), 0) + 1
        noses = detector.detect(image)
        if noses:
            aligned = align(image, noses[0].box)
            embeddings.append(embedder.embed(aligned.pixels[None])[0])
            features.append(extract(aligned))
            dogs.append(dog)
    return Sample(Prints(np.stack(embeddings), features, np.array(dogs, np.int64)), len(paths), refused)


def read_strangers(data: Path, model: Path, least: int) -> tuple[Prints, NDArray[np.bool_]]:
    """Noses of ``nose_boxes`` at least so many pixels wide, one a photo; which were never trained on."""
    embedder = Embedder(model)
    embeddings, features, unseen = [], [], []
    photos = boxed_noses(data, set(Split), least)
    for key in tqdm(sorted(photos), desc="other dogs", unit="photo"):
        path, box = photos[key][0]
        aligned = align(_open(path), box)
        embeddings.append(embedder.embed(aligned.pixels[None])[0])
        features.append(extract(aligned))
        unseen.append(split_of(key) is Split.VALIDATION)
    return Prints(np.stack(embeddings), features, np.arange(len(features))), np.array(unseen)


def sample_rows(prints: Prints, scorer: MatchScorer) -> tuple[dict[str, Row], dict[str, float]]:
    """Verification over all pairs of the sample by each score; rank-1 rates of leave-one-out search."""
    first, second = np.triu_indices(len(prints.dogs), 1)
    pairs = np.stack([first, second], 1).astype(np.int64)
    cosine, local, same = prints.cosines(pairs), prints.locals(pairs), prints.same(pairs)
    both = np.array([scorer.logit(float(c), float(s)) for c, s in zip(cosine, local, strict=True)])
    # A photo that is the only readable one of its dog cannot be found from another.
    with_another = np.bincount(prints.dogs)[prints.dogs] > 1
    rows, ranks = {}, {"photos": float(with_another.sum())}
    for name, scores in (("embedding only", cosine), ("local features only", local), ("both (ships)", both)):
        rows[name] = verification_row(scores, same)
        square = np.full((len(prints.dogs), len(prints.dogs)), -np.inf)
        square[first, second] = square[second, first] = scores
        ranks[name] = float((prints.dogs[square.argmax(1)] == prints.dogs)[with_another].mean())
    return rows, ranks


def search_sample(sample: Prints, strangers: Prints, scorer: MatchScorer, size: int) -> dict[str, float]:
    """Strangers matched to any of the sample's dogs at the shipped threshold, and the sample's dogs found.

    Args:
        sample: registered; for its own photos each is searched with the photo itself left out.
        strangers: looked for.
        scorer: with the shipped thresholds.
        size: of the register that the threshold is set for.
    """
    by_dog = {int(dog): np.flatnonzero(sample.dogs == dog) for dog in np.unique(sample.dogs)}
    joined = Prints(
        np.concatenate([sample.embeddings, strangers.embeddings]),
        sample.features + strangers.features,
        np.concatenate([sample.dogs, strangers.dogs + 1_000_000]),
    )

    def best(probe: int) -> tuple[int, float]:
        found = (-1, -np.inf)
        for dog, owned in by_dog.items():
            pairs = np.array([(probe, each) for each in owned if each != probe], np.int64).reshape(-1, 2)
            if not len(pairs):
                continue
            cosine = joined.cosines(pairs)
            local = [_match(joined, pair) for pair in pairs]
            score = scorer.fused_logit(
                [scorer.logit(float(c), float(s)) for c, s in zip(cosine, local, strict=True)]
            )
            found = max(found, (dog, score), key=lambda each: each[1])
        return found

    threshold = scorer.identify_logit(size)
    count = len(sample.dogs)
    own = [best(probe) for probe in tqdm(range(count), desc="own photos", unit="photo")]
    other = [
        best(count + probe)[1] for probe in tqdm(range(len(strangers.dogs)), desc="strangers", unit="nose")
    ]
    with_another = np.bincount(sample.dogs)[sample.dogs] > 1
    right = np.array([dog == sample.dogs[probe] for probe, (dog, _) in enumerate(own)])[with_another]
    accepted = np.array([score >= threshold for _, score in own])[with_another]
    return {
        "register_size_of_threshold": size,
        "own_photos": int(with_another.sum()),
        "own_rank_1": float(np.mean(right)),
        "own_found": float(np.mean(np.logical_and(right, accepted))),
        "strangers": len(other),
        "strangers_matched": int(np.sum(np.array(other) >= threshold)),
        "highest_stranger_logit": float(np.max(other)),
        "threshold_logit": threshold,
    }


def _match(prints: Prints, pair: NDArray[np.int64]) -> float:
    return match(prints.features[pair[0]], prints.features[pair[1]]).score


def negatives_accepted(folder: Path, model: Path, every: int = 1) -> dict[str, list[str]]:
    """Pictures without a dog whose "nose" the server would accept, by kind; the names of the files.

    Only those of the validation split, which no detector was trained on.
    """
    reader = NoseReader(model)
    accepted: dict[str, list[str]] = {}
    for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = [path for path in sorted(kind.iterdir()) if split_of(path) is Split.VALIDATION][::every]
        passed = [
            path.name
            for path in tqdm(files, desc=kind.name, unit="picture")
            if reader.check(_open(path)).usable
        ]
        accepted[f"{kind.name} ({len(files)})"] = passed
    return accepted
