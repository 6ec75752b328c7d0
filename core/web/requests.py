"""Request context for views, and their responses. No forms, no authentication."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from ...core.i18n.catalogues import GettextFunction
from ..contact.channel_offers import ChannelOffer
from ..contact.emergency_numbers import NumbersByCountry
from ..contact.push_subscriptions import PushSettings
from ..errors import (
    Gone,
    Invalid,
    Malformed,
    NotAllowed,
    NotFound,
    Office360Error,
    RateLimited,
    Refused,
    Unauthenticated,
    Unavailable,
)
from ..i18n.catalogues import Catalogues, ErrorTexts
from ..runtime import Runtime
from ..tokens import random_token
from ..virus_scanner import VirusScanner
from .late_routes import candidate_routes
from .validation import parse_json, parse_model

M = TypeVar("M", bound=BaseModel)

DEVICE_COOKIE = "office360_device"
DEVICE_COOKIE_MAX_AGE_S = 400 * 24 * 3600  # the maximum of browsers
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# For pages whose address is a secret: no cache may keep them, and no search engine may list them.
PRIVATE_PAGE_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
MAX_BODY_BYTES = 256 * 1024  # the longest form or JSON body has a few kilobytes

# In order: the first class that matches counts.
STATUS_BY_ERROR: tuple[tuple[type[Office360Error], int], ...] = (
    (Refused, 409),
    (Malformed, 400),
    (Unauthenticated, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Gone, 410),
    (Invalid, 422),
    (RateLimited, 429),
    (Unavailable, 503),
)


class PageRenderer(Protocol):
    """Renders templates; server/ implements it."""

    def render(self, request: HTTPConnection, template: str, context: Mapping[str, Any]) -> str: ...


def current_runtime(connection: HTTPConnection) -> Runtime:
    """Return the runtime of the installation that serves the request."""
    runtime: Runtime = connection.state.runtime
    return runtime


def current_language(connection: HTTPConnection) -> str:
    """Return the reader's language, by its code."""
    language: str = connection.state.language
    return language


def started_s(connection: HTTPConnection) -> float:
    """Return when the request began, on time.perf_counter."""
    started: float = connection.state.started_s
    return started


def push_settings(connection: HTTPConnection) -> PushSettings | None:
    """Return the settings for push subscriptions; None if pushes are not set up."""
    settings: PushSettings | None = connection.state.push_site
    return settings


def document_scanner(connection: HTTPConnection) -> VirusScanner | None:
    """Return the scanner of uploaded documents; None if the installation has none."""
    scanner: VirusScanner | None = connection.state.document_scanner
    return scanner


def offered_channels(connection: HTTPConnection) -> tuple[ChannelOffer, ...]:
    """Return the channels that citizens can choose besides e-mail and push."""
    offers: tuple[ChannelOffer, ...] = connection.state.offered_channels
    return offers


def emergency_numbers(connection: HTTPConnection) -> NumbersByCountry:
    """Return the installation's own emergency numbers by country."""
    numbers: NumbersByCountry = connection.state.emergency_numbers
    return numbers


def current_gettext(connection: HTTPConnection) -> GettextFunction:
    """Return the function that translates into the reader's language."""
    catalogues: Catalogues = connection.state.catalogues
    return catalogues.translations(current_language(connection)).gettext


def error_text(connection: HTTPConnection, code: str, params: Mapping[str, Any] | None = None) -> str:
    """Return the text of an error code in the reader's language."""
    texts: ErrorTexts = connection.state.sentences
    return texts.error_text(current_language(connection), code, params)


def http_status(error: Office360Error) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS_BY_ERROR if isinstance(error, kind)), 500)


def should_answer_json(connection: HTTPConnection) -> bool:
    """Tell whether errors must be JSON problems, for a program, and not pages."""
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
    """Render a page, and set the device cookie if the device has none.

    `page_url` in the context: where a page that answers a form is shown by a GET, with its choices.
    Browsers revalidate the page at each visit, but going back keeps the typed text.
    """
    # before the rendering: the forms of the page are signed for this device
    device = current_device(request) or random_token()
    request.state.device = device
    # the title of the page says that its form was not accepted
    is_rejected = request.scope.get("method") == "POST" and status_code >= 400
    pages: PageRenderer = request.state.pages
    response = Response(
        pages.render(request, template, {"is_rejected": is_rejected, **context}),
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
    """Set a cookie that scripts cannot read and other sites cannot send; secure under https."""
    secure = current_runtime(connection).public_url.startswith("https:")
    response.set_cookie(name, value, max_age=max_age_s, httponly=True, samesite="lax", secure=secure)


def current_device(connection: HTTPConnection) -> str | None:
    """Return the device's cookie, or the cookie that this response sets."""
    return getattr(connection.state, "device", None) or connection.cookies.get(DEVICE_COOKIE)


async def read_json_body(request: Request, model: type[M]) -> M:
    """Parse the JSON body as `model`; an empty body counts as `{}`.

    Raises Malformed if the body is not a JSON object, Invalid for its fields, also for those that are unknown.
    """
    try:
        body = parse_json(await request.body() or b"{}")
    except ValueError:
        raise Malformed("malformed") from None
    if not isinstance(body, dict):
        raise Malformed("malformed")
    return parse_model(model, body, forbid_unknown=True)


def matching_routes(scope: Scope) -> Iterator[tuple[BaseRoute, Mapping[str, Any]]]:
    """Yield the routes that serve this path and method, each with its path parameters."""
    for route in candidate_routes(scope):
        match, found = route.matches(scope)
        if match is Match.FULL:
            yield route, found.get("path_params", {})


def see_other(url: str) -> Response:
    """Redirect with 303 to the result of an accepted form."""
    return RedirectResponse(url, 303)


def json_response(content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Build a JSON response that no cache stores."""
    return JSONResponse(content, status_code, {"Cache-Control": "no-store", **(headers or {})})


def client_address(connection: HTTPConnection) -> str:
    """Return the address that limits count by."""
    return limit_key(connection.client.host if connection.client else "unknown")


def client_ip(connection: HTTPConnection) -> IpAddress | None:
    """Return the caller's IP address; None on a Unix socket."""
    return parse_ip(connection.client.host) if connection.client else None


def parse_ip(host: str) -> IpAddress | None:
    """Parse an IP address; an IPv4 caller on a dual-stack socket has its IPv4 address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def limit_key(host: str) -> str:
    """Return the key of a host in limits: an IPv4 address, or an IPv6 /64 (a household)."""
    address = parse_ip(host)
    if address is None:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
