"""Sets of synthetic noses on disk.

A set is one file, ``noses.npy``: uint8 (individuals, views, height, width), which is read without being
loaded, beside ``noses.json``, which says how it was made.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH, align
from services.noseprint.synthesis.individual import grow_individual
from services.noseprint.synthesis.photographs import HARDNESS, take_photo

SET_FILE, NOTES_FILE = "noses.npy", "noses.json"


def aligned_views(seed: int, number: int, views: int, hardness: float) -> NDArray[np.uint8]:
    """All views of one individual, (views, ALIGNED_HEIGHT, ALIGNED_WIDTH) grey."""
    individual = grow_individual(seed, number)
    photos = (take_photo(individual, seed, number, view, hardness) for view in range(views))
    return np.stack([align(photo.image, photo.box).pixels for photo in photos])


def _single_threaded() -> None:
    """OpenCV's own threads would fight with the processes for the cores."""
    cv2.setNumThreads(1)


def write_set(
    folder: Path, seed: int, individuals: int, views: int, hardness: float = HARDNESS, processes: int = 1
) -> NDArray[np.uint8]:
    """Write (or finish) a set of noses; returns it, memory-mapped, (individuals, views, height, width).

    Raises:
        ValueError: the folder holds a set that was made otherwise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notes = {"seed": seed, "individuals": individuals, "views": views, "hardness": hardness}
    path, notes_path = folder / SET_FILE, folder / NOTES_FILE
    done = 0
    if notes_path.is_file():
        found = json.loads(notes_path.read_text())
        done = int(found.pop("done"))
        if found != notes:
            raise ValueError(f"{folder} holds another set: {found}")
    shape = (individuals, views, ALIGNED_HEIGHT, ALIGNED_WIDTH)
    pixels = np.lib.format.open_memmap(path, "r+" if done else "w+", np.uint8, None if done else shape)
    numbers = range(done, individuals)
    # Fresh processes: OpenCV's threads do not survive a fork.
    spawned = get_context("spawn")
    with ProcessPoolExecutor(processes, spawned, initializer=_single_threaded) as pool:
        arguments = (repeat(seed), numbers, repeat(views), repeat(hardness))
        made = (
            map(aligned_views, *arguments)
            if processes == 1
            else pool.map(aligned_views, *arguments, chunksize=4)
        )
        for number, nose in zip(numbers, tqdm(made, total=len(numbers), unit="nose"), strict=True):
            pixels[number] = nose
            if number % 50 == 49 or number == individuals - 1:
                pixels.flush()
                notes_path.write_text(json.dumps(notes | {"done": number + 1}))
    return np.lib.format.open_memmap(path, "r")


def read_set(folder: Path) -> NDArray[np.uint8]:
    """A finished set, memory-mapped, (individuals, views, height, width).

    Raises:
        FileNotFoundError: there is none.
        ValueError: the command that writes it was interrupted.
    """
    notes = json.loads((folder / NOTES_FILE).read_text())
    if notes["done"] < notes["individuals"]:
        raise ValueError(f"{folder} is unfinished: {notes['done']} of {notes['individuals']}")
    return np.lib.format.open_memmap(folder / SET_FILE, "r")
