"""The command that writes sets: resumable, and careful with what it finds."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm")

from services.noseprint.synthesis.__main__ import main
from services.noseprint.synthesis.sets import NOTES_FILE, aligned_views, read_set, write_set


def test_a_set_holds_the_aligned_views(tmp_path: Path):
    main(["--out", str(tmp_path), "--individuals", "2", "--views", "2", "--seed", "5"])
    noses = read_set(tmp_path)
    assert noses.shape == (2, 2, 192, 224)
    assert np.array_equal(noses[1], aligned_views(5, 1, 2, 1.0))


def test_an_interrupted_run_goes_on(tmp_path: Path):
    whole = np.array(write_set(tmp_path, 5, 2, 1))
    notes = json.loads((tmp_path / NOTES_FILE).read_text())
    (tmp_path / NOTES_FILE).write_text(json.dumps(notes | {"done": 1}))
    with pytest.raises(ValueError, match="unfinished"):
        read_set(tmp_path)
    assert np.array_equal(write_set(tmp_path, 5, 2, 1), whole)


def test_another_set_is_not_overwritten(tmp_path: Path):
    write_set(tmp_path, 5, 1, 1)
    with pytest.raises(ValueError, match="another set"):
        write_set(tmp_path, 6, 1, 1)


def test_several_processes_write_the_same_set(tmp_path: Path):
    alone = np.array(write_set(tmp_path / "alone", 5, 3, 1))
    assert np.array_equal(write_set(tmp_path / "two", 5, 3, 1, processes=2), alone)
