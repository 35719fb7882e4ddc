"""Every error response: RFC 9457 ``application/problem+json``, made here and nowhere else."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from gateway.addresses import absolute
from gateway.catalogue import Catalogue, for_accept_language
from gateway.settings import GatewaySettings
from shared.errors import ErrorKind, PawtraitError, Reason
from shared.request_context import request_id
from shared.room import is_full, storage_full

MEDIA_TYPE = "application/problem+json"
_METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
_REQUEST_TOO_SLOW = "REQUEST_TOO_SLOW"

_SAYING_FAIL = frozenset({"/register", "/lookup"})
"""Older clients' calls whose problems say ``"message": "fail"``."""

_STATUS_OF_KIND = {
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    ErrorKind.FULL: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.DEADLINE: HTTPStatus.GATEWAY_TIMEOUT,
    ErrorKind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_STATUS_OF_REASON = {
    Reason.NOT_AN_IMAGE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Reason.PHOTO_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Reason.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
}

_ABOUT_ONE_FIELD = frozenset(
    {
        Reason.NOT_AN_IMAGE,
        Reason.PHOTO_TOO_LARGE,
        Reason.NO_FACE,
        Reason.CUT_OFF,
        Reason.TOO_SMALL,
        Reason.SEVERAL_FACES,
        Reason.TURNED_AWAY,
        Reason.NOT_CLASSIFIABLE,
    }
)
"""Reasons whose sentence is said of a field as well, where the error names one."""


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field.

    ``kind`` is pydantic's type of error or one of the catalogue's own; ``message``, where given, is said
    in English instead of the catalogue's text.
    """

    field: str
    kind: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)
    message: str = ""


class InvalidRequestError(PawtraitError):
    """``INVALID_FIELD`` with what is wrong with each field."""

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        super().__init__(Reason.INVALID_FIELD, "invalid request")
        self.faults = tuple(faults)


class ExtendedProblemError(PawtraitError):
    """An error whose problem has more members than usual (RFC 9457, section 3.2).

    Args:
        error: what went wrong.
        members: as they stand in the JSON.

    """

    def __init__(self, error: PawtraitError, members: Mapping[str, Any]) -> None:
        super().__init__(error.reason, error.message, error.metadata, kind=error.kind)
        self.members = members


class Problems:
    """Turns errors into responses in the caller's language.

    Args:
        type_base: start of the problems' type URIs.
        retry_after: seconds that a refused caller is told to wait.
        made: told the reason and the status of each problem.

    """

    def __init__(
        self, type_base: str, retry_after: int, made: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        self._type_base = type_base
        self._retry_after = retry_after
        self._made = made

    @classmethod
    def from_settings(cls, settings: GatewaySettings, made: Callable[[str, int], None]) -> "Problems":
        """As the settings say."""
        return cls(settings.problem_base, int(settings.retry_after.total_seconds()), made)

    def response(self, error: PawtraitError, scope: Scope) -> Response:
        """The response to an error in answering ``scope``."""
        texts = _texts(scope)
        status = _STATUS_OF_REASON.get(error.reason, _STATUS_OF_KIND[error.kind])
        photos = _photos(error.metadata)
        numbers = ", ".join(str(index + 1) for index in photos)
        body = self._body(error.reason.value, status, texts, {**error.metadata, "numbers": numbers or "?"})
        if photos:
            body["photos"] = photos
            if error.reason is not Reason.PHOTOS_DISAGREE:
                body["detail"] = texts.about_photos(numbers) + body["detail"]
        if error.reason is Reason.INVALID_FIELD:
            body["fields"] = _fields(error, texts)
        elif error.reason in _ABOUT_ONE_FIELD and "field" in error.metadata:
            body["fields"] = [{"field": error.metadata["field"], "message": body["detail"]}]
        if "example_url" in error.metadata:
            body["example_url"] = absolute(error.metadata["example_url"], Request(scope))
        if isinstance(error, ExtendedProblemError):
            body.update(error.members)
        if scope.get("path") in _SAYING_FAIL:
            body["message"] = "fail"
        for name in ("service", "layer"):
            if name in error.metadata and status >= HTTPStatus.NOT_FOUND:
                body[name] = error.metadata[name]
        headers = {}
        if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
            headers["Retry-After"] = error.metadata.get("retry_after", str(self._retry_after))
        if status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return _render(body, status, texts, headers)

    def too_slow(self, scope: Scope) -> Response:
        """The response to a body that takes too long; nothing more is read from its connection."""
        texts = _texts(scope)
        body = self._body(_REQUEST_TOO_SLOW, HTTPStatus.REQUEST_TIMEOUT, texts, {})
        return _render(body, HTTPStatus.REQUEST_TIMEOUT, texts, {"Connection": "close"})

    def http_exception(self, error: HTTPException, scope: Scope) -> Response:
        """The response to what the framework raises: unknown addresses, methods, unreadable bodies."""
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            texts = _texts(scope)
            body = self._body(_METHOD_NOT_ALLOWED, HTTPStatus.METHOD_NOT_ALLOWED, texts, {})
            return _render(body, HTTPStatus.METHOD_NOT_ALLOWED, texts, error.headers or {})
        if error.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.UNAUTHORIZED):
            return self.response(PawtraitError(Reason.NOT_FOUND, "no such address"), scope)
        if is_full(error):
            # Bodies that are large lie in files while they are read; the framework takes that for a bad body.
            return self.response(no_room_for_bodies(), scope)
        if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.response(InvalidRequestError([FieldFault("body", "body_unreadable")]), scope)
        return self.response(PawtraitError(Reason.INTERNAL, "framework error"), scope)

    def _body(
        self, reason: str, status: HTTPStatus, texts: Catalogue, values: Mapping[str, object]
    ) -> dict[str, Any]:
        self._made(reason, status.value)
        return {
            "type": self._type_base + reason.lower().replace("_", "-"),
            "title": texts.title(reason),
            "status": status.value,
            "detail": texts.detail(reason, values),
            "reason": reason,
            "request_id": request_id.get(),
        }


def no_room_for_bodies() -> PawtraitError:
    """The error of a request whose body could not be put down while it was read."""
    return storage_full("gateway", "there is no room for the body of the request")


def install(app: FastAPI, problems: Problems) -> None:
    """Have the application answer with problems."""

    async def pawtrait_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, PawtraitError)  # noqa: S101
        return problems.response(error, request.scope)

    async def validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return problems.response(from_validation(error.errors()), request.scope)

    async def http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        return problems.http_exception(error, request.scope)

    app.add_exception_handler(PawtraitError, pawtrait_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_exception)


def from_validation(errors: Sequence[Mapping[str, Any]]) -> InvalidRequestError:
    """Pydantic's errors as faults; the first twenty, for a hostile body may have thousands."""
    return InvalidRequestError([_fault(error) for error in errors[:20]])


def _fault(error: Mapping[str, Any]) -> FieldFault:
    # The first part says where ("body", "query", "path"), which is no part of a field's name.
    where, *name = [str(part) for part in error["loc"]] or ["body"]
    kind = "json_invalid" if error["type"] == "json_invalid" else error["type"]
    if kind == "json_invalid":
        name = []
    if kind == "value_error" and "UploadFile" in str(error.get("msg", "")):
        kind = "file_expected"
    return FieldFault(".".join(name) or where, kind, error.get("ctx") or {})


def _fields(error: PawtraitError, texts: Catalogue) -> list[dict[str, str]]:
    if isinstance(error, InvalidRequestError):
        return [
            {"field": fault.field, "message": fault.message or texts.field(fault.kind, fault.values)}
            for fault in error.faults
        ]
    # From a service: what it says is English, and for developers where people are told otherwise here.
    said = _said_by_field(error)
    fields = []
    for field in error.metadata.get("field", "body").split(","):
        message = texts.value(field)
        if message is None:
            message = said.get(field, error.message) if texts.language == "en" else texts.field("unknown", {})
        fields.append({"field": field, "message": message})
    return fields


def _said_by_field(error: PawtraitError) -> dict[str, str]:
    """What a service says of each of several fields, in English; empty where it does not."""
    try:
        said = json.loads(error.metadata.get("problems", "{}"))
    except ValueError:
        return {}
    return {str(field): str(words) for field, words in said.items()} if isinstance(said, dict) else {}


def _photos(metadata: Mapping[str, str]) -> list[int]:
    """Indices, from 0, of the photos that an error is about, as far as it says so."""
    text = metadata.get("photos") or metadata.get("photo") or ""
    return [int(index) for index in text.split(",") if index.strip().isdigit()]


def _texts(scope: Scope) -> Catalogue:
    return for_accept_language(Headers(scope=scope).get("accept-language", ""))


def _render(
    body: Mapping[str, Any], status: HTTPStatus, texts: Catalogue, headers: Mapping[str, str]
) -> Response:
    # A caller's text can hold lone surrogates, which have no UTF-8.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", errors="replace")
    common = {"Content-Language": texts.language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return Response(content, status.value, {**common, **headers}, MEDIA_TYPE)
