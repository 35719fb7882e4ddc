"""The embedder's training on a handful of noses, from the set to files that answer."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

import torch  # noqa: E402

from services.noseprint.embedding import Embedder  # noqa: E402
from services.noseprint.evaluation import open_set  # noqa: E402
from services.noseprint.evaluation.prints import genuine_pairs, impostor_pairs, prints_of  # noqa: E402
from services.noseprint.scoring import MatchScorer  # noqa: E402
from services.noseprint.synthesis.individual import grow_individual  # noqa: E402
from services.noseprint.synthesis.photographs import take_photo  # noqa: E402
from services.noseprint.synthesis.sets import read_set, write_set  # noqa: E402
from services.noseprint.training import calibration, embedder_train  # noqa: E402
from services.noseprint.training.embedder_data import Batches  # noqa: E402
from services.noseprint.training.embedder_discriminant import DiscriminantEmbedder, discriminant  # noqa: E402
from services.noseprint.training.embedder_domain import real_direction, take_out  # noqa: E402
from services.noseprint.training.embedder_export import export  # noqa: E402
from services.noseprint.training.embedder_network import ArcFace, NoseNetwork  # noqa: E402

SHIPPED = Path(calibration.__file__).parents[1] / "model"


@pytest.fixture(scope="module")
def noses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("noses")
    write_set(path, 31, 8, 7, 0.4)
    return path


@pytest.fixture(scope="module")
def dogs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per dog of photos that show just the nose."""
    path = tmp_path_factory.mktemp("dogs")
    for number in range(2):
        (path / f"dog{number}").mkdir()
        individual = grow_individual(41, number)
        for view in range(2):
            photo = take_photo(individual, 41, number, view)
            left, top, right, bottom = photo.box.pixels(photo.image.shape[1], photo.image.shape[0])
            name = str(path / f"dog{number}" / f"{view}.png")
            cv2.imwrite(name, photo.image[top:bottom, left:right, ::-1])
    return path


def test_training_on_both_kinds_gives_files_that_answer(noses: Path, dogs: Path, tmp_path: Path):
    arguments = ["--synthetic", str(noses), "--development", str(noses), "--photos", str(dogs), "--cropped"]
    arguments += [
        "--no-real",
        "--no-discriminant",
        "--out",
        str(tmp_path),
        "--epochs",
        "2",
        "--batch",
        "16",
        "--threads",
        "1",
    ]
    embedder_train.main([*arguments, "--version", "9.9.9"])
    embedder = Embedder(tmp_path)
    assert embedder.version == "9.9.9"
    pixels = np.array(read_set(noses)[0])
    network = NoseNetwork()
    network.load_state_dict(torch.load(tmp_path / "embedder.pt", weights_only=True))
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(pixels)[:, None].float()).numpy()
    assert np.abs(embedder.embed(pixels) - expected).max() < 0.01

    calibration.main(["--synthetic", str(noses), "--model", str(tmp_path), "--impostors", "400", "--no-real"])
    scorer = MatchScorer(tmp_path)
    assert json.loads((tmp_path / "scoring.json").read_text())["embedder_version"] == "9.9.9"
    assert scorer.threshold_identify(1000) >= scorer.threshold_identify(10) >= scorer.threshold_verify()
    prints = prints_of(embedder, read_set(noses))
    figures = open_set.open_set_figures(prints, scorer, np.zeros(10), [50, 100])
    assert set(figures) == {50, 100}
    assert all(0 <= row[name] <= 1 for row in figures.values() for name in ("fnir", "fpir"))


def test_a_mirrored_nose_is_a_class_of_its_own():
    noses = np.random.default_rng(0).integers(0, 255, (3, 4, 192, 224)).astype(np.uint8)
    batches = Batches([noses, noses[:2]], 4, 0)
    assert (batches.classes, batches.steps) == (10, 5)
    seen = {int(label) for _ in range(4) for _, labels in batches.epoch() for label in labels}
    assert seen == set(range(10))


def test_the_loss_falls_when_the_right_class_is_near_and_rises_with_the_margin():
    criterion = ArcFace(5, scale=4.0)
    near = torch.nn.functional.normalize(criterion.weight.detach())[:2]
    labels = torch.tensor([0, 1])
    right = criterion(near, labels).item()
    assert right < criterion(near, labels.flip(0)).item()
    criterion.margin = 0.3
    assert criterion(near, labels).item() > right


