"""Work on a catalogue: ``python -m services.facetype.catalogue import VOTES.csv --out labels.csv``.

``import`` makes labels of a survey's votes (columns photo, part, label, votes): the label with the most votes
wins, ties are named and left out, and each type's share is printed. ``check`` says whether a catalogue
folder holds together, and what each part of a face can tell apart.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from services.facetype.catalogue import Catalogue, CatalogueError, load_catalogue
from services.facetype.catalogue.votes import elect, read_votes, shares, write_labels
from services.facetype.face import Part

BUILT_IN = Path(__file__).resolve().parent.parent / "catalogues" / "dogs"


def import_votes(catalogue: Catalogue, votes: Path, out: Path) -> None:
    """Write the labels that won and print what became of the votes.

    Raises:
        CatalogueError: the votes cannot be used.
    """
    winners, ties = elect(read_votes(votes, catalogue))
    write_labels(out, winners)
    for tie in ties:
        print(f"left out: {tie}", file=sys.stderr)
    print(f"{len(winners)} labels in {out}; {len(ties)} left out, because no label won")
    for part, labels in shares(winners, catalogue).items():
        print(f"{part}: " + ", ".join(f"{label} {100 * share:.1f} %" for label, share in labels.items()))


def check(catalogue: Catalogue) -> None:
    """Print what a catalogue consists of."""
    consent = "consent demanded" if catalogue.needs_consent else "no consent needed"
    print(f"{catalogue.label}: {len(catalogue.types)} types of {catalogue.subject}; {consent}")
    for part in Part:
        print(f"{part} shows {', '.join(catalogue.parts[part])}: {', '.join(catalogue.labels(part))}")
    for type_id in catalogue.type_ids:
        print(f"{type_id}: {len(catalogue.gallery(type_id))} pictures")
    for model in (catalogue.parts_model, catalogue.types_model):
        print(f"{model.name}: {'there' if model.is_file() else 'missing'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m services.facetype.catalogue",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--catalogue", type=Path, default=BUILT_IN, help="catalogue folder")
    commands = options.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import", help="labels from the votes of a survey")
    importing.add_argument("votes", type=Path, metavar="VOTES.csv")
    importing.add_argument("--out", type=Path, required=True, metavar="labels.csv")
    commands.add_parser("check", help="whether a catalogue folder holds together")
    chosen = options.parse_args(arguments)
    try:
        catalogue = load_catalogue(chosen.catalogue)
        if chosen.command == "import":
            import_votes(catalogue, chosen.votes, chosen.out)
        else:
            check(catalogue)
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
