"""The colour head's training on a few drawn dogs, from photos to a file that answers."""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

import torch  # noqa: E402

from services.facecolor.colour_names import COLOURS, MODEL_FILE, ColourNamer  # noqa: E402
from services.facecolor.training import colour_data, colour_fit, colour_head, colour_views  # noqa: E402
from services.facecolor.training.colour_features import Features, compute_features  # noqa: E402
from services.facecolor.training.colour_network import ColourTail, Stem, load_trunk  # noqa: E402
from shared.geometry import Box  # noqa: E402
from shared.training.dataset import Split, split_of  # noqa: E402
from shared.training.mobilenet_v2 import MobileNetV2  # noqa: E402
from shared.vocabulary import Colour  # noqa: E402

FURS = {Colour.BLACK: (25, 24, 23), Colour.WHITE: (235, 233, 228), Colour.RED: (150, 70, 30)}
HEAD = (0.25, 0.25, 0.75, 0.75)


def draw(fur: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    image = np.full((224, 224, 3), rng.integers(60, 180, 3), np.uint8)
    cv2.circle(image, (112, 112), 56, fur, -1)
    cv2.circle(image, (112, 125), 6, (10, 10, 10), -1)
    return np.clip(image + rng.normal(0, 8, image.shape), 0, 255).astype(np.uint8)


def random_weights(path: Path) -> None:
    """Weights of the right shapes, with He's variance so that signals neither die nor explode."""
    rng = np.random.default_rng(0)
    arrays = {}

    for name, value in MobileNetV2().state_dict().items():
        shape = tuple(value.shape)
        fan_in = int(np.prod(shape[1:])) or 1
        scale = np.sqrt(2 / fan_in) if len(shape) == 4 else 0.0
        arrays[name] = (rng.normal(size=shape) * scale).astype(np.float32)
    arrays["classifier.1.weight"] = np.zeros((1001, 1280), np.float32)
    arrays["classifier.1.bias"] = np.zeros(1001, np.float32)
    path.parent.mkdir(parents=True)
    np.savez(path, **arrays)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Batches are tiny: more threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in the form of the real one: 90 drawn dogs, two thirds of them labelled."""
    folder = tmp_path_factory.mktemp("data")
    photos = folder / "stanford_dogs_224" / "n1-Drawn"
    photos.mkdir(parents=True)
    (folder / "stanford_dogs_500").mkdir()
    rng = np.random.default_rng(1)
    dogs, heads, labels = [], [], []
    for index in range(90):
        file = f"n1_{index}.webp"
        name = list(FURS)[index % 3]
        cv2.imwrite(str(photos / file), draw(FURS[name], rng)[..., ::-1])
        dogs.append([file, "n1", "Drawn", 500, 500, "50,50,400,420"])
        heads.append([file, *HEAD, 1.0] if index % 5 else [file, "", "", "", "", ""])
        if (index // 3) % 3:
            labels.append([file, "up", "short", "none", str(name), "-"])
    for name, header, rows in (
        ("stanford_dogs.csv", "file,synset,breed,orig_w,orig_h,body_boxes_xywh", dogs),
        ("head_boxes.csv", "file,x_min,y_min,x_max,y_max,confidence", heads),
        ("trait_labels.csv", "file,ear,fur,pattern,primary,secondary", labels),
    ):
        with (folder / name).open("w", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(header.split(","))
            writer.writerows(rows)
    random_weights(folder / "pretrained" / "mobilenet_v2_imagenet1k.npz")
    return folder


@pytest.fixture(scope="module")
def trunk_file(data: Path) -> Path:
    return data / "pretrained" / "mobilenet_v2_imagenet1k.npz"


def test_faces_are_read_with_their_labels_and_splits(data: Path) -> None:
    train = colour_data.read_faces(data, [Split.TRAIN], labelled=True)
    dev = colour_data.read_faces(data, [Split.DEV], labelled=True)
    others = colour_data.read_faces(data, [Split.TRAIN], labelled=False)
    assert train
    assert dev
    assert others
    assert all(split_of(face.photo.file) is Split.TRAIN for face in train + others)
    assert all(face.primary == COLOURS.index(list(FURS)[int(face.photo.file[3:-5]) % 3]) for face in train)
    assert all(face.primary == colour_data.UNSEEN and face.found for face in others)
    assert {face.secondary for face in train} == {colour_data.NO_SECONDARY}
    assert not all(face.found for face in train)


def test_a_detector_fills_in_where_the_teacher_found_nothing(data: Path, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_text(
        "file,x_min,y_min,x_max,y_max,confidence\nn1_0.webp,0.1,0.1,0.4,0.4,0.9\n"
        "n1_1.webp,0.1,0.1,0.4,0.4,0.9\n"
    )
    found = colour_data.head_boxes(data, boxes)
    assert found["n1_0.webp"] == Box(0.1, 0.1, 0.4, 0.4)
    assert found["n1_1.webp"] == Box(*HEAD), "the teacher's box counts more"


def test_views_keep_size_and_repeat_with_the_seed() -> None:
    square = np.random.default_rng(0).integers(0, 256, (208, 208, 3), np.uint8)
    one = colour_views.random_view(square, 64, np.random.default_rng(3))
    assert one.shape == (64, 64, 3)
    assert (one == colour_views.random_view(square, 64, np.random.default_rng(3))).all()
    assert (one != colour_views.random_view(square, 64, np.random.default_rng(4))).any()


def test_the_stem_pads_as_tensorflow_does(trunk_file: Path) -> None:
    """With SAME padding at stride 2 the first output looks at pixels 0, 1, 2 and at nothing before."""
    trunk = load_trunk(trunk_file)
    first = trunk[0]
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., :3, :3] = torch.randn(3, 3, 3)
    changed = (first(picture) - first(torch.zeros(1, 3, 64, 64))).abs().sum(1)[0] > 0
    weight = trunk.state_dict()["0.0.weight"]
    expected = (weight * picture[0, :, :3, :3]).sum((1, 2, 3)).clamp(0, 6)
    assert torch.allclose(first(picture)[0, :, 0, 0], expected, atol=1e-5)
    assert not changed[2:, 2:].any()


def test_a_tail_learns_what_it_is_shown(data: Path, trunk_file: Path) -> None:
    faces = colour_data.read_faces(data, [Split.TRAIN], labelled=True)
    features = compute_features(Stem(load_trunk(trunk_file)), colour_data.cut_squares(data, faces), 64, 2, 0)
    targets = colour_fit.label_targets(faces, 0.1)
    recipe = colour_fit.Recipe(epochs=24, batch=8, rate=3e-3)
    tail = colour_fit.fit_tail(ColourTail(load_trunk(trunk_file)), features, targets, recipe, seed=0)
    logits, _ = colour_fit.log_probabilities([tail], features)
    labels = np.array([face.primary for face in faces])
    assert (logits.argmax(1) == labels).mean() > 0.9


def test_temperature_recovers_overconfidence() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (4000, 7)).astype(np.float32)
    classes = np.array([rng.choice(7, p=row / row.sum()) for row in colour_fit.softmax(logits).astype(float)])
    assert colour_fit.best_temperature(logits, classes) == pytest.approx(1, abs=0.1)
    assert colour_fit.best_temperature(2 * logits, classes) == pytest.approx(2, abs=0.2)


def test_features_of_chosen_faces_are_theirs() -> None:
    places = np.arange(4 * 2 * 32, dtype=np.float16).reshape(4, 2, 32, 1, 1)
    features = Features(places, np.zeros((4, 2, 4, 4, 3), np.uint8))
    assert (features.take(np.array([2])).places[0] == places[2]).all()
    assert features.batch(np.array([1, 3]), np.array([0, 1]))[0].shape == (2, 32, 1, 1)


def test_the_command_writes_a_model_that_answers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWTRAIT_DATA", str(data))
    out = tmp_path / MODEL_FILE
    colour_head.main(
        ["--out", str(out), "--epochs", "1", "--views", "1", "--unlabelled-views", "1", "--teachers", "1"]
    )
    assert out.stat().st_size < 4_500_000
    names = ColourNamer(out).name_colours(draw(FURS[Colour.WHITE], np.random.default_rng(9)), Box(*HEAD))
    assert sum(names.primary_distribution) == pytest.approx(1, abs=1e-4)


def test_cross_validation_writes_nothing(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWTRAIT_DATA", str(data))
    out = tmp_path / MODEL_FILE
    colour_head.main(["--out", str(out), "--epochs", "1", "--views", "1", "--cross-validate"])
    assert not out.exists()
