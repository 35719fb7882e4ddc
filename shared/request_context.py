"""The request id that follows one photo from the gateway through every service."""

import re
import uuid
from contextvars import ContextVar

METADATA_KEY = "x-request-id"
"""gRPC metadata key, and in another case the HTTP header, that carries the id."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request being served; empty outside a request."""

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def accept_or_make(candidate: str | bytes | None) -> str:
    """The caller's id when it is 1-64 harmless characters, else a new one.

    Ids end up in logs and answers, so anything that could forge a log line is replaced.
    """
    if isinstance(candidate, bytes):
        candidate = candidate.decode("ascii", errors="replace")
    if candidate and _SANE.fullmatch(candidate):
        return candidate
    return uuid.uuid4().hex
