"""Flood limits per address, kept in this process, which they protect.

Limits of bookings per address are counted in SQL: appointments/actions/public_limits.py.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ...core.auth import StaffRole
from ...core.db.rate_limits import FloodLimit
from ...core.errors import RateLimited
from ...core.web import authentication, requests
from ...core.web.late_routes import load_late_routes
from ...core.web.limited_route import LimitedRoute, WriteLimit
from ...signaling.push_socket import push_socket
from ..settings import Settings
from .error_pages import on_office360_error

STATISTICS_PATHS = re.compile(r"/api/v1/stats/|/staff/manage/((audit|figures)\.csv|figures/mail/preview)$")
STATISTICS_PER_MINUTE = 20  # two months of a large office take two seconds of a core
# an office's staff sign in together from one address; each guess costs a hash
LOGINS_PER_MINUTE = 120
CHATS_PER_MINUTE = 120  # an office's Wi-Fi is one address; a message costs a few queries
FORMS_PER_MINUTE = 120  # valid and invalid forms
# look-ups of keys and sessions that do not exist; each costs a query
UNKNOWN_CALLERS_PER_MINUTE = 60
UNKNOWN_PER_MINUTE = 30  # changes at addresses that do not exist
STATIC_PER_READ = 20  # a page has up to 40 files, which a browser keeps

# a service sends a few receipts for each message, from few addresses
WEBHOOK_CALLS_PER_MINUTE = 6_000


@dataclass(frozen=True, slots=True)
class _Limit:
    """Requests of a kind; `buckets` by address."""

    buckets: FloodLimit
    retry_after_s: int

    def take_token(self, key: str) -> bool:
        return self.buckets.take_token(key, time.monotonic())

    def return_token(self, key: str) -> None:
        self.buckets.return_token(key, time.monotonic())


class FloodLimitMiddleware:
    """Refuses too many requests of an address with 429.

    Integrations are exempt in their offices; a member of staff has as many changes as an address.
    See docs/api.md#limits-for-the-public.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        reads = settings.gets_per_minute
        self._read_limits = (
            (re.compile(r"/(?!static/|theme\.css$|logo$|healthz$|readyz$|metrics$)"), _new_limit(reads, 10)),
            (re.compile(r"/(readyz|metrics)$"), _new_limit(reads, 10)),  # a monitor is not shut out by citizens
            (re.compile(r"/(static/|theme\.css$|logo$)"), _new_limit(reads * STATIC_PER_READ, 10)),
            (STATISTICS_PATHS, _new_limit(STATISTICS_PER_MINUTE, 10)),
        )
        self.write_limits = {
            WriteLimit.WRITES: _new_limit(settings.writes_per_minute, 30),
            WriteLimit.UNKNOWN: _new_limit(min(UNKNOWN_PER_MINUTE, settings.writes_per_minute), 30),
            WriteLimit.TICKETS: _new_limit(settings.tickets_per_minute, 30),
            WriteLimit.TESTS: _new_limit(settings.gets_per_minute, 10),
            WriteLimit.LOGINS: _new_limit(LOGINS_PER_MINUTE, 60),
            WriteLimit.FORMS: _new_limit(FORMS_PER_MINUTE, 30),
            WriteLimit.CHATS: _new_limit(CHATS_PER_MINUTE, 30),
            WriteLimit.WEBHOOKS: _new_limit(WEBHOOK_CALLS_PER_MINUTE, 30),
        }
        self._unknown_callers = _new_limit(UNKNOWN_CALLERS_PER_MINUTE, 10)
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
        exceeded = next((limit for limit in await self._limits(scope) if not limit.take_token(address)), None)
        if exceeded is not None and not await self._is_known_caller(scope, address, exceeded):
            error = RateLimited(retry_after_s=exceeded.retry_after_s)
            response = await on_office360_error(Request(scope, receive), error)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _limits(self, scope: Scope) -> list[_Limit]:
        if scope["method"] in ("GET", "HEAD"):
            return [limit for path, limit in self._read_limits if path.match(scope["path"])]
        matched = await _match_route(scope)
        if matched is None:
            return [self.write_limits[WriteLimit.UNKNOWN]]
        return [self.write_limits[write_limit(matched[0])]]

    async def _is_known_caller(self, scope: Scope, address: str, exceeded: _Limit) -> bool:
        """Tell whether the caller may exceed the limit of its address; asked only then.

        An integration may, in its offices. A member of staff may, up to the default limit of changes: colleagues
        share an address. Of an address that tries invented keys, too, none may while it does.
        """
        connection = HTTPConnection(scope)
        if "authorization" not in connection.headers and authentication.STAFF_COOKIE not in connection.cookies:
            return False
        # returned to a known caller, so that only look-ups of invented keys use this limit up
        if not self._unknown_callers.take_token(address):
            return False
        principal = await authentication.authenticated_principal(connection)
        if principal is None:
            return False
        self._unknown_callers.return_token(address)
        if principal.role is StaffRole.INTEGRATION:
            matched = await _match_route(scope)
            office = matched[1].get("office") if matched else None
            return office is None or principal.can_access_office(office)
        writes = self.write_limits[WriteLimit.WRITES]
        return exceeded is writes and writes.take_token(f"staff {principal.id}")

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
            release = _OpenSocket(self._sockets, address)
            # a push socket stays open after its task has ended
            if socket := push_socket(scope):
                socket.call_when_closed(release)
            else:
                release()


@dataclass(frozen=True, slots=True)
class _OpenSocket:
    """Releases an open socket of an address when called, without a bound method."""

    sockets: Counter[str]
    address: str

    def __call__(self) -> None:
        self.sockets[self.address] -= 1
        if not self.sockets[self.address]:
            del self.sockets[self.address]


def write_limit(route: Route) -> WriteLimit:
    """Return the limit of a route's writes."""
    return route.limit if isinstance(route, LimitedRoute) else WriteLimit.WRITES


async def _match_route(scope: Scope) -> tuple[Route, Mapping[str, str]] | None:
    """Return the route that will serve the request, and its path parameters."""
    await load_late_routes(scope)
    found = requests.matching_routes(scope)
    return next(((route, parameters) for route, parameters in found if isinstance(route, Route)), None)


def _new_limit(per_minute: float, retry_after_s: int) -> _Limit:
    return _Limit(FloodLimit(per_minute), retry_after_s)
