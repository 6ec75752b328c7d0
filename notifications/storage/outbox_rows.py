"""SQL of the worker: claims and marks of outbox rows, deliveries, deletion of old rows.

`lease_until` is the instant until which no other process may claim a row: during a send, and between two attempts.
A retry keeps `not_before`, so that the order within a subject stays. A postponed row gets a later `not_before` and
blocks no other row until then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...core.contact.push_subscriptions import PushSubscriptionRow
from ...core.db.batch_delete import delete_batch
from ...core.db.engine import (
    Database,
    UtcDateTime,
    affects_one_row,
    dialect_insert,
    execute_on_connection,
    mapped_table,
)
from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, VOID, OutboxRow, is_unfinished
from ...core.row_mapping import from_row
from ..domain.concurrency_limits import HostQuota
from ..domain.message_content import OutboxMessage
from ..domain.message_kinds import EMAIL, PUSH, URGENT_KINDS
from ..domain.send_results import DeliveryReceipt
from .tables import NoticeEventRow, SentMessageRow

CLAIM_LOOK_AHEAD_FACTOR = 4  # a claim reads more rows than it takes, to find some for hosts that are not full
_OUTBOX = mapped_table(OutboxRow).c
_MESSAGE_COLUMNS = (  # all that message_from_row reads
    *(_OUTBOX.id, _OUTBOX.key, _OUTBOX.channel, _OUTBOX.kind, _OUTBOX.recipient, _OUTBOX.language),
    *(_OUTBOX.payload, _OUTBOX.created_at, _OUTBOX.attempts),
)


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that this process alone may send until its lease ends.

    `attempt` counts from 1 and tells two claims of a row apart. `was_abandoned`: the process of the claim before
    never marked how it ended. `host`: the domain, telephone number or push service of the recipient.
    """

    message: OutboxMessage
    attempt: int
    was_abandoned: bool
    host: str

    def log_fields(self) -> dict[str, object]:
        """The fields for log entries, without personal data."""
        message = self.message
        return {
            "outbox": message.id,
            "kind": message.kind,
            "channel": message.channel,
            "attempt": self.attempt,
        }


def message_from_row(row: Any, attempt: int = 1) -> OutboxMessage:
    """Convert an outbox row, or the columns of a row, to a message."""
    return from_row(OutboxMessage, row, attempt=attempt)


def _due_condition(
    now: datetime | BindParameter[datetime], channel: str | BindParameter[str]
) -> ColumnElement[bool]:
    not_leased = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now)
    return and_(
        OutboxRow.channel == channel,
        is_unfinished(),
        OutboxRow.not_before <= now,
        not_leased,
        ~_has_unfinished_predecessor(),
    )


def _has_unfinished_predecessor() -> ColumnElement[bool]:
    """Match rows whose recipient must first get an earlier message about the same subject."""
    earlier = aliased(OutboxRow)
    comes_before = or_(
        earlier.not_before < OutboxRow.not_before,
        and_(earlier.not_before == OutboxRow.not_before, earlier.id < OutboxRow.id),
    )
    return exists().where(
        earlier.subject == OutboxRow.subject,
        earlier.channel == OutboxRow.channel,
        earlier.recipient == OutboxRow.recipient,
        is_unfinished(earlier),
        comes_before,
    )


def _not_blocked_conditions(channel: str, blocked_hosts: Collection[str]) -> list[ColumnElement[bool]]:
    """Build the conditions that leave out messages to blocked hosts; mostly there are none."""
    if channel == EMAIL:
        return [~func.lower(OutboxRow.recipient).endswith(f"@{host}", autoescape=True) for host in blocked_hosts]
    if channel == PUSH:
        endpoint_contains = PushSubscriptionRow.endpoint.contains
        return [
            ~exists().where(_is_subscription_of_message(), endpoint_contains(f"//{host}/", autoescape=True))
            for host in blocked_hosts
        ]
    return [OutboxRow.recipient.not_in(blocked_hosts)] if blocked_hosts else []


def _is_subscription_of_message() -> ColumnElement[bool]:
    return PushSubscriptionRow.id == OutboxRow.recipient


def _recipient_host(channel: str, recipient: str, endpoint: str | None) -> str:
    if channel == PUSH:
        return urlsplit(endpoint or "").netloc
    return recipient.rpartition("@")[2].lower() if channel == EMAIL else recipient


def _select_due_message(
    now: datetime | BindParameter[datetime],
    channel: str | BindParameter[str],
    not_blocked: Sequence[ColumnElement[bool]] = (),
) -> Select[str]:
    due = select(OutboxRow.id).where(_due_condition(now, channel), *not_blocked)
    # without an order PostgreSQL reads all sent rows instead of the index of due rows
    return due.order_by(OutboxRow.not_before, OutboxRow.id).limit(1)


