"""Routes of notifications, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import outbox_page, preferences_page, webhooks

__all__ = ["DEVELOPMENT_ROUTES", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *preferences_page.routes,
    *webhooks.routes,
]

DEVELOPMENT_ROUTES: list[BaseRoute] = [
    *outbox_page.routes,
]
