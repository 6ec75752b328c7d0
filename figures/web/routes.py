"""Routes of the figures, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import punctuality_page, statistics_api

__all__ = ["ROUTES"]

ROUTES: list[BaseRoute] = [*punctuality_page.routes, *statistics_api.routes]
