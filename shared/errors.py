"""The one error type for everything that a caller can put right or has to be told.

Domain code raises :class:`PawtraitError`; servers turn it into a gRPC status with one
``google.rpc.ErrorInfo`` (:mod:`shared.grpc_status`), and the gateway turns that into a problem response.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum, auto


class ErrorKind(Enum):
    """What sort of failure a reason is; decides the gRPC status."""

    INVALID = auto()
    NOT_FOUND = auto()
    ALREADY_EXISTS = auto()
    UNAUTHENTICATED = auto()
    PERMISSION_DENIED = auto()
    FULL = auto()
    UNAVAILABLE = auto()
    DEADLINE = auto()
    INTERNAL = auto()


class Reason(StrEnum):
    """Stable upper-snake reasons; clients branch on them, so a value never changes its meaning."""

    # A readable picture whose content will not do.
    NO_DOG_FOUND = "NO_DOG_FOUND"
    NO_NOSE_FOUND = "NO_NOSE_FOUND"
    SEVERAL_NOSES = "SEVERAL_NOSES"
    NOSE_CUT_OFF = "NOSE_CUT_OFF"
    NOSE_TOO_SMALL = "NOSE_TOO_SMALL"
    PHOTO_TOO_BLURRY = "PHOTO_TOO_BLURRY"
    PHOTO_TOO_DARK = "PHOTO_TOO_DARK"
    PHOTO_TOO_BRIGHT = "PHOTO_TOO_BRIGHT"  # Overexposed, or too much of the nose reflects.
    PHOTOS_DISAGREE = "PHOTOS_DISAGREE"
    NO_FACE = "NO_FACE"
    CUT_OFF = "CUT_OFF"
    TOO_SMALL = "TOO_SMALL"
    SEVERAL_FACES = "SEVERAL_FACES"
    TURNED_AWAY = "TURNED_AWAY"
    NOT_CLASSIFIABLE = "NOT_CLASSIFIABLE"  # A whole face of no type of the catalogue.
    # Not a picture, too big, a field missing or wrong.
    NOT_AN_IMAGE = "NOT_AN_IMAGE"
    PHOTO_TOO_LARGE = "PHOTO_TOO_LARGE"
    INVALID_FIELD = "INVALID_FIELD"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    # Who asks, and how often.
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    # The system, not the caller.
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    STORAGE_FULL = "STORAGE_FULL"  # Nothing new can be kept; what is kept can be read.
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    INTERNAL = "INTERNAL"

    @property
    def kind(self) -> ErrorKind:
        """What sort of failure this is."""
        return _KINDS.get(self, ErrorKind.INVALID)


_KINDS = {
    Reason.NOT_FOUND: ErrorKind.NOT_FOUND,
    Reason.ALREADY_REGISTERED: ErrorKind.ALREADY_EXISTS,
    Reason.UNAUTHENTICATED: ErrorKind.UNAUTHENTICATED,
    Reason.PERMISSION_DENIED: ErrorKind.PERMISSION_DENIED,
    Reason.TOO_MANY_REQUESTS: ErrorKind.FULL,
    Reason.SERVICE_UNAVAILABLE: ErrorKind.UNAVAILABLE,
    Reason.STORAGE_FULL: ErrorKind.FULL,
    Reason.DEADLINE_EXCEEDED: ErrorKind.DEADLINE,
    Reason.INTERNAL: ErrorKind.INTERNAL,
}

ERROR_DOMAIN = "pawtrait"
"""The ``domain`` of every ErrorInfo."""


class PawtraitError(Exception):
    """Something that the caller is told.

    Args:
        reason: the stable reason.
        message: one English sentence for developers; it may repeat what the caller sent, never secrets.
        metadata: every dynamic value of the message, by lower_snake name (AIP-193). ``field`` names the
            field of an ``INVALID_FIELD``; ``service`` the service of a ``SERVICE_UNAVAILABLE``.
        kind: overrides the reason's own kind, e.g. ``FULL`` for a service that sheds load.

    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        metadata: Mapping[str, str] | None = None,
        *,
        kind: ErrorKind | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.kind = kind or reason.kind
