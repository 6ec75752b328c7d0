"""Reads what people see: the state of a line, what a newcomer would wait, the board of an office."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import also_given, appointments_to_come, length_of, present_service
from ...core.db.process_cache import is_reading, memory_of
from ...core.i18n.dates import rfc3339
from ...offices.service import Desk, Office, hours
from ...offices.service import Line as OfficeLine
from ..domain import wait_estimate
from ..domain.call_order import OpenDesk, order_at_desk
from ..domain.incremental_order import order_of
from ..domain.line import Line
from ..domain.service_times import COLD, Pace
from ..domain.ticket import AT_DESK, LineRules, State, Ticket
from ..domain.wait_estimate import Booked, Forecast, Range
from ..storage import store
from ..storage.line_cache import Snapshot, sitting_in, snapshots
from ..storage.store import DeskSession, Record
from .forecasts import LONG, Foretold, Outlooks
from .service_time_history import pace_of
from .ticket_json import Outlook, Scene, range_json, scene, until

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
    """An office at one moment: its lines with their people, who sits at which desk, who is still expected."""

    office: Office
    now: datetime
    lines: Mapping[str, Line]
    sessions: Mapping[str, DeskSession]
    coming: Mapping[str, Sequence[Booked]]
    pace: Pace = COLD
    foretold: Mapping[str, Foretold] = field(default_factory=dict)
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)  # of the lines that were not given

    def key(self) -> Hashable:
        """What the people have no part in: where it is another, nothing holds that was foretold."""
        return self.office.version, self.office.paused, frozenset(self.sessions)

    def is_long(self) -> bool:
        """Whether so many are here that it is not played through whenever somebody asks."""
        return sum(len(line.tickets) for line in self.lines.values()) > LONG

    def at_desk(self, desk_id: str) -> Ticket | None:
        """Who is called to a desk, or served at it."""
        tickets = (ticket for line in self.lines.values() for ticket in line.tickets)
        return next((one for one in tickets if one.desk_id == desk_id and one.state in AT_DESK), None)

    def desks(self) -> list[OpenDesk]:
        """The desks that call people now: none while the office is paused."""
        if self.office.paused:
            return []
        return [
            wait_estimate.open_desk(desk.line_ids, self.at_desk(desk.id), self.now, self.pace)
            for desk in self.office.desks
            if desk.id in self.sessions
        ]

    def desks_of(self, line_id: str) -> int:
        """At how many desks of a line somebody sits."""
        return sum(1 for desk in self.office.desks if desk.id in self.sessions and line_id in desk.line_ids)

    def waiting(self, line_id: str) -> int:
        return sum(1 for ticket in self.lines[line_id].tickets if ticket.state is State.WAITING)

    def outlook(self, line_id: str) -> Outlook:
        """The order of a line, and the range of each person."""
        ids = order_of(self.lines[line_id], self.now).ids
        return Outlook(ids, self.ranges(line_id, ids), self.desks_of(line_id))

    def ranges(self, line_id: str, waiting: Iterable[str]) -> Mapping[str, Range]:
        """The range of each person who waits in a line; none of whom no open desk would call."""
        told = self.foretold.get(line_id)
        if told is not None:
            return {one: found for one in waiting if (found := told.range_of(one)) is not None}
        lines, booked = list(self.lines.values()), self.booked()
        return wait_estimate.outlook(self.lines[line_id], lines, self.desks(), booked, self.now, self.pace)[1]

    def booked(self) -> list[Booked]:
        """Who is still expected in any line, for desks are shared."""
        return [one for line in self.coming.values() for one in line]

    def expected_calls(self) -> dict[str, datetime]:
        """When whoever is still expected would be called, by appointment: long work for long lines."""
        lines, desks, booked = list(self.lines.values()), self.desks(), self.booked()
        found: dict[str, datetime] = {}
        for line in lines:
            if any(one.appointment_id not in found for one in self.coming[line.id]):
                found |= wait_estimate.expected_calls(line, lines, desks, booked, self.now, self.pace)
        return found

    def newcomer(self, line_id: str, expected: timedelta) -> Range | None:
        """When somebody who takes a ticket now would be called; None without an open desk."""
        found = self.forecast(line_id, expected)
        return found.called if found else None

    def forecast(
        self, line_id: str, expected: timedelta, service: str = "", desks: Sequence[OpenDesk] | None = None
    ) -> Forecast | None:
        """What becomes of somebody who takes a ticket now, at the open desks or at these."""
        told = self.foretold.get(line_id) if desks is None else None
        if told is not None:
            return told.of_newcomer(self.waiting(line_id), expected / max(1, self.desks_of(line_id)))
        working = self.desks() if desks is None else desks
        line, lines = self.lines[line_id], list(self.lines.values())
        return wait_estimate.forecast(line, expected, lines, working, self.booked(), self.now, self.pace, service)

    def joined_by(self, ticket: Ticket) -> Floor:
        """The floor with one more ticket."""
        line = self.lines[ticket.line_id].with_tickets(ticket)
        return replace(self, lines={**self.lines, line.id: line})

    def hope(self, line_id: str, expected: timedelta, service: str = "") -> Forecast | None:
        """As `forecast`; before anybody has sat down, the day's desks are all believed to open."""
        return self.forecast(line_id, expected, service) or self.forecast(
            line_id, expected, service, self.all_desks()
        )

    def foretell(self, line_id: str) -> Foretold:
        """What `outlook` and `forecast` need, played through: long work for a long line."""
        lines, desks = list(self.lines.values()), self.desks()
        line, booked = self.lines[line_id], self.booked()
        ranges = wait_estimate.outlook(line, lines, desks, booked, self.now, self.pace)[1]
        expected = self.usual_visit(line_id)
        newcomer = wait_estimate.forecast(line, expected, lines, desks, booked, self.now, self.pace)
        return Foretold(ranges, newcomer, self.waiting(line_id))

    def usual_visit(self, line_id: str) -> timedelta:
        """How long the services of a line take, on average."""
        minutes = [one.minutes for one in self.office.services if one.line_id == line_id] or [10]
        return timedelta(minutes=sum(minutes) / len(minutes))

    def all_desks(self) -> list[OpenDesk]:
        """Every desk of the office, as if somebody sat at each and nobody were there."""
        return [OpenDesk(desk.line_ids, self.now) for desk in self.office.desks]


async def floor(
    session: AsyncSession,
    office: Office,
    now: datetime,
    known: Iterable[Line] = (),
    sessions: Mapping[str, DeskSession] | None = None,
    *,
    only: str | None = None,
) -> Floor:
    """An office's floor. `known` lines are taken as they are, with those who sit at their desks.

    `only`: the one line whose people's times are asked for; a long line is not played through for nothing.
    """
    present = await _present(session, office, now, known, sessions)
    coming, pace = await _booked(session, office, now), await pace_of(session, office, now)
    made = replace(present, coming=coming, pace=pace)
    return replace(made, foretold=await _foretold(session, made, only)) if made.is_long() else made


async def _present(
    session: AsyncSession,
    office: Office,
    now: datetime,
    known: Iterable[Line] = (),
    sessions: Mapping[str, DeskSession] | None = None,
) -> Floor:
    """A floor with nobody but those who are there."""
    given = {line.id: line for line in known}
    others = [line for line in office.lines if line.id not in given]
    found = await snapshots(session, office, others, hours.local_day(office.hours, now))
    lines = {line_id: one.line for line_id, one in found.items()} | given
    nobody = dict.fromkeys(lines, ())
    return Floor(office, now, lines, sitting_in(found) | dict(sessions or {}), coming=nobody, snapshots=found)


