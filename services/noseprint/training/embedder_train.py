"""Train the embedder: ``python -m services.noseprint.training.embedder_train --synthetic SET --out FOLDER``.

Learns from synthetic individuals (written by ``python -m services.noseprint.synthesis``), mixed with
instance discrimination on noses of real photos, and from real dogs when there are any: ``--photos
FOLDER`` takes a folder of photos per dog, ``--start MODEL.pt`` goes on from earlier weights. Writes a
checkpoint after every epoch, and at the end ``embedder.onnx``.
"""

import argparse
import logging
import time
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from services.noseprint.detection import NoseDetector
from services.noseprint.evaluation.measures import area_under_curve, true_accept_rate
from services.noseprint.synthesis.sets import read_set
from services.noseprint.training.embedder_data import Batches, dogs, instances
from services.noseprint.training.embedder_discriminant import fit_last_layer
from services.noseprint.training.embedder_export import export
from services.noseprint.training.embedder_network import ArcFace, NoseNetwork
from shared.training.dataset import data_folder

log = logging.getLogger("embedder")
MODEL_FOLDER = Path(__file__).parents[1] / "model"
MARGIN = 0.25
"""ArcFace's margin in radians, reached after a quarter of the steps."""
AVERAGING = 0.998
"""Decay of the exponential average of the weights, which is what ships."""


def embed(network: nn.Module, noses: NDArray[np.uint8], size: int = 64) -> NDArray[np.float32]:
    """(n, 192, 224) → (n, 256) in evaluation mode."""
    network.eval()
    parts = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(noses), size):
            batch = torch.from_numpy(np.array(noses[start : start + size]))[:, None].float()
            parts.append(network(batch.to(memory_format=torch.channels_last)).numpy())
    return np.concatenate(parts)


def development_figures(network: nn.Module, noses: NDArray[np.uint8]) -> tuple[float, float]:
    """AUC and true-accept rate at a false-accept rate of 0.1 % on individuals (n, views, 192, 224)."""
    count, views = noses.shape[:2]
    vectors = embed(network, noses.reshape(-1, *noses.shape[2:]))
    names = np.repeat(np.arange(count), views)
    upper = np.triu_indices(len(vectors), 1)
    scores, same = (vectors @ vectors.T)[upper], (names[:, None] == names)[upper]
    return area_under_curve(scores, same), true_accept_rate(scores, same, 1e-3)


def train(
    network: NoseNetwork,
    batches: Batches,
    development: NDArray[np.uint8] | None,
    out: Path,
    epochs: int,
    minutes: float,
    rate: float,
) -> NoseNetwork:
    """Fit; returns the averaged weights. Stops after ``epochs`` or ``minutes``, whichever comes first.

    The learning rate follows time spent rather than steps, so that a run cut short by ``minutes`` has
    also cooled down.
    """
    criterion = ArcFace(batches.classes)
    groups = [{"params": network.parameters()}, {"params": criterion.parameters(), "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.02)
    averaged = deepcopy(network)
    began, step, steps = time.monotonic(), 0, epochs * batches.steps
    for epoch in range(epochs):
        network.train()
        losses = []
        for pixels, labels in tqdm(
            batches.epoch(), total=batches.steps, desc=f"epoch {epoch + 1}", mininterval=10
        ):
            done = max(step / steps, (time.monotonic() - began) / (60 * minutes))
            if done >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * done)) + 1e-6
            criterion.margin = MARGIN * min(1.0, 4 * done)
            batch = torch.from_numpy(pixels)[:, None].float().to(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                embeddings = network(batch)
            loss = criterion(embeddings, torch.from_numpy(labels))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            decay = min(AVERAGING, step / (step + 20))
            with torch.no_grad():
                for kept, new in zip(
                    averaged.state_dict().values(), network.state_dict().values(), strict=True
                ):
                    kept.lerp_(new, 1 - decay) if kept.is_floating_point() else kept.copy_(new)
            losses.append(loss.item())
            step += 1
        report = f"epoch {epoch + 1}: {step} steps, loss {np.mean(losses or [np.nan]):.3f}"
        report += f", {time.monotonic() - began:.0f} s"
        if development is not None:
            auc, accepted = development_figures(averaged, development)
            report += f", development AUC {auc:.4f}, TAR at FAR 0.1 % {accepted:.3f}"
        log.info(report)
        torch.save(averaged.state_dict(), out / "embedder.pt")
        if (time.monotonic() - began) / 60 >= minutes:
            break
    return averaged


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    sets: list[NDArray[np.uint8]] = [read_set(folder) for folder in options.synthetic]
    if options.real:
        cache = options.out / "instances.npy"
        if not cache.is_file():
            np.save(cache, instances(data_folder(), options.seed))
        sets.append(np.lib.format.open_memmap(cache, "r"))
    if options.photos:
        detector = None if options.cropped else NoseDetector(MODEL_FOLDER)
        sets.append(dogs(options.photos, detector, options.seed))
    network = NoseNetwork().to(memory_format=torch.channels_last)
    if options.start:
        network.load_state_dict(torch.load(options.start, weights_only=True))
    batches = Batches(sets, options.batch, options.seed)
    log.info("%d classes, %d steps an epoch", batches.classes, batches.steps)
    development = read_set(options.development)[:, :4] if options.development else None
    averaged = train(
        network, batches, development, options.out, options.epochs, options.minutes, options.rate
    )
    shipped: nn.Module = averaged
    if options.discriminant:
        shipped = fit_last_layer(averaged, sets[0])
        if development is not None:
            log.info(
                "with it: development AUC %.4f, TAR at FAR 0.1 %% %.3f",
                *development_figures(shipped, development),
            )
    export(shipped, options.out / "embedder.onnx", options.version)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--synthetic", type=Path, nargs="*", default=[], help="sets of synthetic noses")
    options.add_argument("--development", type=Path, help="a small set of other individuals, for the log")
    options.add_argument("--photos", type=Path, help="real dogs: a folder of photos per dog")
    options.add_argument("--cropped", action="store_true", help="the photos of --photos show just the nose")
    options.add_argument("--no-real", dest="real", action="store_false", help="leave nose_boxes out")
    options.add_argument(
        "--no-discriminant", dest="discriminant", action="store_false", help="keep the learned last layer"
    )
    options.add_argument("--start", type=Path, help="weights to go on from (embedder.pt)")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--epochs", type=int, default=30)
    options.add_argument("--minutes", type=float, default=600.0, help="stop by then")
    options.add_argument("--batch", type=int, default=128)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--version", default="1.0.0")
    return options.parse_args(arguments)


if __name__ == "__main__":
    main()
