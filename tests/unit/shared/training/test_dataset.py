"""The one split by photo."""

from collections import Counter
from pathlib import Path

import pytest

from shared.training.dataset import Split, data_folder, photo_key, split_of


@pytest.mark.parametrize(
    "copy",
    [
        "n02085620_10074.webp",
        "stanford_dogs_500/n02085620_10074.webp",
        "n02085620_10074__aug2.jpg",
        Path("/data/nose_boxes/n02085620_10074__1.png"),
    ],
)
def test_copies_of_a_photo_share_its_key_and_its_side(copy: str | Path) -> None:
    assert photo_key(copy) == "n02085620_10074"
    assert split_of(copy) is split_of("n02085620_10074.jpg")


def test_shares_are_as_documented() -> None:
    counts = Counter(split_of(f"photo_{number}.jpg") for number in range(20_000))
    assert counts[Split.VALIDATION] / 20_000 == pytest.approx(0.15, abs=0.01)
    assert counts[Split.DEV] / 20_000 == pytest.approx(0.05, abs=0.01)


def test_the_split_never_changes() -> None:
    # Weights that ship were trained by it: a photo that changed sides would be seen in training.
    sides = "".join(split_of(f"n{number}.webp").value[0] for number in range(40))
    assert sides == "ttttttvtttdttttdttvvtvttttvtttvtdttttttt"


def test_the_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAWTRAIT_DATA", str(tmp_path))
    assert data_folder() == tmp_path
