"""Routes and error texts of staff pages, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..realtime import board_socket
from . import (
    account_link_page,
    alerts_page,
    api,
    appointment_slip_page,
    cancellation_page,
    desk_pages,
    emergency_api,
    phone_call_page,
    room_transfer_api,
)
from .calendar import calendar_routes
from .error_texts import ERROR_TEXTS
from .sign_in import account_page, factor_pages, oidc_pages, proxy_pages, second_step_page, session_page

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *desk_pages.routes,
    *cancellation_page.routes,
    *calendar_routes.routes,
    *account_link_page.routes,
    *appointment_slip_page.routes,
    *phone_call_page.routes,
    *oidc_pages.routes,
    *proxy_pages.routes,
    *account_page.routes,
    *factor_pages.routes,
    *second_step_page.routes,
    *session_page.routes,
    *alerts_page.routes,
    *api.routes,
    *emergency_api.routes,
    *room_transfer_api.routes,
    *board_socket.routes,
]
