"""Ultralytics, imported so that it stays off the network.

Importing this module before anything of ultralytics switches its telemetry, update checks and
downloads off and puts its settings file into a folder of its own instead of the user's home.
"""

import os
import tempfile
from pathlib import Path

os.environ["YOLO_OFFLINE"] = "true"
os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(tempfile.gettempdir()) / "pawtrait-ultralytics"))
os.environ.setdefault("YOLO_AUTOINSTALL", "false")

from ultralytics import YOLO
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import SETTINGS

# The setting, not the network's absence, must be what keeps usage events at home.
if SETTINGS.get("sync"):
    SETTINGS.update({"sync": False})

__all__ = ["YOLO", "DetectionModel", "DetectionTrainer"]
