"""Routes whose modules are imported by the first request below their path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send


class LateRoutes(BaseRoute):
    """All HTTP routes below a path, for large parts that few processes show.

    `load` imports them.
    """

    def __init__(self, path: str, load: Callable[[], Sequence[BaseRoute]]) -> None:
        self.path = path
        self._load = load
        self._loaded: Router | None = None

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes; imports them if no request has."""
        return self._router().routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_below = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{self.path}/")
        return (Match.FULL if is_below else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.load()
        await self._router()(scope, receive, send)

    async def load(self) -> None:
        """Import the routes in a thread, so that other requests go on meanwhile."""
        if self._loaded is None:
            await asyncio.to_thread(self._router)

    def _router(self) -> Router:
        if self._loaded is None:
            self._loaded = Router(self._load())
        return self._loaded


async def load_late_routes(scope: Scope) -> None:
    """Import late routes that could serve this path, before a limit or a key looks at them."""
    for route in scope["app"].routes:
        if isinstance(route, LateRoutes) and route.matches(scope)[0] is Match.FULL:
            await route.load()


def candidate_routes(scope: Scope) -> Iterator[BaseRoute]:
    """Yield the app's routes, and the late routes that could serve this path; imports them."""
    for route in scope["app"].routes:
        if not isinstance(route, LateRoutes):
            yield route
        elif route.matches(scope)[0] is Match.FULL:
            yield from route.routes
