"""Reads and writes tickets, their past, and who sits at which desk. The only file of the folder that runs SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, func, or_, select, update
from sqlalchemy import insert as insert_into
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..core.db import dialect_of, run, table_of, upsert
from ..core.ids import new_id
from ..offices.service import Office
from .statistics import Segment, Visit
from .tables import PERSONAL, DeskSessionRow, LineDayRow, OfficeEventRow, SegmentRow, TicketEventRow, TicketRow
from .ticket import ACTIVE, AT_DESK, FINISHED, OVER, UNRECORDED, Kind, Priority, State, Ticket

_VISITED = (
    TicketRow.id,
    TicketRow.line_id,
    TicketRow.service,
    TicketRow.day,
    TicketRow.kind,
    TicketRow.state,
    TicketRow.arrived_at,
    TicketRow.appointment_at,
    TicketRow.told_at,
    TicketRow.shown_earliest,
    TicketRow.shown_latest,
    TicketRow.postpones,
    TicketRow.placed_at,
)
_RULED = tuple(one.name for one in fields(Ticket))  # what the rules know of a ticket's row
_WORDS: Mapping[str, Callable[[Any], Any]] = {
    "state": State,
    "kind": Kind,
    "priority": Priority,
    "more_services": tuple,
}
_TICKETS = table_of(TicketRow)
_ADDING_SEGMENTS = insert_into(table_of(SegmentRow))
_ADDING_EVENTS = insert_into(table_of(TicketEventRow))


class Collision(Exception):
    """Another transaction wrote the same request, person, appointment or desk in the same moment: look again."""


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket with what the rules need not know: whose it is, and how to reach them."""

    ticket: Ticket
    office_id: str
    issued_line_id: str
    token_hash: str
    day: date
    language: str
    expires_at: datetime
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    preferential_requested: bool = False
    device_hash: str | None = None
    device_key: str | None = None
    email_key: str | None = None
    phone_key: str | None = None
    shown_earliest: datetime | None = None
    shown_latest: datetime | None = None
    sms_phone: str | None = None
    request_key: str | None = None
    request_digest: str | None = None


_RECORDS = select(
    *(_TICKETS.c[name] for name in _RULED),
    *(_TICKETS.c[one.name] for one in fields(Record) if one.name != "ticket"),
).order_by(_TICKETS.c.issued_at, _TICKETS.c.number)


@dataclass(frozen=True, slots=True)
class DeskSession:
    """An agent at a desk."""

    desk_id: str
    agent_id: str
    agent_name: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class LineDay:
    """What a line has given out on one day."""

    issued: int = 0
    walk_ins: int = 0
    last_calls: tuple[Kind, ...] = ()


# Tickets


async def active(session: AsyncSession, line_ids: Collection[str]) -> dict[str, list[Ticket]]:
    """The tickets of each line that are not over, in the order in which they were issued."""
    columns = [_TICKETS.c[name] for name in _RULED]
    condition = _TICKETS.c.line_id.in_(line_ids) & _TICKETS.c.state.in_(ACTIVE)
    statement = select(*columns).where(condition).order_by(_TICKETS.c.issued_at, _TICKETS.c.number)
    found: dict[str, list[Ticket]] = defaultdict(list)
    for row in await run(session, statement):
        ticket = _ticket(row)
        found[ticket.line_id].append(ticket)
    return found


async def active_records(session: AsyncSession, office_id: str) -> list[Record]:
    """All tickets of an office that are not over."""
    return await _records(session, (TicketRow.office_id == office_id) & _is_one_of(ACTIVE))


async def of_day(session: AsyncSession, office_id: str, day: date) -> list[Record]:
    """All tickets that an office gave on a day, over or not; those that go on come first."""
    records = await _records(session, (TicketRow.office_id == office_id) & (TicketRow.day == day))
    return sorted(records, key=lambda one: one.ticket.state not in ACTIVE)


async def has_standby(session: AsyncSession, line_id: str) -> bool:
    """Whether anybody waits for room in this line."""
    return await count_standby(session, line_id) > 0


async def count_standby(session: AsyncSession, line_id: str) -> int:
    """How many wait for room in this line."""
    condition = (TicketRow.line_id == line_id) & (TicketRow.state == State.STANDBY)
    return (await session.execute(select(func.count()).where(condition))).scalar_one()


