"""What people read, by language. The texts are data: ``messages/<language>.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gateway.accept import ranked

_FOLDER = Path(__file__).parent / "messages"
DEFAULT_LANGUAGE = "en"
LANGUAGES = ("en", "ko")


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language."""

    language: str
    texts: Mapping[str, Any]

    def title(self, reason: str) -> str:
        """Short name of a kind of problem, the same each time."""
        return str(self.texts["problems"][reason]["title"])

    def detail(self, reason: str, values: Mapping[str, object]) -> str:
        """What happened this time and what to do about it."""
        if reason == "NOT_FOUND" and "layer" in values:
            return self._fill(self.texts["layer_not_found"], values)
        return self._fill(self.texts["problems"][reason]["detail"], values)

    def field(self, kind: str, values: Mapping[str, object]) -> str:
        """What is wrong with one field, by pydantic's type of error."""
        fields = self.texts["fields"]
        return self._fill(fields.get(kind, fields["unknown"]), values)

    def value(self, field: str) -> str | None:
        """What the value of a field has to be, by its name; ``None`` for any other."""
        found = self.texts["values"].get(field)
        return None if found is None else str(found)

    def about_photos(self, numbers: str) -> str:
        """Says which of several photos the rest of the sentence is about; ``numbers`` count from 1."""
        return self._fill(self.texts["about_photos"], {"numbers": numbers})

    @staticmethod
    def _fill(text: str, values: Mapping[str, object]) -> str:
        return text.format_map(_Blank(values))


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of one of :data:`LANGUAGES`."""
    return Catalogue(language, yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8")))


def for_accept_language(header: str) -> Catalogue:
    """The catalogue that an ``Accept-Language`` header asks for; English where none of ours is in it."""
    for tag in ranked(header):
        language = tag.split("-", 1)[0].lower()
        if language in LANGUAGES:
            return catalogue(language)
    return catalogue(DEFAULT_LANGUAGE)
