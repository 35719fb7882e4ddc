"""The whole way to a traits model on made pictures: a few steps, export, calibrate, run."""

import json
from pathlib import Path

import numpy as np
import pytest

from services.traits.breeds import BREEDS
from services.traits.trunks import Trunk
from shared.geometry import Box
from shared.training.dataset import Split
from tests.unit.services.traits.made_data import make_data

pytestmark = pytest.mark.train
pytest.importorskip("torch", reason="the train extra is not installed")
pytest.importorskip("onnx", reason="the train extra is not installed")


@pytest.fixture
def made_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made photos and random ImageNet arrays under the names that training looks for."""
    from shared.training.mobilenet_v2 import MobileNetV2

    data = make_data(tmp_path / "data", {Split.TRAIN: 3, Split.DEV: 2})
    pretrained = data / "pretrained"
    pretrained.mkdir()
    rng = np.random.default_rng(1)
    arrays = {name: value.numpy() for name, value in MobileNetV2().state_dict().items()}
    arrays["classifier.1.weight"] = rng.normal(0, 0.02, (1001, 1280)).astype(np.float32)
    arrays["classifier.1.bias"] = np.zeros(1001, np.float32)
    np.savez(pretrained / "mobilenet_v2_imagenet1k.npz", **arrays)
    names = ["background", "tench", *(breed.id.replace("_", " ") for breed in BREEDS)]
    names += [f"thing {number}" for number in range(1001 - len(names))]
    (pretrained / "imagenet_labels.txt").write_text("\n".join(names) + "\n")
    monkeypatch.setenv("PAWTRAIT_DATA", str(data))
    return data


@pytest.mark.timeout(400)
def test_from_photos_to_a_model_that_runs(made_data: Path, tmp_path: Path) -> None:
    from services.traits.classifier import TraitsClassifier
    from services.traits.training import export, train

    run, model = tmp_path / "run", tmp_path / "model"
    options = ["--out", str(run), "--epochs", "2", "--batch", "8", "--size", "64", "--slots", "1"]
    options += ["--backbone", "mobilenet_v2"]
    figures = train.train(train.parser().parse_args(options))
    assert 0 <= figures["head/breed"] <= 100
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1]
    assert all(np.isfinite(list(line["losses"].values())).all() for line in lines)

    views = ["whole,head,bust", "whole,middle,whole_mirrored"]
    made = export.export(
        export.parser().parse_args(
            ["--trunk", str(run / "last.pt"), "mixed", *views, "--out", str(model), "--calibration", "3"]
        )
    )
    assert (model / "traits.onnx").stat().st_size < 7_000_000
    classifier = TraitsClassifier(model)
    assert classifier.version == made["version"]
    picture = np.random.default_rng(2).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    for head in (None, Box(0.2, 0.2, 0.6, 0.8)):
        traits = classifier.classify(picture, head)
        assert len(traits.breeds) == 5
        assert 0 <= traits.dog_probability <= 1


@pytest.mark.timeout(200)
def test_trunks_side_by_side_answer_as_pytorch_does(made_data: Path, tmp_path: Path) -> None:
    import torch

    from services.traits.training.served import EachView, put_together, write_trunk
    from services.traits.training.train import build
    from shared.onnx_session import OnnxSession

    modules = {}
    for name in ("one", "other"):
        parts, network = build("mobilenet_v2", None, 11, made_data)
        for head in network.heads.roles:
            torch.nn.init.normal_(head.weight, std=0.05)
        modules[name] = EachView(parts.stem, network).eval()
        write_trunk(modules[name], tmp_path / f"{name}.onnx", name)
    put_together([(name, tmp_path / f"{name}.onnx") for name in modules], tmp_path / "both.onnx")
    rng = np.random.default_rng(3)
    inputs, expected = {}, {}
    for name, roles in (("one", [0, 2]), ("other", [0, 1, 2])):
        views = rng.integers(0, 256, (len(roles), 224, 224, 3), dtype=np.uint8)
        one_hot = np.eye(3, dtype=np.float32)[roles]
        inputs[f"{name}/views"], inputs[f"{name}/roles"] = views, one_hot
        with torch.inference_mode():
            answer = modules[name](torch.from_numpy(views), torch.from_numpy(one_hot))
        expected[f"{name}/each"] = answer.numpy()
    answers = OnnxSession(tmp_path / "both.onnx").run(**inputs)
    assert set(answers) == set(expected)
    for name, values in expected.items():
        assert answers[name] == pytest.approx(values, abs=1e-3)


def test_the_trunk_that_is_right_is_trusted() -> None:
    from services.traits.preprocessing import ViewName
    from services.traits.training.photos import Photo
    from services.traits.training.trust import fit_trust
    from services.traits.trunks import Reading, join_readings, plain_trunk

    rng = np.random.default_rng(4)
    views = [ViewName.WHOLE, ViewName.HEAD]
    trunks = [plain_trunk(name, views, [ViewName.WHOLE]) for name in ("right", "guessing")]
    photos = [
        Photo(f"{n}.webp", Path(f"{n}.webp"), 1.0, Split.DEV, breed=n % 120, ear=n % 2) for n in range(80)
    ]
    readings = []
    for photo in photos:
        said = [rng.normal(0, 1, (2, 132)).astype(np.float32) for _ in trunks]
        said[0][1, 121 + photo.ear] += 3  # only its reading of the head knows the ears
        readings.append([Reading(logits, np.array([0, 1])) for logits in said])
    fitted = fit_trust(trunks, readings, photos)
    ear = 2
    assert fitted[0].trust[1, ear] > 2 * max(fitted[0].trust[0, ear], fitted[1].trust[0, ear])
    assert fitted[0].trust[1, ear] > 2 * fitted[1].trust[1, ear]
    assert (fitted[0].trust[:, 0] == 1).all()  # the dog head keeps its weights

    def right(chosen: list[Trunk]) -> int:
        answers = [join_readings(chosen, reading)["ear"].argmax() for reading in readings]
        return sum(answer == photo.ear for answer, photo in zip(answers, photos, strict=True))

    assert right(fitted) > right(trunks)


def test_padding_at_stride_two_is_right_and_bottom_only() -> None:
    import torch

    from shared.training.mobilenet_v2 import SameConv

    convolution = SameConv(1, 1, 3, stride=2)
    torch.nn.init.zeros_(convolution.bias)
    torch.nn.init.zeros_(convolution.weight)
    with torch.no_grad():
        convolution.weight[0, 0, 0, 0] = 1.0
    picture = torch.arange(16.0).view(1, 1, 4, 4)
    assert convolution(picture)[0, 0].tolist() == [[0.0, 2.0], [8.0, 10.0]]


def test_breed_heads_start_as_imagenets_own_rows(made_data: Path) -> None:
    import torch

    from services.traits.training.heads import Heads
    from services.traits.training.train import start_from_imagenet

    for classes, first in ((1001, 2), (1000, 1)):
        weight = torch.randn(classes, 8)
        heads = Heads(8)
        start_from_imagenet(heads, (weight, torch.zeros(classes)), made_data)
        for head in heads.roles:
            assert torch.equal(head.weight[1:121], weight[first : first + 120])


def test_views_are_joined_by_trust() -> None:
    import torch

    from services.traits.training.heads import Heads, split_tasks

    heads = Heads(4)
    with torch.no_grad():
        heads.trust[1, 2] = torch.log(torch.tensor(3.0))
    logits = torch.stack([torch.full((132,), 1.0), torch.full((132,), 5.0), torch.full((132,), 7.0)])
    roles, owner = torch.eye(3)[[0, 1, 0]], torch.tensor([0, 0, 1])
    joined = split_tasks(heads.joined(logits, roles, owner, 2))
    assert joined["breed"][0, 0].item() == pytest.approx(3.0)
    assert joined["ear"][0, 0].item() == pytest.approx((1 + 3 * 5) / 4)
    assert joined["ear"][1, 0].item() == pytest.approx(7.0)


def test_resnet50_grows_the_same_heads(made_data: Path, tmp_path: Path) -> None:
    import torch
    import torchvision

    from services.traits.training.heads import TASKS
    from services.traits.training.samples import run_stem
    from services.traits.training.train import build

    torch.save(torchvision.models.resnet50().state_dict(), tmp_path / "resnet50.pth")
    parts, network = build("resnet50", tmp_path / "resnet50.pth", 2, made_data)
    stems = run_stem(parts.stem, [np.zeros((64, 64, 3), np.uint8)] * 2)
    logits = network.heads.each_view(network.features(stems.float()), torch.eye(3)[:2])
    assert logits.shape == (2, sum(TASKS.values()))


def test_the_teacher_is_half_of_the_breeds_target_where_it_was_asked(made_data: Path) -> None:
    import torch

    from services.traits.training.losses import breed_priors, class_weights, loss_of, targets_of
    from services.traits.training.photos import read_dogs
    from services.traits.training.samples import Sample

    dogs = read_dogs(made_data)
    photo = dogs[0]
    said = np.zeros(120, np.float32)
    said[photo.breed] = 0.5
    said[(photo.breed + 1) % 120] = 0.5
    samples, priors, weights = [Sample(photo)], breed_priors(dogs), class_weights(dogs)
    logits = torch.zeros(1, 132)
    logits[0, 1 + (photo.breed + 1) % 120] = 4.0
    alone = loss_of(logits, targets_of(samples, priors), weights)["breed"]
    taught = loss_of(logits, targets_of(samples, priors, {photo.file: said}), weights)["breed"]
    assert taught < alone  # the teacher thinks of the neighbour, too
    elsewhere = loss_of(logits, targets_of(samples, priors, {"other.webp": said}), weights)["breed"]
    assert elsewhere == alone


def test_an_epoch_has_all_special_samples_and_a_share_of_the_plain_ones(made_data: Path) -> None:
    from services.traits.training.photos import read_dogs, read_negatives
    from services.traits.training.train import epoch_order, special, training_samples

    dogs, negatives = read_dogs(made_data), read_negatives(made_data)
    samples = training_samples(dogs, negatives, 0, repeats=3)
    labelled = next(photo for photo in dogs if photo.fur >= 0)
    unlabelled = next(photo for photo in dogs if photo.fur < 0)
    kept = [sample.photo.file for sample in samples if sample.is_dog]
    assert (kept.count(labelled.file), kept.count(unlabelled.file)) == (3, 1)
    plain = np.array([not special(sample) for sample in samples])
    order = epoch_order(plain, 0.0, np.random.default_rng(0))
    assert sorted(order) == np.flatnonzero(~plain).tolist()
    assert len(epoch_order(plain, 1.0, np.random.default_rng(0))) == len(samples)


def test_unlabelled_dogs_learn_from_their_breed_and_others_not_at_all(made_data: Path) -> None:
    import torch

    from services.traits.training.losses import breed_priors, class_weights, loss_of, targets_of
    from services.traits.training.photos import read_dogs, read_negatives
    from services.traits.training.samples import Sample

    dogs, negatives = read_dogs(made_data), read_negatives(made_data)
    priors, weights = breed_priors(dogs), class_weights(dogs)
    assert priors["fur"].sum(1).tolist() == pytest.approx([1.0] * 120)
    logits = torch.zeros(2, 132, requires_grad=True)
    unlabelled = next(photo for photo in dogs if photo.fur < 0)
    targets = targets_of([Sample(unlabelled), Sample(negatives[0])], priors)
    loss_of(logits, targets, weights)["fur"].backward()
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 0
    assert logits.grad[1].abs().sum() == 0


def test_the_mean_of_two_refits_leaves_other_tasks_alone() -> None:
    import torch

    from services.traits.training.mean_heads import mean_heads, rows_of

    first = {"trunk.weight": torch.ones(3), "heads.roles.0.weight": torch.zeros(132, 4)}
    second = {"trunk.weight": torch.ones(3), "heads.roles.0.weight": torch.full((132, 4), 2.0)}
    mixed = mean_heads(first, second, ["ear", "pattern"])["heads.roles.0.weight"]
    for task, value in (("dog", 0.0), ("breed", 0.0), ("ear", 1.0), ("fur", 0.0), ("pattern", 1.0)):
        assert (mixed[rows_of(task)] == value).all(), task
    assert rows_of("pattern") == slice(126, 132)
    with pytest.raises(ValueError, match="different trunks"):
        mean_heads(first, {**second, "trunk.weight": torch.zeros(3)}, ["ear"])
