"""Tables of figures, for people and as JSON."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from services.noseprint.evaluation.measures import area_under_curve, equal_error_rate, true_accept_rate

Row = dict[str, float]


def verification_row(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> Row:
    """Figures of one score over pairs: AUC, EER and true-accept rates, each 0…1, and the number of pairs."""
    return {
        "auc": area_under_curve(scores, same),
        "eer": equal_error_rate(scores, same),
        "tar_at_far_1_percent": true_accept_rate(scores, same, 1e-2),
        "tar_at_far_0.1_percent": true_accept_rate(scores, same, 1e-3),
        "genuine": int(same.sum()),
        "impostor": int((~same).sum()),
    }


def verification_table(rows: Mapping[str, Row]) -> str:
    """Rows of :func:`verification_row` by name."""
    lines = [f"{'':34} {'AUC':>7} {'EER':>8} {'TAR@1%':>8} {'TAR@0.1%':>9} {'genuine':>8} {'impostor':>9}"]
    for name, row in rows.items():
        lines.append(
            f"{name:34} {row['auc']:7.4f} {100 * row['eer']:7.2f}% {100 * row['tar_at_far_1_percent']:7.2f}%"
            f" {100 * row['tar_at_far_0.1_percent']:8.2f}% {row['genuine']:8.0f} {row['impostor']:9.0f}"
        )
    return "\n".join(lines)


def figures(row: Mapping[str, float]) -> str:
    """Any figures in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in row.items())