def test_pairs_are_what_they_are_called():
    dogs = np.repeat(np.arange(5), 4)
    genuine, impostor = genuine_pairs(dogs), impostor_pairs(dogs, 60, 0)
    assert len(genuine) == 5 * 6
    assert (dogs[genuine[:, 0]] == dogs[genuine[:, 1]]).all()
    assert len(np.unique(impostor, axis=0)) == 60
    assert (dogs[impostor[:, 0]] != dogs[impostor[:, 1]]).all()


def test_fitted_pairs_are_calibrated():
    rng = np.random.default_rng(0)
    same = np.arange(4000) < 2000
    cosine = np.where(same, rng.normal(0.6, 0.15, 4000), rng.normal(0.1, 0.15, 4000))
    local = np.clip(np.where(same, rng.normal(0.5, 0.2, 4000), rng.normal(0.2, 0.1, 4000)), 0, 0.95)
    weights = calibration.fit_pairs(cosine, local, same)
    assert weights["cosine"] > 0
    assert weights["local"] > 0
    assert weights["strong_local"] >= 0
    logits = calibration.pair_logits(weights, cosine, local)
    middle = np.abs(logits) < 1.5
    stated = 1 / (1 + np.exp(-logits[middle]))
    assert abs(stated.mean() - same[middle].mean()) < 0.08


def test_the_discriminant_keeps_what_tells_dogs_apart():
    rng = np.random.default_rng(0)
    own = np.repeat(rng.normal(0, 1, (200, 3)), 4, axis=0) + rng.normal(0, 0.2, (800, 3))
    features = np.hstack([rng.normal(0, 1, (800, 20)), own]).astype(np.float32)
    directions, mean = discriminant(features, 200)
    assert directions.shape == (23, 23)  # the most telling first
    assert mean == pytest.approx(features.mean(0))
    scale = np.abs(directions[:3] * features.std(0))
    assert scale[:, 20:].min(0).max() > 0
    assert np.linalg.norm(scale[:, 20:]) > 5 * np.linalg.norm(scale[:, :20])


def test_the_closed_form_layer_goes_into_the_file(tmp_path: Path):
    network = NoseNetwork().eval()
    embedder = DiscriminantEmbedder(network, np.eye(20, 128, dtype=np.float32)).eval()
    pixels = np.random.default_rng(0).integers(0, 255, (3, 192, 224)).astype(np.uint8)
    batch = torch.from_numpy(pixels)[:, None].float()
    with torch.no_grad():
        count = embedder.features(batch).shape[1]
        directions = np.random.default_rng(1).normal(0, 1, (256, count)).astype(np.float32)
        embedder.set_head(directions, embedder.features(batch).mean(0).numpy())
        expected = embedder(batch).numpy()
    export(embedder, tmp_path / "embedder.onnx", "1")
    assert count == 64 * 42 + 20 * 168
    assert np.abs(Embedder(tmp_path).embed(pixels) - expected).max() < 0.02


def test_what_real_noses_have_in_common_is_taken_out_of_the_file(tmp_path: Path):
    network = NoseNetwork().eval()
    embedder = DiscriminantEmbedder(network, np.eye(20, 128, dtype=np.float32)).eval()
    pixels = np.random.default_rng(0).integers(0, 255, (4, 192, 224)).astype(np.uint8)
    with torch.no_grad():
        features = embedder.features(torch.from_numpy(pixels)[:, None].float())
    directions = np.random.default_rng(1).normal(0, 1, (256, features.shape[1])).astype(np.float32)
    embedder.set_head(directions, np.zeros(features.shape[1], np.float32))
    file = tmp_path / "embedder.onnx"
    export(embedder, file, "1")
    before = Embedder(tmp_path).embed(pixels)
    common = before.mean(0) / np.linalg.norm(before.mean(0))
    take_out(file, common, "2")
    after = Embedder(tmp_path)
    embeddings = after.embed(pixels)
    assert after.version == "2"
    assert np.abs(embeddings @ common).max() < 0.01
    expected = before - np.outer(before @ common, common)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(embeddings - expected).max() < 0.02


def test_the_direction_of_real_noses_needs_real_noses(tmp_path: Path):
    (tmp_path / "nose_boxes").mkdir()
    (tmp_path / "nose_boxes" / "boxes.csv").write_text("file,x_center,y_center,width,height\n")
    with pytest.raises(ValueError, match="no boxed noses"):
        real_direction(Embedder(SHIPPED), tmp_path)


def test_a_tail_is_found_again():
    scores = np.random.default_rng(0).exponential(1.5, 200_000)
    tail = calibration.fit_tail(scores)
    assert tail.threshold(1e-5) == pytest.approx(1.5 * np.log(1e5), rel=0.15)
