"""Where the three parts of a face lie, from a box of the head and, where it is known, one of the nose.

The whole face is crown or brow to chin and cheek to cheek, as the head box: ears reach beyond it by an
amount that no head box tells, so a reader that looks at ears widens its crop. The T-zone is the eyes with
the brow above and the bridge of the nose between them, down to the nose; the lower part the muzzle with
the nose, mouth, chin and beard.

Coordinates are those of the head box: 0 is its left or top edge, 1 its right or bottom.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.facetype.face import Part
from shared.geometry import Box


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """One edge of a part: ``constant`` plus, where a nose is known, shares of where it lies.

    ``along`` multiplies how far the nose's centre lies from :data:`USUAL_NOSE` on the edge's own axis;
    ``extent`` how much the nose's size on that axis differs from the usual.
    """

    constant: float
    along: float = 0.0
    extent: float = 0.0


USUAL_NOSE = (0.5, 0.62)
"""Centre x and y of a nose in a head box."""
USUAL_NOSE_SIZE = (0.26, 0.20)
"""Its width and height there."""
RULES: Mapping[Part, tuple[EdgeRule, EdgeRule, EdgeRule, EdgeRule]] = {
    Part.WHOLE: (EdgeRule(0.0), EdgeRule(0.0), EdgeRule(1.0), EdgeRule(1.0)),
    Part.T_ZONE: (EdgeRule(0.12, 0.3), EdgeRule(0.10, 0.4), EdgeRule(0.88, 0.3), EdgeRule(0.56, 1.0)),
    Part.LOWER: (EdgeRule(0.18, 0.7), EdgeRule(0.48, 0.8), EdgeRule(0.82, 0.7), EdgeRule(1.0)),
}
"""Per part: x_min, y_min, x_max, y_max."""


def parts_of(head: Box, nose: Box | None = None) -> dict[Part, Box]:
    """Boxes of the parts of the face in a head box, clipped to the picture.

    Args:
        head: brow to chin, without the tips of the ears.
        nose: the bare leather of the nose, when it was found in this head.
    """
    width, height = head.x_max - head.x_min, head.y_max - head.y_min
    shift, growth = (0.0, 0.0), (0.0, 0.0)
    if nose is not None:
        shift = (
            ((nose.x_min + nose.x_max) / 2 - head.x_min) / width - USUAL_NOSE[0],
            ((nose.y_min + nose.y_max) / 2 - head.y_min) / height - USUAL_NOSE[1],
        )
        growth = (
            (nose.x_max - nose.x_min) / width - USUAL_NOSE_SIZE[0],
            (nose.y_max - nose.y_min) / height - USUAL_NOSE_SIZE[1],
        )
    parts = {}
    for part, rules in RULES.items():
        edges = []
        for index, rule in enumerate(rules):
            axis = index % 2
            place = rule.constant + rule.along * shift[axis] + rule.extent * growth[axis]
            start, length = ((head.x_min, width), (head.y_min, height))[axis]
            edges.append(min(max(start + place * length, 0.0), 1.0))
        parts[part] = Box(*edges) if edges[0] < edges[2] and edges[1] < edges[3] else head
    return parts
