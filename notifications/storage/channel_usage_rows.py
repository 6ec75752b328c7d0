"""SQL of what a paid channel has sent, and of the alarms about its budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_insert, execute_on_connection
from ...core.db.outbox import SENDING, OutboxRow
from .tables import AlarmRow, SentMessageRow


@dataclass(frozen=True, slots=True)
class ChannelUsage:
    """Messages sent or in flight: in all, and to one recipient."""

    total: int
    to_recipient: int


async def count_channel_usage(
    session: AsyncSession, channel: str, since: datetime, recipient: str
) -> ChannelUsage:
    """Count the messages of a channel since then, of all processes."""
    sent = select(func.count()).where(SentMessageRow.sent_at >= since, SentMessageRow.channel == channel)
    sending = select(func.count()).where(OutboxRow.state == SENDING, OutboxRow.channel == channel)
    counts = (
        sent,
        sending,
        sent.where(SentMessageRow.recipient == recipient),
        sending.where(OutboxRow.recipient == recipient),
    )
    row = (await execute_on_connection(session, select(*(count.scalar_subquery() for count in counts)))).one()
    return ChannelUsage(row[0] + row[1], row[2] + row[3])


async def insert_alarm(session: AsyncSession, day: date, alarm: str, now: datetime) -> bool:
    """Store an alarm of a day. Returns False if it is stored already."""
    statement = dialect_insert(session, AlarmRow).on_conflict_do_nothing()
    inserted = await execute_on_connection(session, statement, {"day": day, "alarm": alarm, "raised_at": now})
    return bool(inserted.rowcount)


async def alarms_since(session: AsyncSession, day: date) -> list[str]:
    """Return the alarms of this day and the days after it, by day."""
    statement = select(AlarmRow.alarm).where(AlarmRow.day >= day).order_by(AlarmRow.day, AlarmRow.alarm)
    return list((await session.execute(statement)).scalars())


async def delete_old_alarms(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(AlarmRow).where(AlarmRow.raised_at < before))
