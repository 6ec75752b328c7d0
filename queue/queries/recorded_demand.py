"""Recorded days as the demand of a simulation: their people and desks. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, hours
from ..domain.line_statistics import MeasuredVisit
from ..domain.ticket import AT_DESK_STATES, TicketKind, TicketState
from ..simulation.plan import PlannedAppointment, PlannedService, RecordedPerson, Shift, WalkInFlow
from ..simulation.recorded_desks import (
    DeskDay,
    DeskVisit,
    Period,
    RecordedDesks,
    common_periods,
    recorded_desks,
)
from ..storage import desk_rows, history_rows

HISTORY_WEEKS = 8  # of days to choose from: longer ago other agents did other work
MAX_DAYS = 10  # recorded days of a simulation
MIN_DAY_TICKETS = 5  # a day with fewer was a trial, or the office was closed
RECENT = "recent"  # the demand of the last recorded days


@dataclass(frozen=True, slots=True)
class DayDemand:
    """The demand of a day, and when its desks could call."""

    openings: Sequence[Period]
    desks: RecordedDesks
    pauses: tuple[Period, ...] = ()
    walk_ins: tuple[RecordedPerson, ...] = ()
    appointments: tuple[PlannedAppointment, ...] = ()
    flows: tuple[WalkInFlow, ...] = ()
    wait_s: tuple[float, ...] = ()

    @property
    def shifts(self) -> tuple[Shift, ...]:
        return self.desks.shifts

    @property
    def desk_ids(self) -> set[str]:
        return {shift.desk_id for shift in self.shifts}

    @property
    def people(self) -> float:
        return len(self.walk_ins) + len(self.appointments) + sum(flow.count for flow in self.flows)


async def recorded_days(session: AsyncSession, office: Office, now: datetime) -> list[date]:
    """Return the past days with enough tickets, on which the office opens, the newest first."""
    today = hours.to_local_day(office.hours, now)
    counts = await history_rows.tickets_by_day(session, office.id, today - timedelta(weeks=HISTORY_WEEKS), today)
    days = [day for day, count in counts.items() if count >= MIN_DAY_TICKETS]
    return [day for day in sorted(days, reverse=True) if hours.opening_intervals(office.hours, day)]


def choose_days(days: Sequence[date], demand: str) -> list[date]:
    """Choose the days of a demand among the recorded days, the newest first."""
    if demand == RECENT:
        return list(days[:MAX_DAYS])
    if demand.isdecimal():
        return [day for day in days if day.weekday() == int(demand)][:MAX_DAYS]
    return [day for day in days if day.isoformat() == demand]


@dataclass(frozen=True, slots=True)
class _DayRecords:
    """The stored visits, desk visits, desk sessions and pauses of a day."""

    visits: Sequence[MeasuredVisit]
    desk_visits: Sequence[DeskVisit] = ()
    sessions: dict[str, list[Period]] = field(default_factory=dict)
    pauses: Sequence[Period] = ()


async def load_recorded_demands(
    session: AsyncSession, office: Office, services: Sequence[PlannedService], days: Sequence[date], now: datetime
) -> dict[date, DayDemand]:
    if not days:
        return {}
    since = hours.day_bounds(office.hours, min(days))[0]
    sessions = await desk_rows.desk_sessions_between(session, office.id, since, now)
    pauses = await history_rows.pauses_between(session, office.id, since, now)
    desk_visits = await history_rows.desk_visits_by_day(session, office.id, days)
    found = {}
    for day in days:
        bounds = [hours.day_bounds(office.hours, day)]
        records = _DayRecords(
            visits=await history_rows.visits_on_day(session, office, day),
            desk_visits=[DeskVisit(*visit) for visit in desk_visits.get(day, ())],
            sessions={
                desk_id: on_day
                for desk_id, all_days in sessions.items()
                if (on_day := common_periods(all_days, bounds))
            },
            pauses=common_periods(pauses, bounds),
        )
        found[day] = _recorded_demand(office, services, day, records)
    return found


def _recorded_demand(
    office: Office, services: Sequence[PlannedService], day: date, records: _DayRecords
) -> DayDemand:
    slugs = {service.slug: service.line_id for service in services}
    # a service that the office no longer gives in person has no plan
    known = [visit for visit in records.visits if visit.service in slugs]
    walk_ins = [visit for visit in known if visit.appointment_at is None]
    waits: dict[str, list[Period]] = {}
    for visit in walk_ins:
        if not visit.is_excluded:
            waits.setdefault(slugs[visit.service], []).extend(_waiting_periods(visit))
    openings = hours.opening_intervals(office.hours, day)
    line_ids = {line.id for line in office.lines}
    desk_day = DeskDay(
        openings=openings,
        lines={desk.id: tuple(desk.line_ids) for desk in office.desks},
        sessions=records.sessions,
        visits=[visit for visit in records.desk_visits if visit.line_id in line_ids],
        waits=waits,
        pauses=records.pauses,
    )
    return DayDemand(
        openings=openings,
        desks=recorded_desks(desk_day),
        pauses=tuple(records.pauses),
        walk_ins=tuple(_recorded_person(visit) for visit in walk_ins),
        appointments=tuple(
            PlannedAppointment(visit.service, visit.appointment_at, person=_recorded_person(visit))
            for visit in known
            if visit.appointment_at is not None
        ),
        wait_s=tuple(
            visit.wait_s
            for visit in walk_ins
            if visit.kind is TicketKind.WALK_IN and visit.wait_s is not None and not visit.is_excluded
        ),
    )


def _waiting_periods(visit: MeasuredVisit) -> list[Period]:
    """Return the periods before the first call in which any desk could have called."""
    called_at = visit.first_called_at
    return [
        (segment.started_at, segment.ended_at)
        for segment in visit.segments
        if segment.state is TicketState.WAITING and (called_at is None or segment.ended_at <= called_at)
    ]


def _recorded_person(visit: MeasuredVisit) -> RecordedPerson:
    at_desk_s = sum(segment.seconds for segment in visit.segments if segment.state in AT_DESK_STATES)
    is_absent = visit.state is TicketState.NO_SHOW
    walk_s = visit.way_s
    has_left = visit.state is TicketState.LEFT and not at_desk_s and visit.segments
    return RecordedPerson(
        visit.service,
        visit.arrived_at,
        walk=None if walk_s is None or is_absent else timedelta(seconds=walk_s),
        at_desk=timedelta(seconds=at_desk_s - (walk_s or 0)) if at_desk_s and not is_absent else None,
        left_at=visit.segments[-1].ended_at if has_left else None,
        is_absent=is_absent,
    )
