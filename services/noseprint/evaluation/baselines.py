"""What the shipped scores are compared with: plain methods, on the same aligned noses."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.noseprint.evaluation.prints import Pairs

WORDS = 100
"""Visual words of the older register's method."""

Features = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Points (n, 2) and RootSIFT descriptors (n, 128)."""


def sift(noses: NDArray[np.uint8], points: int = 300) -> list[Features]:
    """Plain RootSIFT (Arandjelović and Zisserman 2012) of noses (n, 192, 224), which had their CLAHE."""
    detector = cv2.SIFT.create(points, contrastThreshold=0.02)
    found = []
    for nose in tqdm(noses, desc="SIFT", unit="nose", mininterval=5):
        places, descriptors = detector.detectAndCompute(np.array(nose), None)
        if descriptors is None:
            descriptors = np.zeros((0, 128), np.float32)
        rooted = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-6))
        found.append(
            (np.array([place.pt for place in places], np.float32).reshape(-1, 2), rooted.astype(np.float32))
        )
    return found


def _inliers(a: Features, b: Features) -> float:
    """Matches by ratio test that agree on a similarity found by RANSAC; ties broken by matches."""
    if len(a[1]) < 8 or len(b[1]) < 8:
        return 0.0
    likeness = a[1] @ b[1].T
    two = np.argpartition(-likeness, 1, axis=1)[:, :2]
    rows = np.arange(len(two))
    first, second = likeness[rows, two[:, 0]], likeness[rows, two[:, 1]]
    nearest = np.where(first >= second, two[:, 0], two[:, 1])
    best, other = 2 - 2 * np.maximum(first, second), 2 - 2 * np.minimum(first, second)
    good = best < 0.85**2 * other
    count = int(good.sum())
    if count < 4:
        return 0.1 * count
    _, mask = cv2.estimateAffinePartial2D(
        a[0][good], b[0][nearest[good]], ransacReprojThreshold=6.0, maxIters=300
    )
    return 0.0 if mask is None else float(mask.sum()) + 0.01 * count


def sift_ransac(features: Sequence[Features], pairs: Pairs) -> NDArray[np.float64]:
    """Scores of pairs by SIFT, ratio test and RANSAC alone."""
    cv2.setRNGSeed(1)
    return np.array(
        [
            _inliers(features[a], features[b])
            for a, b in tqdm(pairs, desc="SIFT + RANSAC", unit="pair", mininterval=5)
        ]
    )


def imagenet_features(noses: NDArray[np.uint8], weights: Path) -> NDArray[np.float32]:
    """Pooled features of MobileNetV2 trained on ImageNet, (n, channels) unit vectors about their mean.

    Raises:
        ImportError: PyTorch is not installed.
    """
    import torch

    from services.noseprint.training.imagenet_baseline import load_features

    network = load_features(weights)
    parts = []
    with torch.no_grad():
        for start in tqdm(range(0, len(noses), 32), desc="ImageNet", unit="batch", mininterval=5):
            grey = torch.from_numpy(np.array(noses[start : start + 32])).float()[:, None] / 127.5 - 1
            parts.append(network(grey.expand(-1, 3, -1, -1)).mean((2, 3)).numpy())
    features = np.concatenate(parts)
    # Without their mean, features of things so alike would all point the same way: this helps the baseline.
    features -= features.mean(0)
    return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True), np.float32)


def words_svm(
    features: Sequence[Features], gallery: NDArray[np.int64], probes: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """The older register's method: CLAHE → SIFT → bag of 100 words by k-means → linear SVM.

    Args:
        features: of all noses.
        gallery: (dogs, prints): indices of each registered dog's noses, which the SVM is trained on.
        probes: (n,): indices of the noses looked for.
        seed: of k-means and the SVM.

    Returns:
        (n, dogs): score of every probe for every dog.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.svm import LinearSVC

    known = np.concatenate([features[index][1] for index in gallery.ravel().tolist()])
    vocabulary = MiniBatchKMeans(WORDS, random_state=seed, n_init=1, batch_size=4096).fit(known)

    def histograms(indices: NDArray[np.int64]) -> NDArray[np.float64]:
        rows = np.zeros((len(indices), WORDS))
        for row, index in enumerate(indices.tolist()):
            if len(features[index][1]):
                words = vocabulary.predict(features[index][1])
                rows[row] = np.bincount(words, minlength=WORDS) / len(words)
        return rows

    training = histograms(gallery.ravel())
    mean, deviation = training.mean(0), training.std(0) + 1e-6
    names = np.repeat(np.arange(len(gallery)), gallery.shape[1])
    classifier = LinearSVC(C=1.0, random_state=seed).fit((training - mean) / deviation, names)
    return np.asarray(classifier.decision_function((histograms(probes) - mean) / deviation), np.float64)
