"""Routes and error texts of the video rooms, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ..realtime import room_socket
from . import acceptances_api, call_back_api, documents_api, guest_page, room_invites_api, room_pages, survey_pages
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *acceptances_api.routes,
    *call_back_api.routes,
    *documents_api.routes,
    *room_pages.routes,
    *guest_page.routes,
    *room_invites_api.routes,
    *survey_pages.routes,
    *room_socket.routes,
]
