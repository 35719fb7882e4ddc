"""What the gate measures on a face that the detector found."""

import math

from services.facetype.face import DetectedPart, Part
from services.facetype.part_detection import FoundFace
from shared.geometry import Box

FAR_FROM_EDGE = 0.25
"""Gaps to the edge of the photo count up to this share of the face's side."""

MOST_LOGIT = 8.0
"""What a look says counts up to this."""


def logit(probability: float) -> float:
    """Log odds, clipped to about ±7."""
    clear = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(clear / (1 - clear))


def _gap(distance: float, side: float) -> float:
    return min(max(distance / side, 0.0), FAR_FROM_EDGE) / FAR_FROM_EDGE


def _part_measures(name: str, face: Box, part: DetectedPart | None) -> dict[str, float]:
    """Where a part lies in its face, in coordinates of the face; the usual place where it was not found."""
    if part is None:
        return {
            f"{name}_found": 0.0,
            f"{name}_logit": logit(0.0),
            f"{name}_aside": 0.0,
            f"{name}_down": 0.5,
            f"{name}_width": 0.7,
            f"{name}_height": 0.45,
        }
    width, height = face.x_max - face.x_min, face.y_max - face.y_min
    across = ((part.box.x_min + part.box.x_max) / 2 - face.x_min) / width
    return {
        f"{name}_found": 1.0,
        f"{name}_logit": logit(part.confidence),
        f"{name}_aside": abs(across - 0.5),
        f"{name}_down": ((part.box.y_min + part.box.y_max) / 2 - face.y_min) / height,
        f"{name}_width": (part.box.x_max - part.box.x_min) / width,
        f"{name}_height": (part.box.y_max - part.box.y_min) / height,
    }


def measures_of(width: int, height: int, face: FoundFace | None) -> dict[str, float]:
    """The measures of a face by name; all zero without a face.

    Args:
        width: of the photo in pixels.
        height: the same.
    """
    if face is None:
        any_face = FoundFace(Box(0.25, 0.25, 0.75, 0.75), 0.5, 0.5)  # for the names of the measures only
        return dict.fromkeys(measures_of(width, height, any_face), 0.0)
    box = face.box
    across, down = (box.x_max - box.x_min) * width, (box.y_max - box.y_min) * height
    side = math.sqrt(across * down)
    left, right = _gap(box.x_min * width, side), _gap((1 - box.x_max) * width, side)
    top, bottom = _gap(box.y_min * height, side), _gap((1 - box.y_max) * height, side)
    t_zone, lower = face.parts.get(Part.T_ZONE), face.parts.get(Part.LOWER)
    t_measures, lower_measures = _part_measures("t", box, t_zone), _part_measures("lower", box, lower)
    apart = 0.0
    if t_zone is not None and lower is not None:
        apart = abs((t_zone.box.x_min + t_zone.box.x_max - lower.box.x_min - lower.box.x_max) / 2)
        apart *= width / across
    return {
        "side_px": min(across, down),
        "whole_logit": logit(face.whole),
        "cut_logit": logit(face.cut),
        "oblong": abs(math.log(across / down)),
        "wide": math.log(across / down),
        "touches": float(min(left, right, top, bottom) < 0.08),
        "gap_side": min(left, right),
        "gap_top": top,
        "gap_bottom": bottom,
        "apart": apart,
        "look_cut": min(max(face.look.cut, -MOST_LOGIT), MOST_LOGIT),
        "look_turned": min(max(face.look.turned, -MOST_LOGIT), MOST_LOGIT),
        **t_measures,
        **lower_measures,
    }
