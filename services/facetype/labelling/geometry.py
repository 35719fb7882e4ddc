"""Where the three parts of a face lie, from a box of the head and, where it is known, one of the nose.

The whole face is crown or brow to chin and cheek to cheek, as the head box: ears reach beyond it by an
amount that no head box tells, so a reader that looks at ears widens its crop. The T-zone is the eyes with
the brow above and the bridge of the nose between them, down to the nose; the lower part the muzzle with
the nose, mouth, chin and beard.

Coordinates are those of the head box: 0 is its left or top edge, 1 its right or bottom.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.facetype.face import Part
from shared.geometry import Box


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """One edge of a part: ``constant`` plus shares of where the nose lies on the edge's own axis.

    ``along`` multiplies how far the nose's centre lies from :data:`USUAL_NOSE`; ``extent`` how much the
    nose's size differs from :data:`USUAL_NOSE_SIZE`.
    """

    constant: float
    along: float = 0.0
    extent: float = 0.0


PartRule = tuple[EdgeRule, EdgeRule, EdgeRule, EdgeRule]
"""The edges of a part: x_min, y_min, x_max, y_max."""
USUAL_NOSE = (0.5, 0.72)
"""Centre x and y of a nose in a head box: medians over the photos of ``hand_boxes.csv``."""
USUAL_NOSE_SIZE = (0.25, 0.21)
"""Its width and height there."""


RULES_WITH_NOSE: Mapping[Part, PartRule] = {
    Part.WHOLE: (
        EdgeRule(0.095, -0.25, 0.024),
        EdgeRule(-0.018, -0.093, 0.296),
        EdgeRule(0.905, -0.25, -0.024),
        EdgeRule(1.017, 0.051, 0.684),
    ),
    Part.T_ZONE: (
        EdgeRule(0.184, -0.145, -0.022),
        EdgeRule(0.211, -0.026, -0.029),
        EdgeRule(0.816, -0.145, 0.022),
        EdgeRule(0.637, 0.78, -0.032),
    ),
    Part.LOWER: (
        EdgeRule(0.227, 0.381, -0.059),
        EdgeRule(0.599, 0.685, -0.111),
        EdgeRule(0.773, 0.381, 0.059),
        EdgeRule(1.016, 0.04, 0.747),
    ),
}
"""Printed by ``fit_geometry``: dogs' faces, fitted to the hand-drawn boxes of train and dev photos."""
RULES_WITHOUT_NOSE: Mapping[Part, PartRule] = {
    Part.WHOLE: (EdgeRule(0.093), EdgeRule(-0.005), EdgeRule(0.907), EdgeRule(1.016)),
    Part.T_ZONE: (EdgeRule(0.184), EdgeRule(0.208), EdgeRule(0.816), EdgeRule(0.634)),
    Part.LOWER: (EdgeRule(0.221), EdgeRule(0.589), EdgeRule(0.779), EdgeRule(1.014)),
}


def edges_in_picture(head: Box, edges: tuple[float, float, float, float]) -> Box | None:
    """A box given in coordinates of the head, clipped to the picture; None when nothing of it is left."""
    width, height = head.x_max - head.x_min, head.y_max - head.y_min
    starts, lengths = (head.x_min, head.y_min) * 2, (width, height) * 2
    x_min, y_min, x_max, y_max = (
        min(max(start + edge * length, 0.0), 1.0)
        for start, edge, length in zip(starts, edges, lengths, strict=True)
    )
    return Box(x_min, y_min, x_max, y_max) if x_min < x_max and y_min < y_max else None


def edges_in_head(head: Box, box: Box) -> tuple[float, float, float, float]:
    """The edges of a box in coordinates of the head: x_min, y_min, x_max, y_max."""
    width, height = head.x_max - head.x_min, head.y_max - head.y_min
    return (
        (box.x_min - head.x_min) / width,
        (box.y_min - head.y_min) / height,
        (box.x_max - head.x_min) / width,
        (box.y_max - head.y_min) / height,
    )


def nose_offsets(head: Box, nose: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    """How the nose differs from the usual one, in coordinates of the head.

    Returns:
        Where it lies (x, y) and how large it is (width, height), both less the usual.
    """
    x_min, y_min, x_max, y_max = edges_in_head(head, nose)
    place = ((x_min + x_max) / 2 - USUAL_NOSE[0], (y_min + y_max) / 2 - USUAL_NOSE[1])
    return place, (x_max - x_min - USUAL_NOSE_SIZE[0], y_max - y_min - USUAL_NOSE_SIZE[1])


def nose_in(head: Box, noses: Iterable[Box]) -> Box | None:
    """The largest of the noses whose centre lies in the head; None when none does."""
    inside = [
        nose
        for nose in noses
        if head.x_min < (nose.x_min + nose.x_max) / 2 < head.x_max
        and head.y_min < (nose.y_min + nose.y_max) / 2 < head.y_max
    ]
    return max(inside, key=lambda nose: nose.area, default=None)


def parts_of(head: Box, nose: Box | None = None) -> dict[Part, Box]:
    """Boxes of the parts of the face in a head box, clipped to the picture.

    Args:
        head: brow to chin, without the tips of the ears.
        nose: the bare leather of the nose, when it was found in this head.
    """
    place, size = nose_offsets(head, nose) if nose is not None else ((0.0, 0.0), (0.0, 0.0))
    parts = {}
    for part, rules in (RULES_WITHOUT_NOSE if nose is None else RULES_WITH_NOSE).items():
        x_min, y_min, x_max, y_max = (
            rule.constant + rule.along * place[index % 2] + rule.extent * size[index % 2]
            for index, rule in enumerate(rules)
        )
        # An impossible nose may turn a part inside out: then the usual place is the better guess.
        box = (
            edges_in_picture(head, (x_min, y_min, x_max, y_max)) if x_min < x_max and y_min < y_max else None
        )
        usual = RULES_WITHOUT_NOSE[part]
        constants = (usual[0].constant, usual[1].constant, usual[2].constant, usual[3].constant)
        parts[part] = box or edges_in_picture(head, constants) or head
    return parts
