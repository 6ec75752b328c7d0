"""SQL counts of messages for managers: by channel, by kind, by office.

Test messages count for budgets only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.outbox import DEAD, SENT, OutboxRow
from ..domain.message_kinds import TEST_KIND

LONGEST_DELAY = timedelta(days=2)  # from when a message was due until it was sent, for the range of the index


@dataclass(frozen=True, slots=True)
class KindCount:
    """Messages of a kind and channel: sent since each asked instant, and dead."""

    kind: str
    channel: str
    sent: tuple[int, ...]
    failed: int


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


async def count_sent_since(session: AsyncSession, instants: Sequence[datetime]) -> dict[str, tuple[int, ...]]:
    """Count by channel the messages that were sent since each of these instants."""
    row = OutboxRow
    counts = [_count_if(row.sent_at >= since) for since in instants]
    statement = (
        select(row.channel, *counts)
        .where(row.not_before >= min(instants) - LONGEST_DELAY, row.state == SENT)
        .group_by(row.channel)
    )
    return {channel: tuple(found) for channel, *found in await session.execute(statement)}


async def count_by_office(session: AsyncSession, channel: str, since: datetime) -> dict[str, int]:
    """Count by office slug the messages of a channel that were sent since then."""
    row = OutboxRow
    statement = (
        select(row.office, func.count())
        .where(row.not_before >= since - LONGEST_DELAY, row.state == SENT, row.sent_at >= since)
        .where(row.channel == channel, row.office.is_not(None))
        .group_by(row.office)
    )
    return {office: count for office, count in await session.execute(statement) if office}


async def count_by_kind(
    session: AsyncSession, offices: Collection[str] | None, instants: Sequence[datetime]
) -> list[KindCount]:
    """Count the messages of these offices (None for all) by kind and channel."""
    row, first = OutboxRow, min(instants)
    counts = [_count_if((row.state == SENT) & (row.not_before >= since)) for since in instants]
    statement = (
        select(row.kind, row.channel, _count_if(row.state == DEAD), *counts)
        .where(row.not_before >= first, row.state.in_((SENT, DEAD)), row.kind != TEST_KIND)
        .group_by(row.kind, row.channel)
    )
    if offices is not None:
        statement = statement.where(row.office.in_(offices))
    return [
        KindCount(kind, channel, tuple(sent), failed)
        for kind, channel, failed, *sent in await session.execute(statement)
    ]
