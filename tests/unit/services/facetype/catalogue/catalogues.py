"""A small catalogue to try things on."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

WORDS = {"en": "A name", "ko": "이름"}
SHAPES: dict[str, Any] = {
    "id": "shapes",
    "version": "1",
    "subject": "drawings",
    "attributes": {"outline": ["round", "square"], "mouth": ["smile", "frown"]},
    "parts": {"whole": ["outline", "mouth"], "t_zone": ["outline"], "lower": ["mouth"]},
    "types": [
        {
            "id": "round_smile",
            "attributes": {"outline": ["round"], "mouth": ["smile"]},
            "name": WORDS,
            "description": WORDS,
        },
        {
            "id": "square_smile",
            "attributes": {"outline": ["square"], "mouth": ["smile"]},
            "name": WORDS,
            "description": WORDS,
        },
        {
            "id": "frown",
            "attributes": {"mouth": ["frown"]},
            "name": WORDS,
            "description": WORDS,
        },
    ],
}


def written(folder: Path, **changes: Any) -> Path:
    """Write the catalogue of shapes with some fields changed; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {**deepcopy(SHAPES), **changes}
    (folder / "catalogue.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return folder
