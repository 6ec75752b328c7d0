"""Present figures of many offices at once: people waiting, desks, late appointments.

No writes.

The number of statements does not depend on the number of offices. Lines that this process has cached at their
present version are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import ON_TIME_WITHIN
from ...core.db.process_cache import process_cache
from ...offices.service import WAIT_P90_MIN, Office, hours
from ..domain.desk_activity import CALL_ACTIVITIES, DeskActivity, desk_activity
from ..domain.line_settings import LineSettings
from ..domain.ticket import Ticket, TicketState
from ..storage import desk_rows, ticket_rows
from ..storage.desk_rows import DeskSession
from ..storage.line_cache import LineCache


@dataclass(frozen=True, slots=True)
class OfficeNow:
    """The present figures of an office's queue.

    `longest_wait` is None while no person waits. `over_limit`: people who wait longer than `long_wait_limit`.
    `late`: appointments that are due and here, and wait longer than a punctual call allows.
    `in_calls`, `on_pause`: of the open desks.
    """

    waiting: int
    longest_wait: timedelta | None
    over_limit: int
    late: int
    asking_for_help: int
    desks_open: int
    in_calls: int
    on_pause: int
    desks: int


async def load_offices_now(
    session: AsyncSession, offices: Sequence[Office], now: datetime
) -> dict[str, OfficeNow]:
    """Load the present figures of these offices, by office id."""
    tickets = await _load_tickets(session, offices, now)
    sessions = await desk_rows.open_desk_sessions(session, [office.id for office in offices])
    return {office.id: measure_office(office, tickets, sessions, now) for office in offices}


async def _load_tickets(
    session: AsyncSession, offices: Iterable[Office], now: datetime
) -> Mapping[str, Sequence[Ticket]]:
    """Return the active tickets by line id, from the cache or else from SQL."""
    cache, found, unknown = process_cache(session).get(LineCache), dict[str, Sequence[Ticket]](), list[str]()
    for office in offices:
        day = hours.to_local_day(office.hours, now)
        for line in office.lines:
            cached = cache.at_version(line.id, line.version, day)
            if cached is None:
                unknown.append(line.id)
            else:
                found[line.id] = cached.line.tickets
    return {**found, **await ticket_rows.active_tickets(session, unknown)} if unknown else found


def measure_office(
    office: Office, tickets: Mapping[str, Sequence[Ticket]], sessions: Mapping[str, DeskSession], now: datetime
) -> OfficeNow:
    """Compute the figures of an office from its active tickets by line id."""
    waits: list[timedelta] = []
    waiting = over_limit = late = asking_for_help = 0
    for line in office.lines:
        limit = long_wait_limit(office, line.rules)
        for ticket in tickets.get(line.id, ()):
            asking_for_help += ticket.help
            if ticket.state is not TicketState.WAITING:
                continue
            waiting += 1
            # a person who asked for more time counts as waiting, but waits by choice
            if ticket.is_postponed(now):
                continue
            wait = max(timedelta(), now - ticket.waits_since)
            waits.append(wait)
            over_limit += wait > limit
            late += ticket.appointment_at is not None and wait > ON_TIME_WITHIN
    at_desks = {ticket.desk_id: ticket for line in office.lines for ticket in tickets.get(line.id, ())}
    activities = [
        desk_activity(at_desks.get(desk.id), sessions[desk.id].works).activity
        for desk in office.desks
        if desk.id in sessions
    ]
    return OfficeNow(
        waiting,
        max(waits, default=None),
        over_limit,
        late,
        asking_for_help,
        desks_open=len(activities),
        in_calls=sum(activity in CALL_ACTIVITIES for activity in activities),
        on_pause=activities.count(DeskActivity.PAUSED),
        desks=len(office.desks),
    )


def long_wait_limit(office: Office, rules: Mapping[str, Any]) -> timedelta:
    """Return the office's target for nine in ten waits, else `guard_wait` of the line."""
    target = office.targets.get(WAIT_P90_MIN)
    if target is not None:
        return timedelta(minutes=target)
    return LineSettings.from_overrides(rules).guard_wait
