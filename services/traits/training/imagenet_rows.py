"""Where this project's breeds are among ImageNet's classes."""

from pathlib import Path

from services.traits.breeds import BREEDS


def breed_rows(data: Path, classes: int) -> list[int]:
    """The rows of the breeds in an ImageNet classifier.

    Args:
        data: the data folder.
        classes: 1,000, or 1,001 with a "background" in front.

    Raises:
        ValueError: a breed is not among the labels.
    """
    lines = (data / "pretrained" / "imagenet_labels.txt").read_text().splitlines()
    names = [line.split(",")[0].strip().lower() for line in lines][-classes:]
    ids = [name.replace(" ", "_").replace("-", "_") for name in names]
    return [ids.index(breed.id) for breed in BREEDS]
