"""The whole way to a head detector on made pictures: prepare, one short epoch, export, run."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.geometry import Box
from shared.training.dataset import Split, split_of

pytestmark = pytest.mark.train
pytest.importorskip("ultralytics", reason="the train extra is not installed")
pytest.importorskip("onnx", reason="the train extra is not installed")

SYNSET, BREED = "n00000001", "Disc"


def names(split: Split, count: int) -> list[str]:
    """File names that fall into a split."""
    candidates = (f"{SYNSET}_{number}.webp" for number in range(10_000))
    return [name for name in candidates if split_of(name) is split][:count]


@pytest.fixture
def made_data(tmp_path: Path) -> Path:
    """A data folder of discs on noise, with a teacher that found every one of them."""
    data = tmp_path / "data"
    photos = data / "stanford_dogs_224" / f"{SYNSET}-{BREED}"
    photos.mkdir(parents=True)
    (data / "negatives" / "objects").mkdir(parents=True)
    random = np.random.default_rng(0)
    dogs = ["file,synset,breed,orig_w,orig_h,body_boxes_xywh"]
    heads = ["file,x_min,y_min,x_max,y_max,confidence"]
    for name in names(Split.TRAIN, 12) + names(Split.DEV, 4):
        picture = random.integers(0, 90, (224, 224, 3), dtype=np.uint8)
        x, y = (int(number) for number in random.integers(60, 164, 2))
        cv2.circle(picture, (x, y), 50, (220, 220, 220), -1)
        cv2.imwrite(str(photos / name), picture)
        edges = [(x - 50) / 224, (y - 50) / 224, (x + 50) / 224, (y + 50) / 224]
        heads.append(",".join([name, *(f"{edge:.4f}" for edge in edges), "1.0"]))
        dogs.append(f'{name},{SYNSET},{BREED},400,300,"0,0,400,300"')
    for name in names(Split.TRAIN, 14)[12:]:
        cv2.imwrite(
            str(data / "negatives" / "objects" / f"thing_{name}"), np.full((80, 120, 3), 99, np.uint8)
        )
    (data / "stanford_dogs.csv").write_text("\n".join(dogs) + "\n")
    (data / "head_boxes.csv").write_text("\n".join(heads) + "\n")
    return data


@pytest.mark.timeout(400)
def test_from_photos_to_a_detector_that_runs(made_data: Path, tmp_path: Path) -> None:
    from services.facecolor.detection import OnnxHeadDetector
    from services.facecolor.training.detector.export import calibrate, dev_outcomes, export_onnx
    from services.facecolor.training.detector.prepare import prepare
    from services.facecolor.training.detector.quantise import quantise
    from services.facecolor.training.detector.train import train

    dataset = tmp_path / "dataset"
    counts = prepare(made_data, dataset)
    assert counts["train"] >= 12
    assert counts["dev"] >= 4
    sample = cv2.imread(str(next((dataset / "images" / "dev").glob(f"{SYNSET}*"))))
    assert sample.shape == (240, 320, 3), "the squeeze to a square is undone"

    start = tmp_path / "start.npz"
    first_layer = np.full((16, 3, 6, 6), 0.01, np.float32)
    np.savez(start, **{"model.0.conv.weight": first_layer, "model.24.m.0.weight": np.zeros(1, np.float32)})
    checkpoint = train(dataset, tmp_path / "run", start, epochs=1, frozen_layers=1, batch=4, size=64)
    assert checkpoint.is_file()

    model = tmp_path / "head_detector.onnx"
    export_onnx(checkpoint, model, version="test", long_side=64)
    detector = OnnxHeadDetector(model, threshold=0.0)
    assert (detector.name, detector.version) == ("pawtrait-head-detector", "test")
    for head in detector.detect(np.zeros((100, 300, 3), np.uint8)):
        assert isinstance(head.box, Box)
    bytes_before = model.stat().st_size
    quantise(model, made_data)
    assert model.stat().st_size < 0.5 * bytes_before
    detector = OnnxHeadDetector(model, threshold=0.0)
    assert detector.version == "test", "quantising keeps the metadata"
    # One epoch finds nothing: whether calibration has both right and wrong boxes is left to chance.
    _, correct, _ = dev_outcomes(detector, made_data)
    if len(set(correct)) == 2:
        slope, _ = calibrate(model, made_data)
        assert np.isfinite(slope)
    else:
        with pytest.raises(ValueError, match="nothing to calibrate with"):
            calibrate(model, made_data)


def test_starting_weights_are_taken_by_name_and_shape(tmp_path: Path) -> None:
    import torch

    from shared.training.box_network import load_pretrained

    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    arrays = tmp_path / "arrays.npz"
    np.savez(
        arrays, **{"0.weight": np.full((3, 2), 7.0, np.float32), "1.weight": np.zeros((9, 9), np.float32)}
    )
    assert load_pretrained(network, arrays) == 1
    assert network[0].weight.unique().tolist() == [7.0]


def test_only_floating_tensors_change_their_precision() -> None:
    import torch

    from shared.training.box_network import to_float

    given = {"a": [torch.ones(2, dtype=torch.bfloat16)], "b": (torch.ones(1, dtype=torch.int64), "text")}
    result = to_float(given)
    assert result["a"][0].dtype is torch.float32
    assert result["b"][0].dtype is torch.int64
    assert result["b"][1] == "text"


def test_ultralytics_stays_off_the_network() -> None:
    import shared.training.ultralytics_offline  # noqa: F401, I001
    from ultralytics.utils import ONLINE, SETTINGS

    assert not ONLINE
    assert SETTINGS["sync"] is False
