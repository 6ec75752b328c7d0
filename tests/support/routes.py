"""Routes of an app in one list."""

from __future__ import annotations

from collections.abc import Iterable

from office360.core.web.late_routes import LateRoutes
from starlette.routing import BaseRoute


def all_routes(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Return the routes, with those that their first request would import in their place."""
    return [
        route
        for listed in routes
        for route in (all_routes(listed.routes) if isinstance(listed, LateRoutes) else [listed])
    ]
