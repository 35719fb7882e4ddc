"""The one error type and its reasons."""

import re

import pytest

from shared.errors import ErrorKind, PawtraitError, Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_is_upper_snake_and_says_its_own_name(reason: Reason) -> None:
    assert reason.value == reason.name
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{1,62}", reason.value)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason.NO_DOG_FOUND, ErrorKind.INVALID),
        (Reason.NOT_AN_IMAGE, ErrorKind.INVALID),
        (Reason.PHOTO_TOO_LARGE, ErrorKind.INVALID),
        (Reason.INVALID_FIELD, ErrorKind.INVALID),
        (Reason.NO_NOSE_FOUND, ErrorKind.INVALID),
        (Reason.PHOTOS_DISAGREE, ErrorKind.INVALID),
        (Reason.NOT_FOUND, ErrorKind.NOT_FOUND),
        (Reason.ALREADY_REGISTERED, ErrorKind.ALREADY_EXISTS),
        (Reason.UNAUTHENTICATED, ErrorKind.UNAUTHENTICATED),
        (Reason.PERMISSION_DENIED, ErrorKind.PERMISSION_DENIED),
        (Reason.SERVICE_UNAVAILABLE, ErrorKind.UNAVAILABLE),
        (Reason.STORAGE_FULL, ErrorKind.FULL),
        (Reason.DEADLINE_EXCEEDED, ErrorKind.DEADLINE),
        (Reason.INTERNAL, ErrorKind.INTERNAL),
    ],
)
def test_each_reason_has_its_kind(reason: Reason, kind: ErrorKind) -> None:
    assert PawtraitError(reason, "so it is").kind is kind


def test_the_kind_can_be_given() -> None:
    error = PawtraitError(Reason.SERVICE_UNAVAILABLE, "full", kind=ErrorKind.FULL)
    assert error.kind is ErrorKind.FULL


def test_carries_its_message_and_a_copy_of_the_metadata() -> None:
    metadata = {"field": "ear"}
    error = PawtraitError(Reason.INVALID_FIELD, "no such ear", metadata)
    metadata["field"] = "fur"
    assert str(error) == error.message == "no such ear"
    assert error.metadata == {"field": "ear"}
    assert PawtraitError(Reason.INTERNAL, "x").metadata == {}
