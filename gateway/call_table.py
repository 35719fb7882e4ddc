"""Finds what was said about a call by its method and path, before it is routed."""

from collections.abc import Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value")

Call = tuple[str, str]
"""Method and path; a ``*`` in a path stands for one segment, the last or the one before."""


class CallTable(Generic[Value]):
    """Values by call.

    Args:
        entries: calls and their values; what stands for itself comes before a ``*``.
    """

    def __init__(self, entries: Iterable[tuple[Call, Value]]) -> None:
        self._values = {(method, tuple(path.split("/"))): value for (method, path), value in entries}

    def __contains__(self, call: Call) -> bool:
        """Whether something was said about a call in so many words."""
        method, path = call
        return (method, tuple(path.split("/"))) in self._values

    def find(self, method: str, path: str) -> tuple[Value] | None:
        """The value of a call, alone in a tuple, for it may be None; None when nothing was said about it."""
        parts = tuple(path.split("/"))
        # An id is never anywhere but in the last segment or the one before.
        for candidate in (parts, (*parts[:-1], "*"), (*parts[:-2], "*", *parts[-1:])):
            if (method, candidate) in self._values:
                return (self._values[method, candidate],)
        return None
