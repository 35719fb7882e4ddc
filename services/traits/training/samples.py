"""What one training step sees: views of photos, past the frozen stem, kept for the next time."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.traits.preprocessing import Role, cut, render, views_of
from services.traits.training.augmentation import background, blank, random_views
from services.traits.training.photos import Photo, read_image
from shared.geometry import RgbImage
from shared.training.spoiling import spoil


class Kind(StrEnum):
    """Where a sample's pixels come from."""

    PHOTO = "photo"
    BACKGROUND = "background"
    """A part of a dog's photo without the dog."""
    BLANK = "blank"
    """Drawn, not photographed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo, or something made from it that shows no dog."""

    photo: Photo
    kind: Kind = Kind.PHOTO

    @property
    def is_dog(self) -> bool:
        """Whether a dog is to be seen."""
        return self.kind == Kind.PHOTO and self.photo.is_dog


@dataclass(frozen=True, slots=True)
class Batch:
    """Views of several samples after the stem: ``stems`` (n, c, h, w), ``roles`` (n, 3), ``owner`` (n,)."""

    stems: Tensor
    roles: Tensor
    owner: Tensor


STEM_BATCH = 8


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def run_stem(stem: nn.Module, views: Sequence[RgbImage]) -> Tensor:
    """Stem outputs of ``views`` as float16, (n, c, h, w); brain floats inside where the CPU has them.

    Few views at a time: the first layers are large, and eight views still fit a core's cache.
    """
    device = next(stem.parameters()).device
    parts = []
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
        for start in range(0, len(views), STEM_BATCH):
            pixels = torch.from_numpy(np.stack(views[start : start + STEM_BATCH])).permute(0, 3, 1, 2)
            signed = pixels.to(device, torch.float32).div_(127.5).sub_(1)
            parts.append(stem(signed).to("cpu", torch.float16))
    return torch.cat(parts)


class StemCache:
    """Serves random views of samples and remembers them.

    Every sample has ``slots`` variants. The stem is frozen, so each variant passes it once; later
    epochs only pay for the trunk.
    """

    def __init__(
        self, samples: Sequence[Sample], stem: nn.Module, size: int, zoom: float, slots: int, seed: int
    ) -> None:
        self.samples = samples
        self._stem, self._size, self._zoom, self._slots, self._seed = stem, size, zoom, slots, seed
        self._kept: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def draw(self, index: int, slot: int) -> list[tuple[Role, RgbImage]]:
        """The random views of variant ``slot`` of a sample, as pixels; always the same ones."""
        rng = np.random.default_rng((self._seed, index, slot))
        sample = self.samples[index]
        photo = sample.photo
        if sample.kind == Kind.BLANK:
            return [
                (role, blank(self._size, rng)) for role in Role if role == Role.WHOLE or rng.random() < 0.5
            ]
        path = photo.sharp if photo.sharp is not None and rng.random() < 0.7 else photo.path
        image = read_image(path)
        if sample.kind == Kind.BACKGROUND:
            frame = background(photo, rng)
            if frame is None:
                return [(Role.WHOLE, blank(self._size, rng))]
            view = cut(image, frame, self._size)
            return [(role, spoil(view, rng)) for role in Role if role == Role.WHOLE or rng.random() < 0.3]
        return [
            (role, spoil(cut(image, frame, self._size), rng))
            for role, frame in random_views(photo, self._zoom, rng)
        ]

    def batch(self, indices: Sequence[int], epoch: int) -> Batch:
        """The views of ``indices`` for ``epoch``, from memory where they were seen before."""
        slot = epoch % self._slots
        missing = [index for index in indices if (index, slot) not in self._kept]
        if missing:
            fresh = self.views([(index, slot) for index in missing])
            for place, index in enumerate(missing):
                own = fresh.owner == place
                stems = fresh.stems[own].half().clone(memory_format=torch.preserve_format)
                self._kept[index, slot] = (stems, fresh.roles[own])
        kept = [self._kept[index, slot] for index in indices]
        counts = torch.tensor([len(stems) for stems, _ in kept])
        return Batch(
            _channels_last(torch.cat([stems for stems, _ in kept]).float()),
            torch.cat([roles for _, roles in kept]),
            torch.repeat_interleave(torch.arange(len(indices)), counts),
        )

    def views(self, variants: Sequence[tuple[int, int]]) -> Batch:
        """The views of pairs of (sample, variant), computed now and not remembered."""
        drawn = [self.draw(index, slot) for index, slot in variants]
        stems = run_stem(self._stem, [view for views in drawn for _, view in views])
        roles = torch.tensor([int(role) for views in drawn for role, _ in views])
        counts = torch.tensor([len(views) for views in drawn])
        owner = torch.repeat_interleave(torch.arange(len(variants)), counts)
        return Batch(_channels_last(stems.float()), torch.eye(len(Role))[roles], owner)


def fixed_views(photo: Photo, size: int, with_head: bool) -> tuple[RgbImage, NDArray[np.float32]]:
    """The views that inference cuts from ``photo``: (n, size, size, 3) pixels and (n, 3) roles."""
    return render(read_image(photo.path), views_of(photo.aspect, photo.head if with_head else None), size)
