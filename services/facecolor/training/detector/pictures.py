"""Where the photos of the training data lie."""

from pathlib import Path

from services.facecolor.training.detector.labels import Photo


def photo_path(data: Path, photo: Photo) -> Path:
    """The sharper copy of a photo where there is one."""
    sharp = data / "stanford_dogs_500" / photo.file
    if sharp.is_file():
        return sharp
    return data / "stanford_dogs_224" / f"{photo.synset}-{photo.breed}" / photo.file
