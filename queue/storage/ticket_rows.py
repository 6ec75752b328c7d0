"""SQL statements on tickets. No rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.contact.chosen_channels import (
    OLD_CHANNEL,
    ChosenChannel,
    channel_address,
    channels_from_json,
    channels_to_json,
)
from ...core.db.engine import execute_on_connection, mapped_table
from ...core.db.write_batch import WriteBatch
from ...core.row_mapping import field_names, from_row
from ..domain.ticket import (
    ACTIVE_STATES,
    AT_DESK_STATES,
    FINISHED_STATES,
    OtherLineCalls,
    Ticket,
    TicketState,
)
from .tables import TicketRow

_TICKET_FIELDS = field_names(Ticket)
_TICKETS = mapped_table(TicketRow)
PersonKey = Literal["device_key", "email_key", "phone_key"]
UNKEYED_LENGTH = 64  # a SHA-256 in hexadecimal; keyed hashes are shorter (core/tokens.py)


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A ticket with its citizen, contacts and request: data that the rules do not need."""

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
    channels: tuple[ChosenChannel, ...] = ()
    request_key: str | None = None
    request_digest: str | None = None


_RECORD_FIELDS = tuple(name for name in field_names(TicketRecord) if name != "ticket")
_SELECT_RECORDS = select(*(_TICKETS.c[name] for name in (*_TICKET_FIELDS, *_RECORD_FIELDS, "sms_phone"))).order_by(
    _TICKETS.c.issued_at, _TICKETS.c.number
)


async def active_tickets(session: AsyncSession, line_ids: Collection[str]) -> dict[str, list[Ticket]]:
    """Return the active tickets of each line in the order of issue."""
    columns = [_TICKETS.c[name] for name in _TICKET_FIELDS]
    condition = _TICKETS.c.line_id.in_(line_ids) & _TICKETS.c.state.in_(ACTIVE_STATES)
    statement = select(*columns).where(condition).order_by(_TICKETS.c.issued_at, _TICKETS.c.number)
    found: dict[str, list[Ticket]] = defaultdict(list)
    for row in await execute_on_connection(session, statement):
        ticket = from_row(Ticket, row)
        found[ticket.line_id].append(ticket)
    return found


async def active_ticket_records(session: AsyncSession, office_id: str) -> list[TicketRecord]:
    """Return the active tickets of an office."""
    return await _records(session, (TicketRow.office_id == office_id) & ticket_state_in(ACTIVE_STATES))


async def ticket_records_on_day(session: AsyncSession, office_id: str, day: date) -> list[TicketRecord]:
    """Return all tickets that an office issued on a day, active tickets first."""
    records = await _records(session, (TicketRow.office_id == office_id) & (TicketRow.day == day))
    return sorted(records, key=lambda record: record.ticket.state not in ACTIVE_STATES)


async def has_standby_tickets(session: AsyncSession, line_id: str) -> bool:
    """Return whether the line has standby tickets."""
    return await count_standby_tickets(session, line_id) > 0


async def count_standby_tickets(session: AsyncSession, line_id: str) -> int:
    """Count the standby tickets of the line."""
    condition = (TicketRow.line_id == line_id) & (TicketRow.state == TicketState.STANDBY)
    return (await session.execute(select(func.count()).where(condition))).scalar_one()


async def ticket_records_by_code(
    session: AsyncSession, office_id: str, day: date, code: str
) -> list[TicketRecord]:
    """Return the tickets of a day with this code.

    Only a single ticket can have it, because the lines of an office have different letters.
    """
    of_day = (TicketRow.office_id == office_id) & (TicketRow.day == day)
    return await _records(session, of_day & (TicketRow.code == code))


async def tickets_by_token_hashes(
    session: AsyncSession, token_hashes: Collection[str]
) -> dict[str, tuple[Ticket, str]]:
    """Return tickets with their office id, by token hash. A query, no personal data."""
    columns = [_TICKETS.c[name] for name in (*_TICKET_FIELDS, "token_hash", "office_id")]
    found = await session.execute(select(*columns).where(_TICKETS.c.token_hash.in_(token_hashes)))
    return {row.token_hash: (from_row(Ticket, row), row.office_id) for row in found}


