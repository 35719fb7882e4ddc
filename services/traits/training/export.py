"""Make the served model of a training run: ``python -m services.traits.training.export RUN/last.pt``.

Calibrates on the dev photos, writes ``traits.onnx`` in full precision and with 8-bit weights and
activations, and tells how far the two agree.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from services.traits.breeds import BREEDS
from services.traits.preprocessing import Role
from services.traits.training.augmentation import random_box
from services.traits.training.calibration import Logits, calibrate
from services.traits.training.heads import TASKS, split_tasks
from services.traits.training.measure import fixed_stems
from services.traits.training.network import TraitsNetwork
from services.traits.training.photos import Photo, read_dogs, read_negatives
from services.traits.training.samples import fixed_views
from services.traits.training.train import FULL_SIZE, build
from services.traits.training.trust import apply_trust, fit_trust
from shared.training.dataset import Split, data_folder
from shared.vocabulary import Ear, Fur, Pattern

MODEL_FOLDER = Path(__file__).resolve().parents[1] / "model"
Views = tuple[NDArray[np.uint8], NDArray[np.float32]]


class Served(nn.Module):
    """The network as it is served: bytes in, the joined logits of one photo out."""

    def __init__(self, stem: nn.Module, network: TraitsNetwork) -> None:
        super().__init__()
        self.body = nn.Sequential(stem, network.trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.heads = network.heads

    def forward(self, views: Tensor, roles: Tensor) -> tuple[Tensor, ...]:
        """(n, size, size, 3) uint8 views and (n, 3) roles of one photo → (classes,) for each task."""
        pixels = views.permute(0, 3, 1, 2).float() * (1 / 127.5) - 1.0
        each = self.heads.each_view(self.body(pixels), roles)
        weight = roles @ self.heads.shares()
        joined = (each * weight).sum(0, keepdim=True) / weight.sum(0, keepdim=True)
        return tuple(part[0] for part in split_tasks(joined).values())


def views_of(photo: Photo, with_head: bool) -> Views:
    """The model's inputs for ``photo``."""
    views = fixed_views(photo, FULL_SIZE, with_head)
    roles = np.eye(len(Role), dtype=np.float32)[[int(role) for role, _ in views]]
    return np.stack([view for _, view in views]), roles


class _Reader(CalibrationDataReader):
    def __init__(self, photos: Sequence[Photo]) -> None:
        self._rest: Iterator[Photo] = iter(photos)

    def get_next(self) -> dict[str, NDArray[np.generic]] | None:
        """The next photo's inputs, or None after the last."""
        photo = next(self._rest, None)
        if photo is None:
            return None
        views, roles = views_of(photo, photo.head is not None)
        return {"views": views, "roles": roles}


def write_onnx(served: Served, path: Path) -> None:
    """Export in full precision with a free number of views."""
    example = (torch.zeros(3, FULL_SIZE, FULL_SIZE, 3, dtype=torch.uint8), torch.eye(len(Role)))
    torch.onnx.export(
        served.eval(),
        example,
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=["views", "roles"],
        output_names=list(TASKS),
        dynamic_axes={"views": {0: "views"}, "roles": {0: "views"}},
    )


def quantise(full: Path, small: Path, photos: Sequence[Photo]) -> None:
    """Write ``small``: 8-bit convolutions, weights per channel, ranges seen on ``photos``.

    The linear heads keep full precision: they are a twentieth of the work and decide everything.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(small),
            _Reader(photos),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Clip", "Add", "GlobalAveragePool"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


def read_all(path: Path, photos: Sequence[Photo], with_head: bool, threads: int) -> Logits:
    """Logits of ``photos`` from the model at ``path``: task → (n, classes)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rows: dict[str, list[NDArray[np.float32]]] = {task: [] for task in TASKS}
    for photo in photos:
        views, roles = views_of(photo, with_head)
        for task, answer in zip(
            TASKS, session.run(list(TASKS), {"views": views, "roles": roles}), strict=True
        ):
            rows[task].append(answer)
    return {task: np.stack(answers) for task, answers in rows.items()}


