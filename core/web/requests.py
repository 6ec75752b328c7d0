"""What every view needs from HTTP: the runtime, the reader's language, pages, guarded forms, JSON bodies.

Guards against forged requests: a form carries a signature of the device's cookie and must not come from
another site by `Sec-Fetch-Site`; JSON with a session cookie must be declared as JSON and be same-origin.
`Origin` is not looked at: with `Referrer-Policy: no-referrer` browsers send `null`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ..auth import Principal
from ..contact.push_subscriptions import PushSite
from ..errors import Invalid, Malformed, NotAllowed
from ..i18n.catalogues import Catalogues, Sentences
from ..runtime import Runtime
from ..tokens import random_token
from .validation import is_plain_text, parse, read_json

M = TypeVar("M", bound=BaseModel)

DEVICE_COOKIE = "office360_device"
STAFF_COOKIE = "office360_staff"
DEVICE_AGE_S = 400 * 24 * 3600  # the longest that browsers keep a cookie
BODY_BYTES = 256 * 1024  # the longest form and the longest JSON are a few kilobytes
FORM_FIELDS = 200
_SAFE = {"GET", "HEAD", "OPTIONS"}
_OWN_SITES = {None, "same-origin", "none"}


class Pages(Protocol):
    """Renders templates; made by server/."""

    def render(self, request: HTTPConnection, template: str, context: Mapping[str, Any]) -> str: ...


Authenticate = Callable[[HTTPConnection], Awaitable[Principal | None]]


def runtime(connection: HTTPConnection) -> Runtime:
    """The installation that serves this request."""
    found: Runtime = connection.state.runtime
    return found


def language(connection: HTTPConnection) -> str:
    """The reader's language: `es` or `en`."""
    found: str = connection.state.language
    return found


def push_site(connection: HTTPConnection) -> PushSite | None:
    """What a page needs to subscribe to pushes; None where they are not set up."""
    found: PushSite | None = connection.state.push_site
    return found


def sms_countries(connection: HTTPConnection) -> frozenset[str]:
    """The calling codes that this installation sends SMS to; none where it sends no SMS."""
    found: frozenset[str] = connection.state.sms_countries
    return found


def gettext_of(connection: HTTPConnection) -> Callable[[str], str]:
    """The function that translates into the reader's language."""
    catalogues: Catalogues = connection.state.catalogues
    return catalogues.translations(language(connection)).gettext


def say(connection: HTTPConnection, code: str, params: Mapping[str, Any] | None = None) -> str:
    """What an error code says to this reader."""
    sentences: Sentences = connection.state.sentences
    return sentences.say(language(connection), code, params)


def wants_json(connection: HTTPConnection) -> bool:
    """Whether it is a program that asks: an error is a problem for it, not a page."""
    accepted = connection.headers.get("accept", "")
    return connection.url.path.startswith("/api/") or ("json" in accepted and "html" not in accepted)


def field_texts(connection: HTTPConnection, invalid: Invalid) -> dict[str, str]:
    """The sentence of each field that is not acceptable, the first one of a field."""
    texts: dict[str, str] = {}
    for one in invalid.fields:
        texts.setdefault(one.field, say(connection, one.code, one.params))
    return texts


def render(
    request: HTTPConnection,
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page. It is checked again at each visit, but the way back keeps what was typed."""
    device = device_of(request) or random_token()
    request.state.device = device
    pages: Pages = request.state.pages
    response = Response(
        pages.render(request, template, context),
        status_code,
        {"Cache-Control": "private, no-cache", **(headers or {})},
        "text/html",
    )
    if request.cookies.get(DEVICE_COOKIE) != device:
        set_cookie(request, response, DEVICE_COOKIE, device, max_age_s=DEVICE_AGE_S)
    return response


def set_cookie(
    connection: HTTPConnection, response: Response, name: str, value: str, *, max_age_s: int | None
) -> None:
    """A cookie that scripts cannot read and other sites cannot send; secure wherever the site is."""
    secure = runtime(connection).public_url.startswith("https:")
    response.set_cookie(name, value, max_age=max_age_s, httponly=True, samesite="lax", secure=secure)


def device_of(connection: HTTPConnection) -> str | None:
    """The device's cookie, or the one that this very answer sets."""
    return getattr(connection.state, "device", None) or connection.cookies.get(DEVICE_COOKIE)


device = device_of


def csrf_token(connection: HTTPConnection) -> str:
    """The signature that a form of this device carries."""
    return runtime(connection).tokens.sign("csrf", device_of(connection) or "")


async def form(request: Request) -> FormData:
    """The form that was sent. Raises NotAllowed("csrf") unless one of our own pages sent it."""
    _refuse_other_sites(request)
    fields = await request.form(max_files=0, max_fields=FORM_FIELDS, max_part_size=BODY_BYTES)
    if not all(isinstance(text, str) and is_plain_text(text) for _, text in fields.multi_items()):
        raise Malformed("malformed")
    sent, device = fields.get("csrf"), request.cookies.get(DEVICE_COOKIE)
    if not device or not isinstance(sent, str) or not runtime(request).tokens.verify("csrf", device, sent):
        raise NotAllowed("csrf")
    return fields


def _refuse_other_sites(request: HTTPConnection) -> None:
    if request.headers.get("sec-fetch-site") not in _OWN_SITES:
        raise NotAllowed("csrf")


async def json_body(request: Request, model: type[M]) -> M:
    """The JSON body as `model`. Raises Malformed when it is no JSON object, Invalid for its fields."""
    try:
        body = read_json(await request.body() or b"{}")
    except ValueError:
        raise Malformed("malformed") from None
    if not isinstance(body, dict):
        raise Malformed("malformed")
    return parse(model, body)


async def principal(request: HTTPConnection) -> Principal | None:
    """Who signed in, by session cookie or `Authorization: Bearer KEY`; None for the public."""
    authenticate: Authenticate = request.state.authenticate
    found = await authenticate(request)
    if found is not None and not found.key and request.scope.get("method", "GET") not in _SAFE:
        _refuse_forged_json(request)
    return found


async def principal_by_key(connection: HTTPConnection, key: str) -> Principal | None:
    """Who stands behind a key that came in a message instead of a header, as on WebSockets."""
    authenticate: Authenticate = connection.state.authenticate
    named = [(b"authorization", f"Bearer {key}".encode())]
    return await authenticate(HTTPConnection({**connection.scope, "headers": named}))


def _refuse_forged_json(request: HTTPConnection) -> None:
    """A form cannot be declared as JSON without a preflight, and the browser says from which site it comes."""
    if not request.url.path.startswith("/api/"):
        return  # an HTML form; `form` guards it
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    if declared != "application/json" or request.headers.get("sec-fetch-site") != "same-origin":
        raise NotAllowed("csrf")


def see_other(url: str) -> Response:
    """303: the form was accepted, and this is where its result stands."""
    return RedirectResponse(url, 303)


def json_response(content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that no cache keeps."""
    return JSONResponse(content, status_code, {"Cache-Control": "no-store", **(headers or {})})


def address_of(connection: HTTPConnection) -> str:
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
