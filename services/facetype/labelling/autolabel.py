"""Make a COCO-format training set from boxes of heads and noses and the types of breeds.

``python -m services.facetype.labelling.autolabel --out FOLDER --heads BOXES.csv [--noses BOXES.csv]``

Heads come from a file of the project's own head detector (``services.facecolor.evaluate_detector
--write-boxes``) where it is sure, else from ``head_boxes.csv`` of the data folder; noses from a file of the
nose detector (``services.noseprint.evaluate_detector --write-boxes``). The parts of a face follow by
:mod:`services.facetype.labelling.geometry`, and their labels from the type of the breed: a part is labelled
only with what it shows. Photos with a dog whose head nobody found have that dog painted over.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from services.facetype.catalogue.breed_table import BreedTable, read_breed_table
from services.facetype.catalogue.loading import load_catalogue
from services.facetype.catalogue.schema import Catalogue
from services.facetype.labelling.box_files import boxes_only, read_boxes
from services.facetype.labelling.geometry import nose_in, parts_of
from services.facetype.labelling.hand_boxes import SURE_HEAD, SURE_NOSE
from services.facetype.labelling.photos import Photo, negative_paths, read_photos, without_head
from services.facetype.training.coco import IMAGES, CocoPicture, LabelledPart, write_coco
from shared.box_detection import PADDING
from shared.geometry import Box, RgbImage
from shared.training.dataset import data_folder
from shared.training.pictures import load_upright

DOGS = Path(__file__).parents[1] / "catalogues" / "dogs"
TEACHER_SURE = 0.5
"""Confidence of ``head_boxes.csv`` above which its boxes count as right."""
LONG_SIDE = 500
"""Longest side of the pictures written, about that of the originals, in pixels."""
JPEG_QUALITY = 92


def known_heads(data: Path, detected: Path | None) -> dict[str, list[Box]]:
    """Heads by file name: those of the detector's file where it is sure of one, else the teacher's."""
    teacher = data / "head_boxes.csv"
    heads = boxes_only(read_boxes(teacher, TEACHER_SURE)) if teacher.is_file() else {}
    sure = boxes_only(read_boxes(detected, SURE_HEAD)) if detected else {}
    return heads | {file: boxes for file, boxes in sure.items() if boxes}


def labelled_faces(
    catalogue: Catalogue, type_id: str, heads: Iterable[Box], noses: list[Box]
) -> tuple[LabelledPart, ...]:
    """The parts of every head, each with the label that its part gives the type."""
    return tuple(
        LabelledPart(catalogue.label_of(part, type_id), part, box, face)
        for face, head in enumerate(heads)
        for part, box in parts_of(head, nose_in(head, noses)).items()
    )


def painted_over(picture: RgbImage, hidden: Iterable[Box], shown: Iterable[Box]) -> RgbImage:
    """The picture with the hidden boxes grey, except where ``shown`` lie."""
    height, width = picture.shape[:2]
    result = picture.copy()
    for box in hidden:
        left, top, right, bottom = box.pixels(width, height)
        result[top:bottom, left:right] = PADDING
    for box in shown:
        left, top, right, bottom = box.pixels(width, height)
        result[top:bottom, left:right] = picture[top:bottom, left:right]
    return result


def write_picture(path: Path, picture: RgbImage) -> None:
    """Write a JPEG."""
    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path), stored, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def label_photo(
    photo: Photo,
    catalogue: Catalogue,
    breeds: BreedTable,
    heads: list[Box],
    noses: list[Box],
    images: Path,
) -> CocoPicture:
    """Write a photo into ``images`` and return it with its parts."""
    parts = labelled_faces(catalogue, breeds.by_synset[photo.synset].type, heads, noses)
    picture = load_upright(photo.path, (photo.width, photo.height), LONG_SIDE)
    whole = [part.box for part in parts]
    picture = painted_over(picture, without_head(photo.bodies, heads), [*heads, *whole])
    target = images / f"{Path(photo.file).stem}.jpg"
    write_picture(target, picture)
    return CocoPicture(target, picture.shape[1], picture.shape[0], parts)


def autolabel(
    out: Path,
    data: Path,
    catalogue: Catalogue,
    heads_file: Path | None,
    noses_file: Path | None,
    limit: int | None = None,
    *,
    negatives: bool = True,
    seed: int = 0,
) -> Counter[str]:
    """Write the set; returns how many pictures and parts of each category it holds.

    Args:
        out: folder to write into.
        limit: how many photos, drawn at random; all when None.
        negatives: add pictures that show no face.

    Raises:
        ValueError: no photo has a known head.
    """
    photos = read_photos(data)
    breeds = read_breed_table(catalogue)
    heads = known_heads(data, heads_file)
    noses = boxes_only(read_boxes(noses_file, SURE_NOSE)) if noses_file else {}
    usable = sorted(
        file for file, photo in photos.items() if heads.get(file) and photo.synset in breeds.by_synset
    )
    if not usable:
        raise ValueError("no photo has a head: give a file of head boxes")
    order = np.random.default_rng(seed).permutation(len(usable))[:limit]
    images = out / IMAGES
    images.mkdir(parents=True, exist_ok=True)
    pictures = [
        label_photo(photos[file], catalogue, breeds, heads[file], noses.get(file, []), images)
        for file in (usable[index] for index in sorted(order))
    ]
    if negatives:
        for path in negative_paths(data):
            picture = load_upright(path, None, LONG_SIDE)
            write_picture(images / f"{path.stem}.jpg", picture)
            size = picture.shape[1], picture.shape[0]
            pictures.append(CocoPicture(images / f"{path.stem}.jpg", *size, ()))
    write_coco(out, pictures, f"parts of faces for the catalogue {catalogue.label}, labelled automatically")
    counts = Counter({"pictures": len(pictures)})
    for entry in pictures:
        counts.update(f"{part.label}/{part.part.value}" for part in entry.parts)
    return counts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--heads", type=Path, help="boxes of heads; head_boxes.csv alone when not given")
    parser.add_argument("--noses", type=Path, help="boxes of noses; the usual place of a nose when not given")
    parser.add_argument("--catalogue", type=Path, default=DOGS, help="folder of the catalogue")
    parser.add_argument("--limit", type=int, help="so many photos, drawn at random")
    parser.add_argument("--no-negatives", action="store_true", help="leave out cats and things")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    counts = autolabel(
        arguments.out,
        data_folder(),
        load_catalogue(arguments.catalogue),
        arguments.heads,
        arguments.noses,
        arguments.limit,
        negatives=not arguments.no_negatives,
        seed=arguments.seed,
    )
    for name, count in counts.items():
        print(f"{name}: {count}")


if __name__ == "__main__":
    main()
