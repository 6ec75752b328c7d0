"""The day of the reception's calendar, and its list on paper."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import time_label
from ....core.auth import StaffRole, require_role
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import Office, hours
from ...consoles.host import build_appointment_row
from ...queries.board import appointment_json
from ...queries.reception_day import (
    STATE_FILTERS,
    CalendarVisit,
    DayFilter,
    ReceptionDay,
    load_calendar_days,
    load_reception_day,
)
from ..host_pages import request_locale, selected_office
from ..messages_page import parse_day
from ..staff_session import no_office_page
from .calendar_frame import (
    booking_path,
    day_path,
    office_modes,
    own_offices,
    render_calendar_page,
    require_reception,
)

STATE_FILTER_LABELS = {
    "": N_("All that stand"),
    "expected": N_("Still to come"),
    "checked_in": N_("In the office"),
    "served": N_("Attended"),
    "no_show": N_("Did not come"),
    "cancelled": N_("Cancelled"),
    "all": N_("Cancelled ones too"),
}
DAY = timedelta(days=1)


async def show_calendar(request: Request) -> Response:
    """`GET /staff/calendar?office=&day=&month=&service=&mode=&state=`."""
    return await _render_day(request, "day")


async def show_day_list(request: Request) -> Response:
    """`GET /staff/calendar/list`: the same day as a list to print, for an outage."""
    return await _render_day(request, "list")


async def _render_day(request: Request, template: str) -> Response:
    principal = await require_reception(request)
    query = request.query_params
    if slug := query.get("office"):
        require_role(principal, StaffRole.HOST, slug)
    offices = await own_offices(request, principal)
    if not offices:
        return no_office_page(request, principal)
    now = requests.current_runtime(request).now()
    office = selected_office(offices, slug, now)
    today = hours.to_local_day(office.hours, now)
    day = parse_day(query.get("day"), today)
    shown = _parse_filter(query, office)
    month = _parse_month(query.get("month"), day)
    async with requests.current_runtime(request).read_session() as session:
        reception = await load_reception_day(session, office, day, now, shown)
        weeks = await load_calendar_days(session, office, month, now)
        week = next((row for row in weeks if row[0].day <= day <= row[-1].day), None)
        if week is None:
            week = next(row for row in await load_calendar_days(session, office, day, now) if row[-1].day >= day)
    filters = {"service": shown.service, "mode": shown.mode, "state": shown.state}
    return render_calendar_page(
        request,
        template,
        principal,
        office,
        offices=offices,
        day=day,
        today=today,
        previous=day - DAY,
        following=day + DAY,
        past=day < today,
        noon=_noon(office, day),
        reception=reception,
        chips=_lateness_chips(request, office, reception) if day == today else {},
        shown=shown,
        filters=filters,
        state_filters=STATE_FILTER_LABELS,
        modes=office_modes(office),
        weeks=weeks,
        week=week,
        month=month,
        month_noon=_noon(office, month),
        months=(_add_months(month, -1), _add_months(month, 1)),
        noon_of=lambda moment: _noon(office, moment),
        booking=lambda at="": booking_path(office, day, at=at, service=shown.service, mode=shown.mode),
        clock=lambda moment: time_label(moment, office.timezone),
        link=lambda **changes: day_path(office, changes.pop("day", day), **{**filters, **changes}),
    )


def _parse_filter(query: Mapping[str, str], office: Office) -> DayFilter:
    """Parse the filter of the address. Invalid values are left out."""
    service, mode, state = (query.get(name, "") for name in ("service", "mode", "state"))
    return DayFilter(
        service if service in {one.slug for one in office.services} else "",
        mode if mode in office_modes(office) else "",
        state if state in STATE_FILTERS else "",
    )


def _parse_month(text: str | None, day: date) -> date:
    """Parse `2026-11`; the month of the day if it is missing or invalid."""
    return parse_day(f"{text}-01" if text else None, day).replace(day=1)


def _add_months(month: date, count: int) -> str:
    if count < 0:
        return f"{month - DAY:%Y-%m}"
    return f"{month + timedelta(days=monthrange(month.year, month.month)[1]):%Y-%m}"


def _noon(office: Office, day: date) -> datetime:
    """Return noon of a day, from which pages format its name."""
    return datetime.combine(day, time(12), office.timezone)


def _lateness_chips(request: Request, office: Office, reception: ReceptionDay) -> Mapping[str, Any]:
    """Build the chip of each citizen who is expected in person and late, by appointment id."""
    locale, now = request_locale(request, office), requests.current_runtime(request).now()
    visits: Sequence[CalendarVisit] = [
        visit for hour in reception.hours for time in hour.busy for visit in time.visits
    ]
    return {
        one.appointment.id: row["verdict"]
        for one in visits
        if one.appointment.state == "confirmed" and one.appointment.mode == "in_person"
        if (row := build_appointment_row({**appointment_json(one.appointment, office), "notes": []}, now, locale))
    }
