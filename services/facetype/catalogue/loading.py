"""Reading a catalogue folder, with errors that name the file and the field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.facetype.catalogue.schema import Catalogue

FILE = "catalogue.yaml"


class CatalogueError(ValueError):
    """A catalogue that cannot be used; the message names file and field."""


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        CatalogueError: no such file, or not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: not YAML: {error}") from error


def in_words(path: Path, error: ValidationError, document: Any) -> str:
    """One line per field at fault: the file, the field, what is wrong."""
    lines = []
    for fault in error.errors():
        field = _named(fault["loc"], document)
        # Faults found across fields name their field themselves.
        lines.append(f"{path}: {field + ': ' if field else ''}{fault['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


def _named(places: Sequence[int | str], document: Any) -> str:
    """``types.2.name`` as ``types.prick_eared.name`` where the third type has that id."""
    names = []
    for place in places:
        inside = isinstance(document, list) and isinstance(place, int) and place < len(document)
        document = document[place] if inside else document.get(place) if isinstance(document, dict) else None
        known = document.get("id") if inside and isinstance(document, dict) else None
        names.append(str(known if isinstance(known, str) else place))
    return ".".join(names)


def load_catalogue(folder: Path) -> Catalogue:
    """Read ``catalogue.yaml`` of a folder.

    Raises:
        CatalogueError: it is missing, not YAML, or says something that does not hold together; the
            message names file and field.
    """
    path = folder / FILE
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise CatalogueError(f"{path}: not a mapping of fields")
    try:
        return Catalogue.model_validate({**document, "folder": folder})
    except ValidationError as error:
        raise CatalogueError(in_words(path, error, document)) from error
