"""What staff see of the outbox: how the messages of a day, or about one thing, fare; and trying one again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, VOID, OutboxRow
from ...core.ids import new_id
from ..domain.message_content import OutboxMessage
from .outbox_rows import message_from_row
from .tables import NoticeEventRow

MESSAGE_STATES = frozenset({PENDING, SENDING, SENT, VOID, DEAD})
POSTPONED_WINDOW = timedelta(days=1)  # what was put off in a day's evening is due within the next day


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which messages: of these offices (None: of all), of a day or about one thing, of one way and state."""

    offices: Collection[str] | None
    begins: datetime
    ends: datetime
    subject: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A row of the outbox as its state is told."""

    message: OutboxMessage
    office: str | None
    state: str
    attempts: int
    not_before: datetime
    lease_until: datetime | None
    sent_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """What somebody of the staff did to a message."""

    at: datetime
    who: str


def _query_conditions(query: DeliveryQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.subject is not None:
        conditions.append(OutboxRow.subject == query.subject)
    else:
        # One span: of two, PostgreSQL walks the index from its end until it has enough.
        until_morning = OutboxRow.not_before < query.ends + POSTPONED_WINDOW
        of_day = or_(OutboxRow.not_before < query.ends, OutboxRow.failure == "quiet_hours")
        conditions += [OutboxRow.not_before >= query.begins, until_morning, of_day]
    if query.offices is not None:
        conditions.append(OutboxRow.office.in_(query.offices))
    if query.channel is not None:
        conditions.append(OutboxRow.channel == query.channel)
    return conditions


async def count_deliveries_by_state(session: AsyncSession, query: DeliveryQuery) -> dict[str, int]:
    """How many are in each state."""
    statement = select(OutboxRow.state, func.count()).where(*_query_conditions(query)).group_by(OutboxRow.state)
    return {state: count for state, count in await session.execute(statement)}  # noqa: C416 - rows are no pairs to a type checker


async def newest_delivery_records(
    session: AsyncSession, query: DeliveryQuery, states: Collection[str] | None, limit: int
) -> list[DeliveryRecord]:
    """The newest first."""
    statement = select(OutboxRow).where(*_query_conditions(query))
    if states is not None:  # said by what it is not: else all that was ever sent is read, and not the day
        statement = statement.where(OutboxRow.state.not_in(MESSAGE_STATES.difference(states)))
    ordered = statement.order_by(OutboxRow.not_before.desc(), OutboxRow.id.desc()).limit(limit)
    return [_to_delivery_record(row) for row in (await session.execute(ordered)).scalars()]


async def delivery_record_by_id(session: AsyncSession, outbox_id: str) -> DeliveryRecord | None:
    row = await session.get(OutboxRow, outbox_id)
    return None if row is None else _to_delivery_record(row)


async def revive_dead_message(session: AsyncSession, outbox_id: str) -> bool:
    """Take up again what was given up, as if it were new; False when it was not, or somebody else was quicker."""
    again = {"state": PENDING, "attempts": 0, "lease_until": None, "failure": None}
    statement = update(OutboxRow).where(OutboxRow.id == outbox_id, OutboxRow.state == DEAD).values(again)
    revived = await session.execute(statement.returning(OutboxRow.id))
    return revived.first() is not None


async def insert_delivery_event(
    session: AsyncSession, outbox_id: str, event: str, actor: str, name: str, now: datetime
) -> None:
    """One line of the audit."""
    session.add(
        NoticeEventRow(id=new_id(), outbox_id=outbox_id, at=now, actor=actor, actor_name=name, event=event)
    )


async def latest_delivery_events(session: AsyncSession, ids: Collection[str]) -> dict[str, DeliveryEvent]:
    """The last thing that staff did to each of these messages."""
    statement = select(NoticeEventRow).where(NoticeEventRow.outbox_id.in_(ids)).order_by(NoticeEventRow.at)
    rows = (await session.execute(statement)).scalars()
    return {row.outbox_id: DeliveryEvent(row.at, row.actor_name) for row in rows}


def _to_delivery_record(row: OutboxRow) -> DeliveryRecord:
    return DeliveryRecord(
        message=message_from_row(row, row.attempts),
        office=row.office,
        state=row.state,
        attempts=row.attempts,
        not_before=row.not_before,
        lease_until=row.lease_until,
        sent_at=row.sent_at,
        failure=row.failure,
    )
