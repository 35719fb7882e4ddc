"""Photos to measure with: dog photos brought to the sizes that cameras give."""

from pathlib import Path

import cv2
import numpy as np

from shared.training.dataset import Split, data_folder, split_of

PORTRAITS = Path(__file__).resolve().parents[1] / "portraits"
SIZES = {"1 Mpx": (1152, 864), "12 Mpx": (4032, 3024)}
PER_SIZE = 8


def bench_photos() -> dict[str, list[bytes]]:
    """JPEG files by name of their size.

    From validation photos where the data folder is there, else from the painted portraits. They are
    scaled up and given sensor noise, since a smooth picture would compress and decode too easily.
    """
    sources = sorted((data_folder() / "stanford_dogs_500").glob("*.webp"))
    chosen = [path for path in sources if split_of(path) is Split.VALIDATION][:PER_SIZE]
    chosen = chosen or sorted(PORTRAITS.glob("*.jpg"))[:PER_SIZE]
    return {name: [_resized(path, *size) for path in chosen] for name, size in SIZES.items()}


def _resized(path: Path, width: int, height: int) -> bytes:
    image = cv2.resize(cv2.imread(str(path)), (width, height), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).normal(0, 4, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])
