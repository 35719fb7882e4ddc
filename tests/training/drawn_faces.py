"""A second subject for the face types: faces of three shapes, drawn, with a catalogue of their own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from services.facetype.face import Part
from services.facetype.training.coco import IMAGES, CocoPicture, LabelledPart, write_coco
from shared.geometry import Box
from shared.training.dataset import Split, split_of

SIDE = 160
Drawing = NDArray[np.uint8]


@dataclass(frozen=True)
class Looks:
    """What a type of drawn face looks like."""

    outline: str
    eyes: str
    mouth: str


TYPES = {
    "moon": Looks("round", "dots", "smile"),
    "robot": Looks("square", "bars", "smile"),
    "kite": Looks("pointed", "bars", "frown"),
}
SHOWN = {"whole": ["outline", "eyes", "mouth"], "t_zone": ["eyes"], "lower": ["mouth"]}


def catalogue_document() -> dict[str, Any]:
    """The ``catalogue.yaml`` of the drawn faces."""
    types = [
        {
            "id": name,
            "attributes": {"outline": [looks.outline], "eyes": [looks.eyes], "mouth": [looks.mouth]},
            "name": {"en": name.capitalize(), "ko": name},
            "description": {"en": "One line.\n\nAnother line.", "ko": "한 줄.\n\n또 한 줄."},
        }
        for name, looks in TYPES.items()
    ]
    return {
        "id": "drawn",
        "version": "1",
        "subject": "drawings",
        "attributes": {
            "outline": ["round", "square", "pointed"],
            "eyes": ["dots", "bars"],
            "mouth": ["smile", "frown"],
        },
        "parts": SHOWN,
        "types": types,
    }


def lenient_gate() -> dict[str, Any]:
    """A ``gate.json`` that asks for one face and little else: these faces are never turned or cut."""
    never = {"offset": -20.0, "weights": {}, "threshold": 0.5}
    return {
        "face_confidence": 0.3,
        "face_probability": 0.3,
        "other_confidence": 0.5,
        "other_share": 0.3,
        "side_px": 20,
        "cut": never,
        "turned": never,
    }


def paper(rng: np.random.Generator) -> Drawing:
    """An empty sheet with some grain and a few strokes."""
    sheet = np.full((SIDE, SIDE, 3), rng.integers(200, 250, 3), np.uint8)
    for _ in range(4):
        start, end = ((int(v) for v in rng.integers(0, SIDE, 2)) for _ in range(2))
        cv2.line(sheet, tuple(start), tuple(end), [int(v) for v in rng.integers(120, 200, 3)], 1)
    grain = rng.integers(-8, 9, sheet.shape)
    return np.clip(sheet + grain, 0, 255).astype(np.uint8)


def draw_face(type_id: str, rng: np.random.Generator) -> tuple[Drawing, dict[Part, Box]]:
    """A face of that type on a sheet, with the boxes of its parts."""
    sheet, looks = paper(rng), TYPES[type_id]
    r = int(rng.integers(34, 52))
    x, y = (int(v) for v in rng.integers(r + 14, SIDE - r - 14, 2))
    skin, ink = [int(v) for v in rng.integers(90, 200, 3)], (20, 20, 20)
    if looks.outline == "round":
        cv2.circle(sheet, (x, y), r, skin, -1)
    elif looks.outline == "square":
        cv2.rectangle(sheet, (x - r, y - r), (x + r, y + r), skin, -1)
    else:
        corners = np.array([[x, y - r - 8], [x + r, y], [x, y + r + 8], [x - r, y]])
        cv2.fillPoly(sheet, [corners], skin)
    apart, up = round(r * 0.3), round(r * 0.22)
    for side in (-apart, apart):
        if looks.eyes == "dots":
            cv2.circle(sheet, (x + side, y - up), max(r // 8, 3), ink, -1)
        else:
            cv2.line(sheet, (x + side - r // 7, y - up), (x + side + r // 7, y - up), ink, 4)
    down = round(r * 0.32)
    middle = (x, y + down + (0 if looks.mouth == "smile" else r // 5))
    turn = (0, 180) if looks.mouth == "smile" else (180, 360)
    cv2.ellipse(sheet, middle, (round(r * 0.32), r // 5), 0, *turn, ink, 3)

    def box(left: float, top: float, right: float, bottom: float) -> Box:
        return Box(*(float(np.clip(edge / SIDE, 0, 1)) for edge in (left, top, right, bottom)))

    tall = r + (8 if looks.outline == "pointed" else 0)
    return sheet, {
        Part.WHOLE: box(x - r, y - tall, x + r, y + tall),
        Part.T_ZONE: box(x - r * 0.6, y - r * 0.5, x + r * 0.6, y + r * 0.05),
        Part.LOWER: box(x - r * 0.5, y + r * 0.1, x + r * 0.5, y + r * 0.75),
    }


def label_of(type_id: str, part: Part) -> str:
    """The label of a part as a person would write it: the types that look the same on it, joined."""
    own = [getattr(TYPES[type_id], name) for name in SHOWN[part]]
    same = [t for t, looks in TYPES.items() if [getattr(looks, name) for name in SHOWN[part]] == own]
    return "_or_".join(same)


def write_drawings(folder: Path, count: int, seed: int = 0) -> None:
    """A COCO folder of ``count`` faces and a quarter as many empty sheets."""
    (folder / IMAGES).mkdir(parents=True)
    rng = np.random.default_rng(seed)
    pictures = []
    # Names whose split is not validation: nobody would see those.
    names = (f"drawn_{number}" for number in range(10 * count))
    usable = [name for name in names if split_of(name) is not Split.VALIDATION][: count + count // 4]
    for number, name in enumerate(usable):
        path = folder / IMAGES / f"{name}.png"
        if number < count:
            type_id = list(TYPES)[number % len(TYPES)]
            sheet, boxes = draw_face(type_id, rng)
            parts = tuple(LabelledPart(label_of(type_id, part), part, box) for part, box in boxes.items())
        else:
            sheet, parts = paper(rng), ()
        cv2.imwrite(str(path), sheet[..., ::-1])
        pictures.append(CocoPicture(path, SIDE, SIDE, parts))
    write_coco(folder, pictures)


def write_catalogue(folder: Path) -> None:
    """The catalogue's folder, without its networks."""
    folder.mkdir(parents=True)
    text = yaml.safe_dump(catalogue_document(), allow_unicode=True)
    (folder / "catalogue.yaml").write_text(text, encoding="utf-8")
    (folder / "gate.json").write_text(json.dumps(lenient_gate()))
    picture = paper(np.random.default_rng(0))
    for type_id in TYPES:
        gallery = folder / "gallery" / type_id
        gallery.mkdir(parents=True)
        for number in range(4):
            sheet, _ = draw_face(type_id, np.random.default_rng(number))
            cv2.imwrite(str(gallery / f"{number}.png"), sheet)
    (folder / "examples").mkdir()
    cv2.imwrite(str(folder / "examples" / "no_face.png"), picture)
