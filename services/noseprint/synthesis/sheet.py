"""Draw noses for people to judge: ``python -m services.noseprint.synthesis.sheet --out SHEET.jpg``.

Every row is one synthetic individual, photographed several times. With ``--real FOLDER`` (a folder of
photos per dog) rows of real noses, found by the nose detector, stand below.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH, align
from services.noseprint.detection import NoseDetector
from services.noseprint.synthesis.individual import grow_individual
from services.noseprint.synthesis.photographs import HARDNESS, take_photo
from shared.geometry import Box, RgbImage

MODEL_FOLDER = Path(__file__).parents[1] / "model"
_WIDTH, _HEIGHT = 208, 184
_GAP = 4


def _tile(image: RgbImage, box: Box) -> RgbImage:
    """The nose with some surroundings, at the size of a tile."""
    height, width = image.shape[:2]
    left, top, right, bottom = box.pixels(width, height)
    scale = min(_WIDTH / (1.25 * (right - left)), _HEIGHT / (1.25 * (bottom - top)))
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    matrix = np.array(
        [(scale, 0, _WIDTH / 2 - scale * middle[0]), (0, scale, _HEIGHT / 2 - scale * middle[1])]
    )
    if scale < 1:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.45 / scale), np.uint8)
    return np.asarray(
        cv2.warpAffine(image, matrix, (_WIDTH, _HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _aligned(image: RgbImage, box: Box) -> RgbImage:
    """What the embedder gets to see of it."""
    pixels = cv2.resize(
        align(image, box).pixels,
        (round(_HEIGHT * ALIGNED_WIDTH / ALIGNED_HEIGHT), _HEIGHT),
        interpolation=cv2.INTER_AREA,
    )
    margin = pixels.shape[1] - _WIDTH
    pixels = (
        pixels[:, margin // 2 : margin // 2 + _WIDTH]
        if margin >= 0
        else cv2.resize(pixels, (_WIDTH, _HEIGHT))
    )
    return np.repeat(np.asarray(pixels, np.uint8)[..., None], 3, 2)


def _rows(photos: Sequence[Sequence[tuple[RgbImage, Box]]], aligned: bool) -> list[list[RgbImage]]:
    rows = []
    for dog in photos:
        rows.append([_tile(image, box) for image, box in dog])
        if aligned:
            rows.append([_aligned(image, box) for image, box in dog])
    return rows


def join(rows: Sequence[Sequence[RgbImage]]) -> RgbImage:
    """Tiles in rows, a gap between them; short rows are filled with white."""
    columns = max(len(row) for row in rows)
    sheet = np.full((len(rows) * (_HEIGHT + _GAP), columns * (_WIDTH + _GAP), 3), 255, np.uint8)
    for down, row in enumerate(rows):
        for across, tile in enumerate(row):
            top, left = down * (_HEIGHT + _GAP), across * (_WIDTH + _GAP)
            sheet[top : top + _HEIGHT, left : left + _WIDTH] = tile
    return sheet


def synthetic_photos(
    seed: int, individuals: int, views: int, hardness: float
) -> list[list[tuple[RgbImage, Box]]]:
    """Photos with the nose's box, a list per individual."""
    rows = []
    for number in range(individuals):
        individual = grow_individual(seed, number)
        photos = [take_photo(individual, seed, number, view, hardness) for view in range(views)]
        rows.append([(photo.image, photo.box) for photo in photos])
    return rows


def real_photos(folder: Path, views: int, detector: NoseDetector) -> list[list[tuple[RgbImage, Box]]]:
    """Photos in which a nose is found, a list per folder."""
    rows: list[list[tuple[RgbImage, Box]]] = []
    for dog in sorted(path for path in folder.iterdir() if path.is_dir()):
        row = []
        for path in sorted(dog.iterdir())[:views]:
            read = cv2.imread(str(path), cv2.IMREAD_COLOR)
            image: NDArray[np.uint8] | None = None if read is None else np.ascontiguousarray(read[..., ::-1])
            noses = [] if image is None else detector.detect(image)
            row += [(image, noses[0].box)] if image is not None and noses else []
        rows += [row] if row else []
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True, help="picture to write")
    options.add_argument("--individuals", type=int, default=8)
    options.add_argument("--views", type=int, default=6)
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--hardness", type=float, default=HARDNESS)
    options.add_argument("--real", type=Path, help="a folder of photos per dog")
    options.add_argument("--aligned", action="store_true", help="below each row, what the embedder sees")
    chosen = options.parse_args(arguments)
    photos = synthetic_photos(chosen.seed, chosen.individuals, chosen.views, chosen.hardness)
    if chosen.real:
        photos += real_photos(chosen.real, chosen.views, NoseDetector(MODEL_FOLDER))
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(
        str(chosen.out), join(_rows(photos, chosen.aligned))[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82]
    )


if __name__ == "__main__":
    main()
