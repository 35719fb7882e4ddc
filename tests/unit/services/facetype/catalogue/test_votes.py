import csv
from pathlib import Path

import pytest

from services.facetype.catalogue import Catalogue, CatalogueError, load_catalogue
from services.facetype.catalogue.__main__ import main
from services.facetype.catalogue.votes import elect, read_votes, shares
from services.facetype.face import Part
from tests.unit.services.facetype.catalogue.catalogues import written

HEADER = "photo,part,label,votes\n"


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(written(tmp_path / "shapes"))


def survey(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_most_votes_win(tmp_path: Path, catalogue: Catalogue) -> None:
    lines = "a.jpg,whole,frown,3\na.jpg,whole,round_smile,4\nb.jpg,whole,frown,1\n"
    winners, ties = elect(read_votes(survey(tmp_path, HEADER + lines), catalogue))
    assert [(w.photo, w.label, w.votes, w.cast) for w in winners] == [
        ("a.jpg", "round_smile", 4, 7),
        ("b.jpg", "frown", 1, 1),
    ]
    assert not ties
    assert shares(winners, catalogue) == {Part.WHOLE: {"round_smile": 0.5, "square_smile": 0.0, "frown": 0.5}}


def test_votes_for_types_that_a_part_cannot_tell_apart_add_up(tmp_path: Path, catalogue: Catalogue) -> None:
    lines = "a.jpg,lower,round_smile,2\na.jpg,lower,square_smile,2\na.jpg,lower,frown,3\n"
    winners, _ = elect(read_votes(survey(tmp_path, HEADER + lines), catalogue))
    assert [(w.label, w.votes) for w in winners] == [("round_smile_or_square_smile", 4)]


@pytest.mark.parametrize("votes", [2, 0])
def test_a_tie_wins_nothing_and_is_named(
    tmp_path: Path, catalogue: Catalogue, capsys: pytest.CaptureFixture[str], votes: int
) -> None:
    lines = f"a.jpg,whole,frown,{votes}\na.jpg,whole,round_smile,{votes}\nb.jpg,whole,frown,1\n"
    out = tmp_path / "labels.csv"
    command = ["--catalogue", str(catalogue.folder), "import", str(survey(tmp_path, HEADER + lines))]
    assert main([*command, "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert f"a.jpg, whole: frown and round_smile tie with {votes} votes each" in told.err
    assert "1 labels" in told.out
    assert "whole: round_smile 0.0 %, square_smile 0.0 %, frown 100.0 %" in told.out
    with out.open(newline="") as written_labels:
        assert list(csv.DictReader(written_labels)) == [
            {"photo": "b.jpg", "part": "whole", "label": "frown", "votes": "1", "cast": "1"}
        ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "a.jpg,whole,grin,1",
            "label: 'grin' is unknown to shapes-1; whole has round_smile, square_smile, frown",
        ),
        ("a.jpg,ear,frown,1", "part: 'ear' is none; parts are whole, t_zone, lower"),
        ("a.jpg,whole,frown,many", "votes: 'many' is not a whole number"),
        ("a.jpg,whole,frown,-1", "votes: '-1'"),
        ("a.jpg,whole,frown,٣", "votes: '٣'"),
        (",whole,frown,1", "photo: empty"),
        ("a.jpg,whole", "label: '' is unknown"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(
    tmp_path: Path, catalogue: Catalogue, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    path = survey(tmp_path, f"{HEADER}b.jpg,whole,frown,1\n{line}\n")
    out = tmp_path / "labels.csv"
    assert main(["--catalogue", str(catalogue.folder), "import", str(path), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert f"{path}, line 3: " in error
    assert told in error
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"photo,label\na,b\n", "column part, votes missing"),
        (b"", "column photo, part, label, votes missing"),
        (b"\xff\xfe\x00", "not a CSV file in UTF-8"),
    ],
)
def test_a_file_that_is_no_survey_is_named(
    tmp_path: Path, catalogue: Catalogue, content: bytes, told: str
) -> None:
    path = tmp_path / "votes.csv"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=told):
        read_votes(path, catalogue)


def test_check_describes_a_catalogue(catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--catalogue", str(catalogue.folder), "check"]) == 0
    told = capsys.readouterr().out
    assert "shapes-1: 3 types of drawings; no consent needed" in told
    assert "lower shows mouth: round_smile_or_square_smile, frown" in told
    assert "types.onnx: missing" in told


def test_check_of_a_folder_without_catalogue_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--catalogue", str(tmp_path), "check"]) == 2
    assert "catalogue.yaml: cannot be read" in capsys.readouterr().err
