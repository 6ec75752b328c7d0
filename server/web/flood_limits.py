"""Flood limits per address, kept in this process, which they protect.

Limits of bookings per address are counted in SQL: appointments/actions/public_limits.py.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ...appointments.service import BOOKING_PATH
from ...core.auth import StaffRole
from ...core.db.rate_limits import FloodLimit
from ...core.errors import RateLimited
from ...core.web import authentication, requests
from ...signaling.push_socket import push_socket
from ..settings import Settings
from .error_pages import on_office360_error

BOOKING_PATHS = rf"{BOOKING_PATH}$|/api/v1/appointments$|/waiting/new$|/api/v1/waiting-list$"
STATISTICS_PER_MINUTE = 20  # two months of a large office take two seconds of a core
LOGINS_PER_MINUTE = 30  # an office's staff sign in together from one address; each guess costs a hash

CHATS_PER_MINUTE = 120  # an office's Wi-Fi is one address; a message costs a few queries
FORMS_PER_MINUTE = 120  # valid and invalid forms


@dataclass(frozen=True, slots=True)
class _FloodRule:
    """Requests that count against one limit."""

    methods: frozenset[str]
    path: re.Pattern[str]
    limit: FloodLimit
    retry_after_s: int

    def take_token(self, address: str) -> bool:
        return self.limit.take_token(address, time.monotonic())


class FloodLimitMiddleware:
    """Refuses too many requests of one address with 429. Integrations are exempt.

    See docs/api.md#limits-for-the-public.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._rules = (
            _build_rule("GET HEAD", r"/(?!static/|healthz|readyz|metrics)", settings.gets_per_minute, 10),
            _build_rule("GET HEAD", r"/api/v1/stats/", STATISTICS_PER_MINUTE, 10),
            _build_rule("POST", r"/o/|/api/v1/offices/[^/]+/tickets$", settings.tickets_per_minute, 30),
            _build_rule("POST DELETE", r"/api/v1/tests", settings.gets_per_minute, 10),
            _build_rule("POST", r"/staff/login$", LOGINS_PER_MINUTE, 60),
            _build_rule("POST", BOOKING_PATHS, FORMS_PER_MINUTE, 30),
            _build_rule("POST", r"/chat$|/api/v1/chat$", CHATS_PER_MINUTE, 30),
        )
        self._max_sockets = settings.sockets_per_address
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._limit_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = requests.client_address(HTTPConnection(scope))
        rules = [
            rule for rule in self._rules if scope["method"] in rule.methods and rule.path.match(scope["path"])
        ]
        exceeded = next((rule for rule in rules if not rule.take_token(address)), None)
        if exceeded is not None and not await _is_program(scope):
            error = RateLimited(retry_after_s=exceeded.retry_after_s)
            response = await on_office360_error(Request(scope, receive), error)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _limit_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = requests.client_address(HTTPConnection(scope))
        if self._sockets[address] >= self._max_sockets:
            response = Response(status_code=429, headers={"Retry-After": "60"})
            await WebSocket(scope, receive, send).send_denial_response(response)
            return
        self._sockets[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            socket = push_socket(scope)
            if socket is not None and socket.is_detached:
                socket.call_when_closed(_OpenSocket(self._sockets, address).release)
            else:
                _OpenSocket(self._sockets, address).release()


@dataclass(frozen=True, slots=True)
class _OpenSocket:
    """One open socket of an address."""

    sockets: Counter[str]
    address: str

    def release(self) -> None:
        self.sockets[self.address] -= 1
        if not self.sockets[self.address]:
            del self.sockets[self.address]


async def _is_program(scope: Scope) -> bool:
    """Tell whether the caller is an integration; checked only when a limit is exceeded."""
    connection = HTTPConnection(scope)
    if not connection.headers.get("authorization", "").startswith("Bearer "):
        return False
    principal = await authentication.current_principal(connection)
    return principal is not None and principal.role is StaffRole.INTEGRATION


def _build_rule(methods: str, path: str, per_minute: float, retry_after_s: int) -> _FloodRule:
    return _FloodRule(frozenset(methods.split()), re.compile(path), FloodLimit(per_minute), retry_after_s)
