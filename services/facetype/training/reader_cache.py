"""Outputs of the frozen stem for every sample, computed once and kept in files."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from services.facetype.training.reader_network import run_stem
from services.facetype.training.reader_samples import Sample
from services.facetype.training.reader_views import fixed_crops, load, random_crops

Stems = NDArray[np.float16]
"""(samples, parts, c, h, w)."""


def stems_of(
    samples: Sequence[Sample], variant: int, stem: nn.Module, size: int, cache: Path, name: str, seed: int
) -> Stems:
    """Stem outputs of all samples.

    Args:
        samples: whose crops.
        variant: 0 = the crops that serving would cut; above, one more set of random crops.
        stem: the frozen part of the network.
        size: side of the crops, pixels.
        cache: folder for the files; a file that is there is not made again.
        name: of the backbone and whatever else decides what the stem gives.
        seed: of the random crops.
    """
    told = hashlib.sha256()
    for sample in samples:
        told.update(f"{sample.path.name}{sorted(sample.boxes.items())}".encode())
    path = cache / f"{name}-{size}-{told.hexdigest()[:10]}-{variant}-{seed}.npy"
    if path.is_file():
        return _open(path)
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    stored: np.memmap[tuple[int, ...], np.dtype[np.float16]] | None = None
    for place, sample in enumerate(tqdm(samples, f"stem, variant {variant}", mininterval=20)):
        image = load(sample)
        if variant == 0:
            crops = fixed_crops(image, sample, size)
        else:
            crops = random_crops(image, sample, size, np.random.default_rng((seed, variant, place)))
        outputs = run_stem(stem, torch.from_numpy(crops)).numpy()
        if stored is None:
            shape = (len(samples), *outputs.shape)
            stored = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float16, shape=shape)
        stored[place] = outputs
    if stored is None:
        raise ValueError("no samples")
    stored.flush()
    unfinished.rename(path)
    return _open(path)


def _open(path: Path) -> Stems:
    """The file without reading it whole: several variants would not fit into memory."""
    stems: Stems = np.load(path, mmap_mode="r")
    return stems
