"""Measure the colour names on photos never trained on: ``python -m services.facecolor.evaluate_colours``.

Compares names by nearest cluster with learned names: primary, secondary, macro-F1, calibration,
milliseconds a call. Heads are those that the shipped detector finds, as at run time. ``--stress`` adds
the same photos under other exposures and casts. Needs the data folder, but no PyTorch.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.facecolor.colour_measures import calibration_error, chance_calibration_error, macro_f1
from services.facecolor.colour_names import COLOURS, ColourNamer, ColourNames
from services.facecolor.detection import OnnxHeadDetector
from services.facecolor.face_colours import FaceColourReader
from services.facecolor.named_swatches import nearest_name
from services.facecolor.palette import MeasuredColour, measure_palette
from services.facecolor.training.colour_data import NO_SECONDARY, UNSEEN, Face, read_faces
from services.facecolor.training.detector.pictures import photo_path
from shared.geometry import Box, RgbImage
from shared.training.dataset import Split, data_folder
from shared.training.pictures import load_upright
from shared.vocabulary import Colour

MODEL_FOLDER = Path(__file__).parent / "model"
LONG_SIDE = 500
"""Longest side at which photos are shown, about that of the originals, in pixels."""
CLUSTER_SECONDARY_SHARE = 0.15
"""Share from which clustering alone calls a measured colour the second one."""

Change = Callable[[RgbImage], RgbImage]


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures over a set of labelled faces, each 0…1."""

    faces: int
    primary: float
    primary_macro_f1: float
    secondary: float
    primary_ece: float | None = None
    secondary_ece: float | None = None
    primary_ece_by_chance: float | None = None
    """What perfectly calibrated answers would show on so few faces."""
    secondary_ece_by_chance: float | None = None
    primary_among_labelled: float = 0.0
    """Share whose primary is one of the two labelled colours: only their order may be wrong."""


def light(gains: tuple[float, float, float], exposure: float = 1.0, gamma: float = 1.0) -> Change:
    """A change of light: gain of each channel, then exposure, then tone curve; clips as a camera does."""
    levels = np.linspace(0, 1, 256)[:, None]
    table = np.clip(levels**gamma * exposure * np.array(gains), 0, 1)
    lut = (table * 255).round().astype(np.uint8)[None]
    return lambda image: np.asarray(cv2.LUT(image, lut), np.uint8)


def enlarged(image: RgbImage) -> RgbImage:
    """At 1,024 pixels, sharpened as phones do."""
    scale = 1024 / max(image.shape[:2])
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    blurred = cv2.GaussianBlur(large, (0, 0), 2)
    return np.asarray(cv2.addWeighted(large, 1.6, blurred, -0.6, 0), np.uint8)


STRESS: dict[str, Change] = {
    "one stop darker": light((1, 1, 1), 0.73),
    "two stops darker": light((1, 1, 1), 0.53),
    "two thirds of a stop brighter": light((1, 1, 1), 1.23),
    "dull (gamma 1.4)": light((1, 1, 1), gamma=1.4),
    "tungsten": light((1.12, 1.0, 0.78)),
    "strong tungsten": light((1.2, 1.0, 0.62)),
    "blue shade": light((0.86, 0.98, 1.14)),
    "green cast": light((0.94, 1.08, 0.94)),
    "1,024 px, sharpened": enlarged,
}


def find_head(detector: OnnxHeadDetector | None, image: RgbImage, face: Face) -> Face:
    """The face with the head that the detector finds, the largest of several, as the service takes it."""
    if detector is None:
        return face
    heads = detector.detect(image)
    if not heads:
        return replace(face, found=False)
    return replace(face, box=heads[0].box, found=True)


def names_by_clustering(palette: Sequence[MeasuredColour]) -> tuple[Colour, Colour | None]:
    """What the palette alone would say: the nearest name of each measured colour, shares added up."""
    shares: dict[Colour, float] = {}
    for colour in palette:
        name = nearest_name(colour.lab)
        shares[name] = shares.get(name, 0.0) + colour.share
    ranked = sorted(shares, key=lambda name: -shares[name])
    second = ranked[1] if len(ranked) > 1 and shares[ranked[1]] >= CLUSTER_SECONDARY_SHARE else None
    return ranked[0], second


def _class(name: Colour | None) -> int:
    return NO_SECONDARY if name is None else COLOURS.index(name)


