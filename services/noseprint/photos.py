"""From photos that callers sent to noses that are compared, and pictures that are kept."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from services.noseprint.alignment import AlignedNose
from services.noseprint.embedding import Embedder
from services.noseprint.matching import Probe
from services.noseprint.nose_reader import NosePrint, NoseReader
from shared.errors import PawtraitError
from shared.inference_pool import Stopwatch
from shared.pictures import decode_picture, encode_jpeg

MAX_SIDE = 2048
"""Longest side, pixels, that nose photos are scaled down to."""
PROFILE_SIDE = 1024
"""The same of profile pictures."""
_QUALITY = 90


@dataclass(frozen=True, slots=True)
class ReadPhoto:
    """A photo with a usable nose."""

    nose: NosePrint
    probe: Probe
    picture: bytes = field(repr=False)
    """The photo without metadata, as JPEG; empty unless it is to be kept."""


class PhotoReader:
    """Reads noses. Thread-safe.

    Args:
        reader: of the current model.
        previous: embedders of the models before, by version.
    """

    def __init__(self, reader: NoseReader, previous: Mapping[str, Embedder]) -> None:
        self.reader = reader
        self._previous = previous

    @property
    def name(self) -> str:
        """Name of the current model."""
        return self.reader.name

    def read(self, photo: bytes, watch: Stopwatch, *, keep: bool) -> ReadPhoto:
        """Read the nose in a photo.

        Args:
            photo: an encoded picture.
            keep: whether the picture is to be stored.

        Raises:
            PawtraitError: not a picture, or its nose is not usable: why.
        """
        with watch.stage("decode"):
            image = decode_picture(photo, max_side=MAX_SIDE)
        nose = self.reader.read(image, watch)
        embeddings = {nose.model_version: nose.embedding}
        for version, embedder in self._previous.items():
            with watch.stage("embed_previous"):
                embeddings[version] = embedder.embed(nose.aligned.pixels[np.newaxis])[0]
        picture = b""
        if keep:
            with watch.stage("encode"):
                picture = encode_jpeg(image, quality=_QUALITY)
        return ReadPhoto(nose, Probe(nose.features, embeddings), picture)


def prepare_profile(picture: bytes) -> bytes:
    """A profile picture as it is kept: upright, without metadata, JPEG.

    Raises:
        PawtraitError: ``NOT_AN_IMAGE`` or ``PHOTO_TOO_LARGE``, with ``field`` = ``profile``.
    """
    try:
        return encode_jpeg(decode_picture(picture, max_side=PROFILE_SIDE), quality=_QUALITY)
    except PawtraitError as error:
        error.metadata["field"] = "profile"
        raise


def total_stages(watches: Sequence[Stopwatch]) -> list[tuple[str, float]]:
    """The stages of several photos added up; they may have run side by side."""
    totals: dict[str, float] = {}
    for watch in watches:
        for name, milliseconds in watch.stages:
            totals[name] = totals.get(name, 0.0) + milliseconds
    return list(totals.items())


def encode_nose(nose: AlignedNose) -> bytes:
    """An aligned nose as PNG; what is not valid is transparent."""
    image = Image.fromarray(nose.pixels)
    if nose.valid is not None:
        image = Image.merge("LA", (image, Image.fromarray(nose.valid.astype(np.uint8) * 255)))
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def decode_nose(png: bytes) -> AlignedNose:
    """The opposite of :func:`encode_nose`, for what this service itself has stored; its angle is not kept."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        valid = np.asarray(image.getchannel("A")) > 0 if image.mode == "LA" else None
        return AlignedNose(np.asarray(image.getchannel(0)), 0.0, valid)
