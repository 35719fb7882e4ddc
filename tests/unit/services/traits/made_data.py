"""A tiny data folder in the shape of the real one: discs for dogs of some breeds, noise for the rest."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from services.traits.breeds import BREEDS
from shared.training.dataset import Split, split_of

MADE_BREEDS = (BREEDS[0], BREEDS[40], BREEDS[90])


def name_in(split: Split, start: str, number: int) -> str:
    """The ``number``-th file name that begins with ``start`` and falls into ``split``."""
    names = (f"{start}_{counter}.webp" for counter in range(100_000))
    return next(islice((name for name in names if split_of(name) == split), number, None))


def make_data(folder: Path, dogs_of_each: dict[Split, int]) -> Path:
    """Write the folder; the first dog of each breed and split has labels, a head box and a larger copy."""
    rng = np.random.default_rng(0)
    photos = ["file,synset,breed,orig_w,orig_h,body_boxes_xywh"]
    heads = ["file,x_min,y_min,x_max,y_max,confidence"]
    labels = ["file,ear,fur,pattern,primary,secondary"]
    (folder / "stanford_dogs_500").mkdir(parents=True)
    for kind in ("objects", "cats"):
        (folder / "negatives" / kind).mkdir(parents=True)
        for split, count in dogs_of_each.items():
            for number in range(count):
                picture = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
                cv2.imwrite(str(folder / "negatives" / kind / name_in(split, kind, number)), picture)
    for index, breed in enumerate(MADE_BREEDS):
        home = folder / "stanford_dogs_224" / f"{breed.synset}-{breed.id}"
        home.mkdir(parents=True)
        for split, count in dogs_of_each.items():
            for number in range(count):
                file = name_in(split, breed.synset, number)
                picture = np.full((224, 224, 3), 60, np.uint8)
                cv2.circle(picture, (112, 90), 50, (80 * index, 255 - 90 * index, 40 + 20 * number), -1)
                cv2.imwrite(str(home / file), picture)
                photos.append(f'{file},{breed.synset},{breed.id},400,300,"80,60,240,220;0,0,30,30"')
                if number == 0:
                    cv2.imwrite(str(folder / "stanford_dogs_500" / file), cv2.resize(picture, (400, 300)))
                    heads.append(f"{file},0.27,0.17,0.73,0.63,1.1")
                    heads.append(f"{file},0.0,0.0,0.9,0.9,0.05")
                    labels.append(f"{file},{('up', 'down', 'x')[index]},long,spotted,tan,-")
                else:
                    heads.append(f"{file},,,,,")
    for name, lines in (("stanford_dogs", photos), ("head_boxes", heads), ("trait_labels", labels)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder
