"""``python -m shared.launcher.child <launcher's pid> <module>``: runs a module as the launcher's child.

The module runs as ``python -m <module>`` would run it, except that on Linux it is asked to stop when
the launcher is gone, whatever became of the launcher. Elsewhere it would linger.
"""

import ctypes
import os
import runpy
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to the launcher, then become the module."""
    launcher, module = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != launcher:
            # It ended before the tie was made.
            sys.exit(1)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
