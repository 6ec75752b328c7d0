"""The view of a line for its phones: the whole line, or a single ticket.

No JSON, no writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.process_cache import process_cache
from ...offices.service import Office, OfficeLine, hours
from ..domain.line import Line
from ..domain.line_settings import LineSettings
from ..domain.people_ahead import NO_ONE_WAITS, PeopleAhead
from ..domain.ticket import OtherLineCalls, Ticket, TicketState
from ..domain.wait_estimate import ForecastRange
from ..storage import ticket_rows
from ..storage.line_cache import load_cached_lines
from .forecasts import ForecastCache
from .office_state import CallSchedule, load_office_state, load_office_without_appointments


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as its citizens see it now. `tickets` may hold some that have ended.

    `version`: the `v` of the messages to phones. `other_calls`: why the line stands still; None if it moves.
    """

    office: Office
    office_line: OfficeLine
    version: int
    settings: LineSettings
    tickets: Mapping[str, Ticket]
    ahead: PeopleAhead
    ranges: Mapping[str, ForecastRange]
    desks_open: int
    other_calls: OtherLineCalls | None
    now: datetime


async def load_other_calls(
    session: AsyncSession, office: Office, line_id: str, day: date
) -> OtherLineCalls | None:
    """Load the calls of other lines at the desks of this line, since its own last call.

    None if no other line shares its desks.
    """
    desks = [desk for desk in office.desks if line_id in desk.line_ids]
    others = {other for desk in desks for other in desk.line_ids} - {line_id}
    if not others:
        return None
    desk_ids = [desk.id for desk in desks]
    return await ticket_rows.calls_since_line_moved(session, office.id, line_id, others, desk_ids, day)


def make_line_view(
    office: Office,
    office_line: OfficeLine,
    line: Line,
    schedule: CallSchedule,
    other_calls: OtherLineCalls | None,
    now: datetime,
) -> LineView:
    """Build the view of a line. `office_line.version` becomes the version of the view."""
    return LineView(
        office=office,
        office_line=office_line,
        version=office_line.version,
        settings=line.settings,
        tickets={ticket.id: ticket for ticket in line.tickets},
        ahead=schedule.people_ahead(),
        ranges=schedule.ranges,
        desks_open=schedule.desks_open,
        other_calls=other_calls,
        now=now,
    )


async def load_line_view(
    session: AsyncSession,
    office: Office,
    line_id: str,
    now: datetime,
    extra_ticket_ids: frozenset[str] = frozenset(),
) -> LineView:
    """Load the view of a line, with the tickets in `extra_ticket_ids` whatever their state."""
    state = await load_office_state(session, office, now, forecast_line_id=line_id)
    line = state.lines[line_id]
    missing = extra_ticket_ids - {ticket.id for ticket in line.tickets}
    if missing:
        line = line.with_tickets(*await ticket_rows.tickets_by_ids(session, missing))
    other_calls = await load_other_calls(session, office, line_id, hours.to_local_day(office.hours, now))
    schedule = state.call_schedule(line_id)
    return make_line_view(office, office.line_by_id(line_id), line, schedule, other_calls, now)


async def load_ticket_view(session: AsyncSession, office: Office, ticket: Ticket, now: datetime) -> LineView:
    """Load the view of a line as far as this ticket needs it.

    Only a waiting ticket has a forecast.
    """
    day = hours.to_local_day(office.hours, now)
    office_line = office.line_by_id(ticket.line_id)
    cached = (await load_cached_lines(session, office, [office_line], day))[office_line.id]
    active = next((other for other in cached.line.tickets if other.id == ticket.id), None)
    if active is not None and active.state is TicketState.WAITING:
        return await _load_waiting_ticket_view(session, office, active, now)
    return LineView(
        office=office,
        office_line=office_line,
        version=office_line.version,
        settings=cached.line.settings,
        tickets={ticket.id: active or cached.ended.get(ticket.id) or ticket},
        ahead=NO_ONE_WAITS,
        ranges={},
        desks_open=len(cached.sessions),
        other_calls=None,
        now=now,
    )


async def _load_waiting_ticket_view(
    session: AsyncSession, office: Office, ticket: Ticket, now: datetime
) -> LineView:
    """Load the view for a waiting ticket; reuse the cached forecast of a large office."""
    line_id = ticket.line_id
    # a cached forecast already counts the appointments
    state = await load_office_without_appointments(session, office, now)
    forecasts = process_cache(session).get(ForecastCache)
    forecast = forecasts.get_fresh(line_id, state.forecast_key()) if state.is_large() else None
    if forecast is None:
        return await load_line_view(session, office, line_id, now)
    schedule = replace(state, forecasts={line_id: forecast}).call_schedule(line_id)
    other_calls = await load_other_calls(session, office, line_id, hours.to_local_day(office.hours, now))
    office_line, line = office.line_by_id(line_id), state.lines[line_id]
    return make_line_view(office, office_line, line, schedule, other_calls, now)
