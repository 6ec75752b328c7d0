"""Routes and error texts of appointments, for server/app.py."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import (
    api,
    appointment_pages,
    booking_pages,
    earlier_slot_pages,
    email_verification_pages,
    find_appointment_page,
    office_cancellation_api,
    reschedule_pages,
    waitlist_pages,
)
from .error_texts import ERROR_TEXTS
from .telephone import channel_pages, phone_call_api, phone_number_page

__all__ = ["ERROR_TEXTS", "ROUTES"]

ROUTES: list[BaseRoute] = [
    *booking_pages.routes,
    *find_appointment_page.routes,
    *appointment_pages.routes,
    *channel_pages.routes,
    *reschedule_pages.routes,
    *earlier_slot_pages.routes,
    *email_verification_pages.routes,
    *api.routes,
    *waitlist_pages.routes,
    *office_cancellation_api.routes,
    *phone_call_api.routes,
    *phone_number_page.routes,
]
