"""Flood limits by address, in memory: they protect this process, and may forget when it restarts."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ..core import web
from ..core.auth import Role
from ..core.errors import RateLimited
from ..core.ratelimit import FloodLimit
from .errors import on_office360_error
from .settings import Settings

LOGINS_PER_MINUTE = 30  # an office's staff arrive together behind one address; each guess costs us a hash


@dataclass(frozen=True, slots=True)
class _Rule:
    methods: frozenset[str]
    path: re.Pattern[str]
    limit: FloodLimit
    retry_after_s: int


class FloodLimits:
    """Refuses with 429 what comes too often from one address. Integrations are exempt (contract.md)."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        bookings = settings.bookings_per_hour
        self._rules = (
            _rule("GET HEAD", r"/(?!static/|healthz|readyz|metrics)", settings.gets_per_minute, 10),
            _rule("POST", r"/o/|/api/v1/offices/[^/]+/tickets$", settings.tickets_per_minute, 30),
            _rule("POST", r"/staff/login$", LOGINS_PER_MINUTE, 60),
            _rule("POST", r"/appointments/new$|/api/v1/appointments$", bookings / 60, 600, bookings),
        )
        self._most_sockets = settings.sockets_per_address
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] == "http" and (rule := self._broken_rule(scope)) and not await _is_program(scope):
            error = RateLimited(retry_after_s=rule.retry_after_s)
            response = await on_office360_error(Request(scope, receive), error)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _broken_rule(self, scope: Scope) -> _Rule | None:
        address, now_s = web.address_of(HTTPConnection(scope)), time.monotonic()
        for rule in self._rules:
            if scope["method"] in rule.methods and rule.path.match(scope["path"]):
                return None if rule.limit.allow(address, now_s) else rule
        return None

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = web.address_of(HTTPConnection(scope))
        if self._sockets[address] >= self._most_sockets:
            response = Response(status_code=429, headers={"Retry-After": "60"})
            await WebSocket(scope, receive, send).send_denial_response(response)
            return
        self._sockets[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets[address] -= 1
            if not self._sockets[address]:
                del self._sockets[address]


async def _is_program(scope: Scope) -> bool:
    """Whether an integration's key asks; looked up only once a limit is reached."""
    connection = HTTPConnection(scope)
    if not connection.headers.get("authorization", "").startswith("Bearer "):
        return False
    found = await web.principal(connection)
    return found is not None and found.role is Role.INTEGRATION


def _rule(methods: str, path: str, per_minute: float, retry_after_s: int, burst: int | None = None) -> _Rule:
    return _Rule(frozenset(methods.split()), re.compile(path), FloodLimit(per_minute, burst), retry_after_s)
