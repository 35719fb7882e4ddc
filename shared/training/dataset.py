"""Where the training data lies, and the one split by photo that every model keeps.

The data is not part of the repository. It is looked for in ``PAWTRAIT_DATA`` and, when that is not
set, in ``../shared/data`` beside the checkout.
"""

import hashlib
import os
from enum import StrEnum
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class Split(StrEnum):
    """What a photo may be used for."""

    TRAIN = "train"
    """Fitting weights."""
    DEV = "dev"
    """Choosing: epochs, thresholds, temperatures. 5 % of the photos."""
    VALIDATION = "validation"
    """Reporting, nothing else. 15 % of the photos."""


def data_folder() -> Path:
    """The data folder, whether or not it exists."""
    return Path(os.environ.get("PAWTRAIT_DATA", REPOSITORY.parent / "shared" / "data"))


def photo_key(file: str | Path) -> str:
    """The name that all copies of one photo share, at any size and with any augmentation."""
    return Path(file).stem.split("__")[0]


def split_of(file: str | Path) -> Split:
    """The split of a photo, by a hash of its key, so that copies never land on both sides."""
    twentieth = int(hashlib.sha256(photo_key(file).encode()).hexdigest()[:8], 16) % 20
    if twentieth < 3:
        return Split.VALIDATION
    return Split.DEV if twentieth == 3 else Split.TRAIN
