"""The launcher's child that becomes PostgreSQL, in ``DATA_DIR/postgres`` on ``POSTGRES_PORT``."""

import os
import sys
from pathlib import Path

from shared.database.address import POSTGRES_FOLDER
from shared.database.embedded import serve

if __name__ == "__main__":
    try:
        serve(Path(os.environ["DATA_DIR"]) / POSTGRES_FOLDER, int(os.environ["POSTGRES_PORT"]), os.getppid())
    except (OSError, ValueError) as error:
        sys.exit(f"PostgreSQL cannot run: {error}")