async def calls_since_line_moved(
    session: AsyncSession,
    office_id: str,
    line_id: str,
    other_line_ids: Collection[str],
    desk_ids: Collection[str],
    day: date,
) -> OtherLineCalls:
    """Return the calls of other lines at these desks since a line was called.

    A ticket that did not come counts at any desk. A waiting ticket does not count: its call was
    taken back, or was in the line that it was transferred from.
    """
    called = (
        (TicketRow.office_id == office_id)
        # with the day, the index leaves out past days
        & (TicketRow.day == day)
        & (TicketRow.state != TicketState.WAITING)
    )
    own = select(func.max(TicketRow.called_at)).where(called, TicketRow.line_id == line_id)
    line_called_at = (await session.execute(own)).scalar_one()
    statement = select(TicketRow.called_at).where(
        called,
        TicketRow.line_id.in_(other_line_ids),
        TicketRow.called_at.is_not(None) if line_called_at is None else TicketRow.called_at > line_called_at,
        or_(TicketRow.desk_id.in_(desk_ids), TicketRow.desk_id.is_(None)),
    )
    found = (await session.execute(statement)).scalars()
    times = sorted(called_at for called_at in found if called_at is not None)
    return OtherLineCalls(tuple(times), line_called_at)


async def tickets_by_ids(session: AsyncSession, ticket_ids: Collection[str]) -> list[Ticket]:
    return [record.ticket for record in await _records(session, TicketRow.id.in_(ticket_ids))]


async def ticket_record_by_id(session: AsyncSession, ticket_id: str) -> TicketRecord | None:
    return await _one_record(session, TicketRow.id == ticket_id)


async def ticket_record_by_token_hash(session: AsyncSession, token_hash: str) -> TicketRecord | None:
    return await _one_record(session, TicketRow.token_hash == token_hash)


async def ticket_record_by_request_key(session: AsyncSession, request_key: str) -> TicketRecord | None:
    return await _one_record(session, TicketRow.request_key == request_key)


async def clear_request_key(session: AsyncSession, request_key: str) -> None:
    """Forget an expired idempotency key, so that it can name another request."""
    statement = update(TicketRow).where(TicketRow.request_key == request_key)
    await session.execute(statement.values(request_key=None))


async def active_ticket_for_device(session: AsyncSession, office_id: str, device_hash: str) -> TicketRecord | None:
    """Return the active ticket of a device in an office."""
    condition = (TicketRow.office_id == office_id) & (TicketRow.device_hash == device_hash)
    return await _one_record(session, condition & ticket_state_in(ACTIVE_STATES))


async def active_ticket_for_appointment(session: AsyncSession, appointment_id: str) -> TicketRecord | None:
    return await _one_record(
        session, (TicketRow.appointment_id == appointment_id) & ticket_state_in(ACTIVE_STATES)
    )


async def active_tickets_of_person(
    session: AsyncSession, keys: Mapping[PersonKey, Sequence[str]]
) -> list[TicketRecord]:
    """Return the active walk-in tickets with any of these keys.

    A key is a keyed hash of device or contact, office and day.
    """
    same = [_TICKETS.c[name].in_(values) for name, values in keys.items()]
    return await _records(session, ticket_state_in(ACTIVE_STATES) & or_(*same)) if same else []


async def rekey_active_tickets(session: AsyncSession, keyed: Callable[[str], str]) -> None:
    """Replace the unkeyed hashes of older versions in active tickets.

    `keyed`: makes the key from the stored hash. It is cleared if another active ticket has the same key, because
    keys of active tickets are unique. The keys of ended tickets are deleted by data retention.
    """
    columns = (TicketRow.device_key, TicketRow.email_key, TicketRow.phone_key)
    is_unkeyed = or_(*(func.length(column) == UNKEYED_LENGTH for column in columns))
    statement = select(TicketRow).where(ticket_state_in(ACTIVE_STATES), is_unkeyed)
    for row in (await session.execute(statement.with_for_update(skip_locked=True))).scalars():
        for column in columns:
            stored = getattr(row, column.key)
            if stored is not None and len(stored) == UNKEYED_LENGTH:
                same = select(TicketRow.id).where(ticket_state_in(ACTIVE_STATES), column == keyed(stored))
                is_taken = (await session.execute(same)).first() is not None
                setattr(row, column.key, None if is_taken else keyed(stored))


