"""Ask ImageNet's networks for the breeds: ``python -m services.traits.training.breed_teacher --out FILE``.

Fine-tuning on 78 photos a breed forgets what a million photos taught. So the training photos are shown to
EfficientNet-Lite networks as ImageNet left them, and what those say becomes a share of the breed's target
(learning without forgetting, Li and Hoiem 2016; distillation from an ensemble, Hinton et al. 2015).
Writes ``files`` (n,) and ``probabilities`` (n, 120) to a ``.npz``.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.traits.preprocessing import Role, render, views_of
from services.traits.training.backbones import Backbone, efficientnet_lite
from services.traits.training.imagenet_rows import breed_rows
from services.traits.training.photos import Photo, read_dogs, read_image
from shared.training.dataset import Split, data_folder

SIDE = 224


def ask(networks: list[tuple[nn.Module, Tensor, Tensor]], photo: Photo) -> NDArray[np.float32]:
    """The mean of all networks' logits over the middle and the bust, as probabilities, (120,)."""
    views = views_of(photo.aspect, photo.head)[1:] if photo.head else views_of(photo.aspect, None)[:3:2]
    views = [view for view in views if view.role != Role.HEAD]
    pixels, _ = render(read_image(photo.path), views, SIDE)
    signed = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
    signed = signed.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        logits = [network(signed).mean((2, 3)) @ weight.T + bias for network, weight, bias in networks]
        mean = torch.stack(logits).mean((0, 1)).softmax(0)
    return np.asarray(mean, dtype=np.float32)


def read_teacher(path: Path) -> dict[str, NDArray[np.float32]]:
    """File name → probabilities of the breeds, (120,)."""
    arrays = np.load(path)
    return dict(zip(arrays["files"].tolist(), arrays["probabilities"].astype(np.float32), strict=True))


def main() -> None:
    """Do what the command line asks."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--networks", nargs="+", default=["efficientnet_lite2"])
    options.add_argument("--head-boxes", type=Path, help="another file like head_boxes.csv")
    options.add_argument("--limit", type=int, default=0, help="ask about so many photos only")
    options.add_argument("--threads", type=int, default=2)
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    data = data_folder()
    networks = []
    for name in arguments.networks:
        parts: Backbone = efficientnet_lite(name, None, 0)
        parts.eval_mode()
        assert parts.classifier is not None  # noqa: S101 - narrows the type
        rows = breed_rows(data, len(parts.classifier[0]))
        parts.trunk.to(memory_format=torch.channels_last)
        networks.append((parts.trunk, parts.classifier[0][rows], parts.classifier[1][rows]))
    dogs = [photo for photo in read_dogs(data, arguments.head_boxes) if photo.split == Split.TRAIN]
    dogs = dogs[: arguments.limit or None]
    answers = []
    for done, photo in enumerate(dogs, 1):
        answers.append(ask(networks, photo))
        if done % 500 == 0 or done == len(dogs):
            right = np.mean([a.argmax() == p.breed for a, p in zip(answers, dogs, strict=False)])
            print(f"{done} of {len(dogs)} photos, right {100 * right:.1f} %", flush=True)
    np.savez(arguments.out, files=[p.file for p in dogs], probabilities=np.stack(answers).astype(np.float16))


if __name__ == "__main__":
    main()