# built once: each channel of a worker asks each second
_SELECT_DUE_MESSAGE = _select_due_message(bindparam("now", type_=UtcDateTime), bindparam("channel", type_=String))


async def has_due_message(
    db: Database, now: datetime, channel: str, blocked_hosts: Collection[str] = frozenset()
) -> bool:
    """Tell whether there is a message to claim. Takes no lock."""
    if not blocked_hosts:
        return await db.first_value(_SELECT_DUE_MESSAGE, {"now": now, "channel": channel}) is not None
    statement = _select_due_message(now, channel, _not_blocked_conditions(channel, blocked_hosts))
    return await db.first_value(statement) is not None


async def claim_messages(
    session: AsyncSession,
    now: datetime,
    channel: str,
    *,
    limit: int,
    lease: timedelta,
    urgent_lease: timedelta | None = None,
    quota: HostQuota | None = None,
) -> list[ClaimedMessage]:
    """Claim up to `limit` due messages of a channel, oldest first.

    `urgent_lease` replaces `lease` for pushes and SMS of urgent kinds. `quota` limits the messages of each host.
    """
    blocked_hosts = quota.blocked_hosts if quota else frozenset()
    endpoint = select(PushSubscriptionRow.endpoint).where(_is_subscription_of_message()).scalar_subquery()
    statement = (
        select(OutboxRow.id, OutboxRow.state, OutboxRow.recipient, endpoint if channel == PUSH else null())
        .where(_due_condition(now, channel), *_not_blocked_conditions(channel, blocked_hosts))
        .order_by(OutboxRow.not_before, OutboxRow.id)
        .limit(limit * CLAIM_LOOK_AHEAD_FACTOR if quota else limit)
        # rows that another worker is claiming are passed over, so that workers do not wait for each other
        .with_for_update(of=OutboxRow, skip_locked=True)
    )
    due = [
        (id, state, _recipient_host(channel, recipient, endpoint_url))
        for id, state, recipient, endpoint_url in await session.execute(statement)
    ]
    if quota:
        due = [due[index] for index in quota.select_indexes([host for _, _, host in due], limit)]
    if urgent_lease is None or channel == EMAIL:
        return await _claim_locked_rows(session, due, literal(now + lease, UtcDateTime))
    urgent = (OutboxRow.kind.in_(URGENT_KINDS), literal(now + urgent_lease, UtcDateTime))
    return await _claim_locked_rows(session, due, case(urgent, else_=literal(now + lease, UtcDateTime)))


async def _claim_locked_rows(
    session: AsyncSession, due: Sequence[tuple[str, str, str]], lease_until: ColumnElement[datetime]
) -> list[ClaimedMessage]:
    """Claim rows that this transaction has locked, each given by id, state and host."""
    if not due:
        return []
    values = {"state": SENDING, "attempts": OutboxRow.attempts + 1, "lease_until": lease_until}
    statement = update(OutboxRow).where(OutboxRow.id.in_([id for id, _, _ in due])).values(values)
    claimed = await execute_on_connection(session, statement.returning(*_MESSAGE_COLUMNS))
    rows = {row.id: row for row in claimed}
    return [
        ClaimedMessage(message_from_row(rows[id], rows[id].attempts), rows[id].attempts, state == SENDING, host)
        for id, state, host in due
    ]


async def mark_sent(session: AsyncSession, claims: Collection[ClaimedMessage], now: datetime) -> int:
    """Mark messages as sent and return their number.

    A message that was voided during the send counts as sent.
    """
    values = {"state": SENT, "sent_at": now, "lease_until": None, "failure": None}
    pairs = [(claim.message.id, claim.attempt) for claim in claims]
    ours = and_(OutboxRow.id.in_([id for id, _ in pairs]), tuple_(OutboxRow.id, OutboxRow.attempts).in_(pairs))
    sent = update(OutboxRow).where(ours, OutboxRow.state.in_((SENDING, VOID))).values(values)
    return int((await execute_on_connection(session, sent)).rowcount)


async def mark_retry(session: AsyncSession, claim: ClaimedMessage, at: datetime, failure: str) -> bool:
    """Retry a message at this instant.

    Returns False if it was voided or claimed by another process.
    """
    return await _update_claimed_row(session, claim, state=PENDING, lease_until=at, failure=failure)


async def mark_postponed(session: AsyncSession, claim: ClaimedMessage, until: datetime, reason: str) -> bool:
    """Make a message due again at this instant.

    Returns False if it was voided or claimed by another process.
    """
    return await _update_claimed_row(
        session, claim, state=PENDING, not_before=until, lease_until=None, failure=reason
    )


