"""The served embedder."""

from pathlib import Path

import numpy as np
import pytest

from services.noseprint.alignment import align
from services.noseprint.embedding import EMBEDDING_SIZE, Embedder
from services.noseprint.synthesis.individual import grow_individual
from services.noseprint.synthesis.photographs import take_photo

MODEL = Path("services/noseprint/model")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(MODEL)


@pytest.fixture(scope="module")
def noses() -> np.ndarray:
    """Six individuals of a seed that nothing was trained on, three photos each."""
    rows = []
    for number in range(6):
        individual = grow_individual(987, number)
        photos = [take_photo(individual, 987, number, view) for view in range(3)]
        rows.append([align(photo.image, photo.box).pixels for photo in photos])
    return np.array(rows)


def test_embeddings_are_unit_vectors_and_repeatable(embedder: Embedder, noses: np.ndarray):
    vectors = embedder.embed(noses[0])
    assert vectors.shape == (3, EMBEDDING_SIZE)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(embedder.embed(noses[0][1:2])[0], vectors[1], atol=1e-4)


def test_photos_of_one_nose_are_nearer_than_of_two(embedder: Embedder, noses: np.ndarray):
    vectors = embedder.embed(noses.reshape(-1, *noses.shape[2:]))
    likeness, names = vectors @ vectors.T, np.repeat(np.arange(6), 3)
    same = names[:, None] == names
    upper = np.triu(np.ones_like(same), 1)
    genuine, impostor = likeness[same & upper.astype(bool)], likeness[~same & upper.astype(bool)]
    assert genuine.mean() > impostor.mean() + 0.25
    nearest = (likeness - 2 * np.eye(len(names))).argmax(1)
    assert (names[nearest] == names).mean() >= 0.75


def test_nothing_gives_nothing(embedder: Embedder):
    assert embedder.embed(np.zeros((0, 192, 224), np.uint8)).shape == (0, EMBEDDING_SIZE)


def test_a_blank_nose_gives_finite_numbers(embedder: Embedder):
    assert np.isfinite(embedder.embed(np.zeros((1, 192, 224), np.uint8))).all()


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((192, 224), np.uint8), np.zeros((1, 96, 112), np.uint8), np.zeros((1, 192, 224), np.float32)],
)
def test_what_is_no_aligned_nose_is_refused(embedder: Embedder, pixels: np.ndarray):
    with pytest.raises(ValueError, match="not aligned noses"):
        embedder.embed(pixels)


def test_a_folder_without_weights_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Embedder(tmp_path)


def test_the_file_is_small():
    assert (MODEL / "embedder.onnx").stat().st_size < 8_000_000