async def of_code(session: AsyncSession, office_id: str, day: date, code: str) -> list[Record]:
    """The tickets of a day that bear this code: one at most, for a letter is one line's of the office."""
    mine = (TicketRow.office_id == office_id) & (TicketRow.day == day)
    return await _records(session, mine & (TicketRow.code == code))


async def by_token_hashes(session: AsyncSession, token_hashes: Collection[str]) -> dict[str, tuple[Ticket, str]]:
    """Tickets by the hash of their token, each with its office's id; in one query, without what is personal."""
    columns = [_TICKETS.c[name] for name in (*_RULED, "token_hash", "office_id")]
    found = await session.execute(select(*columns).where(_TICKETS.c.token_hash.in_(token_hashes)))
    return {token_hash: (_ticket(values), office_id) for *values, token_hash, office_id in found}


async def by_ids(session: AsyncSession, ticket_ids: Collection[str]) -> list[Ticket]:
    return [record.ticket for record in await _records(session, TicketRow.id.in_(ticket_ids))]


async def by_id(session: AsyncSession, ticket_id: str) -> Record | None:
    return await _one(session, TicketRow.id == ticket_id)


async def by_token_hash(session: AsyncSession, token_hash: str) -> Record | None:
    return await _one(session, TicketRow.token_hash == token_hash)


async def by_request(session: AsyncSession, request_key: str) -> Record | None:
    return await _one(session, TicketRow.request_key == request_key)


async def forget_request(session: AsyncSession, request_key: str) -> None:
    """A key is kept for a day; afterwards it may mean another request."""
    statement = update(TicketRow).where(TicketRow.request_key == request_key)
    await session.execute(statement.values(request_key=None))


async def active_of_device(session: AsyncSession, office_id: str, device_hash: str) -> Record | None:
    """The ticket that this device holds in this office."""
    condition = (TicketRow.office_id == office_id) & (TicketRow.device_hash == device_hash)
    return await _one(session, condition & _is_one_of(ACTIVE))


async def active_of_appointment(session: AsyncSession, appointment_id: str) -> Record | None:
    return await _one(session, (TicketRow.appointment_id == appointment_id) & _is_one_of(ACTIVE))


async def active_of_person(
    session: AsyncSession, device_key: str | None, email_key: str | None, phone_key: str | None
) -> Record | None:
    """A ticket without appointment of the same device or contact, this day in this office."""
    pairs = (
        (TicketRow.device_key, device_key),
        (TicketRow.email_key, email_key),
        (TicketRow.phone_key, phone_key),
    )
    same = [column == key for column, key in pairs if key is not None]
    return await _one(session, _is_one_of(ACTIVE) & or_(*same)) if same else None


async def expired(session: AsyncSession, line_id: str, now: datetime) -> list[Record]:
    """Tickets of a line whose day is over and that are not."""
    condition = (TicketRow.line_id == line_id) & (TicketRow.expires_at <= now)
    return await _records(session, condition & _is_one_of(ACTIVE))


async def last_finished(session: AsyncSession, office_id: str, since: datetime, limit: int) -> list[Ticket]:
    """The visits called last after this moment that are finished, the latest call first."""
    condition = (_TICKETS.c.office_id == office_id) & (_TICKETS.c.called_at > since) & _is_one_of(FINISHED)
    latest = select(*(_TICKETS.c[name] for name in _RULED)).where(condition)
    newest = latest.order_by(_TICKETS.c.called_at.desc(), _TICKETS.c.code.desc()).limit(limit)
    return [_ticket(row) for row in await run(session, newest)]


async def is_in_use(session: AsyncSession, desk_id: str) -> bool:
    """Whether a desk calls or serves somebody."""
    statement = select(TicketRow.id).where(TicketRow.desk_id == desk_id, _is_one_of(AT_DESK)).limit(1)
    return (await run(session, statement)).first() is not None


async def desks_in_use(session: AsyncSession, office_id: str) -> set[str]:
    """The desks that call or serve somebody."""
    active = (TicketRow.office_id == office_id) & _is_one_of(ACTIVE)  # which has an index
    statement = select(TicketRow.desk_id).where(active, _is_one_of(AT_DESK))
    return {desk_id for desk_id in (await session.execute(statement)).scalars() if desk_id is not None}


def _is_one_of(states: Collection[State]) -> ColumnElement[bool]:
    """The states stand in the statement itself: an index over these alone (tables.py) serves no parameter."""
    return TicketRow.state.in_(bindparam(None, sorted(states), expanding=True, literal_execute=True))


async def _one(session: AsyncSession, condition: ColumnElement[bool]) -> Record | None:
    found = await _records(session, condition)
    return found[0] if found else None


