from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from services.facetype.evaluation.drawing import draw_confusion


def test_a_matrix_shows_counts_and_shares_of_each_row(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "types.svg"
    counts = np.array([[3, 1], [0, 7]])
    draw_confusion(counts, ["Flat & short", "Long"], "Title", "what was measured", path)
    drawn = ElementTree.parse(path)  # noqa: S314 (our own file)
    words = [element.text for element in drawn.iter() if element.tag.endswith("text")]
    assert words.count("Flat & short") == 2
    assert {"75 %", "25 %", "0 %", "100 %", "3", "1", "0", "7", "Title", "what was measured"} <= set(words)


def test_a_class_without_photos_divides_by_nothing(tmp_path: Path) -> None:
    draw_confusion(np.zeros((2, 2), np.int64), ["a", "b"], "t", "s", tmp_path / "empty.svg")
    assert "0 %" in (tmp_path / "empty.svg").read_text()
