"""``python -m shared.secret_files MODULE [ARGUMENTS]``: takes settings from files, then becomes a module.

In containers, passwords and keys come as files: each file in ``SECRETS_DIR`` (``/run/secrets`` unless set)
whose name could be an environment variable, e.g. ``DATABASE_URL`` or ``AWS_SECRET_ACCESS_KEY``, becomes that
variable of this process, for every settings class and library alike. What the environment says already
stands. Nothing shows in the process list or in what a container engine tells about the environment.
"""

import os
import re
import runpy
import sys
from collections.abc import MutableMapping
from pathlib import Path

FOLDER_VARIABLE = "SECRETS_DIR"
USUAL_FOLDER = Path("/run/secrets")

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def read_secrets(folder: Path, environment: MutableMapping[str, str]) -> list[str]:
    """Add the files of ``folder`` to ``environment``; the names that were added, in order.

    Other names (``noseprint-keys.json``) are files that a setting points to, and left alone. One line break
    at the end of a file does not belong to its value.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is not text; the message does not show it.
    """
    added = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not _VARIABLE.fullmatch(path.name) or not path.is_file() or path.name in environment:
            continue
        try:
            value = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{path} is not text") from None
        environment[path.name] = value.removesuffix("\n").removesuffix("\r")
        added.append(path.name)
    return added


def main() -> None:
    """Read the secrets and run the module as ``python -m`` would."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m shared.secret_files MODULE [ARGUMENTS]")
    try:
        read_secrets(Path(os.environ.get(FOLDER_VARIABLE) or USUAL_FOLDER), os.environ)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot read the secrets: {error}")
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
