"""The command that applies migrations before a rollout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.database.migrate import read_folders
from shared.database.pool import connect

REPOSITORY = Path(__file__).resolve().parents[4]


def run(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.database.migrate", *words],
        env={**os.environ, "DATABASE_URL": url},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_it_applies_what_is_missing_once(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_dogs.sql").write_text("CREATE TABLE dogs (name text)")
    first = run(database_url, f"noses={tmp_path}", f"faces={tmp_path}")
    assert first.stdout.splitlines() == ["noses: 0001_dogs.sql", "faces: 0001_dogs.sql"], first.stderr
    assert run(database_url, f"noses={tmp_path}").stdout == "noses: nothing to apply\n"
    connection = await connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM faces.dogs") == 0
    await connection.close()


async def test_a_migration_that_fails_ends_it_with_its_name(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_bad.sql").write_text("SELECT * FROM nowhere")
    done = run(database_url, f"noses={tmp_path}")
    assert done.returncode == 1
    assert "0001_bad.sql" in done.stderr


def test_without_an_address_it_says_so() -> None:
    done = run("", f"noses={REPOSITORY}")
    assert done.returncode == 1
    assert "DATABASE_URL is not set" in done.stderr


@pytest.mark.parametrize("word", ["noses", "=folder", "noses=", "noses=/nonexistent"])
def test_words_that_name_no_folder_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"folder|SCHEMA=FOLDER"):
        read_folders([word])
