"""Drawn noses: photos whose blocks of black and white say which dog's nose, and which view of it.

The register, its rules, its transactions and its pictures are tried with these: whose nose a photo shows is
known beforehand, and reading one takes no time. What real models read is tested beside the models.
"""

import io
import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.noseprint.alignment import ALIGNED_HEIGHT, ALIGNED_WIDTH, AlignedNose
from services.noseprint.detection import Nose
from services.noseprint.embedding import Embedder
from services.noseprint.local_features import LocalFeatures
from services.noseprint.nose_reader import NoseCheck, NosePrint, NoseReader
from services.noseprint.opening import Models
from services.noseprint.photos import PhotoReader
from services.noseprint.quality import ADVICE, NoseQuality
from services.noseprint.register.records import Vector
from services.noseprint.scoring import MatchScorer
from services.noseprint.server import NosePrintServer
from services.noseprint.settings import NosePrintSettings
from shared.errors import PawtraitError, Reason
from shared.geometry import Box, RgbImage
from shared.inference_pool import Stopwatch
from shared.server import run
from shared.storage_settings import StorageSettings

VERSION = "drawn-1"
BLOCKS, BLOCK = 8, 16
BOX = Box(0.25, 0.25, 0.75, 0.75)
QUALITY = NoseQuality(sharpness=100.0, nose_px=200, exposure=0.4, glare=0.0)
NOISE = 0.6
POINTS = 120

PARAMETERS = {
    "embedder_version": VERSION,
    "pair": {"offset": -8.0, "cosine": 12.0, "local": 2.0, "strong_local": 0.0},
    "fusion": {"best": 0.7, "slope": 1.0, "offset": 0.0},
    "impostor_tails": {"drawn": {"level": -2.0, "share": 0.01, "scale": 0.4, "shape": 0.0}},
    "false_positive_identification_rate": {"identify": 0.01, "register": 0.001},
    "verify_threshold": 0.0,
}


def photo(dog: int, view: int) -> bytes:
    """A photo of a dog's nose: PNG."""
    bits = np.unpackbits(np.array([dog, view], ">u4").view(np.uint8)).reshape(BLOCKS, BLOCKS)
    pixels = np.kron(bits * 255, np.ones((BLOCK, BLOCK))).astype(np.uint8)
    return _png(pixels)


def views(dog: int, first: int = 0, count: int = 5) -> list[bytes]:
    """Several photos of one dog."""
    return [photo(dog, first + number) for number in range(count)]


def grey() -> bytes:
    """A photo without a nose."""
    return _png(np.full((BLOCKS * BLOCK, BLOCKS * BLOCK), 128, np.uint8))


def embedding(dog: int, view: int, version: str = VERSION) -> Vector:
    """What a model makes of a view."""
    generator = np.random.default_rng([dog, sum(version.encode())])
    noise = np.random.default_rng([dog, view, sum(version.encode())])
    own, other = generator.normal(size=256), noise.normal(size=256)
    vector = own / np.linalg.norm(own) + NOISE * other / np.linalg.norm(other)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def local_features(dog: int, view: int) -> LocalFeatures:
    """The points of a view: the dog's own, a little moved."""
    generator, noise = np.random.default_rng([dog, 1]), np.random.default_rng([dog, view, 1])
    points = generator.uniform((30, 30), (ALIGNED_WIDTH - 30, ALIGNED_HEIGHT - 30), (POINTS, 2))
    points = points + noise.normal(0, 0.7, points.shape)
    raw = generator.gamma(0.5, size=(POINTS, 128)) * noise.uniform(0.7, 1.3, (POINTS, 128))
    rooted = np.sqrt(raw / raw.sum(axis=1, keepdims=True))
    return LocalFeatures(points.astype(np.float32), np.clip(512 * rooted, 0, 255).astype(np.uint8))


class DrawnNoseReader(NoseReader):
    """Reads what was drawn."""

    def __init__(self, version: str = VERSION) -> None:
        self.name, self.version = "drawn", version

    def check(self, image: RgbImage, watch: Stopwatch | None = None) -> NoseCheck:
        if 64 < float(np.median(image)) < 192:
            return NoseCheck(None, None, (Reason.NO_NOSE_FOUND,))
        return NoseCheck(Nose(BOX, 0.9), QUALITY, ())

    def read(self, image: RgbImage, watch: Stopwatch | None = None) -> NosePrint:
        watch = watch or Stopwatch()
        with watch.stage("nose"):
            if self.check(image).reasons:
                raise PawtraitError(Reason.NO_NOSE_FOUND, ADVICE[Reason.NO_NOSE_FOUND])
            side = image.shape[0] // BLOCKS
            bits = image[: side * BLOCKS, : side * BLOCKS].mean(axis=2).reshape(BLOCKS, side, BLOCKS, side)
            dog, view = np.packbits(bits.mean(axis=(1, 3)) > 128).view(">u4")
            noise = np.random.default_rng([int(dog), int(view)])
            pixels = noise.integers(0, 256, (ALIGNED_HEIGHT, ALIGNED_WIDTH)).astype(np.uint8)
            pixels[0, :8] = np.array([dog, view], ">u4").view(np.uint8)  # for DrawnEmbedder
        return NosePrint(
            BOX,
            0.9,
            QUALITY,
            embedding(int(dog), int(view), self.version),
            local_features(int(dog), int(view)),
            AlignedNose(pixels, 0.0, None),
            self.version,
        )


class DrawnEmbedder(Embedder):
    """Embeds what :class:`DrawnNoseReader` aligned, as another model would."""

    def __init__(self, version: str) -> None:
        self.name, self.version = "drawn", version

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        known = [np.ascontiguousarray(nose[0, :8]).view(">u4") for nose in pixels]
        return np.stack([embedding(int(dog), int(view), self.version) for dog, view in known])


class DrawnServer(NosePrintServer):
    """The service with models that read drawn noses."""

    def open_models(self) -> Models:
        scorer = MatchScorer.from_parameters(PARAMETERS)
        return Models(PhotoReader(DrawnNoseReader(), {}), {VERSION: scorer}, VERSION)


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, "PNG")
    return file.getvalue()


def main() -> None:
    settings = NosePrintSettings()
    run(DrawnServer(settings, StorageSettings()), settings)


if __name__ == "__main__":
    sys.exit(main())
