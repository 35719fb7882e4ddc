"""Fit the gate's decisions: ``python -m services.facetype.training.gate_fit COCO_FOLDER [--write]``.

The judgement whether a face is cut off learns from crops of dev photos whose face is whole, the one whether
it is turned away from dev photos judged by eye (``face_views.csv``): the networks have learned from the train
photos and would be surer of them than of any other. Thresholds are chosen across folds of dev;
validation photos are never read. ``--only-reader`` keeps all but the least probability of a face, which
depends on the reader of parts (``types.onnx``), and is to be run again when that was trained again.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from services.facetype.analyser import FaceAnalyser
from services.facetype.catalogue.loading import load_catalogue
from services.facetype.evaluation.gate_cases import (
    Case,
    FaceView,
    cut_cases,
    near_cases,
    negative_cases,
    read_views,
    view_cases,
)
from services.facetype.gate import FILE, PLAIN, Gate, Judge, Limits, prominent
from services.facetype.gate_measures import measures_of
from services.facetype.labelling.autolabel import DOGS
from services.facetype.labelling.photos import read_photos
from services.facetype.part_detection import FoundFace, PartDetector
from services.facetype.training.coco import CocoPicture, read_coco
from shared.model_files import renew_sums
from shared.training.dataset import Split, data_folder

CUT_MEASURES = ("look_cut", "cut_logit", "whole_logit", "touches")
TURNED_MEASURES = ("look_turned", "t_aside", "lower_aside", "apart", "whole_logit", "wide")
FRONTAL_LOST = 0.06
"""Share of frontal faces that may be lost for the sake of refusing negatives."""
TO_CERTAINTY = 0.25
"""How much of the way from the likeliest negative to certainty a face's probability must be."""
LEAST_CONFIDENCE = 0.05
"""Confidence from which a face is judged at all."""
CROPS = 2
"""Crops through the face of each dev photo."""
WHOLE_KEPT = 0.985
"""Share of whole faces that the judgement on cut ones may not refuse."""
FRONTAL_KEPT = 0.965


class Sighting:
    """A picture with what the detector found in it, or nothing."""

    def __init__(self, detector: PartDetector, case: Case) -> None:
        image = case.picture()
        self.height, self.width = image.shape[:2]
        self.faces = detector.faces(np.ascontiguousarray(image))

    @property
    def face(self) -> FoundFace | None:
        """The face that the picture is about."""
        return prominent(self.faces, LEAST_CONFIDENCE)

    def row(self, names: Sequence[str]) -> list[float] | None:
        """Measures of the face; None without one."""
        if self.face is None:
            return None
        measures = measures_of(self.width, self.height, self.face)
        return [measures[name] for name in names]


def rows_of(sightings: Sequence[Sighting], names: Sequence[str]) -> NDArray[np.float64]:
    """The measures (n, names) of all pictures with a face."""
    rows = [row for row in (sighting.row(names) for sighting in sightings) if row is not None]
    return np.array(rows, np.float64).reshape(-1, len(names))


def fit_judge(
    no: NDArray[np.float64], yes: NDArray[np.float64], names: Sequence[str], kept: float
) -> tuple[Judge, float, float]:
    """A logistic judge between two groups, by measures (n, names).

    The threshold lets ``kept`` of the first group pass, in predictions of folds that were not fitted to.

    Returns:
        The judge, the share of the first group that it wrongly finds, and that of the second it finds,
        both across folds.

    Raises:
        ValueError: a group has fewer than five members.
    """
    if min(len(no), len(yes)) < 5:
        raise ValueError(f"{len(no)} and {len(yes)} faces are too few to fit a judgement to")
    features, truth = np.vstack([no, yes]), np.r_[np.zeros(len(no)), np.ones(len(yes))]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, class_weight="balanced"))
    held_out = cross_val_predict(model, features, truth, cv=5, method="predict_proba")[:, 1]
    threshold = float(np.clip(np.quantile(held_out[truth == 0], kept), 0.02, 0.98))
    model.fit(features, truth)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    offset = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    judge = Judge(
        round(offset, 4),
        {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)},
        round(threshold, 4),
    )
    found = held_out >= threshold
    return judge, float(found[truth == 0].mean()), float(found[truth == 1].mean())


def as_document(limits: Limits) -> dict[str, Any]:
    """The limits as ``gate.json`` holds them."""
    document: dict[str, Any] = {name: getattr(limits, name) for name in PLAIN}
    for name in ("cut", "turned"):
        judge: Judge = getattr(limits, name)
        document[name] = {
            "threshold": judge.threshold,
            "offset": judge.offset,
            "weights": dict(judge.weights),
        }
    return document


def refusing_confidence(negatives: Sequence[Sighting], share: float) -> float:
    """The least confidence in a face at which that share of the negatives has none."""
    best = [max((face.confidence for face in one.faces), default=0.0) for one in negatives]
    return float(np.quantile(best, share))


