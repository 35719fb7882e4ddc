"""Fitting how the parts' votes are fused, on dev photos, with the model that is going to be served."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from services.facetype.catalogue import Catalogue
from services.facetype.face import Part
from services.facetype.fusion import FusionParameters
from services.facetype.part_reading import PartLogits
from services.facetype.training.reader_samples import Sample
from shared.figures import softmax
from shared.training.calibration import platt, temperature

PRIOR = 0.003
"""Weight of the squared distance from even trust and no bias: dev photos are few."""
EVEN_TRUST = 0.5
BALANCE = 0.5
"""Rarer types weigh more: their share to the power of minus this. Whose dog it is that asks is not known."""
ABSTENTIONS = (0.3, 0.4, 0.5, 0.6)
"""Probabilities below which a part may abstain; the one under which dev photos are likeliest is taken."""


def _label_indices(
    samples: Sequence[Sample], part: Part, catalogue: Catalogue, answers: Sequence[PartLogits]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    words = list(catalogue.labels(part))
    pairs = [
        (answer.labels[part], words.index(sample.labels[part]))
        for sample, answer in zip(samples, answers, strict=True)
        if part in sample.labels and part in answer.labels
    ]
    if not pairs:
        return np.zeros((0, len(words)), np.float32), np.zeros(0, np.int64)
    return np.stack([logits for logits, _ in pairs]), np.array([label for _, label in pairs], np.int64)


def fit_fusion(
    samples: Sequence[Sample], answers: Sequence[PartLogits], catalogue: Catalogue
) -> FusionParameters:
    """Temperatures, trust, biases, abstention and the calibration of faces.

    Args:
        samples: dev samples with and without a face.
        answers: of the served model on them.
        catalogue: whose types. The truth is a face's label of the whole face.

    Raises:
        ValueError: no sample shows a whole face with a label.
    """
    temperatures = {}
    for part in Part:
        logits, labels = _label_indices(samples, part, catalogue, answers)
        temperatures[part] = round(temperature(logits, labels), 4) if len(labels) else 1.0
    faces = [place for place, sample in enumerate(samples) if Part.WHOLE in sample.labels]
    if not faces:
        raise ValueError("no dev photo shows a whole face with a label")
    truth = np.array(
        [
            catalogue.type_ids.index(catalogue.labels(Part.WHOLE)[samples[place].labels[Part.WHOLE]][0])
            for place in faces
        ]
    )
    scores, sure = _scores([answers[place] for place in faces], temperatures, catalogue)
    best = min(
        (_fit(scores * (sure >= bound)[:, :, None], truth) for bound in ABSTENTIONS), key=lambda fit: fit[0]
    )
    bound = next(b for b in ABSTENTIONS if _fit(scores * (sure >= b)[:, :, None], truth)[0] == best[0])
    means = np.array([np.mean(list(answer.face.values())) for answer in answers])
    is_face = np.array([sample.is_face for sample in samples])
    # Without a single false face on dev nothing can be calibrated: the logit counts as it is.
    scale, shift = platt(means, is_face) if 0 < is_face.sum() < len(is_face) else (1.0, 0.0)
    return FusionParameters(
        {str(part): value for part, value in temperatures.items()},
        {str(part): round(float(value), 4) for part, value in zip(Part, best[1], strict=True)},
        {name: round(float(value), 4) for name, value in zip(catalogue.type_ids, best[2], strict=True)},
        bound,
        round(scale, 5),
        round(shift, 5),
    )


def _scores(
    answers: Sequence[PartLogits], temperatures: dict[Part, float], catalogue: Catalogue
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, parts, types) log-probabilities of each type's label, and (n, parts) the highest probability."""
    scores = np.zeros((len(answers), len(Part), len(catalogue.types)))
    sure = np.zeros((len(answers), len(Part)))
    for place, part in enumerate(Part):
        labels = list(catalogue.labels(part))
        columns = [labels.index(catalogue.label_of(part, type_id)) for type_id in catalogue.type_ids]
        for row, answer in enumerate(answers):
            if part in answer.labels:
                found = softmax(answer.labels[part][None] / temperatures[part])[0]
                scores[row, place] = np.log(found + 1e-9)[columns]
                sure[row, place] = found.max()
    return scores, sure


def _fit(
    scores: NDArray[np.float64], truth: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Trust and biases under which ``truth`` is likeliest, with the loss they leave."""
    given, right = torch.from_numpy(scores), torch.from_numpy(truth)
    shares = np.bincount(truth, minlength=scores.shape[2]).clip(1) / len(truth)
    weight = torch.from_numpy(shares**-BALANCE)
    trust = torch.full((scores.shape[1],), math.log(EVEN_TRUST), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(scores.shape[2], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([trust, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        fused = (given * trust.exp()[None, :, None]).sum(1) + bias
        value = torch.nn.functional.cross_entropy(fused, right, weight)
        value = value + PRIOR * ((trust.exp() - EVEN_TRUST).square().sum() + bias.square().sum())
        value.backward()
        return value

    optimiser.step(loss)
    return float(loss()), trust.detach().exp().numpy(), bias.detach().numpy()
