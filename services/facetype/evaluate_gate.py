"""Measure the gate and the detector of parts on validation photos.

``python -m services.facetype.evaluate_gate COCO_FOLDER [--detector-only]``

``COCO_FOLDER`` is made by ``services.facetype.labelling.autolabel``. Shares are printed with their counts
and 95 % intervals. ``--detector-only`` leaves out what the reader of parts says of faces and needs no
``types.onnx``.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.facetype.analyser import FaceAnalyser
from services.facetype.catalogue.loading import load_catalogue
from services.facetype.evaluation.gate_cases import (
    Case,
    FaceView,
    cut_cases,
    negative_cases,
    photo_case,
    read_views,
    side_by_side_cases,
    small_cases,
    view_cases,
)
from services.facetype.face import Outcome, Part
from services.facetype.gate import Gate
from services.facetype.labelling.autolabel import DOGS
from services.facetype.labelling.hand_boxes import read_hand_boxes
from services.facetype.labelling.photos import read_photos
from services.facetype.part_detection import FoundFace, PartDetector
from services.facetype.training.coco import CocoPicture, read_coco
from shared.box_detection import FoundBox
from shared.box_figures import average_precision, share_text
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder, split_of
from shared.training.pictures import load_upright

LONG_SIDE = 500
PRESENTED = (768, 1024)
"""Height and width at which the speed is taken, the largest that the service works on."""
SMALL_SIDE = 24
"""Longest side, in pixels, of photos that are certainly too small."""

CUT = {Outcome.CUT_OFF}
REFUSED = set(Outcome) - {Outcome.OK, Outcome.NOT_CLASSIFIABLE}

Judge = Callable[[RgbImage], Outcome]


@dataclass(frozen=True, slots=True)
class Findings:
    """The boxes found of one part in one picture, the surest first, and those that are there."""

    found: tuple[FoundBox, ...]
    truth: tuple[Box, ...]


def outcomes(judge: Judge, cases: Sequence[Case]) -> Counter[Outcome]:
    """What the gate says of every case."""
    return Counter(judge(np.ascontiguousarray(case.picture())) for case in cases)


def report(title: str, counts: Counter[Outcome], wanted: set[Outcome]) -> None:
    """Print the share of the outcomes wanted, and all outcomes."""
    total = sum(counts.values())
    hits = sum(counts[outcome] for outcome in wanted)
    names = "refused" if wanted == REFUSED else " or ".join(sorted(outcome.value for outcome in wanted))
    others = ", ".join(f"{outcome.value} {count}" for outcome, count in counts.most_common())
    print(f"{title}: {names} {share_text(hits, total)}\n    {others}")


def parts_found(faces: Sequence[FoundFace], part: Part) -> tuple[FoundBox, ...]:
    """The boxes of one part over all faces, the surest first."""
    boxes = [face.parts[part] for face in faces if part in face.parts]
    return tuple(FoundBox(box.box, box.confidence) for box in sorted(boxes, key=lambda box: -box.confidence))


def hand_drawn(detector: PartDetector, data: Path, split: Split) -> dict[Part, list[Findings]]:
    """Findings on the photos of a split whose parts were drawn by hand."""
    photos = read_photos(data)
    results: dict[Part, list[Findings]] = {part: [] for part in Part}
    for file, truth in read_hand_boxes().items():
        if split_of(file) is split:
            faces = detector.faces(photo_case(photos[file]).picture())
            for part in Part:
                results[part].append(Findings(parts_found(faces, part), (truth[part],)))
    return results


def auto_labelled(detector: PartDetector, pictures: Sequence[CocoPicture]) -> dict[Part, list[Findings]]:
    """Findings on automatically labelled pictures."""
    results: dict[Part, list[Findings]] = {part: [] for part in Part}
    for picture in pictures:
        faces = detector.faces(load_upright(picture.path, None, LONG_SIDE))
        for part in Part:
            truth = tuple(one.box for one in picture.parts if one.part is part)
            results[part].append(Findings(parts_found(faces, part), truth))
    return results


def report_parts(title: str, results: dict[Part, list[Findings]]) -> None:
    """Print AP50 of each part and the overlap of its surest box with the truth."""
    print(f"{title} ({len(results[Part.WHOLE])} photos):")
    for part, findings in results.items():
        overlaps = [
            max((one.found[0].box.iou(box) for box in one.truth), default=0.0)
            for one in findings
            if one.found and one.truth
        ]
        mean = f"{np.mean(overlaps):.2f}" if overlaps else "–"
        print(f"  {part.value:<7} AP50 {average_precision(findings):.3f}, mean IoU of the surest box {mean}")


def report_speed(detector: PartDetector, cases: Sequence[Case]) -> None:
    """Print milliseconds of a call of the detector on one core."""
    busy, clock = [], []
    for case in cases:
        image = np.asarray(cv2.resize(case.picture(), PRESENTED[::-1]), np.uint8)
        detector.faces(image)
        start, start_busy = time.perf_counter(), time.process_time()
        detector.faces(image)
        clock.append(1000 * (time.perf_counter() - start))
        busy.append(1000 * (time.process_time() - start_busy))
    print(
        f"detector, {PRESENTED[1]}×{PRESENTED[0]} px, one core: processor time median "
        f"{np.median(busy):.1f} ms, 90th percentile {np.percentile(busy, 90):.1f} ms; "
        f"by the clock {np.median(clock):.1f} ms"
    )


def evaluate_gate(judge: Judge, data: Path, pictures: Sequence[CocoPicture], split: Split, seed: int) -> None:
    """Print what the gate says of every group of photos of a split."""
    photos = read_photos(data)
    judged = [entry for entry in read_views() if entry.split is split]
    one = [entry for entry in judged if entry.one_whole]
    of_view = {view: view_cases(photos, [entry for entry in one if entry.view is view]) for view in FaceView}
    frontal = of_view[FaceView.FRONTAL]
    report("clear frontal faces", outcomes(judge, frontal), {Outcome.OK})
    report("three-quarter views", outcomes(judge, of_view[FaceView.THREE_QUARTER]), {Outcome.OK})
    turned = outcomes(judge, of_view[FaceView.TURNED_AWAY])
    report("turned away", turned, {Outcome.TURNED_AWAY})
    report("turned away, for any reason", turned, REFUSED)
    negatives = negative_cases(data, {split})
    for kind in ("cats", "objects"):
        group = [case for case in negatives if (data / "negatives" / kind / case.name).is_file()]
        report(f"negatives, {kind}", outcomes(judge, group), {Outcome.NO_FACE})
    everything = outcomes(judge, negatives)
    report("negatives, all", everything, {Outcome.NO_FACE})
    report("negatives, all, for any reason", everything, REFUSED)
    known = {
        Path(entry.file).stem for entry in one if entry.view in (FaceView.FRONTAL, FaceView.THREE_QUARTER)
    }
    whole = [entry for entry in pictures if entry.path.stem in known]
    report("cropped through the face, by eye whole before", outcomes(judge, cut_cases(whole, seed)), CUT)
    rest = [entry for entry in pictures if entry.split is split and entry.parts]
    report("cropped through the face, all photos", outcomes(judge, cut_cases(rest, seed)), CUT)
    several = view_cases(photos, [entry for entry in judged if entry.several])
    report("several dogs' faces, by eye", outcomes(judge, several), {Outcome.SEVERAL_FACES})
    report(
        "two frontal photos side by side",
        outcomes(judge, side_by_side_cases(frontal)),
        {Outcome.SEVERAL_FACES},
    )
    report(
        f"frontal, scaled down to {SMALL_SIDE} px",
        outcomes(judge, small_cases(frontal, SMALL_SIDE)),
        {Outcome.TOO_SMALL, Outcome.NO_FACE},
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="COCO-format folder made by labelling.autolabel")
    parser.add_argument("--catalogue", type=Path, default=DOGS)
    parser.add_argument(
        "--split", type=Split, default=Split.VALIDATION, choices=[Split.VALIDATION, Split.DEV]
    )
    parser.add_argument("--detector-only", action="store_true", help="judge without the reader of parts")
    parser.add_argument("--sample", type=int, default=600, help="photos for AP50 and for crops")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    data = data_folder()
    detector = PartDetector(arguments.catalogue)
    pictures = [entry for entry in read_coco(arguments.folder) if entry.split is arguments.split]
    with_faces = [entry for entry in pictures if entry.parts]
    sample = with_faces[:: max(len(with_faces) // arguments.sample, 1)]
    print(f"{detector.name} {detector.version}, {arguments.split.value} split")
    report_parts("drawn by hand", hand_drawn(detector, data, arguments.split))
    report_parts("labelled automatically", auto_labelled(detector, sample))
    if arguments.detector_only:
        gate = Gate(arguments.catalogue)

        def judge(image: RgbImage) -> Outcome:
            return gate.judge(image.shape[1], image.shape[0], detector.faces(image))

    else:
        analyser = FaceAnalyser(load_catalogue(arguments.catalogue), threads=1)

        def judge(image: RgbImage) -> Outcome:
            outcome = analyser.analyse(image).outcome
            # Whether a type can be told is no question of the gate's.
            return Outcome.OK if outcome is Outcome.NOT_CLASSIFIABLE else outcome

    named = {Path(entry.file).stem for entry in read_views()}
    kept = sample + [entry for entry in with_faces if entry.path.stem in named and entry not in sample]
    evaluate_gate(judge, data, kept, arguments.split, arguments.seed)
    photos = read_photos(data)
    judged = [entry for entry in read_views() if entry.split is arguments.split][:40]
    report_speed(detector, view_cases(photos, judged))


if __name__ == "__main__":
    main()
