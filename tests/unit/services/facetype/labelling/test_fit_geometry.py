"""The rules of the geometry are found again from faces made by known ones."""

import numpy as np
import pytest

from services.facetype.face import Part
from services.facetype.labelling.fit_geometry import fit_edge, fit_rules
from services.facetype.labelling.geometry import edges_in_picture
from services.facetype.labelling.hand_boxes import HandBoxedFace
from shared.geometry import Box


def made_face(random: np.random.Generator) -> HandBoxedFace:
    """A face whose T-zone ends where the nose begins, whatever its place."""
    head = Box(0.2, 0.2, 0.8, 0.8)
    x, y = random.uniform(0.4, 0.6), random.uniform(0.6, 0.8)

    def box(*edges: float) -> Box:
        inside = edges_in_picture(head, (edges[0], edges[1], edges[2], edges[3]))
        assert inside is not None
        return inside

    nose = box(x - 0.1, y - 0.1, x + 0.1, y + 0.1)
    parts = {
        Part.WHOLE: box(0.1, 0.0, 0.9, 1.0),
        Part.T_ZONE: box(0.2, 0.2, 0.8, y - 0.1),
        Part.LOWER: box(x - 0.3, y - 0.1, x + 0.3, 1.0),
    }
    return HandBoxedFace("made", head, nose, parts)


def test_known_rules_are_found_again() -> None:
    random = np.random.default_rng(0)
    rules = fit_rules([made_face(random) for _ in range(60)], noses=True)
    constant, along, _ = rules[Part.T_ZONE][3]
    assert along == pytest.approx(1.0, abs=0.1)
    assert constant == pytest.approx(0.62, abs=0.03)
    assert rules[Part.LOWER][0][1] == pytest.approx(1.0, abs=0.2)
    assert rules[Part.WHOLE][1][0] == pytest.approx(0.0, abs=0.02)


def test_without_noses_only_a_place_is_learned() -> None:
    random = np.random.default_rng(1)
    rules = fit_rules([made_face(random) for _ in range(20)], noses=False)
    assert {len(edge) for edges in rules.values() for edge in edges} == {1}


def test_one_wild_face_does_not_move_an_edge() -> None:
    edge = np.array([0.5] * 20 + [5.0])
    assert fit_edge(np.ones((21, 1)), edge)[0] == pytest.approx(0.5, abs=0.02)
