"""SQL of what a paid channel has sent, and of the alarms about its budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...core.db.engine import dialect_insert, execute_on_connection
from ...core.db.outbox import SENDING, OutboxRow
from ..domain.message_content import OutboxMessage
from .tables import AlarmRow, SentMessageRow


@dataclass(frozen=True, slots=True)
class ChannelUsage:
    """Messages sent or in flight: in all, and for a recipient, subject or office."""

    total: int
    to_recipient: int
    about_subject: int
    of_office: int


async def count_channel_usage(
    session: AsyncSession, channel: str, since: datetime, message: OutboxMessage
) -> ChannelUsage:
    """Count the messages of a channel since then, of all processes.

    Those to the recipient, about the subject and of the office of `message` are counted apart.
    """
    this, to = aliased(OutboxRow), message.recipient
    subject, office = (
        select(column).where(this.id == message.id).scalar_subquery() for column in (this.subject, this.office)
    )
    sent = (
        select(func.count())
        .select_from(SentMessageRow)
        .where(SentMessageRow.sent_at >= since, SentMessageRow.channel == channel)
    )
    of_row = sent.join(OutboxRow, OutboxRow.id == SentMessageRow.outbox_id)
    sending = select(func.count()).where(OutboxRow.state == SENDING, OutboxRow.channel == channel)
    counts = (
        *(sent, sending),
        *(sent.where(SentMessageRow.recipient == to), sending.where(OutboxRow.recipient == to)),
        *(query.where(OutboxRow.subject == subject) for query in (of_row, sending)),
        *(query.where(OutboxRow.office == office) for query in (of_row, sending)),
    )
    row = (await execute_on_connection(session, select(*(count.scalar_subquery() for count in counts)))).one()
    return ChannelUsage(*(row[place] + row[place + 1] for place in range(0, len(counts), 2)))


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
