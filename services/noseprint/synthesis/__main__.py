"""Write a set of synthetic noses, aligned as the server aligns: ``python -m services.noseprint.synthesis``.

The set is one file, ``noses.npy``: uint8 (individuals, views, height, width), which is read without
being loaded (``numpy.load(..., mmap_mode="r")``), beside ``noses.json``, which says how it was made.
An interrupted run goes on where it stopped when the same command is given again.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from services.noseprint.synthesis.photographs import HARDNESS
from services.noseprint.synthesis.sets import write_set


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, required=True, help="folder to write")
    options.add_argument("--individuals", type=int, default=4000)
    options.add_argument("--views", type=int, default=10)
    options.add_argument("--seed", type=int, default=1, help="another seed gives other individuals")
    options.add_argument("--hardness", type=float, default=HARDNESS, help="0 a studio … 1 any snapshot")
    options.add_argument("--processes", type=int, default=1)
    chosen = options.parse_args(arguments)
    write_set(chosen.out, chosen.seed, chosen.individuals, chosen.views, chosen.hardness, chosen.processes)


if __name__ == "__main__":
    main()
