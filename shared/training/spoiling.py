"""Light that changes and detail that is lost: what photos have in common, whatever they show."""

import cv2
import numpy as np

from shared.geometry import RgbImage


def spoil(view: RgbImage, rng: np.random.Generator, *, mirror: bool = True) -> RgbImage:
    """Change light and colour a little, lose detail, flip; same shape. Hues stay: they tell patterns.

    Args:
        view: (height, width, 3) uint8 RGB.
        rng: source of chance.
        mirror: exchange left and right half of the time.
    """
    if mirror and rng.random() < 0.5:
        view = view[:, ::-1]
    if rng.random() < 0.35:
        height, width = view.shape[:2]
        scale = rng.uniform(0.4, 0.8)
        small = (max(int(width * scale), 8), max(int(height * scale), 8))
        coarse = cv2.resize(np.ascontiguousarray(view), small, interpolation=cv2.INTER_AREA)
        view = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    if rng.random() < 0.2:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 80))]
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(view), quality)
        view = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    # Light and colour in one look-up a channel: gamma, contrast around the view's mean, tint.
    levels = (np.arange(256) / 255) ** float(np.exp(rng.uniform(-0.35, 0.35)))
    middle = float(levels[int(view.mean())])
    levels = middle + (levels - middle) * rng.uniform(0.8, 1.2)
    tables = levels[:, None] * rng.uniform(0.85, 1.15, 3) ** 0.5 * 255
    table = np.clip(tables, 0, 255).astype(np.uint8)[None]
    shaded = cv2.LUT(np.ascontiguousarray(view), table)
    grey = cv2.cvtColor(cv2.cvtColor(shaded, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    colour = rng.uniform(0.7, 1.3)
    return np.asarray(cv2.addWeighted(shaded, colour, grey, 1 - colour, 0), dtype=np.uint8)
