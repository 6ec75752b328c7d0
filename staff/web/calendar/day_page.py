"""The day of the reception's calendar, its list on paper, and its file."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import staff_facts, time_label
from ....core.auth import Principal, StaffRole, require_role
from ....core.formats.csv_text import spreadsheet_text
from ....core.i18n.catalogues import N_
from ....core.i18n.dates import format_zone
from ....core.i18n.languages import language_name
from ....core.ids import group_locator
from ....core.web import requests
from ....offices.service import APPOINTMENT_STATE_NAMES, STAFF_MODE_NAMES, Office, hours
from ...actions.calendar_downloads import note_download
from ...consoles.host import build_appointment_row
from ...queries.board import visit_json
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
from ..staff_session import no_office_page, own_offices
from .calendar_frame import (
    CALENDAR_PATH,
    booking_path,
    day_path,
    office_modes,
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
CSV_COLUMNS = (
    N_("Time"),
    N_("Until"),
    N_("Name"),
    N_("Service"),
    N_("How"),
    N_("State"),
    N_("Needs"),
    N_("Language"),
    N_("Booking reference"),
    N_("Time zone"),
)


async def show_calendar(request: Request) -> Response:
    return await _render_day(request, "day")


async def show_day_list(request: Request) -> Response:
    """`GET /staff/calendar/list`: the same day as a list to print, for an outage."""
    return await _render_day(request, "list")


@dataclass(frozen=True, slots=True)
class ChosenDay:
    """The office, day and filter of an address. `offices`: all of the person."""

    principal: Principal
    offices: Sequence[Office]
    office: Office
    today: date
    day: date
    shown: DayFilter


async def _choose_day(request: Request) -> ChosenDay | Principal:
    """Parse the address. Returns only the person if they have no office.

    Raises MovedTo the login, NotAllowed.
    """
    principal = await require_reception(request)
    query = request.query_params
    if slug := query.get("office"):
        require_role(principal, StaffRole.HOST, slug)
    offices = await own_offices(request, principal)
    if not offices:
        return principal
    now = requests.current_runtime(request).now()
    office = selected_office(offices, slug, now)
    today = hours.to_local_day(office.hours, now)
    day = parse_day(query.get("day"), today)
    return ChosenDay(principal, offices, office, today, day, _parse_filter(query, office))


async def download_day(request: Request) -> Response:
    """`GET /staff/calendar.csv`: the shown appointments, without contacts.

    The audit notes who downloaded it.
    """
    chosen = await _choose_day(request)
    if isinstance(chosen, Principal):
        return no_office_page(request, chosen)
    runtime, office, day = requests.current_runtime(request), chosen.office, chosen.day
    async with runtime.read_session() as session:
        reception = await load_reception_day(session, office, day, runtime.now(), chosen.shown)
    visits = [visit for hour in reception.hours for time in hour.busy for visit in time.visits]
    await note_download(runtime, chosen.principal, office, day, len(visits))
    t = requests.current_gettext(request)
    rows = [[t(column) for column in CSV_COLUMNS], *(_csv_row(request, office, visit) for visit in visits)]
    headers = {
        "Content-Disposition": f'attachment; filename="{office.slug}-{day}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(spreadsheet_text(rows), headers=headers, media_type="text/csv; charset=utf-8")


def _csv_row(request: Request, office: Office, visit: CalendarVisit) -> list[str]:
    """Return the words that the page shows of an appointment."""
    t, language, appointment = (
        requests.current_gettext(request),
        requests.current_language(request),
        visit.appointment,
    )
    return [
        time_label(appointment.starts_at, office.timezone),
        time_label(appointment.ends_at, office.timezone),
        appointment.name,
        ", ".join(service.name(language) for service in visit.services),
        t(STAFF_MODE_NAMES[appointment.mode]) if appointment.mode in STAFF_MODE_NAMES else appointment.mode,
        t(APPOINTMENT_STATE_NAMES[appointment.state]),
        ". ".join(staff_facts(appointment.all_needs, appointment.details, t)),
        language_name(appointment.language, language),
        group_locator(appointment.locator),
        format_zone(office.timezone, language, appointment.starts_at),
    ]


async def _render_day(request: Request, template: str) -> Response:
    chosen = await _choose_day(request)
    if isinstance(chosen, Principal):
        return no_office_page(request, chosen)
    office, today, day, shown = chosen.office, chosen.today, chosen.day, chosen.shown
    now = requests.current_runtime(request).now()
    month = _parse_month(request.query_params.get("month"), day)
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
        chosen.principal,
        office,
        offices=chosen.offices,
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
        csv_url=day_path(office, day, **filters).replace(CALENDAR_PATH, f"{CALENDAR_PATH}.csv", 1),
        link=lambda **changes: day_path(office, changes.pop("day", day), **{**filters, **changes}),
    )


def _parse_filter(query: Mapping[str, str], office: Office) -> DayFilter:
    """Parse the filter of the address. Invalid values are left out."""
    service, mode, state = (query.get(name, "") for name in ("service", "mode", "state"))
    return DayFilter(
        service if service in {offered.slug for offered in office.services} else "",
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
        visit.appointment.id: row["verdict"]
        for visit in visits
        if visit.appointment.state == "confirmed" and visit.appointment.mode == "in_person"
        if (row := build_appointment_row({**visit_json(visit.appointment, office), "notes": []}, now, locale))
    }
