"""Routes and error texts of the video rooms, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..realtime import room_socket
from . import room_pages
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *room_pages.routes,
    *room_socket.routes,
]
