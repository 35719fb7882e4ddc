from pathlib import Path

import pytest

from services.facetype.evaluation.photos import contradicts, read_ears


@pytest.mark.parametrize(
    ("ears", "allowed", "contradicted"),
    [
        ("prick", ["drop"], True),
        ("drop", ["drop"], False),
        (None, ["drop"], False),
        ("prick", [], False),
        ("prick", ["prick", "drop"], False),
    ],
)
def test_ears_contradict_a_type_that_has_others(
    ears: str | None, allowed: list[str], contradicted: bool
) -> None:
    assert contradicts(ears, allowed) is contradicted


def test_ears_that_cannot_be_seen_are_no_label(tmp_path: Path) -> None:
    path = tmp_path / "trait_labels.csv"
    path.write_text("file,ear,fur\na.webp,up,short\nb.webp,x,short\nc.webp,down,long\n")
    assert read_ears(path) == {"a.webp": "prick", "c.webp": "drop"}
    assert read_ears(tmp_path / "nothing.csv") == {}
