"""The table of what came of each dog, on a disk that is full."""

from pathlib import Path

import pytest

from services.noseprint.jobs.enrol import RESULTS, Outcome, read_results, write_result
from tests.small_disk import small_disk


def test_a_row_that_finds_no_room_is_not_half_there(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        write_result(disk.folder, Outcome("first", "registered", "20261120143015-K-5678", "token"))
        before = (disk.folder / RESULTS).read_bytes()
        disk.fill()
        for _ in range(2):
            with pytest.raises(OSError, match="No space"):
                write_result(disk.folder, Outcome("x" * 5000, "registered"))
            assert (disk.folder / RESULTS).read_bytes() == before
        disk.free_again()
        write_result(disk.folder, Outcome("second", "NO_NOSE_FOUND"))
        assert [row["folder"] for row in read_results(disk.folder)] == ["first", "second"]
