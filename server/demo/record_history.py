"""The recorder of the demo's past: `python -m office360.server.demo.record_history`.

A simulation decides with the rules of the queue, which takes seconds for each office. A start of the demo reads
the record instead. Run the script again after a change of `city.toml`, of the levels in `build.py` or of those
rules; a test tells when the record is out of date.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.events import EventRegistry
from ...core.runtime import Runtime
from ...core.tokens import random_token
from ...offices.service import Office, hours
from ...queue.domain.service_times import UNMEASURED_SERVICE_TIMES
from ...queue.domain.ticket import AT_DESK_STATES, ENDED_STATES, Ticket
from ...queue.queries.simulation_plan import plan_from_office
from ...queue.simulation.engine import SimulationEngine
from ...queue.simulation.office import SimulatedOffice, TicketTrace
from ...queue.simulation.plan import DayPlan, PlannedAppointment, Shift
from ..migrations import migrate
from ..runtime import make_runtime
from ..settings import load_settings
from .appointments import FixedClock
from .build import LEVEL_BY_OFFICE
from .history_record import (
    HistoryRecord,
    RecordedDay,
    RecordedSegment,
    RecordedShift,
    RecordedTicket,
    save_record,
)
from .offices import ALWAYS_OPEN_OFFICE, demo_offices, ensure_demo_offices
from .past_calls import possible_starts

FIRST_DAY = date(2026, 6, 1)  # a Monday; the simulated days have its random numbers
RECORDED_WEEKS = 4
LOAD_BY_WEEKDAY = (1.25, 1.1, 1.0, 0.95, 0.85, 0.6, 0.6)  # offices are fullest on Mondays
ALL_DAY = hours.OpeningInterval(time(), time())


@dataclass(frozen=True, slots=True)
class StateSegment:
    """A period of a simulated ticket in one state: the ticket as it was, and its end."""

    ticket: Ticket
    ended_at: datetime


class RecordingOffice(SimulatedOffice):
    """A simulated office that also records each period of a ticket in one state."""

    def __init__(self, plan: DayPlan, seed: int) -> None:
        super().__init__(plan, seed, UNMEASURED_SERVICE_TIMES, shows_ranges=True)
        self.segments: dict[str, list[StateSegment]] = {}
        self.issued_line_ids: dict[str, str] = {}
        self._last: dict[str, Ticket] = {}

    def update_ticket(self, changed: Ticket) -> None:
        """Store the new state, and record the periods that ended with it."""
        self.issued_line_ids.setdefault(changed.id, changed.line_id)
        last = self._last.get(changed.id)
        if last is not None:
            # the engine writes a call into the line itself
            active = {ticket.id: ticket for ticket in self.lines[last.line_id].tickets}
            self._record(last, active.get(changed.id, last))
            self._record(active.get(changed.id, last), changed)
        super().update_ticket(changed)
        self._last[changed.id] = changed

    def _record(self, before: Ticket, after: Ticket) -> None:
        if (before.state, before.line_id) != (after.state, after.line_id):
            self.segments.setdefault(before.id, []).append(StateSegment(before, after.since))


async def record_history(runtime: Runtime) -> HistoryRecord:
    """Simulate some weeks of every office of the demo city, which has no visits yet."""
    async with runtime.read_session() as session:
        return HistoryRecord(
            {
                office.slug: [await record_day(session, opened, day) for opened, day in recorded_days(office)]
                for office in await demo_offices(session)
            }
        )


def recorded_days(office: Office) -> Iterator[tuple[Office, date]]:
    """Return the days to record, each with the office as it opens on that day.

    The office that always opens for visitors also has days of 24 hours in its past.
    """
    days = [FIRST_DAY + timedelta(days=number) for number in range(7 * RECORDED_WEEKS)]
    weekly = replace(office, hours=replace(office.hours, closures={}, extra={}))
    yield from ((weekly, day) for day in days if hours.opening_intervals(weekly.hours, day))
    if office.slug == ALWAYS_OPEN_OFFICE:
        all_day = replace(weekly, hours=replace(weekly.hours, extra=dict.fromkeys(days[:7], (ALL_DAY,))))
        yield from ((all_day, day) for day in days[:7])


async def record_day(session: AsyncSession, office: Office, day: date) -> RecordedDay:
    """Simulate a day of an office, always with the same outcome."""
    recorder = RecordingOffice(await _plan_day(session, _named_by_slugs(office), day), day.toordinal())
    SimulationEngine(recorder).simulate()
    return DayEncoder(recorder, office.timezone).encode(day)


def _named_by_slugs(office: Office) -> Office:
    """Return the office with slugs and names as ids of lines and desks.

    A simulation draws a desk's random numbers by its id, and the ids of each database differ.
    """
    slugs = {line.id: line.slug for line in office.lines}
    return replace(
        office,
        lines=tuple(replace(line, id=line.slug) for line in office.lines),
        services=tuple(replace(service, line_id=slugs[service.line_id]) for service in office.services),
        desks=tuple(
            replace(desk, id=desk.name, line_ids=tuple(slugs[line_id] for line_id in desk.line_ids))
            for desk in office.desks
        ),
    )


async def _plan_day(session: AsyncSession, office: Office, day: date) -> DayPlan:
    """Plan a day for a few desks, with walk-ins and appointments that they can attend."""
    level = LEVEL_BY_OFFICE[office.slug]
    chance = Random(f"{office.slug} {day} plan")  # noqa: S311 - nothing secret
    opens = hours.opening_intervals(office.hours, day)[0][0]
    all_desks = len([desk for desk in office.desks if desk.line_ids])
    plan = (await plan_from_office(session, office, opens, level.desks - all_desks)).plan
    share = level.desks / all_desks * LOAD_BY_WEEKDAY[day.weekday()] * chance.uniform(0.8, 1.15)
    slots = possible_starts(plan.opens, plan.closes)
    booked = sorted(chance.sample(slots, min(len(slots), level.appointments_per_day)))
    return replace(
        plan,
        flows=tuple(replace(flow, count=flow.count * share) for flow in plan.flows),
        appointments=tuple(PlannedAppointment(chance.choice(plan.services).slug, at) for at in booked),
    )


class DayEncoder:
    """Turns a simulated day of an office that is named by slugs into a recorded day."""

    def __init__(self, recorder: RecordingOffice, zone: ZoneInfo) -> None:
        self._recorder = recorder
        self._zone = zone

    def encode(self, day: date) -> RecordedDay:
        plan, zone = self._recorder.plan, self._zone
        traces = self._recorder.traces.values()
        return RecordedDay(
            day.weekday(),
            f"{plan.opens.astimezone(zone):%H:%M}",
            f"{plan.closes.astimezone(zone):%H:%M}",
            tuple(self._encode_shift(shift) for shift in plan.shifts),
            tuple(self._encode_ticket(trace) for trace in traces if trace.ticket.state in ENDED_STATES),
        )

    def _seconds(self, moment: datetime) -> int:
        return round((moment - self._recorder.plan.opens).total_seconds())

    def _seconds_if_any(self, moment: datetime | None) -> int | None:
        return None if moment is None else self._seconds(moment)

    def _encode_shift(self, shift: Shift) -> RecordedShift:
        """Encode when a desk was open: an agent closes it after the last visit of the shift."""
        closed_at = max([shift.closes, *self._visit_ends(shift)])
        return RecordedShift(shift.desk_id, self._seconds(shift.opens), self._seconds(closed_at))

    def _visit_ends(self, shift: Shift) -> list[datetime]:
        """Return when the visits of a shift ended, until the next shift of its desk opens."""
        shifts = [other for other in self._recorder.plan.shifts if other.desk_id == shift.desk_id]
        later = [other.opens for other in shifts if other.opens > shift.opens]
        until = min(later, default=shift.closes + timedelta(days=1))
        return [
            segment.ended_at
            for ticket in self._recorder.segments.values()
            for segment in ticket
            if segment.ticket.state in AT_DESK_STATES
            and segment.ticket.desk_id == shift.desk_id
            and shift.opens <= segment.ticket.since < until
        ]

    def _encode_ticket(self, trace: TicketTrace) -> RecordedTicket:
        ticket, shown = trace.ticket, trace.shown_range
        assert not ticket.more_services, "a record holds visits for one service"
        return RecordedTicket(
            issued_line=self._recorder.issued_line_ids[ticket.id],
            line=ticket.line_id,
            service=ticket.service,
            number=ticket.number,
            kind=ticket.kind,
            priority=ticket.priority,
            state=ticket.state,
            ended_s=self._seconds(ticket.since),
            issued_s=self._seconds(ticket.issued_at),
            arrived_s=self._seconds(ticket.arrived_at),
            expected_s=round(ticket.expected.total_seconds()),
            appointment_s=self._seconds_if_any(ticket.appointment_at),
            called_s=self._seconds_if_any(trace.called_at),
            recalls=ticket.recalls,
            rejoins=ticket.rejoins,
            postpones=ticket.postpones,
            placed_s=self._seconds_if_any(ticket.placed_at),
            shown_earliest_s=self._seconds_if_any(shown.earliest) if shown else None,
            shown_latest_s=self._seconds_if_any(shown.latest) if shown else None,
            segments=tuple(
                self._encode_segment(segment) for segment in self._recorder.segments.get(ticket.id, [])
            ),
        )

    def _encode_segment(self, segment: StateSegment) -> RecordedSegment:
        ticket = segment.ticket
        return RecordedSegment(
            ticket.line_id,
            ticket.state,
            self._seconds(ticket.since),
            self._seconds(segment.ended_at),
            ticket.desk_id if ticket.state in AT_DESK_STATES else None,
            ticket.service,
        )


async def record_empty_city() -> HistoryRecord:
    """Record the history in a database of its own, which is deleted afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            environment="development",
            secret_key=[random_token() + random_token()],
            database_url=f"sqlite+aiosqlite:///{folder}/record.db",
        )
        clock = FixedClock(datetime.combine(FIRST_DAY, time(), tzinfo=UTC))
        runtime = make_runtime(settings, clock, EventRegistry())
        try:
            await migrate(runtime.db)
            await ensure_demo_offices(runtime)
            return await record_history(runtime)
        finally:
            await runtime.bus.close()
            await runtime.db.close()


if __name__ == "__main__":
    save_record(asyncio.run(record_empty_city()))
