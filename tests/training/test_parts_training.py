"""The whole way to a detector of parts and its gate on drawn shapes: COCO folder, views, training, export."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.facetype.face import Part
from services.facetype.training.coco import IMAGES, CocoPicture, LabelledPart, write_coco
from shared.geometry import Box
from shared.training.dataset import Split, split_of

pytestmark = pytest.mark.train
pytest.importorskip("ultralytics", reason="the train extra is not installed")
pytest.importorskip("onnx", reason="the train extra is not installed")


def names(split: Split, count: int) -> list[str]:
    """Photos that fall into a split."""
    candidates = (f"drawn_{number}" for number in range(10_000))
    return [name for name in candidates if split_of(name) is split][:count]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Discs with two dots and a bar, the faces, on noise; and noise alone."""
    folder = tmp_path / "coco"
    (folder / IMAGES).mkdir(parents=True)
    random = np.random.default_rng(0)
    pictures = []
    for number, name in enumerate(names(Split.TRAIN, 12) + names(Split.DEV, 4)):
        image = random.integers(150, 255, (200, 240, 3), dtype=np.uint8)
        parts: tuple[LabelledPart, ...] = ()
        if number % 4:
            x, y, radius = int(random.integers(80, 160)), int(random.integers(70, 130)), 40
            cv2.circle(image, (x, y), radius, (200, 120, 40), -1)
            for side in (-14, 14):
                cv2.circle(image, (x + side, y - 10), 6, (20, 20, 20), -1)
            cv2.rectangle(image, (x - 14, y + 12), (x + 14, y + 22), (90, 20, 20), -1)

            def box(left: float, top: float, right: float, bottom: float) -> Box:
                return Box(left / 240, top / 200, right / 240, bottom / 200)

            parts = (
                LabelledPart("disc", Part.WHOLE, box(x - radius, y - radius, x + radius, y + radius)),
                LabelledPart("disc", Part.T_ZONE, box(x - 22, y - 20, x + 22, y + 2)),
                LabelledPart("disc", Part.LOWER, box(x - 18, y + 8, x + 18, y + 26)),
            )
        path = folder / IMAGES / f"{name}.png"
        cv2.imwrite(str(path), image)
        pictures.append(CocoPicture(path, 240, 200, parts))
    write_coco(folder, pictures)
    return folder


@pytest.mark.timeout(400)
def test_from_drawings_to_a_detector_that_runs(folder: Path, tmp_path: Path) -> None:
    from services.facetype.part_detection import MODEL_FILE, Kind, PartDetector
    from services.facetype.training.coco import read_coco
    from services.facetype.training.parts_export import export, pictures_of, read_label
    from services.facetype.training.parts_prepare import prepare
    from services.facetype.training.parts_train import Recipe, train

    recipe = Recipe(views=24, dev_views=12, epochs=1, batch=8, size=64)
    views = tmp_path / "views"
    counts = prepare(
        read_coco(folder), views, views=recipe.views, dev_views=recipe.dev_views, size=recipe.size, seed=0
    )
    assert counts["train near"] >= 5
    assert counts["train cut"] >= 3
    assert counts["train negative"] >= 1
    kinds = {kind for path in pictures_of(views, Split.TRAIN) for kind, _ in read_label(path)}
    assert kinds == set(Kind)

    checkpoint = train(views, tmp_path / "run", None, recipe)
    model = tmp_path / MODEL_FILE
    lines = export(checkpoint, views, model, "test", recipe.size)
    assert set(lines) == set(Kind)
    assert model.stat().st_size < 3_500_000, "int8"
    detector = PartDetector(tmp_path, threshold=0.0)
    assert (detector.name, detector.version) == ("pawtrait-part-detector", "test")
    faces = detector.faces(np.full((100, 300, 3), 90, np.uint8))
    assert all(0 <= face.confidence <= 1 for face in faces)


def test_a_set_without_faces_is_refused(tmp_path: Path) -> None:
    from services.facetype.training.parts_prepare import prepare

    picture = CocoPicture(tmp_path / f"{names(Split.TRAIN, 1)[0]}.png", 10, 10, ())
    with pytest.raises(ValueError, match="shows a face"):
        prepare([picture], tmp_path / "views", views=4, dev_views=2, size=64, seed=0)


def test_a_judge_learns_what_tells_two_groups_apart() -> None:
    from services.facetype.training.gate_fit import fit_judge

    random = np.random.default_rng(0)
    no, yes = random.normal(0, 1, (80, 2)), random.normal((4, 0), 1, (60, 2))
    judge, wrong, found = fit_judge(no, yes, ("cut_logit", "wide"), kept=0.95)
    assert wrong <= 0.07
    assert found > 0.9
    assert judge.weights["cut_logit"] > 5 * abs(judge.weights["wide"])
    assert judge.finds({"cut_logit": 5.0, "wide": 0.0})
    assert not judge.finds({"cut_logit": -2.0, "wide": 0.0})
    with pytest.raises(ValueError, match="too few"):
        fit_judge(no[:2], yes, ("cut_logit", "wide"), kept=0.95)


@pytest.mark.timeout(200)
def test_a_second_look_learns_what_is_cut_and_what_is_turned(folder: Path, tmp_path: Path) -> None:
    from services.facetype.evaluation.gate_cases import FaceView, JudgedPhoto
    from services.facetype.face_look import MODEL_FILE, FaceLooks
    from services.facetype.training.coco import read_coco
    from services.facetype.training.looks_data import collect
    from services.facetype.training.looks_train import areas_under, export, train

    pictures = [entry for entry in read_coco(folder) if entry.split is Split.TRAIN]
    judged = [
        JudgedPhoto(entry.path.name, view, several=False, cut=False)
        for entry, view in zip(pictures, [FaceView.FRONTAL, FaceView.TURNED_AWAY] * 6, strict=True)
    ]
    samples = collect(pictures, judged, views=60, repeats=2, size=32, seed=0)
    cut = samples.targets[:, 0]
    assert np.nansum(cut == 1) >= 10
    assert np.nansum(cut == 0) >= 10
    assert set(samples.targets[~np.isnan(samples.targets[:, 1]), 1]) == {0.0, 1.0}
    network = train(samples, epochs=12, rate=3e-3, seed=0, batch=16)
    assert areas_under(network, samples)["cut"] > 0.8
    export(network, tmp_path / MODEL_FILE, 32)
    looks = FaceLooks(tmp_path / MODEL_FILE)
    image = np.full((100, 300, 3), 90, np.uint8)
    found = looks.look(image, [Box(0.2, 0.2, 0.6, 0.8), Box(0.0, 0.2, 0.2, 0.8)])
    assert found[0] == looks.look(image, [Box(0.2, 0.2, 0.6, 0.8)])[0]
    assert looks.look(image, []) == []
