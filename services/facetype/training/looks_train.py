"""Train the second look at faces: ``python -m services.facetype.training.looks_train COCO_FOLDER``.

Writes ``looks.onnx`` into the catalogue unless told otherwise. Photos of the validation split are not read.
"""

import argparse
import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional

from services.facetype.evaluation.gate_cases import read_views
from services.facetype.face_look import MODEL_FILE
from services.facetype.labelling.autolabel import DOGS
from services.facetype.part_crops import margins_entry
from services.facetype.part_detection import PartDetector
from services.facetype.training.coco import read_coco
from services.facetype.training.looks_data import LookSamples, collect
from shared.training.dataset import Split
from shared.training.quantisation import store_in_half
from shared.training.saving import save_onnx

SIZE = 64
WIDTHS = (3, 24, 48, 96, 128, 160)
STRIDES = (2, 2, 2, 1, 2)
ASIDE_SHARE = 4.0
"""Weight of the error in how far the muzzle lies aside, whose values are small."""


class LookNetwork(nn.Module):
    """Five convolutions, pooled, and three linear outputs."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for (inputs, outputs), stride in zip(pairwise(WIDTHS), STRIDES, strict=True):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            ]
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Linear(2 * WIDTHS[-1], 3)

    def forward(self, crops: Tensor) -> Tensor:
        """(n, size, size, 3) uint8 RGB → (n, 3) logits: cut, turned, aside."""
        return self.of_signed(crops.permute(0, 3, 1, 2).float() / 127.5 - 1)

    def of_signed(self, signed: Tensor) -> Tensor:
        """The same of (n, 3, size, size), −1…1."""
        features = self.trunk(signed)
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        logits: Tensor = self.head(functional.dropout(pooled, 0.2, self.training))
        return logits


def loss_of(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Mean loss over the targets that are known."""
    known = ~torch.isnan(targets)
    filled = torch.nan_to_num(targets)
    losses = functional.binary_cross_entropy_with_logits(logits[:, :2], filled[:, :2], reduction="none")
    cut, turned = losses[:, 0] * known[:, 0], losses[:, 1] * known[:, 1] * weights
    aside = functional.smooth_l1_loss(logits[:, 2], filled[:, 2], reduction="none", beta=0.1) * known[:, 2]
    total: Tensor = (cut + turned + ASIDE_SHARE * aside).sum() / known.sum().clamp(min=1)
    return total


def lit(signed: Tensor) -> Tensor:
    """Crops (n, 3, h, w) in other light: brightness, contrast and colour."""
    count = len(signed)
    gain = torch.exp(0.25 * torch.randn(count, 1, 1, 1)) * torch.exp(0.06 * torch.randn(count, 3, 1, 1))
    return (signed * gain + 0.15 * torch.randn(count, 1, 1, 1)).clamp(-1, 1)


def train(samples: LookSamples, epochs: int, rate: float, seed: int, batch: int = 64) -> LookNetwork:
    """Fit a network to samples."""
    torch.manual_seed(seed)
    network = LookNetwork()
    network.to(memory_format=torch.channels_last)
    crops = torch.from_numpy(samples.crops)
    targets, weights = torch.from_numpy(samples.targets), torch.from_numpy(samples.weights)
    steps = max(epochs * (len(crops) // batch), 1)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    network.train()
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(crops)).split(batch):
            if len(rows) < batch and len(crops) >= batch:
                continue
            signed = lit(crops[rows].permute(0, 3, 1, 2).float() / 127.5 - 1)
            loss = loss_of(network.of_signed(signed), targets[rows], weights[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if schedule.last_epoch < steps - 1:
                schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}/{epochs}: loss {total / max(len(crops) // batch, 1):.4f}", flush=True)
    network.eval()
    return network


def areas_under(network: LookNetwork, samples: LookSamples) -> dict[str, float]:
    """Area under the ROC curve of each decision."""
    with torch.inference_mode():
        parts = [network(some) for some in torch.from_numpy(samples.crops).split(256)]
        logits = torch.cat(parts).numpy() if parts else np.zeros((0, 3), np.float32)
    areas = {}
    for place, name in enumerate(("cut", "turned")):
        known = ~np.isnan(samples.targets[:, place])
        if name == "turned":
            known &= samples.weights == 1
        truth = samples.targets[known, place]
        if len(set(truth)) == 2:
            areas[name] = float(roc_auc_score(truth, logits[known, place]))
    return areas


def export(network: LookNetwork, path: Path, size: int) -> None:
    """Write the network, its weights stored in half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network,
        (torch.zeros(2, size, size, 3, dtype=torch.uint8),),
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=["crops"],
        output_names=["logits"],
        dynamic_axes={"crops": {0: "crops"}, "logits": {0: "crops"}},
    )
    store_in_half(path)
    model = onnx.load(path)
    del model.metadata_props[:]
    version = "1-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    onnx.helper.set_model_props(model, {"size": str(size), "version": version, **margins_entry()})
    save_onnx(model, path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="COCO-format folder")
    parser.add_argument("--target", type=Path, default=DOGS / MODEL_FILE)
    parser.add_argument("--parts", type=Path, default=DOGS, help="parts.onnx, whose boxes are learned from")
    parser.add_argument("--views", type=int, default=9000, help="views to learn cut faces from")
    parser.add_argument("--repeats", type=int, default=8, help="crops of each photo judged by eye")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pictures, judged = read_coco(given.folder), read_views()
    detector = PartDetector(given.parts)
    sets = {}
    for split, views, repeats in (
        (Split.TRAIN, given.views, given.repeats),
        (Split.DEV, given.views // 10, 2),
    ):
        of_split = [entry for entry in pictures if entry.split is split]
        photos = [entry for entry in judged if entry.split is split]
        sets[split] = collect(
            of_split,
            photos,
            views=views,
            repeats=repeats,
            size=SIZE,
            seed=given.seed,
            detector=detector,
        )
        print(f"{split.value}: {len(sets[split].crops)} crops", flush=True)
    network = train(sets[Split.TRAIN], given.epochs, given.learning_rate, given.seed)
    for name, area in areas_under(network, sets[Split.DEV]).items():
        print(f"{name}: area under the ROC curve on dev {area:.3f}")
    export(network, given.target, SIZE)
    print(f"wrote {given.target} ({given.target.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
