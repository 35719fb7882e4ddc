"""Training photos in their true aspect ratio."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.training.pictures import load_upright


def test_squeezed_photos_get_their_aspect_back(tmp_path: Path) -> None:
    file = tmp_path / "squeezed.png"
    cv2.imwrite(str(file), np.zeros((224, 224, 3), np.uint8))
    assert load_upright(file, (500, 375), 320).shape == (240, 320, 3)
    assert load_upright(file, None, 100).shape == (100, 100, 3)


def test_unreadable_photo_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.webp"
    file.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"broken\.webp"):
        load_upright(file, None, 100)
