"""Ended visits that are written to the database as if desks had served them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count as count_from
from typing import Any

from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.domain.ticket import TicketKind, TicketState
from office360.queue.storage.tables import SegmentRow, TicketRow

CALL_TAKES = timedelta(minutes=1)  # from the call to the start of the service
_NUMBERS = count_from(1)  # of tickets, unique in a line and day


@dataclass(frozen=True)
class RecordedVisit:
    """A visit that ended: it waited, was called, and was served at a desk."""

    arrived_at: datetime
    wait: timedelta = timedelta(minutes=10)
    service: str = "documents"
    kind: TicketKind = TicketKind.WALK_IN
    appointment_at: datetime | None = None
    served: timedelta = timedelta(minutes=8)
    desk: int | None = 0  # None: the desk was not recorded
    shown: tuple[timedelta, timedelta] | None = None  # the forecast range, from the arrival


def visits_at(
    office: Office, day: date, clock_time: time, count: int, wait_min: float = 10, **more: Any
) -> list[RecordedVisit]:
    """Make visits that arrive a minute apart from a local time on."""
    first = datetime.combine(day, clock_time, office.timezone)
    return [
        RecordedVisit(first + timedelta(minutes=number), timedelta(minutes=wait_min), desk=number, **more)
        for number in range(count)
    ]


def visits_in_turn(
    office: Office, day: date, clock_time: time, count: int, every_min: float, desks: int
) -> list[RecordedVisit]:
    """Make visits that arrive at equal distances; the first free desk calls the next."""
    first = datetime.combine(day, clock_time, office.timezone)
    free_at = [first] * desks
    visits = []
    for number in range(count):
        arrives = first + timedelta(minutes=every_min) * number
        desk = free_at.index(min(free_at))
        called = max(arrives, free_at[desk])
        visit = RecordedVisit(arrives, called - arrives, desk=desk)
        free_at[desk] = called + CALL_TAKES + visit.served
        visits.append(visit)
    return visits


async def record_visits(runtime: Runtime, office: Office, visits: Sequence[RecordedVisit]) -> None:
    """Insert tickets with their segments."""
    async with runtime.transaction() as tx:
        tickets = [_ticket_row(office, visit) for visit in visits]
        tx.session.add_all(tickets)
        await tx.session.flush()
        for visit, ticket in zip(visits, tickets, strict=True):
            tx.session.add_all(_segment_rows(office, visit, ticket))


def _ticket_row(office: Office, visit: RecordedVisit) -> TicketRow:
    line_id = office.service(visit.service).line_id
    arrived = visit.arrived_at
    ticket_id = new_id()
    return TicketRow(
        id=ticket_id,
        token_hash=ticket_id,
        office_id=office.id,
        line_id=line_id,
        issued_line_id=line_id,
        service=visit.service,
        day=arrived.astimezone(office.timezone).date(),
        number=next(_NUMBERS),
        code="A-001",
        kind=visit.kind,
        priority="normal",
        preferential_requested=False,
        state=TicketState.FINISHED,
        since=arrived + visit.wait + CALL_TAKES + visit.served,
        issued_at=arrived,
        arrived_at=arrived,
        expires_at=arrived + timedelta(hours=12),
        expected=timedelta(minutes=10),
        appointment_at=visit.appointment_at,
        recalls=0,
        rejoins=0,
        postpones=0,
        overtakings_left=0,
        help=False,
        language="es",
        shown_earliest=arrived + visit.shown[0] if visit.shown else None,
        shown_latest=arrived + visit.shown[1] if visit.shown else None,
        notify=False,
    )


def _segment_rows(office: Office, visit: RecordedVisit, ticket: TicketRow) -> list[SegmentRow]:
    at_desk = None if visit.desk is None else office.desks[visit.desk % len(office.desks)].id
    called = visit.arrived_at + visit.wait
    served = called + CALL_TAKES
    periods = (
        (TicketState.WAITING, visit.arrived_at, called, None),
        (TicketState.CALLED, called, served, at_desk),
        (TicketState.SERVING, served, served + visit.served, at_desk),
    )
    return [
        SegmentRow(
            id=new_id(),
            ticket_id=ticket.id,
            line_id=ticket.line_id,
            state=state,
            started_at=started,
            ended_at=ended,
            desk_id=desk_id,
            services=visit.service,
        )
        for state, started, ended, desk_id in periods
    ]
