"""Past weeks of the demo's offices, so that figures show something from the first start.

Visits come from the simulation of a day, which decides with the rules of the queue; video calls are drawn beside
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import AppointmentState
from ...appointments.storage.tables import AppointmentRow
from ...core.db.engine import execute_on_connection, mapped_table
from ...core.ids import new_id, new_locator
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ...figures.storage.tables import CallQualityRow
from ...offices.service import Office, OfficeService, hours
from ...queue.domain.service_times import UNMEASURED_SERVICE_TIMES
from ...queue.domain.ticket import ENDED_STATES, Ticket
from ...queue.queries.simulation_plan import plan_from_office
from ...queue.simulation.engine import SimulationEngine
from ...queue.simulation.office import SimulatedOffice, TicketTrace
from ...queue.simulation.plan import DayPlan, PlannedAppointment
from ...queue.storage.tables import SegmentRow, TicketRow
from ...rooms.storage.tables import ParticipantRow, RoomRow
from .appointments import DEMO_NAME_SUFFIX

HISTORY_DAYS = 28
LOAD_BY_WEEKDAY = (1.25, 1.1, 1.0, 0.95, 0.85, 0.6, 0.6)  # offices are fullest on Mondays
CALLS_PER_DAY = 6
ENDED_AFTER = timedelta(minutes=30)
TESTS = (("green", 0.5), ("amber", 0.15), ("red", 0.05), ("none", 0.3))
PROBLEMS_BY_TEST = {"green": 0.05, "amber": 0.4, "red": 0.8, "none": 0.2}

Rows = list[dict[str, Any]]


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
    """Add the visits and video calls of the past weeks, unless the office has past visits.

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
    visits = [rows for day, plan in plans for rows in _visit_rows(office, day, plan)]
    calls = [_call_rows(office, day, plan) for day, plan in plans]
    async with runtime.transaction() as tx:
        await _insert(tx.session, TicketRow, [ticket for ticket, _ in visits])
        await _insert(tx.session, SegmentRow, [segment for _, segments in visits for segment in segments])
        for number, table in enumerate((AppointmentRow, RoomRow, ParticipantRow, CallQualityRow)):
            await _insert(tx.session, table, [row for tables in calls for row in tables[number]])


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
    slots = [plan.opens + timedelta(minutes=15) * number for number in range(_quarters(plan))]
    booked = sorted(chance.sample(slots, min(len(slots), appointments)))
    return replace(
        plan,
        flows=tuple(replace(flow, count=flow.count * share) for flow in plan.flows),
        appointments=tuple(PlannedAppointment(chance.choice(plan.services).slug, at) for at in booked),
    )


def _quarters(plan: DayPlan) -> int:
    """Return the quarters of an hour in which an appointment can begin."""
    return max(1, int((plan.closes - plan.opens) / timedelta(minutes=15)) - 2)


# Visits


def _visit_rows(office: Office, day: date, plan: DayPlan) -> Iterator[tuple[dict[str, Any], Rows]]:
    """Simulate a day, and return each ticket with its segments as rows."""
    recorder = RecordingOffice(plan, day.toordinal())
    SimulationEngine(recorder).simulate()
    for trace in recorder.traces.values():
        ticket = trace.ticket
        if ticket.state in ENDED_STATES:
            ticket_id = new_id()
            row = _ticket_row(office, day, ticket_id, trace, recorder.issued_line_ids[ticket.id])
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
        "services": " ".join(ticket.services),
    }


# Video calls


def _call_rows(office: Office, day: date, plan: DayPlan) -> tuple[Rows, Rows, Rows, Rows]:
    """Draw the video calls of a day as rows of appointments, rooms, citizens and qualities."""
    tables: tuple[Rows, Rows, Rows, Rows] = ([], [], [], [])
    chance = Random(f"{office.slug} {day} calls")  # noqa: S311 - nothing secret
    services = office.services_for("video")
    numbers = range(_quarters(plan))
    for number in sorted(chance.sample(numbers, min(CALLS_PER_DAY, len(numbers)))) if services else ():
        starts_at = plan.opens + timedelta(minutes=15) * number
        rows = _call(office, chance.choice(services), starts_at, chance)
        for table, row in zip(tables, rows, strict=True):
            table.append(row)
    return tables


def _call(office: Office, service: OfficeService, starts_at: datetime, chance: Random) -> Sequence[dict[str, Any]]:
    appointment_id = new_id()
    is_held = chance.random() > NO_SHOW_SHARE
    test = chance.choices([name for name, _ in TESTS], [weight for _, weight in TESTS])[0]
    appointment = _appointment_row(office, service, appointment_id, starts_at, is_held=is_held)
    joined_at = starts_at - timedelta(seconds=chance.gauss(240, 200))
    admitted_at = max(joined_at, starts_at) + timedelta(seconds=chance.expovariate(1 / 150))
    ended_at = admitted_at + timedelta(minutes=service.minutes) * chance.uniform(0.5, 1.2)
    room = {
        "appointment_id": appointment_id,
        "office_id": office.id,
        "office_slug": office.slug,
        "version": 1,
        "opened_at": min(joined_at, starts_at),
        "ended_at": ended_at if is_held else starts_at + ENDED_AFTER,
        "end_reason": "ended",
        "outcome": chance.choice(HELD_OUTCOMES) if is_held else "no_show",
    }
    citizen: dict[str, Any] = {
        "id": new_id(),
        "appointment_id": appointment_id,
        "person": "citizen",
        "role": "citizen",
        "name": "",
        "place": "left" if is_held else "outside",
        "since": ended_at,
        "first_joined_at": joined_at if is_held else None,
        "admitted_at": admitted_at if is_held else None,
        "media": {},
    }
    return appointment, room, citizen, _quality_row(appointment_id, test, chance, is_held=is_held)


NO_SHOW_SHARE = 0.12
HELD_OUTCOMES = ("resolved", "resolved", "resolved", "documents_missing", "referred")


def _appointment_row(
    office: Office, service: OfficeService, appointment_id: str, starts_at: datetime, *, is_held: bool
) -> dict[str, Any]:
    """Return the row of an appointment as the data retention leaves it: without contacts."""
    created_at = starts_at - timedelta(days=3)
    return {
        "id": appointment_id,
        "locator": new_locator(),
        "token_hash": hash_token(random_token()),
        "state": AppointmentState.SERVED if is_held else AppointmentState.NO_SHOW,
        "office_id": office.id,
        "office_slug": office.slug,
        "service_id": service.id,
        "service_slug": service.slug,
        "service_names": dict(service.names),
        "mode": "video",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=service.minutes),
        "name": DEMO_NAME_SUFFIX.strip(),
        "email": "",
        "email_key": "",
        "language": "es",
        "needs": [],
        "calendar_uid": appointment_id,
        "revision": 0,
        "created_at": created_at,
        "changed_at": created_at,
    }


def _quality_row(appointment_id: str, test: str, chance: Random, *, is_held: bool) -> dict[str, Any]:
    samples = chance.randrange(20, 80) if is_held else 0
    has_problems = chance.random() < PROBLEMS_BY_TEST[test]
    bad = int(samples * (chance.uniform(0.12, 0.5) if has_problems else chance.uniform(0, 0.08)))
    return {
        "appointment_id": appointment_id,
        "test": test,
        "samples": samples,
        "bad_samples": bad,
        "rtt_ms": round(chance.gauss(140 if has_problems else 48, 12), 1) if samples else None,
        "loss_pct": round(abs(chance.gauss(5 if has_problems else 0.2, 0.3)), 2) if samples else None,
    }
