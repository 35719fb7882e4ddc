"""The catalogue's pictures where clients can see them: gallery and examples in public object storage."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.facetype.catalogue import Catalogue
from services.facetype.face import Outcome
from shared.object_storage import ObjectStorage, media_type_of
from shared.telemetry import get_logger

PICTURES_OF_A_PROFILE = 4

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """A picture of the catalogue and its key in the object storage."""

    path: Path
    key: str


class Showcase:
    """Published pictures of a catalogue.

    Args:
        storage: where they are.
        gallery: type → its pictures.
        examples: refused outcome → the picture of what would do.
    """

    def __init__(
        self,
        storage: ObjectStorage,
        gallery: Mapping[str, Sequence[Published]],
        examples: Mapping[Outcome, Published],
    ) -> None:
        self._storage = storage
        self._gallery = gallery
        self._examples = {outcome: storage.url(picture.key) for outcome, picture in examples.items()}
        self._urls = {
            type_id: tuple(storage.url(picture.key) for picture in pictures)
            for type_id, pictures in gallery.items()
        }

    def gallery_urls(self, type_id: str) -> tuple[str, ...]:
        """Where the pictures of a type are served; empty for a type that the catalogue does not have."""
        return self._urls.get(type_id, ())

    def example_url(self, outcome: Outcome) -> str:
        """Where the example for a refused outcome is served; empty: there is none."""
        return self._examples.get(outcome, "")

    def choose(self, type_id: str, seed: int | None) -> list[Published]:
        """Four different pictures of a type in a random order, or all where there are fewer.

        Args:
            seed: the same seed gives the same pictures as long as the catalogue is the same; None: by chance.
        """
        # Which pictures are shown is no secret.
        chance = random.Random(seed)  # noqa: S311
        pictures = self._gallery[type_id]
        return chance.sample(pictures, min(PICTURES_OF_A_PROFILE, len(pictures)))


def publish(catalogue: Catalogue, storage: ObjectStorage) -> Showcase:
    """Put the catalogue's pictures into public object storage, those that are not there yet.

    A key names the content's SHA-256, so that caches never go stale and profiles keep the pictures that they
    were made with when the catalogue changes.

    Raises:
        PawtraitError: ``SERVICE_UNAVAILABLE``: the storage fails.
        OSError: a picture cannot be read.
    """

    def put(path: Path, folder: str) -> Published:
        data = path.read_bytes()
        key = f"public/catalogues/{catalogue.id}/{folder}/{hashlib.sha256(data).hexdigest()}{path.suffix}"
        storage.put(key, data, media_type_of(key))
        return Published(path, key)

    gallery = {
        type_id: [put(path, type_id) for path in catalogue.gallery(type_id)] for type_id in catalogue.type_ids
    }
    examples: dict[Outcome, Published] = {}
    for outcome in Outcome:
        example = catalogue.example(outcome) if outcome is not Outcome.OK else None
        if example is not None:
            examples[outcome] = put(example, "examples")
    for type_id, pictures in gallery.items():
        if len(pictures) < PICTURES_OF_A_PROFILE:
            log.warning("small_gallery", type=type_id, pictures=len(pictures), wanted=PICTURES_OF_A_PROFILE)
    return Showcase(storage, gallery, examples)
