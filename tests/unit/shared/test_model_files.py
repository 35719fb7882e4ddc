"""Weights that are not those that were released are not loaded."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import shared.model_files
from shared.model_files import (
    SUMS_FILE,
    ModelFileError,
    check_model_file,
    model_folders,
    read_sums,
    renew_sums,
    sha256,
    write_sums,
)
from shared.onnx_session import OnnxSession
from tests.unit.shared.test_onnx_session import NETWORK

SERVICES = Path(__file__).resolve().parents[3] / "services"
FOLDERS = model_folders(SERVICES)
WITH_SUMS = [folder for folder in FOLDERS if (folder / SUMS_FILE).exists()]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "network.onnx"
    path.write_bytes(NETWORK)
    write_sums(tmp_path)
    return path


def test_what_training_writes_is_listed_again(model: Path) -> None:
    (model.parent / "scoring.json").write_text("{}")
    write_sums(model.parent)
    model.write_bytes(NETWORK + b" ")
    with pytest.raises(ModelFileError):
        check_model_file(model)
    renew_sums(model)
    check_model_file(model)
    check_model_file(model.parent / "scoring.json")


def test_a_folder_without_sums_stays_without(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(NETWORK)
    renew_sums(path)
    assert not (tmp_path / SUMS_FILE).exists()


@pytest.mark.parametrize("folder", WITH_SUMS, ids=lambda folder: folder.parent.name)
def test_the_sums_that_ship_are_current(folder: Path) -> None:
    files = {path.name for path in folder.iterdir() if path.suffix in {".onnx", ".json"}}
    assert read_sums(folder / SUMS_FILE) == {name: sha256(folder / name) for name in files}, (
        "after a change of weights: make model-hashes"
    )


def test_the_models_of_three_services_have_sums() -> None:
    assert {folder.parent.name for folder in WITH_SUMS} >= {"traits", "facecolor", "noseprint"}


def test_the_sums_are_those_of_sha256sum(model: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", SUMS_FILE], cwd=model.parent, check=True)


def test_the_released_file_is_loaded(model: Path) -> None:
    assert OnnxSession(model).input_names == ["a", "b"]


def test_one_flipped_bit_is_refused_before_loading(model: Path) -> None:
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    with pytest.raises(
        ModelFileError, match=r"network\.onnx is not the file that SHA256SUMS names.*model-hashes"
    ):
        OnnxSession(model)


def test_a_file_that_is_not_listed_is_refused(model: Path) -> None:
    other = model.with_name("other.onnx")
    shutil.copy(model, other)
    with pytest.raises(ModelFileError, match=r"other\.onnx is not listed"):
        check_model_file(other)


@pytest.mark.parametrize(
    "line", ["abc  network.onnx", "g" * 64 + "  network.onnx", "a" * 64 + "  ", "a" * 64]
)
def test_sums_that_are_none_are_refused(model: Path, line: str) -> None:
    (model.parent / SUMS_FILE).write_text(line + "\n")
    with pytest.raises(ModelFileError, match="line 1"):
        check_model_file(model)


def test_without_sums_there_is_one_warning_a_folder(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (model.parent / SUMS_FILE).unlink()
    said: list[tuple[str, str]] = []

    class Log:
        def warning(self, event: str, *, folder: str, hint: str) -> None:
            said.append((event, folder))

    monkeypatch.setattr(shared.model_files, "log", Log())
    check_model_file(model)
    check_model_file(model)
    assert said == [("model_files_unchecked", str(model.parent))]


def test_what_a_model_is_read_from_is_listed_and_nothing_else(model: Path) -> None:
    folder = model.parent
    (folder / "scoring.json").write_text(json.dumps({"a": 1}))
    (folder / "README.md").write_text("a card")
    assert sorted(read_sums(write_sums(folder))) == ["network.onnx", "scoring.json"]


def test_a_folder_without_models_has_no_sums(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model files"):
        write_sums(tmp_path)