async def _foretold(session: AsyncSession, around: Floor, only: str | None) -> dict[str, Foretold]:
    """By line. A transaction does not wait for it: it holds the line."""
    outlooks, floor = memory_of(session).of(Outlooks), around.key()
    found = {line_id: outlooks.latest(line_id, floor) for line_id in around.lines}
    if is_reading(session):
        for line_id in found if only is None else [only]:
            found[line_id] = await outlooks.fresh(line_id, floor, partial(around.foretell, line_id))
    return {line_id: told for line_id, told in found.items() if told is not None}


async def _booked(session: AsyncSession, office: Office, now: datetime) -> dict[str, list[Booked]]:
    """The appointments in person that may still come in the next hours, by line."""
    late = max((LineRules.of(line.rules).late_until for line in office.lines), default=timedelta())
    found: dict[str, list[Booked]] = {line.id: [] for line in office.lines}
    expected = await appointments_to_come(session, office.id, "in_person", now - late, now + BOOKED_AHEAD)
    for one in expected:
        service = present_service(office, one)
        if service is not None:
            more = also_given(office, one)
            minutes, slugs = length_of((service, *more)), tuple(each.slug for each in more)
            told = one.latest_told_at
            booked = Booked(one.starts_at, minutes, service.line_id, service.slug, one.id, told, slugs)
            found[service.line_id].append(booked)
    return found


async def read_line(
    session: AsyncSession, office: Office, line_id: str, now: datetime, also: frozenset[str] = frozenset()
) -> Scene:
    """The scene of a line as it stands in SQL, with the tickets in `also` whatever their state."""
    around = await floor(session, office, now, only=line_id)
    line = around.lines[line_id]
    missing = also - {ticket.id for ticket in line.tickets}
    line = line.with_tickets(*await store.by_ids(session, missing)) if missing else line
    return scene(office, office.line_by_id(line_id), line, around.outlook(line_id), now)


async def read_ticket(session: AsyncSession, office: Office, ticket: Ticket, now: datetime) -> Scene:
    """The scene of one ticket, as far as it is about it: of whoever does not wait, nothing is foretold."""
    day = hours.local_day(office.hours, now)
    named = office.line_by_id(ticket.line_id)
    snapshot = (await snapshots(session, office, [named], day))[named.id]
    present = next((one for one in snapshot.line.tickets if one.id == ticket.id), None)
    if present is not None and present.state is State.WAITING:
        return await _read_waiting(session, office, present, now)
    return Scene(
        office=office,
        named=named,
        version=named.version,
        rules=snapshot.line.rules,
        tickets={ticket.id: present or snapshot.ended.get(ticket.id) or ticket},
        places={},
        ranges={},
        desks_open=len(snapshot.sessions),
        now=now,
    )


async def _read_waiting(session: AsyncSession, office: Office, ticket: Ticket, now: datetime) -> Scene:
    """As `read_line`; of a long line that was foretold a moment ago nothing more is asked."""
    around = await _present(session, office, now)
    told = memory_of(session).of(Outlooks).known(ticket.line_id, around.key()) if around.is_long() else None
    if told is None:
        return await read_line(session, office, ticket.line_id, now)
    outlook = replace(around, foretold={ticket.line_id: told}).outlook(ticket.line_id)
    return scene(office, office.line_by_id(ticket.line_id), around.lines[ticket.line_id], outlook, now)


async def waits(session: AsyncSession, office: Office, now: datetime, language: str = "es") -> list[LineWait]:
    """Every line of the office: how many wait, and the range of somebody who comes now."""
    around = await floor(session, office, now)
    return [line_wait(around, named, language) for named in office.lines]


def line_wait(around: Floor, named: OfficeLine, language: str) -> LineWait:
    """How long one line of the floor is, for somebody who comes now."""
    eta = newcomer_now(around, named.id)
    return LineWait(
        slug=named.slug,
        name=named.name(language),
        waiting=around.waiting(named.id),
        eta=(eta.earliest, eta.latest) if eta else None,
    )


def newcomer_now(around: Floor, line_id: str) -> Range | None:
    """When somebody who comes now would be called; None when the office is closed, or nobody calls."""
    is_open = hours.is_open(around.office.hours, around.now)
    return around.newcomer(line_id, around.usual_visit(line_id)) if is_open else None


