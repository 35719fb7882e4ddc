"""``/s/{id}``: the public page of a profile."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from gateway.addresses import absolute
from gateway.catalogue import for_accept_language
from gateway.middleware.security_headers import page_policy
from gateway.routes.profiles import asked_language
from gateway.schemas.problem import responses
from gateway.schemas.profiles import share_url
from gateway.share_page import SharePage, render, render_gone
from gateway.state import RequestDeadline, State
from shared.errors import PawtraitError, Reason

router = APIRouter(tags=["face types"])

_HEADERS = {
    "X-Robots-Tag": "noindex",
    "Vary": "Accept-Language",
    # A card that was deleted must not live on in caches.
    "Cache-Control": "no-cache",
}
_PAGE: dict[int | str, dict[str, Any]] = {
    404: {
        "description": "There is no such card (any more).",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
}


@router.get("/s/{share_id}", response_class=HTMLResponse, responses={**_PAGE, **responses(503, 504)})
async def shared_page(share_id: str, request: Request, state: State, deadline: RequestDeadline) -> Response:
    """A page that shows a profile's card and type, and nothing else of it.

    Its Open Graph tags unfold a link to it in a chat. Without `Accept-Language` its words are in the
    language of the card.
    """
    language = asked_language(request)
    try:
        shared = await state.faces.shared(share_id, language, deadline)
    except PawtraitError as error:
        if error.reason not in (Reason.NOT_FOUND, Reason.INVALID_FIELD):
            raise
        gone = render_gone(language or for_accept_language("").language)
        return HTMLResponse(gone, 404, {**_HEADERS, "Content-Security-Policy": page_policy()})
    portrait = absolute(shared.portrait_url, request)
    page = SharePage(
        url=share_url(share_id, request),
        language=shared.language,
        type_name=shared.type.name,
        lines=tuple(line for line in shared.type.card_lines if line),
        description=shared.type.description,
        portrait_url=portrait,
        landscape_url=absolute(shared.landscape_url, request),
        card_language=shared.card_language,
    )
    headers = {
        **_HEADERS,
        "Content-Language": shared.language,
        "Content-Security-Policy": page_policy(portrait),
    }
    return HTMLResponse(render(page), headers=headers)
