"""Routes of the figures, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import statistics_api

__all__ = ["ROUTES"]

ROUTES: list[BaseRoute] = [*statistics_api.routes]