async def _records(session: AsyncSession, condition: ColumnElement[bool]) -> list[Record]:
    await session.flush()
    return [_record(row) for row in await run(session, _RECORDS.where(condition))]


def _record(row: Sequence[Any]) -> Record:
    return Record(_ticket(row[: len(_RULED)]), *row[len(_RULED) :])


def _ticket(values: Sequence[Any]) -> Ticket:
    """A ticket of its columns, in the order of its fields."""
    named = dict(zip(_RULED, values, strict=True))
    return Ticket(**named | {name: read(named[name]) for name, read in _WORDS.items()})


async def insert(session: AsyncSession, record: Record) -> None:
    """Raises Collision when somebody else was faster; the transaction is over then."""
    ruled = {name: getattr(record.ticket, name) for name in _RULED}
    rest = {one.name: getattr(record, one.name) for one in fields(Record) if one.name != "ticket"}
    session.add(TicketRow(**ruled, **rest, note=None))
    await flush(session)


async def flush(session: AsyncSession) -> None:
    """Write what was added now. Raises Collision when somebody else was faster."""
    try:
        await session.flush()
    except IntegrityError as error:
        raise Collision from error


async def update_tickets(session: AsyncSession, alike: Sequence[tuple[Mapping[str, Any], list[str]]]) -> None:
    """Write the same changes to several tickets each. Raises Collision when a desk has somebody by now; the
    transaction is over then."""
    for changes, ticket_ids in alike:
        values = {f"new_{name}": value for name, value in changes.items()}
        try:
            await run(session, _updating(tuple(changes)), {**values, "ids": ticket_ids})
        except IntegrityError as error:
            raise Collision from error


@cache
def _updating(names: tuple[str, ...]) -> Executable:
    """The statement that writes these columns."""
    these = _TICKETS.c.id.in_(bindparam("ids", expanding=True))
    return update(_TICKETS).where(these).values({name: bindparam(f"new_{name}") for name in names})


# The past of tickets


async def add_segments(session: AsyncSession, ended: Sequence[Ticket], now: datetime) -> None:
    """Write the stretches that end now: each ticket as it was in it."""
    if not ended:
        return
    rows = [
        {
            "id": new_id(),
            "ticket_id": one.id,
            "line_id": one.line_id,
            "state": one.state,
            "started_at": one.since,
            "ended_at": now,
            "desk_id": one.desk_id,
            "agent_id": one.agent_id,
            "services": " ".join(one.services),
        }
        for one in ended
    ]
    await run(session, _ADDING_SEGMENTS, rows)


