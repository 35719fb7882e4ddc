"""The command that scores anyone's pairs."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm")

from services.noseprint import evaluate
from services.noseprint.synthesis.individual import grow_individual
from services.noseprint.synthesis.photographs import take_photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cropped noses of three individuals, two photos each, and files that are no pictures."""
    path = tmp_path_factory.mktemp("pairs")
    for number in range(3):
        individual = grow_individual(55, number)
        for view in range(2):
            photo = take_photo(individual, 55, number, view, 0.3)
            left, top, right, bottom = photo.box.pixels(photo.image.shape[1], photo.image.shape[0])
            cv2.imwrite(str(path / f"{number}_{view}.png"), photo.image[top:bottom, left:right, ::-1])
    (path / "broken.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(path / "grey.png"), np.full((300, 300, 3), 90, np.uint8))
    rows = ["image_a,image_b,same"]
    rows += [f"{n}_0.png,{n}_1.png,1" for n in range(3)]
    rows += [f"{n}_0.png,{(n + 1) % 3}_1.png,0" for n in range(3)]
    rows += ["0_0.png,broken.jpg,1", "absent.png,1_0.png,0"]
    (path / "pairs.csv").write_text("\n".join(rows) + "\n")
    return path


def run(*arguments: str) -> int:
    return evaluate.main(list(arguments))


def test_every_row_is_written_and_the_figures_printed(folder: Path, capsys: pytest.CaptureFixture[str]):
    out = folder / "scores.csv"
    assert run(str(folder / "pairs.csv"), "--out", str(out), "--cropped") == 0
    rows = list(csv.DictReader(out.open()))
    assert len(rows) == 8
    assert [row["image_a"] for row in rows[:2]] == ["0_0.png", "1_0.png"]
    for row in rows[:6]:
        assert -1 <= float(row["embedding"]) <= 1
        assert 0 <= float(row["local"]) <= 1
        assert 0 < float(row["probability"]) < 1
    assert min(float(row["probability"]) for row in rows[:3]) > max(
        float(row["probability"]) for row in rows[3:6]
    )
    assert rows[6]["probability"] == rows[7]["probability"] == ""
    assert "NOT_AN_IMAGE" in rows[6]["problem"]
    assert "cannot be read" in rows[7]["problem"]
    printed = capsys.readouterr()
    assert "6 of 8 rows scored" in printed.out
    assert "AUC" in printed.out
    assert "TAR@0.1%" in printed.out
    assert "broken.jpg" in printed.err


def test_a_picture_without_a_nose_is_reported(folder: Path):
    pairs, out = folder / "noseless.csv", folder / "noseless_scores.csv"
    pairs.write_text("image_a,image_b,same\ngrey.png,grey.png,1\n")
    assert run(str(pairs), "--out", str(out)) == 1
    (row,) = csv.DictReader(out.open())
    assert "NO_NOSE_FOUND" in row["problem"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "no column image_a, image_b, same"),
        ("image_a,image_b,same\nx,y,perhaps\n", "line 2"),
        ("image_a,image_b,same\n", "no rows"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
):
    (tmp_path / "pairs.csv").write_text(content)
    assert run(str(tmp_path / "pairs.csv"), "--out", str(tmp_path / "out.csv")) == 2
    assert said in capsys.readouterr().err


def test_an_absent_file_is_an_error_not_a_crash(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(str(tmp_path / "absent.csv"), "--out", str(tmp_path / "out.csv")) == 2
    assert "absent.csv" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["a.csv", "--real"], ["a.csv"]])
def test_unclear_commands_are_refused(arguments: list[str]):
    with pytest.raises(SystemExit):
        run(*arguments)
