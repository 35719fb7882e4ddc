"""Mean heads of two refits of one trunk: ``python -m services.traits.training.mean_heads A B --out FOLDER``.

Refits of the same trunk on different labels err differently, and the mean of linear heads is the mean of
their answers. Only the rows of ``--tasks`` are averaged, the others stay as in ``A``: labels of ears, fur
and pattern say nothing about breeds, nor about what is no dog. Writes ``last.pt`` as training does.
"""

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from torch import Tensor

from services.traits.joining import TASKS
from services.traits.training.runs import load_run, save_run

_HEADS = "heads.roles."


def rows_of(task: str) -> slice:
    """Where a task's rows lie in the heads.

    Raises:
        ValueError: there is no such task.
    """
    names = list(TASKS)
    start = sum(TASKS[name] for name in names[: names.index(task)])
    return slice(start, start + TASKS[task])


def mean_heads(
    first: dict[str, Tensor], second: dict[str, Tensor], tasks: Collection[str]
) -> dict[str, Tensor]:
    """The weights of ``first`` with the heads of ``tasks`` averaged.

    Raises:
        ValueError: the runs differ in more than their heads, or there is no such task.
    """
    mixed = {}
    for name, value in first.items():
        mixed[name] = value.clone()
        if name.startswith(_HEADS):
            for task in tasks:
                rows = rows_of(task)
                mixed[name][rows] = (value[rows] + second[name][rows]) / 2
        elif not name.startswith("heads.") and not value.equal(second[name]):
            raise ValueError(f"these are refits of different trunks: {name} differs")
    return mixed


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("first", type=Path, help="checkpoint whose other rows are kept")
    options.add_argument("second", type=Path, help="checkpoint of another refit of the same trunk")
    options.add_argument("--tasks", nargs="+", choices=list(TASKS), default=["ear", "fur", "pattern"])
    options.add_argument("--out", type=Path, required=True, help="folder for last.pt")
    chosen = options.parse_args(arguments)
    first, second = load_run(chosen.first), load_run(chosen.second)
    chosen.out.mkdir(parents=True, exist_ok=True)
    weights = mean_heads(first.network, second.network, chosen.tasks)
    save_run(chosen.out / "last.pt", weights, first.arguments, 0)


if __name__ == "__main__":
    main()
