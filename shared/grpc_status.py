"""Errors to gRPC statuses and back, each with exactly one ``google.rpc.ErrorInfo``."""

import contextlib
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from shared.errors import ERROR_DOMAIN, ErrorKind, PawtraitError, Reason

_CODES: dict[ErrorKind, grpc.StatusCode] = {
    ErrorKind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorKind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorKind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorKind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorKind.PERMISSION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorKind.FULL: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorKind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorKind.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
    ErrorKind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_KINDS = {code: kind for kind, code in _CODES.items()}


_STORES = frozenset({"storage", "database"})
_NO_RETRY = ("grpc-retry-pushback-ms", "-1")


@dataclass(frozen=True)
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


def to_status(error: PawtraitError) -> grpc.Status:
    """The gRPC status of an error, its reason and metadata in one ErrorInfo.

    When a store behind the service failed, channels are told not to repeat the call by themselves, as they do
    with one that reached no handler: each attempt would wait for the store anew.
    """
    info = error_details_pb2.ErrorInfo(
        reason=error.reason.value, domain=ERROR_DOMAIN, metadata=error.metadata
    )
    detail = any_pb2.Any()
    detail.Pack(info)
    code = code_pb2.Code.Value(_CODES[error.kind].name)
    status = rpc_status.to_status(status_pb2.Status(code=code, message=error.message, details=[detail]))
    if error.metadata.get("service") not in _STORES:
        return status
    return _Status(status.code, status.details, (*status.trailing_metadata, _NO_RETRY))


def from_rpc_error(error: grpc.aio.AioRpcError, service: str) -> PawtraitError:
    """The error that a service answered with, or what a failed call to it amounts to.

    Args:
        error: what the client's call raised.
        service: short name of the service, for the metadata of statuses without an ErrorInfo.

    """
    kind = _KINDS.get(error.code(), ErrorKind.INTERNAL)
    info = _error_info(error)
    if info is not None and info.domain == ERROR_DOMAIN and info.reason in Reason.__members__:
        metadata = {"service": service, **dict(info.metadata)}
        return PawtraitError(Reason(info.reason), error.details() or "", metadata, kind=kind)
    if kind is ErrorKind.DEADLINE:
        return PawtraitError(
            Reason.DEADLINE_EXCEEDED, f"{service} did not answer in time", {"service": service}
        )
    if kind in (ErrorKind.UNAVAILABLE, ErrorKind.FULL):
        return PawtraitError(
            Reason.SERVICE_UNAVAILABLE, f"{service} is not available", {"service": service}, kind=kind
        )
    return PawtraitError(Reason.INTERNAL, f"{service} failed", {"service": service}, kind=ErrorKind.INTERNAL)


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    # rpc_status.from_call expects the synchronous call type; the trailing metadata is all it reads.
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            with contextlib.suppress(DecodeError):
                return _first_info(status_pb2.Status.FromString(value))
    return None


def _first_info(status: status_pb2.Status) -> error_details_pb2.ErrorInfo | None:
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info
    return None