def score(
    faces: Sequence[Face],
    names: Sequence[tuple[Colour, Colour | None]],
    probabilities: NDArray[np.float64] | None = None,
) -> Scores:
    """Figures of answers; ``probabilities`` (n, 2) of the primary and the secondary answer."""
    primary = np.array([face.primary for face in faces])
    secondary = np.array([face.secondary for face in faces])
    answers = np.array([[_class(first), _class(second)] for first, second in names])
    seen = secondary != UNSEEN
    right = answers[:, 0] == primary
    right_second = answers[:, 1] == secondary
    scores = Scores(
        faces=len(faces),
        primary=float(right.mean()),
        primary_macro_f1=macro_f1(primary, answers[:, 0]),
        secondary=float(right_second[seen].mean()),
        primary_among_labelled=float((right | (answers[:, 0] == secondary)).mean()),
    )
    if probabilities is None:
        return scores
    first, second = probabilities[:, 0], probabilities[seen, 1]
    return replace(
        scores,
        primary_ece=calibration_error(first, right),
        secondary_ece=calibration_error(second, right_second[seen]),
        primary_ece_by_chance=chance_calibration_error(first),
        secondary_ece_by_chance=chance_calibration_error(second),
    )


def learned(namer: ColourNamer, images: Sequence[RgbImage], faces: Sequence[Face]) -> Scores:
    """Figures of the learned names."""
    answers = [namer.name_colours(image, face.box) for image, face in zip(images, faces, strict=True)]
    return score(faces, [(answer.primary, answer.secondary) for answer in answers], _probabilities(answers))


def _probabilities(answers: Sequence[ColourNames]) -> NDArray[np.float64]:
    return np.array([[answer.primary_probability, answer.secondary_probability] for answer in answers])


def milliseconds(
    call: Callable[[RgbImage, Box], object], images: Sequence[RgbImage], faces: Sequence[Face]
) -> float:
    """Median processor time of a call on one core; processor time, so that a busy machine does not show."""
    times = []
    for image, face in list(zip(images, faces, strict=True))[:100]:
        started = time.process_time()
        call(image, face.box)
        times.append((time.process_time() - started) * 1000)
    return float(np.median(times))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = _parse(arguments)
    cv2.setNumThreads(1)
    data = data_folder()
    if not data.is_dir():
        sys.exit(f"no data folder at {data}: set PAWTRAIT_DATA")
    faces = read_faces(data, [Split(options.split)], labelled=True)
    images = [
        load_upright(photo_path(data, face.photo), (face.photo.width, face.photo.height), LONG_SIDE)
        for face in faces
    ]
    detector = None if options.heads == "teacher" else OnnxHeadDetector(options.model_folder)
    faces = [find_head(detector, image, face) for image, face in zip(images, faces, strict=True)]
    found = [index for index, face in enumerate(faces) if face.found]
    namer = ColourNamer(options.model_folder)
    reader = FaceColourReader(options.model_folder)
    clustered = [
        names_by_clustering(measure_palette(image, face.box))
        for image, face in zip(images, faces, strict=True)
    ]
    table = {
        "clustering": score(faces, clustered),
        "learned": learned(namer, images, faces),
        "clustering, head found": score([faces[i] for i in found], [clustered[i] for i in found]),
        "learned, head found": learned(namer, [images[i] for i in found], [faces[i] for i in found]),
    }
    for name, change in STRESS.items() if options.stress else ():
        table[f"learned, {name}"] = learned(namer, [change(image) for image in images], faces)
    times = {
        "palette": milliseconds(measure_palette, images, faces),
        "names": milliseconds(namer.name_colours, images, faces),
        "read, all in": milliseconds(reader.read, images, faces),
    }
    _print(table, times, f"{options.split}: {len(faces)} faces, heads by {options.heads}, found {len(found)}")
    if options.out:
        rows = {name: asdict(row) for name, row in table.items()}
        facts = {"split": options.split, "heads": options.heads, "scores": rows, "milliseconds": times}
        options.out.write_text(json.dumps(facts, indent=2) + "\n")


def _print(table: dict[str, Scores], times: dict[str, float], title: str) -> None:
    print(title)
    print(
        "either: the primary answer is one of the two labelled colours; ECE (by chance): see colour_measures"
    )
    print(f"{'names':<38} faces primary macro-F1   ECE (by chance)  either second.   ECE (by chance)")
    for name, row in table.items():
        first = _pair(row.primary_ece, row.primary_ece_by_chance)
        second = _pair(row.secondary_ece, row.secondary_ece_by_chance)
        print(
            f"{name:<38} {row.faces:5d} {row.primary:7.3f} {row.primary_macro_f1:8.3f}   {first} "
            f"{row.primary_among_labelled:7.3f} {row.secondary:7.3f}   {second}"
        )
    for name, value in times.items():
        print(f"{name}: {value:.1f} ms of one core (median)")


def _pair(error: float | None, chance: float | None) -> str:
    return f"{error:.3f} ({chance:.3f})  " if error is not None and chance is not None else "    -          "


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, help="also write the figures as JSON")
    parser.add_argument("--split", choices=[str(split) for split in Split], default=str(Split.VALIDATION))
    parser.add_argument(
        "--heads", choices=["detector", "teacher"], default="detector", help="whose head boxes"
    )
    parser.add_argument("--model-folder", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--stress", action="store_true", help="also under other exposures, casts and sizes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
