"""The older design's work on one photo, timed: what the system is compared with.

Three ResNet50 at 300 px in eager PyTorch (weights do not change the time, so they are random), dlib's
dog-head detector with one upsampling, k-means with scikit-learn over every pixel of the face. Reads
file names from standard input, writes milliseconds to standard output. Needs PyTorch, scikit-learn,
dlib and ``pretrained/dogHeadDetector.dat`` of the data folder.
"""

import sys
import time

import cv2
import dlib
import numpy as np
import torch
import torchvision
from sklearn.cluster import KMeans

from shared.training.dataset import data_folder


def main() -> None:
    """Answer every line of standard input."""
    print(f"rounds {sys.argv[1]}", flush=True)
    networks = [torchvision.models.resnet50(weights=None).eval() for _ in range(3)]
    detector = dlib.cnn_face_detection_model_v1(str(data_folder() / "pretrained" / "dogHeadDetector.dat"))
    for line in sys.stdin:
        begun = time.perf_counter()
        image = cv2.cvtColor(cv2.imread(line.strip()), cv2.COLOR_BGR2RGB)
        tensor = torch.from_numpy(cv2.resize(image, (300, 300))).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            for network in networks:
                network(tensor)
        small = cv2.resize(image, (640, image.shape[0] * 640 // image.shape[1]))
        heads = detector(small, 1)
        height, width = small.shape[:2]
        if heads:
            box = heads[0].rect
            face = small[max(box.top(), 0) : box.bottom(), max(box.left(), 0) : box.right()]
        else:
            face = small[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
        KMeans(n_clusters=3, n_init=10, random_state=0).fit(face.reshape(-1, 3).astype(np.float32))
        print(f"{(time.perf_counter() - begun) * 1000:.1f}", flush=True)


if __name__ == "__main__":
    main()
