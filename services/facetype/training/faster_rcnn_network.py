"""The reference: Faster R-CNN (Ren et al. 2015) with a feature pyramid (Lin et al. 2017), small backbone."""

from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_large
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.ops import MultiScaleRoIAlign

from services.facetype.training.reader_network import depthwise_in_full
from shared.training.mobilenet_v2 import MobileNetV2, load_imagenet

BACKBONES = ("mobilenet_v2", "mobilenet_v3")
SIDE = 320
"""Longest side that photos are scaled to, pixels."""
PYRAMID = 128
ANCHORS = ((24,), (48,), (96,), (160,))
"""Sides of the anchors of each level, pixels; parts of faces are between a tenth and all of a photo."""
RATIOS = ((0.6, 1.0, 1.5),) * len(ANCHORS)


class SmallHead(nn.Module):
    """Two layers of 256 on a region's features: the usual 1,024 cost more than the backbone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(channels * 49, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU()
        )

    def forward(self, regions: Tensor) -> Tensor:
        """(n, channels, 7, 7) → (n, 256)."""
        features: Tensor = self.layers(regions)
        return features


class Predictor(nn.Module):
    """Scores and boxes of a region."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(256, classes)
        self.bbox_pred = nn.Linear(256, classes * 4)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 256) → (n, classes) and (n, 4 × classes)."""
        return self.cls_score(features), self.bbox_pred(features)


def _backbone(name: str, weights: Path | None) -> BackboneWithFPN:
    if name == "mobilenet_v2":
        network = MobileNetV2()
        if weights is not None:
            load_imagenet(network, weights)
        # Strides 8, 16 and 32; the last 1,280 filters are left out, the pyramid has no use for them.
        layers, channels = network.features[:18], (32, 96, 320)
        returned = {"6": "0", "13": "1", "17": "2"}
    elif name == "mobilenet_v3":
        layers, channels = mobilenet_v3_large(weights=None).features, (40, 112, 960)
        if weights is not None:
            state = torch.load(weights, map_location="cpu", weights_only=True)
            features = OrderedDict(
                (key.removeprefix("features."), value)
                for key, value in state.items()
                if key.startswith("features.")
            )
            layers.load_state_dict(features)
        returned = {"6": "0", "12": "1", "16": "2"}
    else:
        raise ValueError(f"no backbone {name}; there are {', '.join(BACKBONES)}")
    depthwise_in_full(layers)
    return BackboneWithFPN(layers, returned, list(channels), PYRAMID)


def build(name: str, classes: int, weights: Path | None) -> FasterRCNN:
    """A detector of ``classes`` categories besides the background.

    Args:
        name: of the backbone.
        classes: number of categories.
        weights: of the backbone: the arrays of MobileNetV2, or a state dict that torchvision saved of
            MobileNetV3; None = random.

    Raises:
        ValueError: no such backbone.
    """
    backbone = _backbone(name, weights)
    # The weights of MobileNetV2 expect -1…1; those of torchvision's networks their own mean.
    signed = name == "mobilenet_v2"
    return FasterRCNN(
        backbone,
        min_size=SIDE,
        max_size=SIDE,
        image_mean=[0.5] * 3 if signed else [0.485, 0.456, 0.406],
        image_std=[0.5] * 3 if signed else [0.229, 0.224, 0.225],
        rpn_anchor_generator=AnchorGenerator(ANCHORS, RATIOS),
        rpn_pre_nms_top_n_train=400,
        rpn_post_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=200,
        rpn_post_nms_top_n_test=60,
        box_roi_pool=MultiScaleRoIAlign(["0", "1", "2"], 7, 2),
        box_head=SmallHead(PYRAMID),
        box_predictor=Predictor(classes + 1),
        box_batch_size_per_image=96,
        box_score_thresh=0.02,
        box_nms_thresh=0.5,
        box_detections_per_img=40,
    )
