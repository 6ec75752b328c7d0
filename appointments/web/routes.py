"""Routes and error texts of appointments, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import (
    api,
    appointment_pages,
    earlier_slot_pages,
    email_verification_pages,
    office_cancellation_api,
    waitlist_api,
    waitlist_pages,
)
from .error_texts import ERROR_TEXTS

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *appointment_pages.routes,
    *earlier_slot_pages.routes,
    *email_verification_pages.routes,
    *api.routes,
    *waitlist_api.routes,
    *waitlist_pages.routes,
    *office_cancellation_api.routes,
]