# The board


async def board(session: AsyncSession, office: Office, now: datetime, language: str) -> dict[str, Any]:
    """The contract's board without its lobby, with names, and with who is next at each desk and why."""
    around = await floor(session, office, now)
    records = await store.active_records(session, office.id)
    outlooks = {line.id: around.outlook(line.id) for line in office.lines}
    return {
        "office": office.slug,
        "v": sum(line.version for line in office.lines),
        "paused": office.paused,
        "pause_message": office.pause_message,
        "lines": [_board_line(around, line, outlooks[line.id], language) for line in office.lines],
        "desks": [_board_desk(around, desk) for desk in office.desks],
        "tickets": [board_ticket(record, around, outlooks) for record in records],
    }


def _board_line(around: Floor, line: OfficeLine, outlook: Outlook, language: str) -> dict[str, Any]:
    wait, office = line_wait(around, line, language), around.office
    following = min((one.starts_at for one in around.coming[line.id]), default=None)
    return {
        "id": line.id,
        "slug": line.slug,
        "letter": line.letter,
        "name": wait.name,
        "waiting": wait.waiting,
        "stopped": line.stopped,
        "stop_reason": line.stop_reason,
        "eta": range_json(Range(*wait.eta) if wait.eta else None, office),
        "next_appointment": rfc3339(following, office.timezone) if following else None,
        "order": list(outlook.order),
    }


def _board_desk(around: Floor, desk: Desk) -> dict[str, Any]:
    sitting, ticket = around.sessions.get(desk.id), around.at_desk(desk.id)
    mine = [around.lines[line_id] for line_id in desk.line_ids]
    following = order_at_desk(mine, desk.id, around.now, NEXT_SHOWN) if sitting else []
    return {
        "id": desk.id,
        "name": desk.name,
        "lines": [around.office.line_by_id(line_id).slug for line_id in desk.line_ids],
        "state": _desk_state(sitting, ticket),
        "agent": sitting.agent_name if sitting else None,
        "agent_id": sitting.agent_id if sitting else None,
        "ticket": {"id": ticket.id, "code": ticket.code, "state": str(ticket.state)} if ticket else None,
        "next": [{"id": one.ticket.id, "code": one.ticket.code, "why": str(one.why)} for one in following],
    }


def _desk_state(sitting: DeskSession | None, ticket: Ticket | None) -> str:
    """`closed free calling serving`."""
    if ticket is not None:
        return "serving" if ticket.state is State.SERVING else "calling"
    return "free" if sitting else "closed"


def board_ticket(record: Record, around: Floor, outlooks: Mapping[str, Outlook]) -> dict[str, Any]:
    """One ticket for staff, with the name of its person; `outlooks` by the id of the line."""
    ticket, office = record.ticket, around.office

    def time(moment: datetime | None) -> str | None:
        return rfc3339(moment, office.timezone) if moment else None

    return {
        "id": ticket.id,
        "code": ticket.code,
        "state": str(ticket.state),
        "line": office.line_by_id(ticket.line_id).slug,
        "service": ticket.service,
        "more_services": list(ticket.more_services),
        "kind": str(ticket.kind),
        "priority": str(ticket.priority),
        "preferential_requested": record.preferential_requested,
        "appointment": ticket.appointment_id,
        "issued_at": time(ticket.issued_at),
        "arrived_at": time(ticket.arrived_at),
        "called_at": time(ticket.called_at),
        "appointment_at": time(ticket.appointment_at),
        "told_at": time(ticket.told_at),
        "since": time(ticket.since),
        "until": time(until(ticket, around.lines[ticket.line_id].rules)),
        "placed_at": time(ticket.placed_at),
        "eta": range_json(outlooks[ticket.line_id].ranges.get(ticket.id), office),
        "desk": ticket.desk_id,
        "returns_to": ticket.returns_to,
        "recalls": ticket.recalls,
        "name": record.name,
        "language": record.language,
        "help": ticket.help,
    }
