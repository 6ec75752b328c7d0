"""Routes and error texts of staff pages, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..realtime import board_socket
from . import account_link_page, api, appointment_slip_page, cancellation_page, desk_pages, phone_call_page
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *desk_pages.routes,
    *cancellation_page.routes,
    *account_link_page.routes,
    *appointment_slip_page.routes,
    *phone_call_page.routes,
    *api.routes,
    *board_socket.routes,
]
