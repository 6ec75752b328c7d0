"""Reads what people see: the state of a line, what a newcomer would wait, the board of an office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ..appointments.service import AppointmentState, appointments_of_day
from ..core.dates import rfc3339
from ..offices.service import Desk, Office, Service, hours
from ..offices.service import Line as OfficeLine
from . import estimate, store
from .estimate import Booked, OpenDesk, Range
from .line import Line, Pace, order_at_desk
from .store import DeskSession, Record
from .ticket import AT_DESK, LineRules, State, Ticket
from .view import LineState, Outlook, line_state, range_json, until

BOOKED_AHEAD = timedelta(hours=4)  # nobody is told to wait longer, so later appointments pass nobody
NEXT_SHOWN = 5  # the console shows who is next, and the four after


@dataclass(frozen=True, slots=True)
class LineWait:
    """How long one line is now: who waits, and when somebody who comes now would be called."""

    slug: str
    name: str
    waiting: int
    eta: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Floor:
    """An office's desks at this moment: who sits where, which are in use, how many wait in each line."""

    office: Office
    sessions: Mapping[str, DeskSession]
    in_use: frozenset[str]
    waiting: Mapping[str, int]

    def open_desks(self) -> list[OpenDesk]:
        return [
            OpenDesk(desk.line_ids, desk.id not in self.in_use)
            for desk in self.office.desks
            if desk.id in self.sessions
        ]

    def desks_of(self, line_id: str) -> int:
        """How many desks are open for a line."""
        return sum(1 for desk in self.open_desks() if line_id in desk.line_ids)

    def pace(self, line: Line, now: datetime) -> Pace | None:
        return estimate.pace(line, self.open_desks(), self.waiting, now)


async def floor(session: AsyncSession, office: Office) -> Floor:
    return Floor(
        office=office,
        sessions=await store.sessions(session, office.id),
        in_use=frozenset(await store.desks_in_use(session, office.id)),
        waiting=await store.waiting_counts(session, office.id),
    )


async def booked(session: AsyncSession, office: Office, now: datetime) -> dict[str, list[Booked]]:
    """The appointments in person that may still come in the next hours, by line."""
    start = now - LineRules().late_until
    found: dict[str, list[Booked]] = {line.id: [] for line in office.lines}
    services = {service.slug: service for service in office.services}
    for one in await appointments_of_day(session, office.id, start, now + BOOKED_AHEAD, "in_person"):
        service = services.get(one.service_slug)
        if service is not None and one.state == AppointmentState.CONFIRMED:
            found[service.line_id].append(Booked(one.starts_at, timedelta(minutes=service.minutes)))
    return found


async def load_line(
    session: AsyncSession, office: Office, line_id: str, now: datetime, also: frozenset[str] = frozenset()
) -> Line:
    """A line as the rules know it: its active tickets, and those in `also` whatever their state."""
    tickets = (await store.active(session, [line_id]))[line_id]
    missing = also - {ticket.id for ticket in tickets}
    if missing:
        tickets += await store.by_ids(session, missing)
    day = (await store.line_days(session, [line_id], hours.local_day(office.hours, now)))[line_id]
    return Line(line_id, tuple(tickets), day.last_calls)


async def describe_line(
    session: AsyncSession, office: Office, named: OfficeLine, line: Line, now: datetime
) -> LineState:
    """The state of a line, from its tickets and the office's floor."""
    desks = await floor(session, office)
    coming = (await booked(session, office, now))[line.id]
    ids, ranges = estimate.ranges(line, desks.pace(line, now), coming, now)
    return line_state(office, named, line, Outlook(ids, ranges, desks.desks_of(line.id)), now)


async def read_line(
    session: AsyncSession, office: Office, line_id: str, now: datetime, also: frozenset[str] = frozenset()
) -> LineState:
    """The state of a line as it stands in SQL."""
    line = await load_line(session, office, line_id, now, also)
    return await describe_line(session, office, office.line_by_id(line_id), line, now)


async def newcomer(
    session: AsyncSession, office: Office, line: Line, service: Service, now: datetime
) -> tuple[Range | None, list[Booked]]:
    """When somebody who takes a ticket now would be called, and the appointments that may come before."""
    desks = await floor(session, office)
    coming = (await booked(session, office, now))[line.id]
    expected = timedelta(minutes=service.minutes)
    return estimate.newcomer(line, expected, desks.pace(line, now), coming, now), coming


