"""Ends at once, with status 3, and with ``CHILD_LAST_WORDS``, if given, in its log."""

import json
import os
import sys

from tests.unit.shared.launcher.children.steady import note

if __name__ == "__main__":
    note("started")
    if words := os.environ.get("CHILD_LAST_WORDS"):
        print(json.dumps({"event": "cannot_run", "reason": words}))
    sys.exit(3)
