"""Listens on ``CHILD_PORT``, if given, and lives until SIGTERM, which it notes and obeys."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

NAME = os.environ["CHILD_NAME"]
DIARY = Path(os.environ["CHILD_DIARY"])


def note(what: str) -> None:
    with DIARY.open("a") as diary:
        diary.write(f"{NAME} {what}\n")


def stop(*_: object) -> None:
    note("asked")
    time.sleep(float(os.environ.get("CHILD_STOP_SECONDS", "0")))
    note("stopped")
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    with socket.create_server(("127.0.0.1", int(os.environ.get("CHILD_PORT", "0")))):
        print(f"{NAME} speaks as {__name__}, argv {sys.argv[1:]}", flush=True)
        note("started")
        while True:
            time.sleep(1)
