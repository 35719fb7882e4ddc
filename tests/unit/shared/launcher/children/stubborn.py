"""Does not stop when asked."""

import signal
import time

from tests.unit.shared.launcher.children.steady import note

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: note("asked"))
    note("started")
    while True:
        time.sleep(0.1)
