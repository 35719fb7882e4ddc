"""The whole way to a nose detector on made pictures: prepare, one short epoch, export, run."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.training.dataset import Split, split_of

pytestmark = pytest.mark.train
pytest.importorskip("ultralytics", reason="the train extra is not installed")
pytest.importorskip("onnx", reason="the train extra is not installed")


def names(split: Split, count: int) -> list[str]:
    """Photos that fall into a split."""
    candidates = (f"n00000001_{number}" for number in range(10_000))
    return [name for name in candidates if split_of(name) is split][:count]


@pytest.fixture
def made_data(tmp_path: Path) -> Path:
    """A data folder of dark discs, the noses, on bright noise, and a few things without one."""
    data = tmp_path / "data"
    images, things = data / "nose_boxes" / "images", data / "negatives" / "objects"
    images.mkdir(parents=True)
    things.mkdir(parents=True)
    random = np.random.default_rng(0)
    rows = ["file,x_center,y_center,width,height"]
    for name in names(Split.TRAIN, 8) + names(Split.DEV, 3):
        picture = random.integers(150, 255, (320, 320, 3), dtype=np.uint8)
        x, y = (int(number) for number in random.integers(60, 260, 2))
        cv2.ellipse(picture, (x, y), (30, 24), 0, 0, 360, (20, 20, 20), -1)
        cv2.imwrite(str(images / f"{name}__a.webp"), picture)
        rows.append(f"{name}__a.webp,{x / 320:.4f},{y / 320:.4f},{60 / 320:.4f},{48 / 320:.4f}")
    (data / "nose_boxes" / "boxes.csv").write_text("\n".join(rows) + "\n")
    (data / "stanford_dogs.csv").write_text("file,synset,breed,orig_w,orig_h,body_boxes_xywh\n")
    for name in names(Split.TRAIN, 10)[8:]:
        cv2.imwrite(str(things / f"{name}.webp"), np.full((80, 120, 3), 99, np.uint8))
    return data


@pytest.mark.timeout(400)
def test_from_photos_to_a_detector_that_runs(made_data: Path, tmp_path: Path) -> None:
    from services.noseprint.detection import NoseDetector
    from services.noseprint.training.detector_export import dev_outcomes, export
    from services.noseprint.training.detector_prepare import Mixture, prepare
    from services.noseprint.training.detector_train import train

    dataset = tmp_path / "set"
    mixture = Mixture(zoomed=6, whole=4, no_nose=1, negatives=2, made_up=2, synthetic=2)
    counts = prepare(made_data, dataset, mixture)
    assert counts["train zoomed"] == 6
    assert counts["dev whole"] == 3

    start = tmp_path / "start.npz"
    first_layer = np.full((16, 3, 6, 6), 0.01, np.float32)
    np.savez(start, **{"model.0.conv.weight": first_layer, "model.24.m.0.weight": np.zeros(1, np.float32)})
    checkpoint = train(dataset, tmp_path / "run", start, epochs=1, frozen_layers=1, batch=4, size=64)
    assert checkpoint.is_file()

    model = tmp_path / "nose_detector.onnx"
    # One epoch finds nothing: whether calibration has both right and wrong boxes is left to chance.
    try:
        export(dataset, checkpoint, model, version="test")
    except ValueError as error:
        assert "nothing to calibrate with" in str(error)  # noqa: PT017 (either outcome is right)
    assert model.stat().st_size < 4_000_000, "int8"
    detector = NoseDetector(model, threshold=0.0)
    assert (detector.name, detector.version) == ("pawtrait-nose-detector", "test")
    found = detector.detect(np.zeros((100, 300, 3), np.uint8))
    assert all(0 <= nose.confidence <= 1 for nose in found)
    scores, correct = dev_outcomes(detector, dataset)
    assert len(scores) == len(correct)


def test_training_goes_on_from_a_file_that_ships(tmp_path: Path) -> None:
    import torch

    from services.noseprint.evaluate_detector import MODEL_FOLDER
    from shared.box_detection import OnnxBoxDetector, letterbox
    from shared.training.box_network import ARCHITECTURE, Bfloat16Model, load_checkpoint
    from shared.training.box_restart import norms
    from shared.training.box_training import starting_point

    file = MODEL_FOLDER / "nose_detector.onnx"
    folder = tmp_path / "images" / "train"
    folder.mkdir(parents=True)
    random = np.random.default_rng(1)
    for number in range(4):
        coarse = random.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, (320, 256 + number), interpolation=cv2.INTER_CUBIC)
        cv2.ellipse(picture, (160, 128), (60, 45), 0, 0, 360, (20, 20, 20), -1)
        cv2.imwrite(str(folder / f"{number}.jpg"), picture)
    (tmp_path / "data.yaml").write_text("train: images/train\nnames: {0: nose}\n")
    checkpoint = starting_point(file, tmp_path, tmp_path / "run")
    assert checkpoint is not None

    model = Bfloat16Model(ARCHITECTURE, nc=1, ch=3, verbose=False)
    assert load_checkpoint(model, checkpoint) == len(model.state_dict())
    model.eval()
    picture = cv2.imread(str(folder / "0.jpg"), cv2.IMREAD_COLOR_RGB)
    pixels = letterbox(np.asarray(picture, np.uint8), 320, 320 * 320).pixels
    with torch.inference_mode():
        answer = model(torch.from_numpy(pixels))
        answer = (answer[0] if isinstance(answer, tuple) else answer).numpy()[0]
    best = answer[:, answer[4].argmax()]
    shipped = max(OnnxBoxDetector(file).candidates(picture, 0.001), key=lambda one: one.confidence)
    assert abs(best[4] - shipped.confidence) < 0.1, "8 bits of activations are all that differs"
    box = shipped.box
    assert np.allclose(best[:2], [(box.x_min + box.x_max) * 160, (box.y_min + box.y_max) * 128], atol=6)
    # What reaches a batch norm has the statistics that it expects: training starts where the file stands.
    ratios = []
    for _, convolution, norm in norms(model):
        convolution.register_forward_hook(
            lambda _, __, output, norm=norm: ratios.append(
                float((output.var((0, 2, 3)).sum() / norm.running_var.sum()).sqrt())
            )
        )
    with torch.inference_mode():
        model(torch.from_numpy(pixels))
    assert len(ratios) == len(list(norms(model)))
    assert 0.5 < np.median(ratios) < 2
