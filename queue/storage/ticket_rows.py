"""Reads and writes tickets. Runs SQL, behind store.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import run, table_of
from ..domain.ticket import ACTIVE, AT_DESK, FINISHED, Kind, Priority, State, Ticket
from .tables import TicketRow

_RULED = tuple(one.name for one in fields(Ticket))  # what the rules know of a ticket's row
_WORDS: Mapping[str, Callable[[Any], Any]] = {
    "state": State,
    "kind": Kind,
    "priority": Priority,
    "more_services": tuple,
}
_TICKETS = table_of(TicketRow)


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
    return await _records(session, (TicketRow.office_id == office_id) & is_one_of(ACTIVE))


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
    return await _one(session, condition & is_one_of(ACTIVE))


async def active_of_appointment(session: AsyncSession, appointment_id: str) -> Record | None:
    return await _one(session, (TicketRow.appointment_id == appointment_id) & is_one_of(ACTIVE))


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
    return await _one(session, is_one_of(ACTIVE) & or_(*same)) if same else None


async def expired(session: AsyncSession, line_id: str, now: datetime) -> list[Record]:
    """Tickets of a line whose day is over and that are not."""
    condition = (TicketRow.line_id == line_id) & (TicketRow.expires_at <= now)
    return await _records(session, condition & is_one_of(ACTIVE))


async def last_finished(session: AsyncSession, office_id: str, since: datetime, limit: int) -> list[Ticket]:
    """The visits called last after this moment that are finished, the latest call first."""
    condition = (_TICKETS.c.office_id == office_id) & (_TICKETS.c.called_at > since) & is_one_of(FINISHED)
    latest = select(*(_TICKETS.c[name] for name in _RULED)).where(condition)
    newest = latest.order_by(_TICKETS.c.called_at.desc(), _TICKETS.c.code.desc()).limit(limit)
    return [_ticket(row) for row in await run(session, newest)]


async def is_in_use(session: AsyncSession, desk_id: str) -> bool:
    """Whether a desk calls or serves somebody."""
    statement = select(TicketRow.id).where(TicketRow.desk_id == desk_id, is_one_of(AT_DESK)).limit(1)
    return (await run(session, statement)).first() is not None


async def desks_in_use(session: AsyncSession, office_id: str) -> set[str]:
    """The desks that call or serve somebody."""
    active = (TicketRow.office_id == office_id) & is_one_of(ACTIVE)  # which has an index
    statement = select(TicketRow.desk_id).where(active, is_one_of(AT_DESK))
    return {desk_id for desk_id in (await session.execute(statement)).scalars() if desk_id is not None}


def is_one_of(states: Collection[State]) -> ColumnElement[bool]:
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
