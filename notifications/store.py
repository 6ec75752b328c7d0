"""Claims and closes rows of the outbox, and keeps what was handed over. The only file of the folder that runs SQL.

`lease_until` says until when nobody else may take a row: while it is being sent, and between two attempts.
`not_before` is never touched, so the order within a subject survives a retry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ..core.outbox import DEAD, PENDING, SENDING, SENT, VOID, OutboxRow
from .message import Message
from .tables import SentMessageRow

UNFINISHED = (PENDING, SENDING)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours until its lease ends. `attempt` counts from 1 and tells two claims apart.

    `was_left`: whoever had it before never closed it.
    """

    message: Message
    attempt: int
    was_left: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the outbox as the development page lists it."""

    message: Message
    state: str
    attempts: int
    not_before: datetime
    sent_at: datetime | None
    failure: str | None


def _due(now: datetime, channel: str) -> ColumnElement[bool]:
    free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now)
    return and_(
        OutboxRow.channel == channel,
        OutboxRow.state.in_(UNFINISHED),
        OutboxRow.not_before <= now,
        free,
        ~_behind_another(),
    )


def _behind_another() -> ColumnElement[bool]:
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
        earlier.state.in_(UNFINISHED),
        before,
    )


async def is_due(session: AsyncSession, now: datetime, channel: str) -> bool:
    """Whether there is anything to claim; asked with a reader, so that idling takes no lock."""
    return (await session.execute(select(OutboxRow.id).where(_due(now, channel)).limit(1))).first() is not None


async def claim(
    session: AsyncSession, now: datetime, channel: str, *, limit: int, lease: timedelta
) -> list[Claim]:
    """Take up to `limit` due messages of a channel, oldest first, so that no other process does."""
    statement = (
        select(OutboxRow)
        .where(_due(now, channel))
        .order_by(OutboxRow.not_before, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claims = []
    for row in (await session.execute(statement)).scalars().all():
        taken = update(OutboxRow).where(OutboxRow.id == row.id, OutboxRow.attempts == row.attempts)
        attempt, was_left = row.attempts + 1, row.state == SENDING
        values = {"state": SENDING, "attempts": attempt, "lease_until": now + lease}
        if await _changed(session, taken.where(OutboxRow.state.in_(UNFINISHED)).values(values)):
            claims.append(Claim(_message(row), attempt, was_left))  # else another process got there first
    return claims


async def mark_sent(session: AsyncSession, claim: Claim, now: datetime) -> bool:
    """It left. True also when it was taken back meanwhile: what has been sent has been sent."""
    values = {"state": SENT, "sent_at": now, "lease_until": None, "failure": None}
    return await _changed(session, _of(claim, (SENDING, VOID)).values(values))


async def mark_retry(session: AsyncSession, claim: Claim, at: datetime, failure: str) -> bool:
    """Try again at `at`. False when it was taken back, or another process has it by now."""
    values = {"state": PENDING, "lease_until": at, "failure": failure}
    return await _changed(session, _of(claim, (SENDING,)).values(values))


async def mark_dead(session: AsyncSession, claim: Claim, failure: str) -> bool:
    """Given up; stays to be seen."""
    values = {"state": DEAD, "lease_until": None, "failure": failure}
    return await _changed(session, _of(claim, (SENDING,)).values(values))


async def mark_void(session: AsyncSession, claim: Claim, reason: str) -> bool:
    """Taken back while it was being sent: nobody wants it any more."""
    values = {"state": VOID, "lease_until": None, "failure": reason}
    return await _changed(session, _of(claim, (SENDING,)).values(values))


def _of(claim: Claim, states: Collection[str]) -> Any:
    return update(OutboxRow).where(
        OutboxRow.id == claim.message.id,
        OutboxRow.attempts == claim.attempt,
        OutboxRow.state.in_(states),
    )


async def _changed(session: AsyncSession, statement: Any) -> bool:
    result = await session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


async def is_delivered(session: AsyncSession, message_id: str) -> bool:
    """Whether a letter with this identifier was handed over before."""
    return await session.get(SentMessageRow, message_id) is not None


async def keep_delivery(
    session: AsyncSession, message: Message, message_id: str, title: str, now: datetime
) -> bool:
    """Note a delivery once; False when this very message was delivered before."""
    if await is_delivered(session, message_id):
        return False
    session.add(
        SentMessageRow(
            message_id=message_id,
            outbox_id=message.id,
            channel=message.channel,
            recipient=message.recipient,
            title=title,
            sent_at=now,
        )
    )
    return True


async def count_spent(session: AsyncSession, channel: str, since: datetime, recipient: str | None = None) -> int:
    """How many messages of a paid channel were handed over since then, or are being so; to all or to one."""
    sent = select(func.count()).select_from(SentMessageRow)
    sent = sent.where(SentMessageRow.sent_at >= since, SentMessageRow.channel == channel)
    sending = select(func.count()).select_from(OutboxRow)
    sending = sending.where(OutboxRow.state == SENDING, OutboxRow.channel == channel)
    if recipient is not None:
        sent = sent.where(SentMessageRow.recipient == recipient)
        sending = sending.where(OutboxRow.recipient == recipient)
    return int((await session.execute(sent)).scalar_one()) + int((await session.execute(sending)).scalar_one())


async def count_unfinished(session: AsyncSession) -> dict[str, int]:
    """How many messages wait, by channel."""
    statement = (
        select(OutboxRow.channel, func.count()).where(OutboxRow.state.in_(UNFINISHED)).group_by(OutboxRow.channel)
    )
    return {channel: count for channel, count in await session.execute(statement)}  # noqa: C416 - rows are no pairs to a type checker


async def waiting_without(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """How many messages wait for a channel other than these, by channel."""
    return {
        channel: count for channel, count in (await count_unfinished(session)).items() if channel not in channels
    }


async def count_given_up(session: AsyncSession, since: datetime) -> dict[str, int]:
    """How many messages written since then were given up, by reason."""
    statement = (
        select(OutboxRow.failure, func.count())
        .where(OutboxRow.state == DEAD, OutboxRow.created_at >= since)
        .group_by(OutboxRow.failure)
    )
    return {reason or "": count for reason, count in await session.execute(statement)}


async def newest(session: AsyncSession, *, limit: int, before: str | None = None) -> Sequence[Entry]:
    """The latest entries first; `before` is the id of the last one already seen."""
    statement = select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc()).limit(limit)
    if before is not None and (seen := await session.get(OutboxRow, before)) is not None:
        older = and_(OutboxRow.created_at == seen.created_at, OutboxRow.id < seen.id)
        statement = statement.where(or_(OutboxRow.created_at < seen.created_at, older))
    return [_entry(row) for row in (await session.execute(statement)).scalars()]


async def entry_by_id(session: AsyncSession, outbox_id: str) -> Entry | None:
    row = await session.get(OutboxRow, outbox_id)
    return None if row is None else _entry(row)


def _entry(row: OutboxRow) -> Entry:
    return Entry(_message(row), row.state, row.attempts, row.not_before, row.sent_at, row.failure)


def _message(row: OutboxRow) -> Message:
    return Message(
        id=row.id,
        key=row.key,
        channel=row.channel,
        kind=row.kind,
        recipient=row.recipient,
        language=row.language,
        payload=row.payload,
        created_at=row.created_at,
    )