def finish(path: Path, dev: Sequence[Photo], threads: int) -> dict[str, str]:
    """Calibrate the model at ``path`` on ``dev`` and write everything a server must know into it."""
    metadata = {"size": str(FULL_SIZE), "dog_threshold": "0.5"}
    for mode in ("head", "whole"):
        photos = [photo for photo in dev if mode == "whole" or photo.head is not None]
        metadata[mode] = json.dumps(calibrate(read_all(path, photos, mode == "head", threads), photos))
    metadata["classes"] = json.dumps(
        {
            "breed": [breed.id for breed in BREEDS],
            "ear": [str(word) for word in Ear],
            "fur": [str(word) for word in Fur],
            "pattern": [str(word) for word in Pattern],
        }
    )
    metadata["version"] = "1-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return metadata


def export(arguments: argparse.Namespace) -> dict[str, dict[str, str]]:
    """Write the models that ``arguments`` ask for; returns the metadata of each by file name."""
    torch.set_num_threads(arguments.threads)
    data = data_folder()
    saved = [torch.load(path, weights_only=False) for path in arguments.checkpoints]
    trained = saved[0]["arguments"]
    parts, network = build(trained["backbone"], trained["weights"], trained["frozen_blocks"], data)
    blend(network, [run["network"] for run in saved], arguments.blend)
    dogs = read_dogs(data, arguments.head_boxes)
    negatives = read_negatives(data)
    if arguments.limit:
        dogs, negatives = (
            dogs[:: len(dogs) // arguments.limit],
            negatives[:: len(negatives) // arguments.limit],
        )
    dev = with_random_boxes([photo for photo in (*dogs, *negatives) if photo.split == Split.DEV])
    fit = [photo for photo in dogs if photo.split == Split.TRAIN]
    fit = fit[:: max(len(fit) // arguments.calibration, 1)]
    apply_trust(network.heads, fit_trust(network, fixed_stems(dev, parts.stem, FULL_SIZE)))
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    full, small = out / "traits_fp32.onnx", out / "traits.onnx"
    write_onnx(Served(parts.stem, network), full)
    quantise(full, small, fit)
    return {path.name: finish(path, dev, arguments.threads) for path in (full, small)}


def blend(network: nn.Module, runs: Sequence[dict[str, Tensor]], share: float) -> None:
    """Set ``network`` to the mean of ``runs``, mixed with the weights it has now.

    Weights that started from the same point can be averaged (Wortsman et al. 2022, model soups), and
    between the start and the fine-tuned end lie weights that know what both know (Wortsman et al. 2022,
    robust fine-tuning): ImageNet showed its network ten times as many photos of these breeds.

    Args:
        network: as ImageNet left it.
        runs: state dicts of the same shape.
        share: 0 = leave ``network`` alone, 1 = the mean of the runs.
    """
    mixed = {}
    for name, start in network.state_dict().items():
        mean = torch.stack([run[name] for run in runs]).mean(0)
        mixed[name] = torch.lerp(start, mean, share)
    network.load_state_dict(mixed)


def with_random_boxes(photos: Sequence[Photo], seed: int = 0) -> list[Photo]:
    """The same photos; those that show no dog get a box at random, as a detector that errs would give."""
    rng = np.random.default_rng(seed)
    return [
        photo if photo.breed >= 0 else replace(photo, head=random_box(rng, photo.aspect)) for photo in photos
    ]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("checkpoints", type=Path, nargs="+", help="of one or several runs, averaged")
    options.add_argument("--blend", type=float, default=1.0, help="their share against ImageNet's weights")
    options.add_argument("--out", type=Path, default=MODEL_FOLDER)
    options.add_argument("--head-boxes", type=Path, help="another file like head_boxes.csv")
    options.add_argument("--calibration", type=int, default=250, help="photos that set the 8-bit ranges")
    options.add_argument("--limit", type=int, default=0, help="use about so many photos only")
    options.add_argument("--threads", type=int, default=1)
    return options


if __name__ == "__main__":
    print(json.dumps(export(parser().parse_args()), indent=1))
