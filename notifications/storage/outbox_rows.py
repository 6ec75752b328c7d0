"""Claims and closes rows of the outbox, and keeps what was handed over. The only file of the folder that runs SQL.

`lease_until` says until when nobody else may take a row: while it is being sent, and between two attempts.
A retry leaves `not_before` as it is, so that the order within a subject survives it. What is put off gets a later
one, and holds up nobody until then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, func, null, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...core.contact.push_subscriptions import PushSubscriptionRow
from ...core.db.batch_delete import delete_batch
from ...core.db.engine import dialect_name, execute_on_connection, mapped_table
from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, UNFINISHED_STATES, VOID, OutboxRow, is_unfinished
from ..domain.concurrency_limits import HostQuota
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt
from .tables import AlarmRow, NoticeEventRow, OptOutRow, SentMessageRow

CLAIM_LOOK_AHEAD_FACTOR = 4  # so much further than it can take a claim looks for messages to hosts that have room
_OUTBOX_TABLE = mapped_table(OutboxRow)


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that is ours until its lease ends. `attempt` counts from 1 and tells two claims apart.

    `was_left`: whoever had it before never closed it. `host`: the domain, number or push service that it goes to.
    """

    message: OutboxMessage
    attempt: int
    was_abandoned: bool
    host: str

    def log_fields(self) -> dict[str, object]:
        """What a log may say of it."""
        message = self.message
        return {
            "outbox": message.id,
            "kind": message.kind,
            "channel": message.channel,
            "attempt": self.attempt,
        }


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A row of the outbox as the development page lists it."""

    message: OutboxMessage
    state: str
    attempts: int
    not_before: datetime
    sent_at: datetime | None
    failure: str | None


def _due_condition(now: datetime, channel: str) -> ColumnElement[bool]:
    free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now)
    return and_(
        OutboxRow.channel == channel,
        is_unfinished(),
        OutboxRow.not_before <= now,
        free,
        ~_has_unfinished_predecessor(),
    )


def _has_unfinished_predecessor() -> ColumnElement[bool]:
    """Whether an earlier message about the same subject is still on its way to the same person or device."""
    earlier = aliased(OutboxRow)
    before = or_(
        earlier.not_before < OutboxRow.not_before,
        and_(earlier.not_before == OutboxRow.not_before, earlier.id < OutboxRow.id),
    )
    return exists().where(
        earlier.subject == OutboxRow.subject,
        earlier.channel == OutboxRow.channel,
        earlier.recipient == OutboxRow.recipient,
        is_unfinished(earlier),
        before,
    )


async def has_due_messages(
    session: AsyncSession, now: datetime, channel: str, blocked_hosts: Collection[str] = frozenset()
) -> bool:
    """Whether there is anything to claim; asked with a reader, so that idling takes no lock. `closed`: hosts that
    get nothing now."""
    found = select(OutboxRow.id).where(
        _due_condition(now, channel), *_not_blocked_conditions(channel, blocked_hosts)
    )
    in_turn = found.order_by(OutboxRow.not_before, OutboxRow.id)  # else PostgreSQL reads all that was ever sent
    return (await session.execute(in_turn.limit(1))).first() is not None


def _not_blocked_conditions(channel: str, blocked_hosts: Collection[str]) -> list[ColumnElement[bool]]:
    """Conditions that leave out what goes to these hosts; mostly there is none."""
    if channel == "email":
        return [~func.lower(OutboxRow.recipient).endswith(f"@{host}", autoescape=True) for host in blocked_hosts]
    if channel == "push":
        there = PushSubscriptionRow.endpoint.contains
        return [
            ~exists().where(_is_subscription_of_message(), there(f"//{host}/", autoescape=True))
            for host in blocked_hosts
        ]
    return [OutboxRow.recipient.not_in(blocked_hosts)] if blocked_hosts else []


def _is_subscription_of_message() -> ColumnElement[bool]:
    return PushSubscriptionRow.id == OutboxRow.recipient


def _recipient_host(channel: str, recipient: str, endpoint: str | None) -> str:
    if channel == "push":
        return urlsplit(endpoint or "").netloc
    return recipient.rpartition("@")[2].lower() if channel == "email" else recipient


async def claim_messages(
    session: AsyncSession,
    now: datetime,
    channel: str,
    *,
    limit: int,
    lease: timedelta,
    quota: HostQuota | None = None,
) -> list[ClaimedMessage]:
    """Take up to `limit` due messages of a channel, oldest first, so that no other process does. `room`: how many
    of one host."""
    closed = quota.blocked_hosts if quota else frozenset()
    endpoint = select(PushSubscriptionRow.endpoint).where(_is_subscription_of_message()).scalar_subquery()
    statement = (
        select(OutboxRow.id, OutboxRow.state, OutboxRow.recipient, endpoint if channel == "push" else null())
        .where(_due_condition(now, channel), *_not_blocked_conditions(channel, closed))
        .order_by(OutboxRow.not_before, OutboxRow.id)
        .limit(limit * CLAIM_LOOK_AHEAD_FACTOR if quota else limit)
        .with_for_update(of=OutboxRow, skip_locked=True)
    )
    found = [
        (id, state, _recipient_host(channel, to, end)) for id, state, to, end in await session.execute(statement)
    ]
    picked = quota.select_indexes([host for _, _, host in found], limit) if quota else range(len(found))
    return await _claim_locked_rows(session, [found[place] for place in picked], now + lease)


async def _claim_locked_rows(
    session: AsyncSession, found: Sequence[tuple[str, str, str]], until: datetime
) -> list[ClaimedMessage]:
    """Claim these rows, which are locked."""
    if not found:
        return []
    values = {"state": SENDING, "attempts": OutboxRow.attempts + 1, "lease_until": until}
    statement = update(OutboxRow).where(OutboxRow.id.in_([id for id, _, _ in found])).values(values)
    columns = [
        *(_OUTBOX_TABLE.c[one.name] for one in fields(OutboxMessage) if one.name != "attempt"),
        _OUTBOX_TABLE.c.attempts,
    ]
    rows = {row.id: row for row in await execute_on_connection(session, statement.returning(*columns))}
    return [
        ClaimedMessage(message_from_row(rows[id], rows[id].attempts), rows[id].attempts, state == SENDING, host)
        for id, state, host in found
    ]


async def mark_sent(session: AsyncSession, claims: Collection[ClaimedMessage], now: datetime) -> int:
    """They left; how many. Also what was taken back meanwhile: what has been sent has been sent."""
    values = {"state": SENT, "sent_at": now, "lease_until": None, "failure": None}
    pairs = [(one.message.id, one.attempt) for one in claims]
    ours = and_(OutboxRow.id.in_([id for id, _ in pairs]), tuple_(OutboxRow.id, OutboxRow.attempts).in_(pairs))
    sent = update(OutboxRow).where(ours, OutboxRow.state.in_((SENDING, VOID))).values(values)
    return int((await execute_on_connection(session, sent)).rowcount)


async def mark_retry(session: AsyncSession, claim: ClaimedMessage, at: datetime, failure: str) -> bool:
    """Try again at `at`. False when it was taken back, or another process has it by now."""
    values = {"state": PENDING, "lease_until": at, "failure": failure}
    return await _has_updated_row(session, _update_if_still_ours(claim, (SENDING,)).values(values))


async def mark_postponed(session: AsyncSession, claim: ClaimedMessage, until: datetime, reason: str) -> bool:
    """Its time has not come: due again at `until`, in the order of that moment."""
    values = {"state": PENDING, "not_before": until, "lease_until": None, "failure": reason}
    return await _has_updated_row(session, _update_if_still_ours(claim, (SENDING,)).values(values))


async def mark_dead(session: AsyncSession, claim: ClaimedMessage, failure: str) -> bool:
    """Given up; stays to be seen."""
    values = {"state": DEAD, "lease_until": None, "failure": failure}
    return await _has_updated_row(session, _update_if_still_ours(claim, (SENDING,)).values(values))


async def mark_void(session: AsyncSession, claim: ClaimedMessage, reason: str) -> bool:
    """Taken back while it was being sent: nobody wants it any more."""
    values = {"state": VOID, "lease_until": None, "failure": reason}
    return await _has_updated_row(session, _update_if_still_ours(claim, (SENDING,)).values(values))


def _update_if_still_ours(claim: ClaimedMessage, states: Collection[str]) -> Any:
    return update(OutboxRow).where(
        OutboxRow.id == claim.message.id,
        OutboxRow.attempts == claim.attempt,
        OutboxRow.state.in_(states),
    )


async def _has_updated_row(session: AsyncSession, statement: Any) -> bool:
    result = await session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


async def is_message_delivered(session: AsyncSession, message_id: str) -> bool:
    """Whether a letter with this identifier was handed over before."""
    return await session.get(SentMessageRow, message_id) is not None


async def insert_deliveries(
    session: AsyncSession, delivered: Sequence[tuple[OutboxMessage, DeliveryReceipt]], now: datetime
) -> None:
    """Note deliveries; each message once."""
    if not delivered:
        return
    insert = sqlite.insert if dialect_name(session) == "sqlite" else postgresql.insert
    once = insert(mapped_table(SentMessageRow)).on_conflict_do_nothing()
    await execute_on_connection(
        session, once, [_delivery_values(message, receipt, now) for message, receipt in delivered]
    )


def _delivery_values(message: OutboxMessage, receipt: DeliveryReceipt, now: datetime) -> dict[str, Any]:
    return {
        "message_id": receipt.id,
        "outbox_id": message.id,
        "channel": message.channel,
        "recipient": message.recipient,
        "title": receipt.title,
        "sent_at": now,
    }


@dataclass(frozen=True, slots=True)
class ChannelUsage:
    """Messages of a paid channel that were handed over, or are being so: to all, and to one number."""

    total: int
    to_recipient: int


async def count_channel_usage(
    session: AsyncSession, channel: str, since: datetime, recipient: str
) -> ChannelUsage:
    """What was spent since then, by all processes."""
    sent = select(func.count()).where(SentMessageRow.sent_at >= since, SentMessageRow.channel == channel)
    sending = select(func.count()).where(OutboxRow.state == SENDING, OutboxRow.channel == channel)
    counts = (
        sent,
        sending,
        sent.where(SentMessageRow.recipient == recipient),
        sending.where(OutboxRow.recipient == recipient),
    )
    row = (await execute_on_connection(session, select(*(one.scalar_subquery() for one in counts)))).one()
    return ChannelUsage(row[0] + row[1], row[2] + row[3])


async def count_unfinished_by_channel(session: AsyncSession) -> dict[str, int]:
    """How many messages wait, by channel."""
    statement = (
        select(OutboxRow.channel, func.count())
        .where(OutboxRow.state.in_(UNFINISHED_STATES))
        .group_by(OutboxRow.channel)
    )
    return {channel: count for channel, count in await session.execute(statement)}  # noqa: C416 - rows are no pairs to a type checker


async def count_without_channel(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """How many messages wait for a channel other than these, by channel."""
    return {
        channel: count
        for channel, count in (await count_unfinished_by_channel(session)).items()
        if channel not in channels
    }


async def count_dead_by_reason(session: AsyncSession, since: datetime) -> dict[str, int]:
    """How many messages written since then were given up, by reason."""
    statement = (
        select(OutboxRow.failure, func.count())
        .where(OutboxRow.state == DEAD, OutboxRow.created_at >= since)
        .group_by(OutboxRow.failure)
    )
    return {reason or "": count for reason, count in await session.execute(statement)}


async def newest_outbox_entries(
    session: AsyncSession, *, limit: int, before: str | None = None
) -> Sequence[OutboxEntry]:
    """The last that were written first, for ids sort by their moment; `before`: the last one already seen."""
    statement = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(OutboxRow.id < before)
    return [_to_outbox_entry(row) for row in (await session.execute(statement)).scalars()]


async def outbox_entry_by_id(session: AsyncSession, outbox_id: str) -> OutboxEntry | None:
    row = await session.get(OutboxRow, outbox_id)
    return None if row is None else _to_outbox_entry(row)


def _to_outbox_entry(row: OutboxRow) -> OutboxEntry:
    return OutboxEntry(message_from_row(row), row.state, row.attempts, row.not_before, row.sent_at, row.failure)


def message_from_row(row: Any, attempt: int = 1) -> OutboxMessage:
    """A row as a channel sees it."""
    return OutboxMessage(
        id=row.id,
        key=row.key,
        channel=row.channel,
        kind=row.kind,
        recipient=row.recipient,
        language=row.language,
        payload=row.payload,
        created_at=row.created_at,
        attempt=attempt,
    )


async def raise_alarm(session: AsyncSession, day: date, alarm: str, now: datetime) -> bool:
    """Note an alarm of a day; whether nobody had."""
    insert = sqlite.insert if dialect_name(session) == "sqlite" else postgresql.insert
    once = insert(mapped_table(AlarmRow)).on_conflict_do_nothing()
    written = await execute_on_connection(session, once, {"day": day, "alarm": alarm, "raised_at": now})
    return bool(written.rowcount)


async def alarms_since(session: AsyncSession, day: date) -> list[tuple[date, str]]:
    """The alarms of this day and of those after it."""
    statement = select(AlarmRow.day, AlarmRow.alarm).where(AlarmRow.day >= day)
    found = await session.execute(statement.order_by(AlarmRow.day, AlarmRow.alarm))
    return [(day, alarm) for day, alarm in found]


def _finished_before(before: datetime) -> ColumnElement[bool]:
    """Due before then, and sent, given up or taken back. In words for which the index of days is read."""
    return and_(~is_unfinished(), OutboxRow.not_before < before)


async def erase_contacts_batch(
    session: AsyncSession, since: datetime, before: datetime, limit: int
) -> list[datetime]:
    """Delete contacts and facts of messages that were due from `since` on and are over, so many at a time; when
    each was due, the oldest first."""
    known = and_(_finished_before(before), OutboxRow.not_before >= since, OutboxRow.recipient != "")
    statement = select(OutboxRow.id, OutboxRow.not_before).where(known).order_by(OutboxRow.not_before).limit(limit)
    found = (await session.execute(statement.with_for_update(skip_locked=True))).all()
    if found:
        values = {"recipient": "", "payload": {}}
        await session.execute(update(OutboxRow).where(OutboxRow.id.in_([id for id, _ in found])).values(values))
    return [at for _, at in found]


async def delete_messages_batch(session: AsyncSession, before: datetime) -> int:
    """A batch of those that are over since then, with what staff did to them; how many."""
    gone = await delete_batch(session, OutboxRow.id, _finished_before(before), OutboxRow.not_before)
    await session.execute(delete(NoticeEventRow).where(NoticeEventRow.outbox_id.in_(gone)))
    return len(gone)


async def delete_deliveries_batch(session: AsyncSession, before: datetime) -> int:
    """A batch of what was noted of deliveries before then; how many."""
    old = SentMessageRow.sent_at < before
    return len(await delete_batch(session, SentMessageRow.message_id, old, SentMessageRow.sent_at))


async def delete_old_alarms(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(AlarmRow).where(AlarmRow.raised_at < before))


async def opted_out_groups(session: AsyncSession, contact_hashes: Collection[str]) -> set[str]:
    """The groups of which a contact wants to hear nothing."""
    statement = select(OptOutRow.kinds).where(OptOutRow.contact_hash.in_(contact_hashes))
    return set((await session.execute(statement)).scalars())


async def insert_opt_out(session: AsyncSession, contact_hash: str, group: str, now: datetime) -> None:
    """Note that a contact wants to hear no more of a group; twice is once."""
    insert = sqlite.insert if dialect_name(session) == "sqlite" else postgresql.insert
    once = insert(mapped_table(OptOutRow)).on_conflict_do_nothing()
    await execute_on_connection(session, once, {"contact_hash": contact_hash, "kinds": group, "refused_at": now})


async def delete_opt_out(session: AsyncSession, contact_hash: str, group: str) -> None:
    """The contact wants to hear of it again."""
    theirs = and_(OptOutRow.contact_hash == contact_hash, OptOutRow.kinds == group)
    await session.execute(delete(OptOutRow).where(theirs))
