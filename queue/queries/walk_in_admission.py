"""Admission of a walk-in to a line of an office now. No writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.languages import LANGUAGES
from ...offices.service import Office, OfficeLine, OfficeService, hours
from ..domain import admission
from ..domain.admission import AdmissionContext, AdmissionRefusal
from ..domain.line_settings import LineSettings
from ..domain.wait_estimate import NewTicketForecast
from .office_state import LineWait, OfficeState, line_wait, load_office_state

APPOINTMENT_ONLY = AdmissionRefusal("appointment_only", lasts_today=True)


def walk_in_refusal(state: OfficeState, service: OfficeService) -> AdmissionRefusal | None:
    """Return why a citizen gets no ticket for this service now, or None.

    `take_ticket` decides the same. `state` must have loaded the service's line itself.
    """
    if not service.takes_walk_ins:
        return APPOINTMENT_ONLY
    line = state.lines[service.line_id]
    refusal = check_walk_in_admission(
        state.office,
        state.office.line_by_id(line.id),
        line.settings,
        state.now,
        walk_ins_today=state.cached_lines[line.id].line_day.walk_ins,
        forecast=partial(
            state.forecast_assuming_all_desks, line.id, timedelta(minutes=service.minutes), service.slug
        ),
        earliest_finish=state.earliest_finish(service),
    )
    return refusal or admission.standby_refusal(line.tickets)


def line_walk_in_refusal(state: OfficeState, office_line: OfficeLine) -> AdmissionRefusal | None:
    """Return why a citizen gets no ticket for the shortest service of this line now, or None."""
    walk_ins = [
        offered
        for offered in state.office.services
        if offered.line_id == office_line.id and offered.takes_walk_ins
    ]
    if not walk_ins:
        return APPOINTMENT_ONLY
    return walk_in_refusal(state, min(walk_ins, key=lambda service: service.minutes))


@dataclass(frozen=True, slots=True)
class WalkInOption:
    """A service for walk-ins, the wait of its line, and why no ticket is given now."""

    service: OfficeService
    wait: LineWait
    refusal: AdmissionRefusal | None


def walk_in_options(state: OfficeState, language: str) -> list[WalkInOption]:
    """Return the services of an office that take walk-ins, in its order."""
    services = [service for service in state.office.services if service.takes_walk_ins]
    line_ids = {service.line_id for service in services}
    waits = {line_id: _wait_of_walk_in(state, line_id, language) for line_id in line_ids}
    return [WalkInOption(service, waits[service.line_id], walk_in_refusal(state, service)) for service in services]


def _wait_of_walk_in(state: OfficeState, line_id: str, language: str) -> LineWait:
    """Return the wait of a new walk-in, with the people before it if a desk is open."""
    forecast = state.forecast_new_ticket(line_id, state.mean_visit_duration(line_id))
    wait = line_wait(state, state.office.line_by_id(line_id), language)
    return replace(wait, ahead=forecast.ahead if forecast else None)


async def line_waits(
    session: AsyncSession, office: Office, now: datetime, language: str = LANGUAGES[0]
) -> list[LineWait]:
    """Return the waiting tickets and the wait of a new walk-in for every line of the office."""
    state = await load_office_state(session, office, now)
    return [_line_wait_with_refusal(state, line, language) for line in office.lines]


def _line_wait_with_refusal(state: OfficeState, office_line: OfficeLine, language: str) -> LineWait:
    wait, refusal = line_wait(state, office_line, language), line_walk_in_refusal(state, office_line)
    return replace(wait, eta=None, refusal=refusal) if refusal else wait


async def walk_in_refusals(
    session: AsyncSession, office: Office, now: datetime
) -> dict[str, AdmissionRefusal | None]:
    """Return for each service, by slug, why a walk-in gets no ticket now, or None."""
    state = await load_office_state(session, office, now)
    return {service.slug: walk_in_refusal(state, service) for service in office.services}


def check_walk_in_admission(
    office: Office,
    office_line: OfficeLine,
    settings: LineSettings,
    now: datetime,
    *,
    walk_ins_today: int,
    forecast: Callable[[], NewTicketForecast | None],
    earliest_finish: datetime,
) -> AdmissionRefusal | None:
    """Return the reason to refuse a walk-in now, or None.

    `forecast` returns None if no time can be estimated.
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
            earliest_finish=earliest_finish,
            settings=settings,
        )
    )
