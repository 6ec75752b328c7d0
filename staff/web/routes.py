"""Routes and error texts of staff pages, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..realtime import board_socket
from . import account_link_page, api, appointment_slip_page, cancellation_page, desk_pages, phone_call_page
from .error_texts import ERROR_TEXTS
from .sign_in import oidc_pages, proxy_pages

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *desk_pages.routes,
    *cancellation_page.routes,
    *account_link_page.routes,
    *appointment_slip_page.routes,
    *phone_call_page.routes,
    *oidc_pages.routes,
    *proxy_pages.routes,
    *api.routes,
    *board_socket.routes,
]
