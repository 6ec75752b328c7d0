"""SQL of what staff, operator and developer see of the outbox."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, UNFINISHED_STATES, VOID, OutboxRow, is_unfinished
from ...core.ids import new_id
from ...core.row_mapping import from_row
from ..domain.message_content import OutboxMessage
from .outbox_rows import message_from_row
from .tables import NoticeEventRow, SentMessageRow

MESSAGE_STATES = frozenset({PENDING, SENDING, SENT, VOID, DEAD})
TOLD_OTHERWISE = "told_otherwise"  # the event of a failed message whose recipient staff have reached
TRIED_AGAIN = "tried_again"
POSTPONED_WINDOW = timedelta(days=1)  # quiet hours postpone a message of an evening to the next day


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """A filter of messages.

    `offices` and `channel` are None for all. With a `subject`, the day from `begins` to `ends` does not
    count.
    """

    offices: Collection[str] | None
    begins: datetime
    ends: datetime
    subject: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """An outbox row for the pages of staff and developers."""

    message: OutboxMessage
    office: str | None
    subject: str
    state: str
    attempts: int
    not_before: datetime
    lease_until: datetime | None
    sent_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """The last action of staff on a message: when, and the name of the staff member."""

    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class LateMessage:
    """A message that should have been sent.

    `failure`: of its last attempt; None if there was none.
    """

    channel: str
    due_at: datetime
    failure: str | None


def _query_conditions(query: DeliveryQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.subject is not None:
        conditions.append(OutboxRow.subject == query.subject)
    else:
        # A range of not_before: with two, PostgreSQL walks the index from its end until it has enough rows.
        before_window_ends = OutboxRow.not_before < query.ends + POSTPONED_WINDOW
        of_day = or_(OutboxRow.not_before < query.ends, OutboxRow.failure == "quiet_hours")
        conditions += [OutboxRow.not_before >= query.begins, before_window_ends, of_day]
    if query.offices is not None:
        conditions.append(OutboxRow.office.in_(query.offices))
    if query.channel is not None:
        conditions.append(OutboxRow.channel == query.channel)
    return conditions


async def count_deliveries_by_state(session: AsyncSession, query: DeliveryQuery) -> dict[str, int]:
    """Count the messages in each state."""
    statement = select(OutboxRow.state, func.count()).where(*_query_conditions(query)).group_by(OutboxRow.state)
    return {row[0]: row[1] for row in await session.execute(statement)}


async def newest_delivery_records(
    session: AsyncSession, query: DeliveryQuery, states: Collection[str] | None, limit: int
) -> list[DeliveryRecord]:
    """Read up to `limit` messages in these states (None for all), newest first."""
    statement = select(OutboxRow).where(*_query_conditions(query))
    if states is not None:
        # excluding the other states keeps the index of days; with `state IN` all sent rows would be read
        statement = statement.where(OutboxRow.state.not_in(MESSAGE_STATES.difference(states)))
    ordered = statement.order_by(OutboxRow.not_before.desc(), OutboxRow.id.desc()).limit(limit)
    return [_to_delivery_record(row) for row in (await session.execute(ordered)).scalars()]


async def arrival_times(session: AsyncSession, ids: Collection[str]) -> dict[str, datetime]:
    """Return when messages arrived, by id; without those of which no receipt tells it."""
    row = SentMessageRow
    columns = select(row.outbox_id, row.arrived_at).where(row.outbox_id.in_(ids), row.arrived_at.is_not(None))
    return {id: arrived_at for id, arrived_at in await session.execute(columns) if arrived_at is not None}


async def delivery_record_by_id(session: AsyncSession, outbox_id: str) -> DeliveryRecord | None:
    row = await session.get(OutboxRow, outbox_id)
    return None if row is None else _to_delivery_record(row)


def _to_delivery_record(row: OutboxRow) -> DeliveryRecord:
    return from_row(DeliveryRecord, row, message=message_from_row(row, row.attempts))


async def outbox_id_by_key(session: AsyncSession, key: str) -> str:
    """Return the id of the message with this key."""
    return (await session.execute(select(OutboxRow.id).where(OutboxRow.key == key))).scalar_one()


async def open_failures(
    session: AsyncSession, offices: Collection[str] | None, since: datetime, limit: int
) -> list[DeliveryRecord]:
    """Read dead messages whose recipients were not told otherwise, newest first.

    `offices` is None for all, also for messages of no office.
    """
    row = OutboxRow
    statement = select(row).where(row.state == DEAD, row.not_before >= since, ~_is_told_otherwise())
    if offices is not None:
        statement = statement.where(row.office.in_(offices))
    ordered = statement.order_by(row.not_before.desc(), row.id.desc()).limit(limit)
    return [_to_delivery_record(found) for found in (await session.execute(ordered)).scalars()]


async def is_open_failure(session: AsyncSession, outbox_id: str) -> bool:
    """Return whether a message is dead and its recipient was not told otherwise."""
    statement = select(OutboxRow.id).where(
        OutboxRow.id == outbox_id, OutboxRow.state == DEAD, ~_is_told_otherwise()
    )
    return (await session.execute(statement)).first() is not None


async def revive_dead_message(session: AsyncSession, outbox_id: str) -> bool:
    """Make a dead message pending again, with no attempts. Returns False if it is not dead.

    A delivery that its service took back is deleted: the second attempt would take it for its own.
    """
    values = {"state": PENDING, "attempts": 0, "lease_until": None, "failure": None}
    statement = update(OutboxRow).where(OutboxRow.id == outbox_id, OutboxRow.state == DEAD).values(values)
    revived = (await session.execute(statement.returning(OutboxRow.id))).first()
    if revived is not None:
        await session.execute(delete(SentMessageRow).where(SentMessageRow.outbox_id == outbox_id))
    return revived is not None


async def insert_delivery_event(
    session: AsyncSession, outbox_id: str, event: str, actor: str, name: str, now: datetime
) -> None:
    """Store an action of staff on a message."""
    session.add(
        NoticeEventRow(id=new_id(), outbox_id=outbox_id, at=now, actor=actor, actor_name=name, event=event)
    )


async def latest_delivery_events(
    session: AsyncSession, ids: Collection[str], event: str
) -> dict[str, DeliveryEvent]:
    """Return the last such action of staff on each of these messages, by message id."""
    of_messages = NoticeEventRow.outbox_id.in_(ids) & (NoticeEventRow.event == event)
    statement = select(NoticeEventRow).where(of_messages).order_by(NoticeEventRow.at)
    rows = (await session.execute(statement)).scalars()
    return {row.outbox_id: DeliveryEvent(row.at, row.actor_name) for row in rows}


async def count_messages_without_channel(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """Count the unfinished messages of all channels but these, by channel."""
    statement = (
        select(OutboxRow.channel, func.count())
        .where(OutboxRow.state.in_(UNFINISHED_STATES))
        .group_by(OutboxRow.channel)
    )
    return {channel: count for channel, count in await session.execute(statement) if channel not in channels}


async def count_dead_by_reason(session: AsyncSession, since: datetime) -> dict[str, int]:
    """Count the dead messages that were written since then, by reason."""
    statement = (
        select(OutboxRow.failure, func.count())
        .where(OutboxRow.state == DEAD, OutboxRow.created_at >= since)
        .group_by(OutboxRow.failure)
    )
    return {reason or "": count for reason, count in await session.execute(statement)}


def _is_told_otherwise() -> ColumnElement[bool]:
    """Build the condition that staff told the recipient of a message in another way."""
    event = NoticeEventRow
    return select(event.id).where(event.outbox_id == OutboxRow.id, event.event == TOLD_OTHERWISE).exists()


async def count_open_failures(session: AsyncSession, since: datetime) -> dict[str, int]:
    """Count by office slug the dead messages whose recipients were not told otherwise."""
    row = OutboxRow
    statement = (
        select(row.office, func.count())
        .where(row.state == DEAD, row.not_before >= since, row.office.is_not(None), ~_is_told_otherwise())
        .group_by(row.office)
    )
    return {office: count for office, count in await session.execute(statement) if office}


async def oldest_due_message(
    session: AsyncSession, channels: Collection[str], *, untried_before: datetime, failed_before: datetime
) -> LateMessage | None:
    """Return the oldest unsent message that was due before these times; None if there is none."""
    is_untried = and_(OutboxRow.attempts == 0, OutboxRow.not_before < untried_before)
    statement = (
        select(OutboxRow.channel, OutboxRow.not_before, OutboxRow.failure)
        .where(is_unfinished(), OutboxRow.channel.in_(channels))
        .where(or_(is_untried, OutboxRow.not_before < failed_before))
        .order_by(OutboxRow.not_before)
        .limit(1)
    )
    row = (await session.execute(statement)).one_or_none()
    return LateMessage(*row) if row else None


async def newest_outbox_records(
    session: AsyncSession, *, limit: int, before: str | None = None
) -> list[DeliveryRecord]:
    """Read up to `limit` rows, newest first.

    `before` is the id of the last row of the page before; ids sort by time.
    """
    statement = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(OutboxRow.id < before)
    return [_to_delivery_record(row) for row in (await session.execute(statement)).scalars()]
