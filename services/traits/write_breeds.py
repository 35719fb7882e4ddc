"""Write the breed probabilities of photos as a CSV: ``python -m services.traits.write_breeds --out FILE``.

One row per photo: ``file`` and a column for each breed. With ``--head-boxes`` heads are read from their
boxes, as when the services work together; without, from the whole photo.
"""

import argparse
import csv
from collections.abc import Collection
from pathlib import Path

from services.traits.breeds import BREEDS
from services.traits.classifier import TraitsClassifier
from services.traits.evaluate import MODEL_FOLDER, sharp
from services.traits.training.photos import Photo, load_upright_photo, read_dogs
from shared.training.dataset import Split, data_folder


def chosen(photos: Collection[Photo], split: Split, synsets: Collection[str]) -> list[Photo]:
    """The photos of a split, and all photos of the breeds with these synsets."""
    breeds = {index for index, breed in enumerate(BREEDS) if breed.synset in synsets}
    return [photo for photo in photos if photo.split == split or photo.breed in breeds]


def write_breeds(classifier: TraitsClassifier, photos: Collection[Photo], out: Path) -> None:
    """Classify ``photos`` and write the file."""
    with out.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("file", *(breed.id for breed in BREEDS)))
        for photo in photos:
            image = sharp(photo) if photo.sharp is not None else load_upright_photo(photo)
            found = classifier.probabilities(image, photo.head)["breed"]
            writer.writerow((photo.file, *(f"{value:.5f}" for value in found)))


def main() -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True, help="CSV to write")
    options.add_argument("--model", type=Path, default=MODEL_FOLDER, help="folder of traits.onnx")
    options.add_argument("--head-boxes", type=Path, help="a file like head_boxes.csv")
    options.add_argument("--split", type=Split, choices=list(Split), default=Split.VALIDATION)
    options.add_argument(
        "--all-of", nargs="*", default=(), metavar="SYNSET", help="all photos of these breeds"
    )
    options.add_argument("--threads", type=int, default=1)
    arguments = options.parse_args()
    data = data_folder()
    if not data.is_dir():
        options.error(f"no data at {data}; set PAWTRAIT_DATA")
    photos = chosen(read_dogs(data, arguments.head_boxes), arguments.split, arguments.all_of)
    write_breeds(TraitsClassifier(arguments.model, arguments.threads), photos, arguments.out)
    print(f"{len(photos)} photos in {arguments.out}")


if __name__ == "__main__":
    main()
