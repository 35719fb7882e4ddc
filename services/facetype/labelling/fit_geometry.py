"""Fit the rules of :mod:`services.facetype.labelling.geometry` to boxes drawn by hand.

``python -m services.facetype.labelling.fit_geometry --heads BOXES.csv --noses BOXES.csv`` prints the rules
to be written there. Only photos of the train and dev split are looked at.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.facetype.face import Part
from services.facetype.labelling.geometry import edges_in_head, nose_offsets
from services.facetype.labelling.hand_boxes import HandBoxedFace, boxed_faces
from shared.geometry import Box
from shared.training.dataset import Split

LEAST_ERROR = 0.05
"""Errors below this share of the head count alike in the robust fit."""
RIDGE = 3e-4
ROUNDS = 20


def mirrored(box: Box) -> Box:
    """The box in the picture's mirror image."""
    return Box(1 - box.x_max, box.y_min, 1 - box.x_min, box.y_max)


def with_mirror_images(faces: Sequence[HandBoxedFace]) -> list[HandBoxedFace]:
    """The faces and their mirror images: a face has no side that it prefers."""
    return [
        *faces,
        *(
            HandBoxedFace(
                face.file,
                mirrored(face.head),
                mirrored(face.nose) if face.nose else None,
                {part: mirrored(box) for part, box in face.parts.items()},
            )
            for face in faces
        ),
    ]


def fit_edge(features: NDArray[np.float64], edge: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights (k,) of ``features`` (n, k; the first is 1) for an edge (n,), by least absolute errors.

    Iteratively reweighted least squares: a few faces are turned so far that no rule fits them.
    """
    weights = np.ones(len(edge))
    ridge = np.eye(features.shape[1]) * RIDGE * len(edge)
    ridge[0, 0] = 0
    solution = np.zeros(features.shape[1])
    for _ in range(ROUNDS):
        scaled = weights / weights.mean()
        solution = np.linalg.solve(
            features.T @ (scaled[:, None] * features) + ridge, features.T @ (scaled * edge)
        )
        weights = 1 / np.maximum(np.abs(edge - features @ solution), LEAST_ERROR)
    return solution


def fit_rules(faces: Sequence[HandBoxedFace], *, noses: bool) -> dict[Part, list[tuple[float, ...]]]:
    """Per part the constant, and with ``noses`` the shares along and of the extent, of each edge."""
    used = with_mirror_images([face for face in faces if face.nose is not None or not noses])
    rules: dict[Part, list[tuple[float, ...]]] = {}
    for part in Part:
        edges = np.array([edges_in_head(face.head, face.parts[part]) for face in used])
        rules[part] = []
        for index in range(4):
            rows = []
            for face in used:
                row = [1.0]
                if noses and face.nose is not None:
                    place, size = nose_offsets(face.head, face.nose)
                    row += [place[index % 2], size[index % 2]]
                rows.append(row)
            weights = fit_edge(np.array(rows), edges[:, index])
            rules[part].append(tuple(round(float(weight), 3) for weight in weights))
    return rules


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=Path, required=True, help="boxes of heads of all photos")
    parser.add_argument("--noses", type=Path, required=True, help="boxes of noses of all photos")
    arguments = parser.parse_args()
    faces = boxed_faces(arguments.heads, arguments.noses, {Split.TRAIN, Split.DEV})
    for name, noses in (("RULES_WITH_NOSE", True), ("RULES_WITHOUT_NOSE", False)):
        print(name)
        for part, edges in fit_rules(faces, noses=noses).items():
            print(f"  {part}: " + ", ".join(f"EdgeRule{edge}" for edge in edges))


if __name__ == "__main__":
    main()
