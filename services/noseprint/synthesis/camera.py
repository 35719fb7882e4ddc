"""What the camera does to a view: focus, shake, resolution, exposure, noise, JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.noseprint.synthesis.fields import smooth_noise
from shared.geometry import RgbImage


def _shaken(rng: np.random.Generator, photo: NDArray[np.float32], length: float) -> NDArray[np.float32]:
    """Blur along a line of ``length`` pixels in any direction."""
    side = int(length) | 1
    kernel = np.zeros((side, side), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array((np.cos(angle), np.sin(angle))) * (side - 1) / 2
    middle = (side - 1) / 2
    start = tuple(round(middle - float(value)) for value in reach)
    end = tuple(round(middle + float(value)) for value in reach)
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA)
    return np.asarray(cv2.filter2D(photo, -1, kernel / kernel.sum()), np.float32)


def photograph(
    rng: np.random.Generator, light: NDArray[np.float32], nose_width: float, hardness: float
) -> RgbImage:
    """Turn linear light (height, width, 3) into a photo, uint8 RGB.

    Args:
        rng: of this photo.
        light: what reaches the lens.
        nose_width: of the nose on ``light``, in pixels.
        hardness: 1 is ordinary, 0 a studio.
    """
    height, width = light.shape[:2]
    wanted = float(np.exp(rng.uniform(np.log(90), np.log(420))))
    scale = min(wanted / nose_width, 1.0)
    view = light
    if rng.random() < 0.6:
        sigma = max(float(rng.gamma(1.6, 0.55)) * hardness, 0.3)
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), sigma), np.float32)
    if rng.random() < 0.25 * hardness and (length := rng.uniform(2.5, 8)) >= 3:
        view = _shaken(rng, view, length)
    if scale < 0.95:
        size = (max(round(width * scale), 24), max(round(height * scale), 24))
        view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.float32)
    height, width = view.shape[:2]
    # The camera sets exposure by the whole picture, and never quite right.
    exposure = 0.20 * float(np.exp(rng.normal(0, 0.38 * hardness))) / max(float(view.mean()), 1e-3)
    vignette = 1 + 0.18 * hardness * smooth_noise(rng, width, height, 0.8 * width)
    balance = (exposure * np.exp(rng.normal(0, 0.05, 3))).astype(np.float32)
    view = np.clip(view * vignette[..., None] * balance, 0, None)
    noise = rng.standard_normal((height, width, 1), dtype=np.float32)
    noise = noise + 0.5 * rng.standard_normal((height, width, 3), dtype=np.float32)
    grain = float(np.exp(rng.uniform(np.log(0.003), np.log(0.022)))) * hardness
    view = np.clip(view + grain * noise * cv2.sqrt(view + 0.02), 0, None)
    view = np.asarray(cv2.pow(np.minimum(view, 1.0), rng.uniform(0.38, 0.52)), np.float32)
    contrast = rng.uniform(0.85, 1.2)
    photo = np.clip((view - 0.45) * contrast + 0.45, 0, 1)
    image = (photo * 255).astype(np.uint8)
    if rng.random() < 0.3:  # Phones sharpen.
        image = cv2.addWeighted(image, 1.7, cv2.GaussianBlur(image, (0, 0), 1.2), -0.7, 0)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(97 - 57 * hardness, 97))]
    _, packed = cv2.imencode(".jpg", image[..., ::-1], quality)
    return np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