async def add_events(
    session: AsyncSession,
    changed: Sequence[tuple[Ticket, State | None]],
    action: str,
    actor: str,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    """Write what happened to tickets: each as it is afterwards, and the state that it had."""
    if not changed:
        return
    rows = [
        {
            "id": new_id(),
            "ticket_id": ticket.id,
            "at": now,
            "action": action,
            "actor": actor,
            "before": before,
            "after": ticket.state,
            "details": details,
        }
        for ticket, before in changed
    ]
    await run(session, _ADDING_EVENTS, rows)


async def visits(session: AsyncSession, office: Office, day: date) -> list[Visit]:
    """The visits of one local day of an office, with their past."""
    there = (TicketRow.office_id == office.id) & (TicketRow.day == day)
    past = await _segments(session, there)
    slugs = {line.id: line.slug for line in office.lines}
    rows = await session.execute(select(*_VISITED).where(there).order_by(TicketRow.issued_at, TicketRow.id))
    return [
        Visit(
            line=slugs[row.line_id],
            service=row.service,
            day=row.day,
            kind=Kind(row.kind),
            state=State(row.state),
            arrived_at=row.arrived_at,
            appointment_at=row.appointment_at,
            shown=(row.shown_earliest, row.shown_latest) if row.shown_latest is not None else None,
            segments=tuple(past.get(row.id, ())),
            aside=row.postpones > 0 or row.placed_at is not None,
            told_at=row.told_at,
        )
        for row in rows
    ]


async def _segments(session: AsyncSession, there: ColumnElement[bool]) -> dict[str, list[Segment]]:
    """The segments of these tickets by time."""
    row = SegmentRow
    ended = select(row.ticket_id, row.state, row.started_at, row.ended_at, row.services)
    joined = ended.join(TicketRow, TicketRow.id == row.ticket_id).where(there)
    found: dict[str, list[Segment]] = defaultdict(list)
    for ticket_id, state, started_at, ended_at, done in await session.execute(joined.order_by(row.started_at)):
        found[ticket_id].append(Segment(State(state), started_at, ended_at, done))
    return found


# Who is told away from the page


@dataclass(frozen=True, slots=True)
class Addressee:
    """How the person of a ticket is told of it, and what they were told last."""

    ticket_id: str
    line_id: str
    office_id: str
    token_hash: str
    language: str
    expires_at: datetime
    sms_phone: str | None
    told_next: bool
    told_earliest: datetime | None
    told_latest: datetime | None


_ADDRESSED = tuple(one.name for one in fields(Addressee))[1:]


async def addressees(session: AsyncSession, ticket_ids: Collection[str]) -> dict[str, Addressee]:
    """By ticket: those of these who asked to be told."""
    return await _addressees(session, TicketRow.id.in_(ticket_ids))


async def addressee(session: AsyncSession, ticket_id: str) -> Addressee:
    """The person of one ticket, whether they asked to be told or not."""
    columns = [TicketRow.id, *(getattr(TicketRow, name) for name in _ADDRESSED)]
    return Addressee(*(await session.execute(select(*columns).where(TicketRow.id == ticket_id))).one())


async def addressees_in(
    session: AsyncSession, states: Collection[State], office_id: str | None = None
) -> dict[str, Addressee]:
    """By ticket: whoever asked to be told and is in one of these states; of one office, or of all."""
    condition = TicketRow.state.in_(states)
    return await _addressees(
        session, condition if office_id is None else condition & (TicketRow.office_id == office_id)
    )


async def _addressees(session: AsyncSession, condition: ColumnElement[bool]) -> dict[str, Addressee]:
    columns = [TicketRow.id, *(getattr(TicketRow, name) for name in _ADDRESSED)]
    rows = await session.execute(select(*columns).where(condition, TicketRow.notify))
    return {row[0]: Addressee(*row) for row in rows}


async def note_shown(session: AsyncSession, ticket_id: str, earliest: datetime, latest: datetime) -> None:
    """Keep the range that a ticket was shown when it became one of the line."""
    values = {"shown_earliest": earliest, "shown_latest": latest}
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(**values))


async def note_told(session: AsyncSession, ticket_id: str, **told: Any) -> None:
    """Keep what somebody was told last: `next`, `earliest`, `latest`."""
    values = {f"told_{name}": value for name, value in told.items()}
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(**values))


async def change_phone(session: AsyncSession, ticket_id: str, phone: str | None) -> None:
    """The number to send notices to; None ends them."""
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(sms_phone=phone))