def fit_face_probability(analyser: FaceAnalyser, data: Path, least_confidence: float) -> float:
    """The least probability that the reader must give a face, chosen on dev.

    A little more than it gives to any negative that the detector takes for a face, but not so much that
    more than :data:`FRONTAL_LOST` of the frontal faces are lost.
    """

    def probabilities(cases: Sequence[Case]) -> list[float]:
        looks = [analyser.look(np.ascontiguousarray(case.picture())) for case in cases]
        return [
            look.face_probability
            if look.face is not None and look.face.confidence >= least_confidence
            else 0.0
            for look in looks
        ]

    judged = [
        entry
        for entry in read_views()
        if entry.split is Split.DEV and entry.one_whole and entry.view is FaceView.FRONTAL
    ]
    negatives = probabilities(negative_cases(data, {Split.DEV}))
    frontal = probabilities(view_cases(read_photos(data), judged))
    highest = max(negatives)
    least = min(highest + TO_CERTAINTY * (1 - highest), float(np.quantile(frontal, FRONTAL_LOST)))
    passed, kept = np.mean(np.array(negatives) >= least), np.mean(np.array(frontal) >= least)
    print(f"face probability {least:.3f}: {passed:.1%} of negatives pass, {kept:.1%} of frontal faces")
    return round(least, 3)


def fit(
    detector: PartDetector, pictures: Sequence[CocoPicture], data: Path, limits: dict[str, float], seed: int
) -> Limits:
    """All decisions of the gate; prints how good each is across folds."""
    dev = [entry for entry in pictures if entry.split is Split.DEV]
    photos = read_photos(data)
    judged = [entry for entry in read_views() if entry.split is Split.DEV and entry.one_whole]

    def seen(*views: FaceView) -> list[Sighting]:
        cases = view_cases(photos, [entry for entry in judged if entry.view in views])
        return [Sighting(detector, case) for case in cases]

    frontal, turned = seen(FaceView.FRONTAL), seen(FaceView.TURNED_AWAY)
    whole = frontal + seen(FaceView.THREE_QUARTER)
    whole += [Sighting(detector, case) for case in near_cases(dev, seed)]
    cut = [Sighting(detector, case) for case in cut_cases(dev, seed, CROPS)]
    judge_cut, wrong, found = fit_judge(
        rows_of(whole, CUT_MEASURES), rows_of(cut, CUT_MEASURES), CUT_MEASURES, WHOLE_KEPT
    )
    print(f"cut off: {found:.1%} of {len(cut)} found, {wrong:.1%} of {len(whole)} whole faces refused")
    judge_turned, wrong, found = fit_judge(
        rows_of(frontal, TURNED_MEASURES), rows_of(turned, TURNED_MEASURES), TURNED_MEASURES, FRONTAL_KEPT
    )
    print(f"turned away: {found:.1%} of {len(turned)} found, {wrong:.1%} of {len(frontal)} frontal refused")
    negatives = [Sighting(detector, case) for case in negative_cases(data, {Split.DEV})]
    for share in (0.9, 0.95, 0.98):
        print(f"confidence refusing {share:.0%} of negatives: {refusing_confidence(negatives, share):.2f}")
    confidence = [max((face.confidence for face in one.faces), default=0.0) for one in frontal]
    quantiles = np.quantile(confidence, [0.02, 0.05, 0.1]).round(2)
    print(f"confidence in frontal faces, 2 %, 5 % and 10 % quantile: {quantiles.tolist()}")
    return Limits(**limits, cut=judge_cut, turned=judge_turned)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="COCO-format folder made by labelling.autolabel")
    parser.add_argument("--catalogue", type=Path, default=DOGS)
    parser.add_argument("--face-confidence", type=float, default=0.3)
    parser.add_argument("--cut-confidence", type=float, default=0.05)
    parser.add_argument("--face-probability", type=float, default=0.93)
    parser.add_argument("--cut-probability", type=float, default=0.1)
    parser.add_argument("--other-confidence", type=float, default=0.4)
    parser.add_argument("--other-share", type=float, default=0.1)
    parser.add_argument("--side-px", type=float, default=32.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only-reader", action="store_true", help="only choose the probability of a face again"
    )
    parser.add_argument("--write", action="store_true", help="write gate.json into the catalogue")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    plain = {name: getattr(arguments, name) for name in PLAIN}
    data, path = data_folder(), arguments.catalogue / FILE
    if arguments.only_reader:
        limits = Gate(arguments.catalogue).limits
    else:
        detector = PartDetector(arguments.catalogue)
        limits = fit(detector, read_coco(arguments.folder), data, plain, arguments.seed)
    catalogue = load_catalogue(arguments.catalogue)
    if catalogue.types_model.is_file():
        analyser = FaceAnalyser(catalogue, threads=1, gate=Gate(limits))
        probability = fit_face_probability(analyser, data, limits.face_confidence)
        limits = replace(limits, face_probability=probability)
    if arguments.write:
        path.write_text(json.dumps(as_document(limits), indent=2) + "\n", encoding="utf-8")
        renew_sums(path)
        Gate(arguments.catalogue)
        print(f"wrote {FILE}")


if __name__ == "__main__":
    main()
