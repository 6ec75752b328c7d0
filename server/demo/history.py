"""Past weeks of the demo's offices, so that figures show something from the first start.

Visits come from the simulation of a day, which decides with the rules of the queue; calls are drawn beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.storage.tables import AppointmentRow, PhoneCallRow
from ...core.db.engine import execute_on_connection, mapped_table
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ...figures.storage.tables import CallQualityRow
from ...offices.service import Office, hours
from ...queue.domain.service_times import UNMEASURED_SERVICE_TIMES
from ...queue.domain.ticket import AT_DESK_STATES, ENDED_STATES, Ticket
from ...queue.queries.simulation_plan import plan_from_office
from ...queue.simulation.engine import SimulationEngine
from ...queue.simulation.office import SimulatedOffice, TicketTrace
from ...queue.simulation.plan import DayPlan, PlannedAppointment, Shift
from ...queue.storage.tables import DeskSessionRow, SegmentRow, TicketRow
from ...rooms.storage.survey_tables import SurveyRow
from ...rooms.storage.tables import ParticipantRow, RoomRow
from .past_calls import ENDED_AFTER, Rows, phone_call_rows, quarters, survey_rows, video_call_rows
from .waiting_rooms import demo_agent

HISTORY_DAYS = 28
LOAD_BY_WEEKDAY = (1.25, 1.1, 1.0, 0.95, 0.85, 0.6, 0.6)  # offices are fullest on Mondays


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


async def ensure_history(runtime: Runtime, office: Office, desks: int, appointments: int) -> None:
    """Add the visits and calls of the past weeks, unless the office has past visits.

    `desks`, `appointments`: how many are open, and booked in person, on a usual day.
    """
    today = hours.to_local_day(office.hours, runtime.now())
    async with runtime.read_session() as session:
        if await _has_history(session, office, today):
            return
        days = [today - timedelta(days=age) for age in range(HISTORY_DAYS, 0, -1)]
        plans = [
            (day, await _past_plan(session, office, day, desks, appointments))
            for day in days
            if hours.opening_intervals(office.hours, day)
        ]
    past_days = [_simulate_past_day(day, plan) for day, plan in plans]
    visits = [rows for past_day in past_days for rows in _visit_rows(office, past_day)]
    desk_sessions = [row for past_day in past_days for row in _desk_session_rows(office, past_day)]
    video = [video_call_rows(office, day, plan) for day, plan in plans]
    surveys = [survey_rows(tables[2], tables[3], day) for (day, _), tables in zip(plans, video, strict=True)]
    phone = [phone_call_rows(office, day, plan) for day, plan in plans]
    async with runtime.transaction() as tx:
        await _insert(tx.session, TicketRow, [ticket for ticket, _ in visits])
        await _insert(tx.session, SegmentRow, [segment for _, segments in visits for segment in segments])
        await _insert(tx.session, DeskSessionRow, desk_sessions)
        for number, table in enumerate((AppointmentRow, RoomRow, ParticipantRow, CallQualityRow)):
            await _insert(tx.session, table, [row for tables in video for row in tables[number]])
        await _insert(tx.session, SurveyRow, [row for rows in surveys for row in rows])
        await _insert(tx.session, AppointmentRow, [row for appointments, _ in phone for row in appointments])
        await _insert(tx.session, PhoneCallRow, [row for _, calls in phone for row in calls])


async def _has_history(session: AsyncSession, office: Office, today: date) -> bool:
    past = select(func.count()).where(TicketRow.office_id == office.id, TicketRow.day < today)
    return bool((await session.execute(past)).scalar())


async def _insert(session: AsyncSession, table: type[Any], rows: Rows) -> None:
    if rows:
        await execute_on_connection(session, insert(mapped_table(table)), rows)


async def _past_plan(session: AsyncSession, office: Office, day: date, desks: int, appointments: int) -> DayPlan:
    """Plan a past day for a few desks, with walk-ins and appointments that they can attend."""
    chance = Random(f"{office.slug} {day} plan")  # noqa: S311 - nothing secret
    opens = hours.opening_intervals(office.hours, day)[0][0]
    all_desks = len([desk for desk in office.desks if desk.line_ids])
    plan = (await plan_from_office(session, office, opens, desks - all_desks)).plan
    share = desks / all_desks * LOAD_BY_WEEKDAY[day.weekday()] * chance.uniform(0.8, 1.15)
    slots = [plan.opens + timedelta(minutes=15) * number for number in range(quarters(plan))]
    booked = sorted(chance.sample(slots, min(len(slots), appointments)))
    return replace(
        plan,
        flows=tuple(replace(flow, count=flow.count * share) for flow in plan.flows),
        appointments=tuple(PlannedAppointment(chance.choice(plan.services).slug, at) for at in booked),
    )


# Visits


@dataclass(frozen=True, slots=True)
class PastDay:
    """A simulated day of the past."""

    day: date
    office: RecordingOffice


def _simulate_past_day(day: date, plan: DayPlan) -> PastDay:
    recorder = RecordingOffice(plan, day.toordinal())
    SimulationEngine(recorder).simulate()
    return PastDay(day, recorder)


def _visit_rows(office: Office, past_day: PastDay) -> Iterator[tuple[dict[str, Any], Rows]]:
    """Return each ticket of a day with its segments as rows."""
    recorder = past_day.office
    for trace in recorder.traces.values():
        ticket = trace.ticket
        if ticket.state in ENDED_STATES:
            ticket_id = new_id()
            row = _ticket_row(office, past_day.day, ticket_id, trace, recorder.issued_line_ids[ticket.id])
            yield row, [_segment_row(ticket_id, one) for one in recorder.segments.get(ticket.id, [])]


def _ticket_row(
    office: Office, day: date, ticket_id: str, trace: TicketTrace, issued_line_id: str
) -> dict[str, Any]:
    ticket, shown = trace.ticket, trace.shown_range
    return {
        "id": ticket_id,
        "token_hash": hash_token(random_token()),
        "office_id": office.id,
        "line_id": ticket.line_id,
        "issued_line_id": issued_line_id,
        "service": ticket.service,
        "day": day,
        "number": ticket.number,
        "code": ticket.code,
        "kind": ticket.kind,
        "priority": ticket.priority,
        "preferential_requested": False,
        "state": ticket.state,
        "since": ticket.since,
        "issued_at": ticket.issued_at,
        "arrived_at": ticket.arrived_at,
        "expires_at": ticket.since + ENDED_AFTER,
        "expected": ticket.expected,
        "more_services": list(ticket.more_services),
        "appointment_at": ticket.appointment_at,
        "called_at": trace.called_at,
        "recalls": ticket.recalls,
        "rejoins": ticket.rejoins,
        "postpones": ticket.postpones,
        "placed_at": ticket.placed_at,
        "passes_left": 0,
        "help": False,
        "help_answered": False,
        "language": "es",
        "shown_earliest": shown.earliest if shown else None,
        "shown_latest": shown.latest if shown else None,
        "notify": False,
        "told_next": False,
    }


def _segment_row(ticket_id: str, segment: StateSegment) -> dict[str, Any]:
    ticket = segment.ticket
    return {
        "id": new_id(),
        "ticket_id": ticket_id,
        "line_id": ticket.line_id,
        "state": ticket.state,
        "started_at": ticket.since,
        "ended_at": segment.ended_at,
        "desk_id": ticket.desk_id if ticket.state in AT_DESK_STATES else None,
        "services": " ".join(ticket.services),
    }


def _desk_session_rows(office: Office, past_day: PastDay) -> Iterator[dict[str, Any]]:
    """Return when each desk was open: an agent closes it after the last visit of the shift."""
    recorder = past_day.office
    segments = [segment for ticket in recorder.segments.values() for segment in ticket]
    at_desks = [segment for segment in segments if segment.ticket.state in AT_DESK_STATES]
    for shift in recorder.plan.shifts:
        agent = demo_agent(office, office.desk(shift.desk_id))
        yield {
            "id": new_id(),
            "office_id": office.id,
            "desk_id": shift.desk_id,
            "agent_id": agent.id,
            "agent_name": agent.name,
            "opened_at": shift.opens,
            "closed_at": max([shift.closes, *_visit_ends(recorder.plan, shift, at_desks)]),
        }


def _visit_ends(plan: DayPlan, shift: Shift, at_desks: Sequence[StateSegment]) -> list[datetime]:
    """Return when the visits of a shift ended, until the next shift of its desk opens."""
    later = [other.opens for other in plan.shifts if other.desk_id == shift.desk_id and other.opens > shift.opens]
    until = min(later, default=shift.closes + timedelta(days=1))
    return [
        segment.ended_at
        for segment in at_desks
        if segment.ticket.desk_id == shift.desk_id and shift.opens <= segment.ticket.since < until
    ]
