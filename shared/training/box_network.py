"""The detection network as it is trained, its starting weights, and ultralytics' trainer around it."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from shared.training.ultralytics_offline import DetectionModel, DetectionTrainer

ARCHITECTURE = "yolov5n.yaml"


class Bfloat16Model(DetectionModel):
    """The detection network with its convolutions in bfloat16 and its loss in float32.

    Halves the time of training on CPUs with bfloat16 instructions; ultralytics offers this on GPUs only.
    """

    def loss(self, batch: dict[str, Any], preds: Any = None) -> Any:
        """Ultralytics' loss; ``batch["img"]`` is (n, 3, height, width), float, 0…1."""
        if preds is None:
            image = batch["img"].contiguous(memory_format=torch.channels_last)
            with torch.autocast(image.device.type, dtype=torch.bfloat16):
                preds = self.forward(image)
        return super().loss(batch, to_float(preds))


def to_float(value: Any) -> Any:
    """The same structure of dicts, lists and tensors with every floating tensor in float32."""
    if isinstance(value, torch.Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: to_float(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(to_float(part) for part in value)
    return value


def load_pretrained(model: torch.nn.Module, arrays: Path) -> int:
    """Copy every array that fits by module name and shape; returns how many did."""
    state = model.state_dict()
    with np.load(arrays) as stored:
        fitting = {
            name: torch.from_numpy(stored[name])
            for name in stored.files
            if name in state and state[name].shape == stored[name].shape
        }
    model.load_state_dict(fitting, strict=False)
    return len(fitting)


def load_checkpoint(model: torch.nn.Module, path: Path) -> int:
    """Copy the weights of an earlier run of this command; returns how many arrays fitted."""
    stored = torch.load(path, map_location="cpu", weights_only=False)
    earlier = (stored["ema"] or stored["model"]).float().state_dict()
    state = model.state_dict()
    fitting = {
        name: value for name, value in earlier.items() if name in state and state[name].shape == value.shape
    }
    model.load_state_dict(fitting, strict=False)
    return len(fitting)


class BoxDetectorTrainer(DetectionTrainer):
    """Ultralytics' trainer on :class:`Bfloat16Model`, started from given weights."""

    start: Path | None
    """Arrays (.npz) or a checkpoint (.pt); None starts from random weights."""

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Bfloat16Model:  # noqa: ARG002
        """The network, filled with what fits of the starting weights."""
        model = Bfloat16Model(ARCHITECTURE, nc=int(self.data["nc"]), ch=3, verbose=False)
        if self.start is not None:
            load = load_pretrained if self.start.suffix == ".npz" else load_checkpoint
            fitted = load(model, self.start)
            print(f"{fitted} of {len(model.state_dict())} arrays from {self.start.name}")
        model.to(memory_format=torch.channels_last)
        return model