async def mark_dead(session: AsyncSession, claim: ClaimedMessage, failure: str) -> bool:
    """Give a message up; staff still see it.

    Returns False if it was voided or claimed by another process.
    """
    return await _update_claimed_row(session, claim, state=DEAD, lease_until=None, failure=failure)


async def mark_void(session: AsyncSession, claim: ClaimedMessage, reason: str) -> bool:
    """Drop a message that is no longer wanted. Returns False if another process claimed it."""
    return await _update_claimed_row(session, claim, state=VOID, lease_until=None, failure=reason)


async def _update_claimed_row(session: AsyncSession, claim: ClaimedMessage, **values: Any) -> bool:
    # A slow process may come back after its lease ended and another process claimed the row: the attempt tells
    # them apart, and only the last claim may write how it ended.
    is_still_ours = and_(
        OutboxRow.id == claim.message.id, OutboxRow.attempts == claim.attempt, OutboxRow.state == SENDING
    )
    statement = update(OutboxRow).where(is_still_ours).values(values)
    return await affects_one_row(session, statement.execution_options(synchronize_session=False))


async def insert_deliveries(
    session: AsyncSession, deliveries: Sequence[tuple[OutboxMessage, DeliveryReceipt]], now: datetime
) -> None:
    """Store deliveries. Idempotent for each message."""
    if not deliveries:
        return
    statement = dialect_insert(session, SentMessageRow).on_conflict_do_nothing()
    values = [
        {
            "message_id": receipt.id,
            "outbox_id": message.id,
            "channel": message.channel,
            "recipient": message.recipient,
            "title": receipt.title,
            "sent_at": now,
        }
        for message, receipt in deliveries
    ]
    await execute_on_connection(session, statement, values)


async def mark_arrived(session: AsyncSession, channel: str, outbox_id: str, now: datetime) -> None:
    """Store when the service of a channel delivered a message; the first receipt counts."""
    row = SentMessageRow
    is_sent = (row.outbox_id == outbox_id, row.channel == channel, row.arrived_at.is_(None))
    await session.execute(update(row).where(*is_sent).values(arrived_at=now))


async def mark_refused_later(session: AsyncSession, channel: str, outbox_id: str, failure: str) -> None:
    """Mark a sent message as dead that the service of its channel refused afterwards.

    Idempotent.
    """
    row = OutboxRow
    is_sent = (row.id == outbox_id, row.channel == channel, row.state == SENT)
    await session.execute(update(row).where(*is_sent).values(state=DEAD, failure=failure))


async def is_message_delivered(session: AsyncSession, outbox_id: str) -> bool:
    """Tell whether a delivery of this message is stored."""
    statement = select(SentMessageRow.message_id).where(SentMessageRow.outbox_id == outbox_id)
    return (await session.execute(statement)).first() is not None


def _finished_before(before: datetime) -> ColumnElement[bool]:
    # the negated condition of the index of unfinished rows, so that the index of days is used
    return and_(~is_unfinished(), OutboxRow.not_before < before)


async def erase_contacts_batch(
    session: AsyncSession, since: datetime, before: datetime, limit: int
) -> list[datetime]:
    """Erase recipient and payload of up to `limit` finished messages.

    They were due from `since` on and before `before`. Returns when each of them was due, oldest first.
    """
    has_contact = and_(_finished_before(before), OutboxRow.not_before >= since, OutboxRow.recipient != "")
    statement = select(OutboxRow.id, OutboxRow.not_before).where(has_contact).order_by(OutboxRow.not_before)
    rows = (await session.execute(statement.limit(limit).with_for_update(skip_locked=True))).all()
    if rows:
        values = {"recipient": "", "payload": {}}
        await session.execute(update(OutboxRow).where(OutboxRow.id.in_([id for id, _ in rows])).values(values))
    return [due_at for _, due_at in rows]


async def delete_messages_batch(session: AsyncSession, before: datetime) -> int:
    """Delete a batch of finished messages with their events and return its size."""
    deleted = await delete_batch(session, OutboxRow.id, _finished_before(before), OutboxRow.not_before)
    await session.execute(delete(NoticeEventRow).where(NoticeEventRow.outbox_id.in_(deleted)))
    return len(deleted)


async def delete_deliveries_batch(session: AsyncSession, before: datetime) -> int:
    """Delete a batch of stored deliveries and return its size."""
    is_old = SentMessageRow.sent_at < before
    return len(await delete_batch(session, SentMessageRow.message_id, is_old, SentMessageRow.sent_at))
