"""Anyone's pairs: rows ``image_a,image_b,same``, scored as the server would."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from services.noseprint.alignment import align_cropped
from services.noseprint.embedding import Embedder
from services.noseprint.local_features import LocalFeatures, extract, match
from services.noseprint.nose_reader import NoseReader
from services.noseprint.scoring import MatchScorer
from shared.errors import PawtraitError
from shared.pictures import decode_picture

MAX_SIDE = 2048
"""Longest side in pixels at which noses are read, as in the server."""
COLUMNS = ("image_a", "image_b", "same")
_TRUE, _FALSE = {"1", "true", "yes", "y", "same"}, {"0", "false", "no", "n", "different"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One row."""

    image_a: str
    image_b: str
    same: bool


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """A row with its scores, or with why it has none."""

    pair: Pair
    embedding: float | None = None
    local: float | None = None
    probability: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Reading:
    """What was read of a picture: an embedding and points, or a problem in words."""

    embedding: object = None
    features: LocalFeatures | None = None
    problem: str = ""


def read_pairs(path: Path) -> list[Pair]:
    """The rows of a CSV file.

    Raises:
        ValueError: a column is missing, ``same`` is neither yes nor no, or there is no row; says which.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: no column {', '.join(missing)}; wanted {','.join(COLUMNS)}")
        pairs = []
        for row in rows:
            same = (row["same"] or "").strip().lower()
            if same not in _TRUE | _FALSE:
                raise ValueError(f"{path}, line {rows.line_num}: same is {row['same']!r}; wanted 1 or 0")
            pairs.append(Pair(row["image_a"] or "", row["image_b"] or "", same in _TRUE))
    if not pairs:
        raise ValueError(f"{path}: no rows")
    return pairs


class PictureReader:
    """Reads the noses of picture files, as the server does or from pictures of just a nose."""

    def __init__(self, model_folder: Path, threads: int, *, cropped: bool) -> None:
        self._embedder = Embedder(model_folder, threads) if cropped else None
        self._reader = None if cropped else NoseReader(model_folder, threads)

    def read(self, path: Path) -> Reading:
        """The nose's print, or why there is none; never raises because of the picture."""
        try:
            image = decode_picture(path.read_bytes(), max_side=MAX_SIDE)
            if self._reader is not None:
                nose = self._reader.read(image)
                return Reading(nose.embedding, nose.features)
            assert self._embedder is not None  # noqa: S101 - one of both is there
            aligned = align_cropped(image)
            return Reading(self._embedder.embed(aligned.pixels[None])[0], extract(aligned))
        except OSError as error:
            return Reading(problem=f"cannot be read: {error.strerror or error}")
        except PawtraitError as error:
            return Reading(problem=f"{error.reason}: {error.message}")


def read_pictures(reader: PictureReader, folder: Path, files: Iterable[str]) -> dict[str, Reading]:
    """Every picture once, by the name in the rows."""
    names = sorted(set(files))
    return {name: reader.read(folder / name) for name in tqdm(names, desc="pictures", unit="picture")}


def score_pairs(
    pairs: Iterable[Pair], readings: Mapping[str, Reading], scorer: MatchScorer
) -> list[ScoredPair]:
    """Score every row; rows with an unusable picture say why."""
    scored = []
    for pair in tqdm(list(pairs), desc="pairs", unit="pair"):
        a, b = readings[pair.image_a], readings[pair.image_b]
        problems = [
            f"{name}: {each.problem}" for name, each in (("image_a", a), ("image_b", b)) if each.problem
        ]
        if problems or a.features is None or b.features is None:
            scored.append(ScoredPair(pair, problem="; ".join(problems)))
            continue
        cosine = float(a.embedding @ b.embedding)  # type: ignore[operator]
        local = match(a.features, b.features).score
        scored.append(ScoredPair(pair, cosine, local, scorer.probability(cosine, local)))
    return scored


def write_scores(path: Path, scored: Iterable[ScoredPair]) -> None:
    """Every row with its scores; rows without scores have empty cells and a reason in ``problem``.

    Scores have all their digits: probabilities near 1 differ by little, and thresholds lie there.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([*COLUMNS, "embedding", "local", "probability", "problem"])
        for row in scored:
            scores = [
                "" if each is None else repr(each) for each in (row.embedding, row.local, row.probability)
            ]
            rows.writerow([row.pair.image_a, row.pair.image_b, int(row.pair.same), *scores, row.problem])
