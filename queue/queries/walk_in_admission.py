"""Admission of a walk-in to a line of an office at one moment. No writes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, OfficeLine, OfficeService, hours
from ..domain import admission
from ..domain.admission import AdmissionContext, AdmissionRefusal
from ..domain.line_settings import LineSettings
from ..domain.wait_estimate import NewTicketForecast
from .office_state import OfficeState, load_office_state


def walk_in_refusal(state: OfficeState, service: OfficeService) -> AdmissionRefusal | None:
    """Return why a citizen gets no ticket for this service now, or None.

    `take_ticket` decides the same. `state` must have loaded the service's line itself.
    """
    if not service.takes_walk_ins:
        return AdmissionRefusal("appointment_only")
    line = state.lines[service.line_id]
    refusal = check_walk_in_admission(
        state.office,
        state.office.line_by_id(line.id),
        line.settings,
        state.now,
        walk_ins_today=state.cached_lines[line.id].line_day.walk_ins,
        forecast=state.forecast_assuming_all_desks(line.id, timedelta(minutes=service.minutes), service.slug),
    )
    return refusal or admission.standby_refusal(line.tickets)


async def walk_in_refusal_codes(session: AsyncSession, office: Office, now: datetime) -> dict[str, str | None]:
    """Return for each service, by slug, the code that refuses a walk-in now, or None."""
    state = await load_office_state(session, office, now)
    refusals = {service.slug: walk_in_refusal(state, service) for service in office.services}
    return {slug: refusal.code if refusal else None for slug, refusal in refusals.items()}


def check_walk_in_admission(
    office: Office,
    office_line: OfficeLine,
    settings: LineSettings,
    now: datetime,
    *,
    walk_ins_today: int,
    forecast: NewTicketForecast | None,
) -> AdmissionRefusal | None:
    """Return the reason to refuse a walk-in now, or None.

    `forecast` is None if no time can be estimated.
    """
    closes_at = hours.closing_time(office.hours, now)
    return admission.check_walk_in(
        AdmissionContext(
            paused=office.paused,
            closes_at=closes_at,
            opens_at=hours.next_opening_time(office.hours, now) if closes_at is None else None,
            walk_ins_stopped=office_line.stopped,
            daily_quota=office_line.daily_quota,
            walk_ins_today=walk_ins_today,
            forecast=forecast,
            settings=settings,
        )
    )
