"""Frame of the calendar's pages: who may see them, the office, labels and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import staff_facts
from ....core.auth import Principal, StaffRole, require_role
from ....core.errors import MovedTo
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import (
    APPOINTMENT_STATE_NAMES,
    MODE_ICONS,
    STAFF_MODE_NAMES,
    Office,
)
from ..staff_session import current_user

CALENDAR_PATH = "/staff/calendar"
# The shared sentence of `duplicate_appointment` speaks to the citizen.
DUPLICATE_TEXT = N_("This person already has an appointment for the service")


async def require_reception(request: Request, office: str | None = None) -> Principal:
    """Return the person who is logged in and is host, of `office` (slug) if given.

    Raises MovedTo the login if there is none, NotAllowed.
    """
    principal = await current_user(request)
    if principal is None:
        raise MovedTo(f"/staff/?next={request.url.path if request.method == 'GET' else CALENDAR_PATH}")
    return require_role(principal, StaffRole.HOST, office)


def office_modes(office: Office) -> list[str]:
    """List the modes in which the office provides a service."""
    provided = {mode for service in office.services for mode in service.modes}
    return [mode for mode in STAFF_MODE_NAMES if mode in provided]


def day_path(office: Office, day: date, **more: str) -> str:
    """Build the address of a day; `more`: filters, without the empty ones."""
    return f"{CALENDAR_PATH}?{_query(office, day, more)}"


def booking_path(office: Office, day: date, **more: str) -> str:
    """Build the address of the booking form; `more`: the chosen service, mode and start."""
    return f"{CALENDAR_PATH}/new?{_query(office, day, more)}"


def _query(office: Office, day: date, more: Mapping[str, str]) -> str:
    values = {"office": office.slug, "day": day.isoformat(), **more}
    return urlencode({name: value for name, value in values.items() if value})


def card_path(appointment_id: str, action: str = "") -> str:
    """Build the address of an appointment's card, or of a form of the card."""
    return f"{CALENDAR_PATH}/{appointment_id}{f'/{action}' if action else ''}"


def render_calendar_page(
    request: Request, template: str, principal: Principal, office: Office | None, **context: Any
) -> Response:
    """Render a page of the calendar, which no cache may keep: it names citizens."""
    t = requests.current_gettext(request)
    return requests.render_page(
        request,
        f"staff/calendar/{template}.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        person=principal.name,
        is_manager=principal.has_role(StaffRole.MANAGER),
        office=office,
        mode_labels=STAFF_MODE_NAMES,
        mode_icons=MODE_ICONS,
        facts=lambda visit: staff_facts(visit.all_needs, visit.details, t),
        state_texts=APPOINTMENT_STATE_NAMES,
        day_path=day_path,
        card_path=card_path,
        duplicate_text=DUPLICATE_TEXT,
        **context,
    )
