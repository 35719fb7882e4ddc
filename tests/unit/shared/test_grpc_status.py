"""Errors to statuses and back."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from shared.errors import ErrorKind, PawtraitError, Reason
from shared.grpc_status import from_rpc_error, to_status

CODES = {
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


def as_seen_by_a_client(
    code: grpc.StatusCode, details: str = "", trailing: list[tuple[str, str | bytes]] | None = None
) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(
        code, grpc.aio.Metadata(), grpc.aio.Metadata(*(trailing or [])), details=details
    )


def sent(error: PawtraitError) -> grpc.aio.AioRpcError:
    status = to_status(error)
    return as_seen_by_a_client(status.code, status.details, list(status.trailing_metadata))


def test_every_kind_of_failure_has_a_case_here() -> None:
    assert set(CODES) == set(ErrorKind)


@pytest.mark.parametrize(("kind", "code"), CODES.items())
def test_each_kind_has_its_code(kind: ErrorKind, code: grpc.StatusCode) -> None:
    assert to_status(PawtraitError(Reason.INTERNAL, "x", kind=kind)).code is code


@pytest.mark.parametrize("kind", list(ErrorKind))
@pytest.mark.parametrize("reason", list(Reason))
def test_comes_back_as_it_was(reason: Reason, kind: ErrorKind) -> None:
    error = from_rpc_error(
        sent(PawtraitError(reason, "Größe 개", {"field": "photo", "n": "3"}, kind=kind)), "icon"
    )
    assert (error.reason, error.kind, error.message) == (reason, kind, "Größe 개")
    assert error.metadata == {"service": "icon", "field": "photo", "n": "3"}


def test_carries_exactly_one_error_info() -> None:
    status = to_status(PawtraitError(Reason.INVALID_FIELD, "no", {"field": "size"}))
    (value,) = [value for key, value in status.trailing_metadata if key == "grpc-status-details-bin"]
    rich = status_pb2.Status.FromString(value)
    assert len(rich.details) == 1
    info = error_details_pb2.ErrorInfo()
    assert rich.details[0].Unpack(info)
    assert (info.reason, info.domain, dict(info.metadata)) == ("INVALID_FIELD", "pawtrait", {"field": "size"})


def test_the_service_that_an_error_names_itself_stands() -> None:
    error = from_rpc_error(sent(PawtraitError(Reason.SERVICE_UNAVAILABLE, "x", {"service": "store"})), "icon")
    assert error.metadata["service"] == "store"


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, Reason.SERVICE_UNAVAILABLE, ErrorKind.UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.SERVICE_UNAVAILABLE, ErrorKind.FULL),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Reason.DEADLINE_EXCEEDED, ErrorKind.DEADLINE),
        (grpc.StatusCode.INTERNAL, Reason.INTERNAL, ErrorKind.INTERNAL),
        (grpc.StatusCode.UNKNOWN, Reason.INTERNAL, ErrorKind.INTERNAL),
        (grpc.StatusCode.UNIMPLEMENTED, Reason.INTERNAL, ErrorKind.INTERNAL),
        (grpc.StatusCode.INVALID_ARGUMENT, Reason.INTERNAL, ErrorKind.INTERNAL),
        (grpc.StatusCode.CANCELLED, Reason.INTERNAL, ErrorKind.INTERNAL),
    ],
)
def test_a_bare_status_becomes_what_it_amounts_to(
    code: grpc.StatusCode, reason: Reason, kind: ErrorKind
) -> None:
    error = from_rpc_error(as_seen_by_a_client(code, "10.0.0.7: connection refused"), "traits")
    assert (error.reason, error.kind) == (reason, kind)
    assert error.metadata == {"service": "traits"}
    assert "10.0.0.7" not in error.message


@pytest.mark.parametrize(
    "trailing",
    [
        pytest.param(b"\xff\xff\xff", id="no message"),
        pytest.param(b"", id="empty"),
        pytest.param(
            to_status(PawtraitError(Reason.NO_DOG_FOUND, "x")).trailing_metadata[0][1][:-3], id="cut off"
        ),
    ],
)
def test_details_that_cannot_be_read_are_as_none(trailing: bytes) -> None:
    error = from_rpc_error(
        as_seen_by_a_client(grpc.StatusCode.UNAVAILABLE, "x", [("grpc-status-details-bin", trailing)]), "icon"
    )
    assert error.reason is Reason.SERVICE_UNAVAILABLE


@pytest.mark.parametrize(
    "info",
    [
        error_details_pb2.ErrorInfo(reason="NO_DOG_FOUND", domain="googleapis.com"),
        error_details_pb2.ErrorInfo(reason="SOMETHING_NEWER", domain="pawtrait"),
    ],
    ids=["another domain", "an unknown reason"],
)
def test_an_error_info_that_is_not_ours_is_as_none(info: error_details_pb2.ErrorInfo) -> None:
    rich = status_pb2.Status(code=3, message="x")
    rich.details.add().Pack(info)
    call = as_seen_by_a_client(
        grpc.StatusCode.INVALID_ARGUMENT, "x", [("grpc-status-details-bin", rich.SerializeToString())]
    )
    assert from_rpc_error(call, "icon").reason is Reason.INTERNAL


@pytest.mark.parametrize(("service", "repeated"), [("storage", False), ("database", False), ("icon", True)])
def test_channels_do_not_repeat_a_call_whose_store_failed(service: str, repeated: bool) -> None:
    status = to_status(PawtraitError(Reason.SERVICE_UNAVAILABLE, "away", {"service": service}))
    assert (("grpc-retry-pushback-ms", "-1") not in status.trailing_metadata) is repeated
