"""Middleware that refuses API calls with an invalid key, also public calls."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ...core.errors import Unauthenticated
from ...core.web import authentication
from ...core.web.api_route import API_PREFIX
from .error_pages import on_office360_error


class SentKeyMiddleware:
    """Answers 401 to a call with an unknown or revoked key.

    Pages ignore the header, which a proxy may add for a service of its own. It stands before stored answers: a
    revoked key gets none of them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX + "/"):
            request = Request(scope, receive)
            try:
                await authentication.check_sent_key(request)
            except Unauthenticated as error:
                response = await on_office360_error(request, error)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
