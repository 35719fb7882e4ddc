"""The catalogue's pictures in public object storage."""

import hashlib
from pathlib import Path

import pytest

from services.facetype.catalogue import Catalogue, load_catalogue
from services.facetype.face import Outcome
from services.facetype.showcase import publish
from shared.object_storage import FolderStorage
from tests.facetype_system import png, write_catalogue


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "objects")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(write_catalogue(tmp_path / "shapes"))


def test_every_picture_is_served_as_it_is(catalogue: Catalogue, storage: FolderStorage) -> None:
    showcase = publish(catalogue, storage)
    for type_id in catalogue.type_ids:
        urls = showcase.gallery_urls(type_id)
        assert len(set(urls)) == 6
        for url, path in zip(urls, catalogue.gallery(type_id), strict=True):
            stored = storage.read_public(url.removeprefix("/files/"))
            assert stored is not None
            assert (stored.data, stored.media_type) == (path.read_bytes(), "image/png")
            assert hashlib.sha256(stored.data).hexdigest() in url
    assert showcase.gallery_urls("unheard_of") == ()


def test_publishing_again_changes_nothing(
    catalogue: Catalogue, storage: FolderStorage, tmp_path: Path
) -> None:
    publish(catalogue, storage)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "objects").rglob("*.png")}
    publish(catalogue, storage)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "objects").rglob("*.png")} == before


def test_a_changed_picture_gets_a_new_address(catalogue: Catalogue, storage: FolderStorage) -> None:
    before = publish(catalogue, storage).gallery_urls("round")
    catalogue.gallery("round")[0].write_bytes(png(1, 1, 1))
    after = publish(catalogue, storage).gallery_urls("round")
    assert (after[0] != before[0], after[1:]) == (True, before[1:])
    assert storage.read_public(before[0].removeprefix("/files/")) is not None  # profiles may still show it


def test_only_refused_outcomes_have_examples(catalogue: Catalogue, storage: FolderStorage) -> None:
    showcase = publish(catalogue, storage)
    assert showcase.example_url(Outcome.CUT_OFF).startswith("/files/catalogues/shapes/examples/")
    assert showcase.example_url(Outcome.NO_FACE) == ""
    assert showcase.example_url(Outcome.OK) == ""


class TestChoice:
    def test_is_four_different_pictures_of_the_type(
        self, catalogue: Catalogue, storage: FolderStorage
    ) -> None:
        showcase = publish(catalogue, storage)
        seen = set()
        for _ in range(60):
            chosen = [picture.key for picture in showcase.choose("cornered", None)]
            assert len(set(chosen)) == 4
            assert all(storage.url(key) in showcase.gallery_urls("cornered") for key in chosen)
            seen.update(chosen)
        assert len(seen) == 6

    def test_is_repeatable_by_a_seed(self, catalogue: Catalogue, storage: FolderStorage) -> None:
        showcase = publish(catalogue, storage)
        assert showcase.choose("round", 7) == showcase.choose("round", 7)
        assert len({tuple(p.key for p in showcase.choose("round", seed)) for seed in range(40)}) > 10

    def test_of_a_small_gallery_is_all_of_it(self, tmp_path: Path, storage: FolderStorage) -> None:
        small = load_catalogue(write_catalogue(tmp_path / "small", pictures=2))
        showcase = publish(small, storage)
        assert len(showcase.choose("round", 1)) == 2
        bare = load_catalogue(write_catalogue(tmp_path / "bare", pictures=0))
        assert publish(bare, storage).choose("round", None) == []
