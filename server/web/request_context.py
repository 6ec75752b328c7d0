"""Middleware of every request: id, language, headers, last errors, access log. No body."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...core.i18n.languages import LanguageChoice
from ...core.ids import new_id
from .error_pages import crash_response
from .security_headers import YEAR_S, security_headers

logger = logging.getLogger(__name__)

LANGUAGE_COOKIE = "office360_lang"
REQUEST_ID_HEADER = "x-request-id"
REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")  # RFC 9110 section 12.4.2
CLIENT_LEFT = 499  # as in the log of nginx: the client was gone before a status was sent
ROBOTS_HEADER = "x-robots-tag"
# Pages that search engines may list, in each language. All other answers ask them not to: a link with a token that
# was published by mistake must not be found. An office that is not public says so in its page.
INDEXED_ROUTES = frozenset(
    {
        "/",
        "/turn",
        "/appointments/new",
        "/test",
        "/accessibility",
        "/privacy",
        "/o/{office}",
        "/o/{office}/punctuality",
    }
)
REFUSED_STATUS = "refused_status"  # in `state`: sent by the server in place of the app


class RequestContextMiddleware:
    """Sets `request_id`, `language` and `csp_nonce` in `state`, adds headers, logs requests.

    It is our outermost middleware, so it also answers errors of the others: what is logged is what was sent, and
    Starlette and uvicorn log no second traceback.
    """

    def __init__(self, app: ASGIApp, *, https: bool, languages: LanguageChoice) -> None:
        self._app = app
        self._languages = languages
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        _replace_nul(scope)
        chosen = self._requested_language(scope)
        state = scope["state"]
        state["request_id"] = request_id = _forwarded_request_id(scope) or new_id()
        state["language"] = chosen or self._detect_language(scope)
        # another for each answer: the policy allows inline code with this nonce only
        state["csp_nonce"] = secrets.token_urlsafe(16)
        # imported late, with rich where it is installed
        from structlog.contextvars import bind_contextvars

        # for this task, which the server has started for this request
        bind_contextvars(request_id=request_id)
        if scope["type"] == "websocket":
            await self._app(scope, receive, _with_request_id(send, request_id))
            return
        started = state["started_s"] = time.perf_counter()
        status: int | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, MutableHeaders(scope=message), chosen)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass
        except Exception as error:
            if status is not None:  # the server logs it, and breaks the connection off
                raise
            await crash_response(Request(scope), error)(scope, receive, send_with_headers)
        finally:
            _log_request(scope, state.get(REFUSED_STATUS) or status or CLIENT_LEFT, time.perf_counter() - started)

    def _requested_language(self, scope: Scope) -> str | None:
        language = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        return language if language in self._languages.offered else None

    def _detect_language(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        remembered = cookie_parser(headers.get("cookie", "")).get(LANGUAGE_COOKIE)
        if remembered in self._languages.offered:
            return remembered
        return accepted_language(headers.get("accept-language", ""), self._languages)

    def _add_headers(self, scope: Scope, headers: MutableHeaders, chosen: str | None) -> None:
        headers[REQUEST_ID_HEADER] = scope["state"]["request_id"]
        for name, value in security_headers(scope, self._https).items():
            headers.setdefault(name, value)
        if "public" not in headers.get("cache-control", ""):  # files and documents are the same for all
            headers.add_vary_header("Accept-Language, Cookie")
            if not _may_be_indexed(scope):
                headers.setdefault(ROBOTS_HEADER, "noindex")
        if chosen is not None:
            secure = "; Secure" if self._https else ""
            cookie = f"{LANGUAGE_COOKIE}={chosen}; Path=/; Max-Age={YEAR_S}; SameSite=Lax; HttpOnly{secure}"
            headers.append("set-cookie", cookie)


def _may_be_indexed(scope: Scope) -> bool:
    """Tell whether search engines may list this address: a public page, as its links name it."""
    asked = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return route_template(scope) in INDEXED_ROUTES and asked.keys() <= {"lang"}


def _forwarded_request_id(scope: Scope) -> str | None:
    """Return the id that a trusted proxy gave the request; None if it gave none.

    A port of 0 marks a client address that uvicorn took from a trusted proxy's header: no connection has it.
    """
    sent = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    client = scope.get("client")
    return sent if client is not None and client[1] == 0 and REQUEST_ID.fullmatch(sent) else None


def _with_request_id(send: Send, request_id: str) -> Callable[[Message], Any]:
    async def send_handshake(message: Message) -> None:
        if message["type"] in ("websocket.accept", "websocket.http.response.start"):
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
        await send(message)

    return send_handshake


def _replace_nul(scope: Scope) -> None:
    """Replace NUL, which no database stores, so that such an address is not found."""
    scope["path"] = scope["path"].replace("\0", "\N{REPLACEMENT CHARACTER}")
    scope["query_string"] = scope.get("query_string", b"").replace(b"%00", b"%EF%BF%BD")


def accepted_language(header: str, languages: LanguageChoice) -> str:
    """Return the first of the best rated languages (RFC 9110 section 12.5.4)."""
    ratings: dict[str, float] = {}
    for part in header.split(","):
        name, *params = (text.strip().lower() for text in part.split(";"))
        language = name.partition("-")[0]
        if language in languages.offered:
            ratings.setdefault(language, _quality(params))
    best = max(ratings, key=lambda language: ratings[language], default=languages.default)
    return best if ratings.get(best) else languages.default


def _quality(params: Iterable[str]) -> float:
    """Return the weight of a language range; 0, which refuses it, if it cannot be read."""
    weight = next((text.removeprefix("q=") for text in params if text.startswith("q=")), "1")
    return float(weight) if QUALITY.fullmatch(weight) else 0.0


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    if scope["path"].startswith("/static/") or scope["path"] == "/healthz":
        return
    extra: dict[str, Any] = {
        "method": scope["method"],
        "route": route_template(scope),
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    logger.info("request", extra=extra)


def route_template(scope: Scope) -> str:
    """Return the path of the route, such as `/a/{token}`, which contains no token."""
    return getattr(scope.get("route"), "path", None) or scope.get("route_template") or "(unmatched)"
