"""Files of models are what they were when they were released: checked by SHA-256 before they are loaded.

A model folder may hold ``SHA256SUMS`` as ``sha256sum`` writes it. Training commands keep it up to date with
what they write; ``python -m shared.model_files FOLDER …`` (``make model-hashes``) writes it again after
weights were changed on purpose in another way.
"""

import argparse
import hashlib
import hmac
import threading
from pathlib import Path

from shared.telemetry import get_logger

SUMS_FILE = "SHA256SUMS"

_SUFFIXES = frozenset({".onnx", ".json"})
_PIECE = 1 << 20

log = get_logger(__name__)
_warned: set[Path] = set()
_warning = threading.Lock()


class ModelFileError(OSError):
    """A model file is not the one that was released."""


def check_model_file(path: Path) -> None:
    """Return when the sums beside ``path`` name its content; without sums, once a folder, log a warning.

    Raises:
        ModelFileError: the content differs, the file is not listed, or the sums cannot be read.
        FileNotFoundError: there is no such file.
    """
    sums = path.parent / SUMS_FILE
    if not sums.is_file():
        _warn_once(path.parent)
        return
    expected = read_sums(sums).get(path.name)
    if expected is None:
        raise ModelFileError(
            f"{path.name} is not listed in {sums}; after a change on purpose: make model-hashes"
        )
    found = sha256(path)
    if not hmac.compare_digest(found, expected):
        raise ModelFileError(
            f"{path} is not the file that {sums.name} names"
            f" (SHA-256 {found[:12]}…, expected {expected[:12]}…); after a change on purpose: make"
            " model-hashes"
        )


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def read_sums(path: Path) -> dict[str, str]:
    """SHA-256 by file name.

    Raises:
        ModelFileError: it is not a file of sums.
    """
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        digest, gap, name = line[:64], line[64:66], line[66:]
        if gap not in ("  ", " *") or not name or set(digest) - set("0123456789abcdef"):
            raise ModelFileError(f"{path}: line {number} is not a SHA-256 and a name")
        sums[name] = digest
    return sums


def write_sums(folder: Path) -> Path:
    """Write the sums of everything in ``folder`` that a model is read from; where.

    Raises:
        FileNotFoundError: there is nothing of that kind.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
    if not files:
        raise FileNotFoundError(f"no model files in {folder}")
    sums = folder / SUMS_FILE
    sums.write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files), encoding="utf-8")
    return sums


def renew_sums(path: Path) -> None:
    """Let the sums beside a model file that was written on purpose name its content; nothing without sums.

    Raises:
        ModelFileError: the sums cannot be read.
    """
    sums = path.parent / SUMS_FILE
    if not sums.is_file():
        return
    listed = read_sums(sums) | {path.name: sha256(path)}
    sums.write_text(
        "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items())), encoding="utf-8"
    )


def model_folders(root: Path) -> list[Path]:
    """Folders below ``root`` that hold networks, in order."""
    return sorted({path.parent for path in root.rglob("*.onnx")})


def _warn_once(folder: Path) -> None:
    with _warning:
        if folder in _warned:
            return
        _warned.add(folder)
    log.warning(
        "model_files_unchecked", folder=str(folder), hint=f"there is no {SUMS_FILE}; make model-hashes"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, help="unless given: every one below services/")
    for folder in parser.parse_args().folders or model_folders(Path("services")):
        print(write_sums(folder))


if __name__ == "__main__":
    main()