async def waits(session: AsyncSession, office: Office, now: datetime, language: str = "es") -> list[LineWait]:
    """Every line of the office: how many wait, and the range of somebody who comes now."""
    desks = await floor(session, office)
    coming = await booked(session, office, now)
    tickets = await store.active(session, [line.id for line in office.lines])
    open_now = hours.is_open(office.hours, now) and not office.paused
    found = []
    for named in office.lines:
        line = Line(named.id, tuple(tickets[named.id]))
        minutes = [one.minutes for one in office.services if one.line_id == named.id] or [10]
        expected = timedelta(minutes=sum(minutes) / len(minutes))
        speed = desks.pace(line, now) if open_now else None
        eta = estimate.newcomer(line, expected, speed, coming[named.id], now)
        waiting = desks.waiting.get(named.id, 0)
        found.append(
            LineWait(named.slug, named.name(language), waiting, (eta.earliest, eta.latest) if eta else None)
        )
    return found


# The board


async def board(session: AsyncSession, office: Office, now: datetime, language: str) -> dict[str, Any]:
    """The contract's board without its lobby, with names, and with who is next at each desk and why."""
    records = await store.active_records(session, office.id)
    desks = await floor(session, office)
    days = await store.line_days(session, [line.id for line in office.lines], hours.local_day(office.hours, now))
    lines = {line.id: Line(line.id, _of_line(records, line.id), days[line.id].last_calls) for line in office.lines}
    etas = {wait.slug: wait for wait in await waits(session, office, now, language)}
    coming = await booked(session, office, now)
    return {
        "office": office.slug,
        "v": sum(line.version for line in office.lines),
        "paused": office.paused,
        "lines": [_board_line(office, line, etas[line.slug], coming[line.id]) for line in office.lines],
        "desks": [_board_desk(desk, desks, records, lines, now) for desk in office.desks],
        "tickets": [_board_ticket(record, office) for record in records],
    }


def _of_line(records: list[Record], line_id: str) -> tuple[Ticket, ...]:
    return tuple(record.ticket for record in records if record.ticket.line_id == line_id)


def _board_line(office: Office, line: OfficeLine, wait: LineWait, coming: Sequence[Booked]) -> dict[str, Any]:
    eta = Range(*wait.eta) if wait.eta else None
    following = min((one.starts_at for one in coming), default=None)
    return {
        "id": line.id,
        "slug": line.slug,
        "name": wait.name,
        "waiting": wait.waiting,
        "stopped": line.stopped,
        "eta": range_json(eta, office),
        "next_appointment": rfc3339(following, office.timezone) if following else None,
    }


def _board_desk(
    desk: Desk, desks: Floor, records: list[Record], lines: Mapping[str, Line], now: datetime
) -> dict[str, Any]:
    sitting = desks.sessions.get(desk.id)
    ticket = next((r.ticket for r in records if r.ticket.desk_id == desk.id and r.ticket.state in AT_DESK), None)
    mine = [lines[line_id] for line_id in desk.line_ids]
    following = order_at_desk(mine, desk.id, now, NEXT_SHOWN) if sitting else []
    return {
        "id": desk.id,
        "name": desk.name,
        "lines": [desks.office.line_by_id(line_id).slug for line_id in desk.line_ids],
        "state": desk_state(sitting, ticket),
        "agent": sitting.agent_name if sitting else None,
        "agent_id": sitting.agent_id if sitting else None,
        "ticket": {"id": ticket.id, "code": ticket.code, "state": str(ticket.state)} if ticket else None,
        "next": [{"id": one.ticket.id, "code": one.ticket.code, "why": str(one.why)} for one in following],
    }


def desk_state(sitting: DeskSession | None, ticket: Ticket | None) -> str:
    """`closed free calling serving`."""
    if ticket is not None:
        return "serving" if ticket.state is State.SERVING else "calling"
    return "free" if sitting else "closed"


def _board_ticket(record: Record, office: Office) -> dict[str, Any]:
    ticket = record.ticket

    def time(moment: datetime | None) -> str | None:
        return rfc3339(moment, office.timezone) if moment else None

    return {
        "id": ticket.id,
        "code": ticket.code,
        "state": str(ticket.state),
        "line": office.line_by_id(ticket.line_id).slug,
        "service": ticket.service,
        "kind": str(ticket.kind),
        "priority": str(ticket.priority),
        "issued_at": time(ticket.issued_at),
        "arrived_at": time(ticket.arrived_at),
        "called_at": time(ticket.called_at),
        "appointment_at": time(ticket.appointment_at),
        "since": time(ticket.since),
        "until": time(until(ticket, LineRules())),
        "desk": ticket.desk_id,
        "returns_to": ticket.returns_to,
        "recalls": ticket.recalls,
        "name": record.name,
        "language": record.language,
        "help": ticket.help,
    }
