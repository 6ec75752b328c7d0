"""Routes and error texts of the queue, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..realtime import sockets
from . import api, display_page, ticket_page
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES", "SOCKET_ROUTES"]

SOCKET_ROUTES: list[BaseRoute] = [
    *sockets.routes,
]

ROUTES: list[BaseRoute] = [
    *ticket_page.routes,
    *display_page.routes,
    *api.routes,
]
