"""The web page and the API's description, from files that ship: nothing is fetched from elsewhere."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html

from gateway.caching import cached_response
from gateway.middleware.security_headers import PAGE_POLICY, page_policy
from gateway.state import State
from shared.errors import PawtraitError, Reason
from shared.object_storage.keys import PUBLIC_PREFIX

router = APIRouter(include_in_schema=False)

_WEB = Path(__file__).parent.parent / "web"
_SWAGGER = Path(fastapi_offline.__file__).parent / "static"
_SWAGGER_FILES = frozenset({"swagger-ui-bundle.js", "swagger-ui.css"})

# Swagger UI starts from a script inside its page and draws with styles and images inside its bundle.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/")
async def home(request: Request, state: State) -> Response:
    """The web page."""
    # It shows pictures that are kept, wherever the storage says that they are.
    return _file(_WEB / "index.html", request, page_policy(state.storage.url(f"{PUBLIC_PREFIX}any.png")))


@router.get("/web/{name}")
async def web_file(name: str, request: Request) -> Response:
    """A file of the web page."""
    return _file(_listed(_WEB, name), request, PAGE_POLICY)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The icon in the browser's tab."""
    return _file(_WEB / "favicon.svg", request, PAGE_POLICY)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The API's description, to read and to try."""
    page = get_swagger_ui_html(
        openapi_url=request.app.openapi_url,
        title=request.app.title,
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/web/favicon.svg",
        # The online validator would be sent the address of this gateway.
        swagger_ui_parameters={"validatorUrl": None},
    )
    page.headers["Content-Security-Policy"] = _DOCS_POLICY
    return page


@router.get("/docs/{name}")
async def docs_file(name: str, request: Request) -> Response:
    """A file of the API's description."""
    if name not in _SWAGGER_FILES:
        raise PawtraitError(Reason.NOT_FOUND, "no such file")
    return _file(_SWAGGER / name, request, _DOCS_POLICY)


@cache
def _names(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir() if path.is_file())


def _listed(folder: Path, name: str) -> Path:
    """A file of a folder; only names that are really in it, so no path leads out."""
    if name not in _names(folder):
        raise PawtraitError(Reason.NOT_FOUND, "no such file")
    return folder / name


@cache
def _content(path: Path) -> tuple[bytes, str]:
    content = path.read_bytes()
    return content, hashlib.sha256(content).hexdigest()


def _file(path: Path, request: Request, policy: str) -> Response:
    content, content_hash = _content(path)
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    known = request.headers.get("if-none-match", "")
    response = cached_response(content, media_type, content_hash, known, cache_control="no-cache")
    response.headers["Content-Security-Policy"] = policy
    return response
