"""Settings from files, as containers get their secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.secret_files import read_secrets


def test_files_named_like_variables_become_variables(tmp_path: Path) -> None:
    (tmp_path / "DATABASE_URL").write_text("postgresql://user:pass@host/name\n")
    (tmp_path / "ADMIN_KEY").write_text("  with spaces  ")
    environment: dict[str, str] = {}
    assert read_secrets(tmp_path, environment) == ["ADMIN_KEY", "DATABASE_URL"]
    assert environment == {
        "DATABASE_URL": "postgresql://user:pass@host/name",
        "ADMIN_KEY": "  with spaces  ",
    }


def test_other_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "noseprint-keys.json").write_text("{}")
    (tmp_path / "kubernetes.io").mkdir()
    (tmp_path / "FOLDER").mkdir()
    environment: dict[str, str] = {}
    assert read_secrets(tmp_path, environment) == []
    assert environment == {}


def test_the_environment_stands(tmp_path: Path) -> None:
    (tmp_path / "ADMIN_KEY").write_text("from the file")
    environment = {"ADMIN_KEY": "from the environment"}
    assert read_secrets(tmp_path, environment) == []
    assert environment["ADMIN_KEY"] == "from the environment"


def test_links_are_followed_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "ADMIN_KEY").write_text("linked")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "ADMIN_KEY").symlink_to("..data/ADMIN_KEY")
    environment: dict[str, str] = {}
    read_secrets(tmp_path, environment)
    assert environment == {"ADMIN_KEY": "linked"}


def test_no_folder_is_no_secrets(tmp_path: Path) -> None:
    assert read_secrets(tmp_path / "none", {}) == []


def test_what_is_no_text_is_refused_without_showing_it(tmp_path: Path) -> None:
    (tmp_path / "ADMIN_KEY").write_bytes(b"secret\xff")
    with pytest.raises(ValueError, match="ADMIN_KEY is not text") as failed:
        read_secrets(tmp_path, {})
    assert "secret" not in str(failed.value).replace("test_what", "")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.secret_files", *words],
        env={**os.environ, "SECRETS_DIR": str(folder), "PYTHONPATH": str(folder)},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_module_sees_the_secret_and_its_arguments_and_its_end_counts(tmp_path: Path) -> None:
    (tmp_path / "ADMIN_KEY").write_text("0123456789abcdef\n")
    (tmp_path / "showing.py").write_text(
        "import os, sys\nfrom pathlib import Path\n"
        "print(os.environ['ADMIN_KEY'], sys.argv[1:], __name__)\n"
        "print('0123456789abcdef' in Path('/proc/self/environ').read_text())\n"
        "sys.exit(3)\n"
    )
    done = run(tmp_path, "showing", "--flag", "x")
    assert done.stdout.splitlines()[0] == "0123456789abcdef ['--flag', 'x'] __main__", done.stderr
    assert done.returncode == 3
    if sys.platform == "linux":
        assert done.stdout.splitlines()[1] == "False", "the secret shows in the process's environment"


def test_the_gateways_settings_read_them(tmp_path: Path) -> None:
    (tmp_path / "ADMIN_KEY").write_text("0123456789abcdef\n")
    (tmp_path / "showing.py").write_text(
        "from gateway.settings import GatewaySettings\n"
        "print(GatewaySettings().admin_key.get_secret_value())\n"
    )
    done = run(tmp_path, "showing")
    assert done.stdout.strip() == "0123456789abcdef", done.stderr


def test_without_a_module_it_says_how_to_use_it(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "usage" in done.stderr
