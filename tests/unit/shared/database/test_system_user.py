"""Who PostgreSQL runs as, and how it gets to its files."""

import os
import stat
from pathlib import Path

import pytest

from shared.database.system_user import SystemUser, open_the_way, user_for

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="root only")


@pytest.mark.skipif(os.geteuid() == 0, reason="not for root")
def test_whoever_starts_it(tmp_path: Path) -> None:
    assert user_for(tmp_path) == SystemUser(os.geteuid(), os.getegid())
    assert not user_for(tmp_path).is_other


@AS_ROOT
def test_root_leaves_it_to_another(tmp_path: Path) -> None:
    assert user_for(tmp_path / "none").uid != 0
    assert user_for(tmp_path / "none").is_other


@AS_ROOT
def test_the_owner_of_the_data_stays_its_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 4321, 1234)
    assert user_for(tmp_path) == SystemUser(4321, 1234)


@AS_ROOT
def test_only_the_right_to_pass_is_added_and_only_where_it_is_missing(tmp_path: Path) -> None:
    closed, opened = tmp_path / "closed", tmp_path / "closed" / "open"
    opened.mkdir(parents=True)
    closed.chmod(0o700)
    opened.chmod(0o711)
    tmp_path.chmod(0o755)
    changed = open_the_way(opened / "data", SystemUser(4321, 4321))
    assert closed in changed
    assert opened not in changed
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert open_the_way(opened / "data", SystemUser(os.geteuid(), os.getegid())) == []
