"""Ends at once, with status 3."""

import sys

from tests.unit.shared.launcher.children.steady import note

if __name__ == "__main__":
    note("started")
    sys.exit(3)