async def forget_people(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete names, addresses and numbers of tickets that ended before, so many at a time; how many."""
    known = or_(*(_TICKETS.c[one].is_not(None) for one in PERSONAL))
    statement = select(TicketRow.id).where(_is_one_of(OVER), TicketRow.since < before, known)
    oldest = statement.order_by(TicketRow.since).limit(limit).with_for_update(skip_locked=True)
    ended = (await session.execute(oldest)).scalars().all()
    if ended:
        await session.execute(update(TicketRow).where(TicketRow.id.in_(ended)).values(dict.fromkeys(PERSONAL)))
    return len(ended)


def add_office_event(
    session: AsyncSession,
    office_id: str,
    action: str,
    actor: str,
    now: datetime,
    *,
    line_id: str | None = None,
    **details: Any,
) -> None:
    """Write what staff decided for a whole office, or for one of its lines."""
    row = {"office_id": office_id, "line_id": line_id, "at": now, "action": action, "actor": actor}
    session.add(OfficeEventRow(id=new_id(), details=details, **row))


async def refuse_priority(session: AsyncSession, ticket_id: str) -> None:
    """A host has answered the wish for priority attention with no."""
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(preferential_requested=False))


@dataclass(frozen=True, slots=True)
class Past:
    """What was measured: how long desks were busy with each person who was served, by service; who answered.

    What was done for several services at once tells of none of them how long it takes, and is in no `visits`.
    """

    visits: dict[str, list[timedelta]]
    answered: int
    unanswered: int


async def past(session: AsyncSession, office_id: str, since: date, most: int) -> Past:
    """The newest tickets of an office that are over, from that day on."""
    over = (TicketRow.office_id == office_id) & (TicketRow.day >= since)
    ended = TicketRow.state.in_((State.FINISHED, State.NO_SHOW)) & or_(
        TicketRow.outcome.is_(None), TicketRow.outcome != UNRECORDED
    )
    newest = (
        select(TicketRow.id, TicketRow.service, TicketRow.state)
        .where(over, ended)
        .order_by(TicketRow.day.desc(), TicketRow.issued_at.desc())
        .limit(most)
        .subquery()
    )
    services = func.coalesce(SegmentRow.services, newest.c.service)
    statement = select(
        newest.c.id, services, newest.c.state, SegmentRow.started_at, SegmentRow.ended_at
    ).join_from(newest, SegmentRow, SegmentRow.ticket_id == newest.c.id)
    rows = await session.execute(statement.where(SegmentRow.state.in_((State.CALLED, State.SERVING))))
    lasted: dict[tuple[str, str], timedelta] = defaultdict(timedelta)
    absent = set()
    for ticket_id, done, state, started_at, ended_at in rows:
        if state == State.NO_SHOW:
            absent.add(ticket_id)
        else:
            lasted[done, ticket_id] += ended_at - started_at
    visits: dict[str, list[timedelta]] = defaultdict(list)
    for (done, _), busy in lasted.items():
        if " " not in done:
            visits[done].append(busy)
    return Past(dict(visits), len({ticket_id for _, ticket_id in lasted}), len(absent))


async def walk_ins(
    session: AsyncSession, office_id: str, since: date, before: date
) -> list[tuple[date, str, datetime]]:
    """Day, service and moment of every ticket without an appointment in [since, before)."""
    statement = select(TicketRow.day, TicketRow.service, TicketRow.issued_at).where(
        TicketRow.office_id == office_id,
        TicketRow.day >= since,
        TicketRow.day < before,
        TicketRow.kind == Kind.WALK_IN,
    )
    return [(day, service, issued_at) for day, service, issued_at in await session.execute(statement)]


# Days of lines


async def line_days(session: AsyncSession, line_ids: Collection[str], day: date) -> dict[str, LineDay]:
    """What each line has given out that day; lines without a row have given nothing."""
    columns = (LineDayRow.line_id, LineDayRow.issued, LineDayRow.walk_ins, LineDayRow.last_calls)
    statement = select(*columns).where(LineDayRow.line_id.in_(line_ids), LineDayRow.day == day)
    found = dict.fromkeys(line_ids, LineDay())
    for line_id, issued, walk_ins, calls in await run(session, statement):
        found[line_id] = LineDay(issued, walk_ins, tuple(Kind(kind) for kind in calls))
    return found


async def save_line_day(session: AsyncSession, line_id: str, day: date, counted: LineDay) -> None:
    row = {
        "line_id": line_id,
        "day": day,
        "issued": counted.issued,
        "walk_ins": counted.walk_ins,
        "last_calls": [str(kind) for kind in counted.last_calls],
    }
    await run(session, upsert(dialect_of(session), LineDayRow, ("issued", "walk_ins", "last_calls")), row)


# Desks


async def sessions(session: AsyncSession, office_id: str) -> dict[str, DeskSession]:
    """Who sits where now, by desk."""
    found = await _sessions(session, DeskSessionRow.office_id == office_id)
    return {one.desk_id: one for one in found}


async def session_of_agent(session: AsyncSession, agent_id: str) -> DeskSession | None:
    """Where this agent sits."""
    found = await _sessions(session, DeskSessionRow.agent_id == agent_id)
    return found[0] if found else None


async def _sessions(session: AsyncSession, condition: ColumnElement[bool]) -> Sequence[DeskSession]:
    rows = await session.execute(select(DeskSessionRow).where(condition, DeskSessionRow.closed_at.is_(None)))
    return [DeskSession(row.desk_id, row.agent_id, row.agent_name, row.opened_at) for row in rows.scalars()]


async def open_session(session: AsyncSession, office_id: str, opened: DeskSession) -> None:
    """Raises Collision when somebody sat down there, or this agent elsewhere, in the same moment."""
    session.add(
        DeskSessionRow(
            id=new_id(),
            office_id=office_id,
            desk_id=opened.desk_id,
            agent_id=opened.agent_id,
            agent_name=opened.agent_name,
            opened_at=opened.opened_at,
        )
    )
    await flush(session)


async def close_session(session: AsyncSession, desk_id: str, now: datetime) -> None:
    statement = update(DeskSessionRow).where(DeskSessionRow.desk_id == desk_id, DeskSessionRow.closed_at.is_(None))
    await session.execute(statement.values(closed_at=now))
