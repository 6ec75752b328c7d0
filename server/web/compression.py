"""Compression of responses whose length reveals no secret (BREACH). Stores none.

The rule and its reasons: docs/security.md#compression.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...core.i18n.languages import LANGUAGES

MIN_BYTES = 500  # a smaller response fits into one packet anyway
LEVEL = 5  # the call page: 51 KB are 12.3 KB after 0.7 ms; level 9 gains 1.5 % for twice the time
TYPES = {"text/html", "text/css", "text/javascript", "image/svg+xml"}  # a manifest repeats an unknown token
# Without another query, the address of a page that exists contains no text of an attacker.
OWN_QUERIES = {b"", *(f"lang={language}".encode() for language in LANGUAGES)}
ZERO_WEIGHT = re.compile(r"\s*q\s*=\s*0(\.0{0,3})?\s*", re.I)  # RFC 9110 section 12.4.2: not acceptable
STAFF_PATH = "/staff"  # texts of citizens stand beside data of others there


class CompressionMiddleware:
    """Compresses pages that repeat nothing of their request, and public files.

    Answers to forms, errors, pages with a query, pages of staff, streams and answers of the API are sent as they
    are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not has_own_address(scope):
            await self._app(scope, receive, send)
            return
        responder: ASGIApp = _SafeIdentityResponder(self._app, MIN_BYTES)
        if "gzip" in accepted_codings(Headers(scope=scope).get("accept-encoding", "")):
            responder = _SafeGzipResponder(self._app, MIN_BYTES, LEVEL)
        await responder(scope, receive, send)


def accepted_codings(header: str) -> set[str]:
    """Return the content codings that `Accept-Encoding` names, without those of weight 0.

    Every client names those it knows, so `*` adds none.
    """
    named = (part.partition(";") for part in header.split(","))
    return {coding.strip().lower() for coding, _, weight in named if not ZERO_WEIGHT.fullmatch(weight)}


def has_own_address(scope: Scope) -> bool:
    """Tell whether the address has no text of an attacker, so its page is compressed."""
    is_read = scope["method"] in ("GET", "HEAD") and scope["query_string"] in OWN_QUERIES
    return is_read and not scope["path"].startswith(STAFF_PATH)


class _SafeIdentityResponder(IdentityResponder):
    """Passes responses of other kinds on unchanged."""

    _is_passed_on = False

    async def send_with_compression(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            self._is_passed_on = message["status"] != 200 or not _is_compressible(headers)
            if not self._is_passed_on and "etag" in headers:
                # the bytes differ by encoding (RFC 9110 section 8.8.1)
                headers["etag"] = f"W/{headers['etag']}"
        if self._is_passed_on:
            await self.send(message)
        else:
            await super().send_with_compression(message)


class _SafeGzipResponder(_SafeIdentityResponder, GZipResponder):
    """Compresses responses of the kinds that may be compressed."""


def _is_compressible(headers: Headers) -> bool:
    media_type = headers.get("content-type", "").partition(";")[0]
    is_public_document = media_type == "application/json" and "public" in headers.get("cache-control", "")
    return "content-encoding" not in headers and (media_type in TYPES or is_public_document)
