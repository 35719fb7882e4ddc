"""What a caller says beside the message of a gRPC call. Used by servers only."""

from collections.abc import Mapping

from shared.interceptors import Context

_BEARER = "bearer "


def metadata_of(context: Context) -> dict[str, str]:
    """The call's metadata by key in lower case, as text."""
    return {
        key.lower(): value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for key, value in context.invocation_metadata() or ()
    }


def bearer_token(metadata: Mapping[str, str]) -> str:
    """The token in ``authorization: Bearer <token>``; empty: none."""
    authorization = metadata.get("authorization", "")
    return authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""
