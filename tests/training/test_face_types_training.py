"""Parts of the face types' training by themselves, on drawn faces."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx", reason="the train extra is not installed")
pytestmark = pytest.mark.train

import torch  # noqa: E402

from services.facetype.catalogue import Catalogue, load_catalogue  # noqa: E402
from services.facetype.face import Part  # noqa: E402
from services.facetype.fusion import KEY, Fusion, FusionParameters  # noqa: E402
from services.facetype.part_reading import PartLogits, PartReader  # noqa: E402
from services.facetype.training import faster_rcnn, reader_train  # noqa: E402
from services.facetype.training.faster_rcnn_evaluate import ReferenceDetector  # noqa: E402
from services.facetype.training.reader_data import read_data  # noqa: E402
from services.facetype.training.reader_fusion import fit_fusion  # noqa: E402
from services.facetype.training.reader_network import build  # noqa: E402
from services.facetype.training.reader_samples import Sample  # noqa: E402
from services.facetype.training.reader_targets import label_weights, loss_of, targets_of  # noqa: E402
from services.facetype.training.reader_views import fixed_crops, load, random_crops, strayed  # noqa: E402
from shared.geometry import Box  # noqa: E402
from shared.training.dataset import Split  # noqa: E402
from tests.training.drawn_faces import TYPES, draw_face, write_catalogue, write_drawings  # noqa: E402

BOXES = dict.fromkeys(Part, Box(0.2, 0.2, 0.8, 0.8))


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawings") / "coco"
    write_drawings(folder, 48)
    return folder


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("catalogue") / "drawn"
    write_catalogue(folder)
    return load_catalogue(folder)


def answers(rng: np.random.Generator, count: int, trusted: Part) -> tuple[list[Sample], list[PartLogits]]:
    """Faces of which one part is always right and the others guess, and as many false faces."""
    samples, said = [], []
    for number in range(2 * count):
        type_id = list(TYPES)[number % 3]
        face = number < count
        labels = {Part.WHOLE: type_id} if face else {}
        samples.append(Sample(Path(f"{number}.png"), BOXES, labels, Split.DEV))
        logits = {}
        for part, width in ((Part.WHOLE, 3), (Part.T_ZONE, 2), (Part.LOWER, 2)):
            row = rng.normal(0, 1.5, width)
            if part is trusted and part is Part.WHOLE:
                row[number % 3] += 4
            logits[part] = row.astype(np.float32)
        said.append(PartLogits(logits, dict.fromkeys(Part, float(rng.normal(2.0 if face else -2.0, 0.5)))))
    return samples, said


def test_fusion_trusts_the_part_that_is_right(catalogue: Catalogue) -> None:
    samples, said = answers(np.random.default_rng(0), 240, Part.WHOLE)
    fitted = fit_fusion(samples, said, catalogue)
    assert fitted.trust["whole"] > 3 * max(fitted.trust["t_zone"], fitted.trust["lower"])
    fusion = Fusion(catalogue, fitted)
    right = [
        fusion.fuse(answer, BOXES).type_id == sample.labels[Part.WHOLE]
        for sample, answer in zip(samples, said, strict=True)
        if sample.is_face
    ]
    assert np.mean(right) > 0.85
    told = np.array([fusion.face_probability(answer) for answer in said])
    assert told[:240].mean() > 0.9
    assert told[240:].mean() < 0.1


def test_fusion_needs_a_face_with_a_label(catalogue: Catalogue) -> None:
    samples, said = answers(np.random.default_rng(0), 4, Part.WHOLE)
    with pytest.raises(ValueError, match="no dev photo"):
        fit_fusion(samples[4:], said[4:], catalogue)


def test_boxes_stray_a_little_and_stay_boxes() -> None:
    rng = np.random.default_rng(1)
    box = Box(0.3, 0.3, 0.7, 0.7)
    overlaps = [strayed(box, rng.uniform(-1, 1, 4)).iou(box) for _ in range(100)]
    assert min(overlaps) > 0.6
    assert max(overlaps) < 1.0
    assert strayed(Box(0.0, 0.0, 1.0, 1.0), np.ones(4)).area > 0.8


def test_a_part_that_is_missing_is_grey_and_costs_nothing(drawings: Path, catalogue: Catalogue) -> None:
    data = read_data(drawings, catalogue)
    sample = next(sample for sample in data.train if sample.is_face)
    cut = Sample(sample.path, {Part.WHOLE: sample.boxes[Part.WHOLE]}, {Part.WHOLE: "moon"}, sample.split)
    for crops in (
        fixed_crops(load(cut), cut, 32),
        random_crops(load(cut), cut, 32, np.random.default_rng(0)),
    ):
        assert (crops[1:] == 127).all()
        assert not (crops[0] == 127).all()
    network = build("small", catalogue, Path())
    targets = targets_of([cut], catalogue)
    assert targets.shown.tolist() == [[True, False, False]]
    weights = label_weights(targets_of(data.train, catalogue), catalogue)
    logits = torch.zeros(3, 3 + 2 + 2 + 3, requires_grad=True)
    loss_of(network.heads, logits, targets, np.zeros(3, int), np.arange(3), weights).backward()
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 0
    assert logits.grad[1:].abs().sum() == 0


@pytest.mark.parametrize("precision", ["float32", "mixed", "int8"])
def test_what_is_exported_answers_like_what_was_trained(
    drawings: Path, catalogue: Catalogue, tmp_path: Path, precision: str
) -> None:
    command = [
        "--catalogue",
        str(catalogue.folder),
        "--out",
        str(tmp_path),
        "--backbone",
        "small",
        "--size",
        "64",
    ]
    command += [
        "--variants",
        "2",
        "--head-epochs",
        "1",
        "--epochs",
        "2",
        "--precision",
        precision,
        "--ranges",
        "20",
    ]
    reader_train.main([str(drawings), *command])
    network = build("small", catalogue, Path())
    network.load_state_dict(torch.load(tmp_path / "last.pt", weights_only=True)["network"])
    network.eval()
    reader = PartReader(tmp_path / "types.onnx", catalogue)
    assert reader.metadata["catalogue"] == "drawn-1"
    assert FusionParameters.from_json(reader.metadata[KEY]).temperatures
    drawing, boxes = draw_face("kite", np.random.default_rng(5))
    sample = Sample(Path("kite.png"), boxes, {}, Split.TRAIN)
    with torch.inference_mode():
        expected = network(torch.from_numpy(fixed_crops(drawing, sample, 64))).numpy()
    said = reader.read(drawing, boxes)
    loose = 1e-3 if precision == "float32" else 0.35
    assert said.labels[Part.WHOLE] == pytest.approx(expected[0, :3], abs=loose)
    assert said.labels[Part.LOWER] == pytest.approx(expected[2, 5:7], abs=loose)
    assert said.face[Part.T_ZONE] == pytest.approx(expected[1, 8], abs=loose)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if "epoch" in line] == [0, 1]


def test_a_model_of_other_labels_is_refused(drawings: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    command = ["--catalogue", str(catalogue.folder), "--out", str(tmp_path / "run"), "--backbone", "small"]
    command += [
        "--size",
        "32",
        "--variants",
        "1",
        "--head-epochs",
        "0",
        "--epochs",
        "1",
        "--precision",
        "float32",
    ]
    reader_train.main([str(drawings), *command])
    import services.facetype

    dogs = load_catalogue(Path(services.facetype.__file__).parent / "catalogues" / "dogs")
    with pytest.raises(ValueError, match="other labels than those of dogs-1"):
        PartReader(tmp_path / "run" / "types.onnx", dogs)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("backbone", ["mobilenet_v2", "mobilenet_v3"])
def test_the_reference_trains_and_answers(
    drawings: Path, catalogue: Catalogue, tmp_path: Path, backbone: str
) -> None:
    options = ["--catalogue", str(catalogue.folder), "--out", str(tmp_path), "--limit", "8", "--epochs", "1"]
    # Random weights do here: what is tried is the way, not the result.
    options += ["--from-scratch", "--backbone", backbone]
    trained = faster_rcnn.train(faster_rcnn.parser().parse_args([str(drawings), *options]))
    assert sum(parameter.numel() for parameter in trained.parameters()) > 1e6
    detector = ReferenceDetector(tmp_path / "last.pt", catalogue)
    assert detector.step == 2
    found = detector.types(draw_face("moon", np.random.default_rng(0))[0])
    assert found is None or found.sum() == pytest.approx(1.0)