async def overdue_ticket_records(session: AsyncSession, line_id: str, now: datetime) -> list[TicketRecord]:
    """Return the active tickets of a line that have expired."""
    condition = (TicketRow.line_id == line_id) & (TicketRow.expires_at <= now)
    return await _records(session, condition & ticket_state_in(ACTIVE_STATES))


async def last_finished_tickets(
    session: AsyncSession, office_id: str, since: datetime, limit: int
) -> list[Ticket]:
    """Return the finished tickets that were called last, after `since`, the latest call first."""
    condition = (
        (_TICKETS.c.office_id == office_id) & (_TICKETS.c.called_at > since) & ticket_state_in(FINISHED_STATES)
    )
    latest = select(*(_TICKETS.c[name] for name in _TICKET_FIELDS)).where(condition)
    newest = latest.order_by(_TICKETS.c.called_at.desc(), _TICKETS.c.code.desc()).limit(limit)
    return [from_row(Ticket, row) for row in await execute_on_connection(session, newest)]


async def is_desk_busy(session: AsyncSession, desk_id: str) -> bool:
    """Return whether a ticket is called to the desk or served at it."""
    statement = select(TicketRow.id).where(TicketRow.desk_id == desk_id, ticket_state_in(AT_DESK_STATES)).limit(1)
    return (await execute_on_connection(session, statement)).first() is not None


async def busy_desk_ids(session: AsyncSession, office_id: str) -> set[str]:
    """Return the desks of an office that call or serve a ticket."""
    # redundant, but this condition has an index
    active = (TicketRow.office_id == office_id) & ticket_state_in(ACTIVE_STATES)
    statement = select(TicketRow.desk_id).where(active, ticket_state_in(AT_DESK_STATES))
    return {desk_id for desk_id in (await session.execute(statement)).scalars() if desk_id is not None}


def ticket_state_in(states: Collection[TicketState]) -> ColumnElement[bool]:
    """Return a condition with the states as literals.

    The database uses a partial index (tables.py) for literals only, not for parameters.
    """
    return TicketRow.state.in_(bindparam(None, sorted(states), expanding=True, literal_execute=True))


async def _one_record(session: AsyncSession, condition: ColumnElement[bool]) -> TicketRecord | None:
    found = await _records(session, condition)
    return found[0] if found else None


async def _records(session: AsyncSession, condition: ColumnElement[bool]) -> list[TicketRecord]:
    # a statement on the connection flushes nothing first
    await session.flush()
    return [_to_record(row) for row in await execute_on_connection(session, _SELECT_RECORDS.where(condition))]


def _to_record(row: Any) -> TicketRecord:
    channels = channels_from_json(row.channels, row.sms_phone)
    return from_row(TicketRecord, row, ticket=from_row(Ticket, row), channels=channels)


def channel_columns(channels: Sequence[ChosenChannel]) -> dict[str, Any]:
    """Return the columns of the chosen channels: the list, and the old column for SMS."""
    return {"channels": channels_to_json(channels), "sms_phone": channel_address(channels, OLD_CHANNEL)}


def insert_ticket(writes: WriteBatch, record: TicketRecord) -> None:
    """Insert a new ticket with the next flush of the batch.

    It raises WriteConflict for a second ticket of the same request, citizen or appointment.
    """
    writes.insert(TicketRow, ticket_columns(record))


def ticket_columns(record: TicketRecord) -> dict[str, Any]:
    """Return the columns of a new ticket."""
    ticket_values = {name: getattr(record.ticket, name) for name in _TICKET_FIELDS}
    record_values = {name: getattr(record, name) for name in _RECORD_FIELDS}
    return {**ticket_values, **record_values, **channel_columns(record.channels), "told_next": False}


def update_ticket(writes: WriteBatch, ticket_id: str, changes: Mapping[str, Any]) -> None:
    """Change a ticket with the next flush.

    It raises WriteConflict if a desk already has another ticket.
    """
    if changes:
        writes.update(TicketRow, "id", ticket_id, changes)
