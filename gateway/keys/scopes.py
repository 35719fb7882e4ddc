"""What a key may be used for."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """One part of the API."""

    ICONS = "icons"
    """Reading photos, icons, and face types with their profiles."""
    REGISTER = "register"
    """Registering dogs and checking photos for it."""
    LOOKUP = "lookup"
    """Finding whose nose it is, and writing to owners of dogs that were found."""
    OWNER = "owner"
    """Reading, changing and deleting dogs, together with the owner's own token."""
    ADMIN = "admin"
    """Everything, for every dog and owner."""


def parse_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """The scopes that ``words`` name.

    Raises:
        ValueError: one of them is none; the message says which there are.
    """
    try:
        return frozenset(Scope(word.strip()) for word in words if word.strip())
    except ValueError as error:
        raise ValueError(f"{error}; there are {', '.join(Scope)}") from None
