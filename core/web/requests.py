"""Parts of a request that every view needs, and the answers that views give. No forms, no sign-in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ...core.i18n.catalogues import GettextFunction
from ..contact.push_subscriptions import PushSettings
from ..errors import Malformed
from ..i18n.catalogues import Catalogues, ErrorTexts
from ..runtime import Runtime
from ..tokens import random_token
from .validation import parse_json, parse_model

M = TypeVar("M", bound=BaseModel)

DEVICE_COOKIE = "office360_device"
DEVICE_COOKIE_MAX_AGE_S = 400 * 24 * 3600  # the longest that browsers keep a cookie
MAX_BODY_BYTES = 256 * 1024  # the longest form and the longest JSON are a few kilobytes


class PageRenderer(Protocol):
    """Renders templates; made by server/."""

    def render(self, request: HTTPConnection, template: str, context: Mapping[str, Any]) -> str: ...


def current_runtime(connection: HTTPConnection) -> Runtime:
    """The installation that serves this request."""
    found: Runtime = connection.state.runtime
    return found


def current_language(connection: HTTPConnection) -> str:
    """The reader's language: `es` or `en`."""
    found: str = connection.state.language
    return found


def push_settings(connection: HTTPConnection) -> PushSettings | None:
    """What a page needs to subscribe to pushes; None where they are not set up."""
    found: PushSettings | None = connection.state.push_site
    return found


def sms_countries(connection: HTTPConnection) -> frozenset[str]:
    """The calling codes that this installation sends SMS to; none where it sends no SMS."""
    found: frozenset[str] = connection.state.sms_countries
    return found


def current_gettext(connection: HTTPConnection) -> GettextFunction:
    """The function that translates into the reader's language."""
    catalogues: Catalogues = connection.state.catalogues
    return catalogues.translations(current_language(connection)).gettext


def error_text(connection: HTTPConnection, code: str, params: Mapping[str, Any] | None = None) -> str:
    """What an error code says to this reader."""
    sentences: ErrorTexts = connection.state.sentences
    return sentences.error_text(current_language(connection), code, params)


def should_answer_json(connection: HTTPConnection) -> bool:
    """Whether it is a program that asks: an error is a problem for it, not a page."""
    accepted = connection.headers.get("accept", "")
    return connection.url.path.startswith("/api/") or ("json" in accepted and "html" not in accepted)


def render_page(
    request: HTTPConnection,
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page. It is checked again at each visit, but the way back keeps what was typed."""
    device = current_device(request) or random_token()
    request.state.device = device
    pages: PageRenderer = request.state.pages
    response = Response(
        pages.render(request, template, context),
        status_code,
        {"Cache-Control": "private, no-cache", **(headers or {})},
        "text/html",
    )
    if request.cookies.get(DEVICE_COOKIE) != device:
        set_cookie(request, response, DEVICE_COOKIE, device, max_age_s=DEVICE_COOKIE_MAX_AGE_S)
    return response


def set_cookie(
    connection: HTTPConnection, response: Response, name: str, value: str, *, max_age_s: int | None
) -> None:
    """A cookie that scripts cannot read and other sites cannot send; secure wherever the site is."""
    secure = current_runtime(connection).public_url.startswith("https:")
    response.set_cookie(name, value, max_age=max_age_s, httponly=True, samesite="lax", secure=secure)


def current_device(connection: HTTPConnection) -> str | None:
    """The device's cookie, or the one that this very answer sets."""
    return getattr(connection.state, "device", None) or connection.cookies.get(DEVICE_COOKIE)


async def read_json_body(request: Request, model: type[M]) -> M:
    """The JSON body as `model`. Raises Malformed when it is no JSON object, Invalid for its fields."""
    try:
        body = parse_json(await request.body() or b"{}")
    except ValueError:
        raise Malformed("malformed") from None
    if not isinstance(body, dict):
        raise Malformed("malformed")
    return parse_model(model, body)


def see_other(url: str) -> Response:
    """303: the form was accepted, and this is where its result stands."""
    return RedirectResponse(url, 303)


def json_response(content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that no cache keeps."""
    return JSONResponse(content, status_code, {"Cache-Control": "no-store", **(headers or {})})


def client_address(connection: HTTPConnection) -> str:
    """The caller's address for counting: an IPv4 address, or an IPv6 /64 (one household)."""
    host = connection.client.host if connection.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)  # how a socket for both versions names an IPv4 caller
    if mapped is not None:
        return str(mapped)
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
