"""Figures of messages for managers: budgets of the channels, counts by kind. No writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.channel_budgets import PACE_WINDOW, ChannelBudget, day_of_budget
from ..domain.message_kinds import KINDS
from ..domain.message_texts import CHANNEL_TITLES
from ..storage import message_count_rows

CHANNEL_ORDER = tuple(CHANNEL_TITLES)


@dataclass(frozen=True, slots=True)
class KindFigures:
    """A kind in a channel.

    `title` is untranslated; `sent` has a count for each asked instant.
    """

    title: str
    channel: str
    sent: Sequence[int]
    failed: int


async def channel_budgets(session: AsyncSession, limits: Mapping[str, int], now: datetime) -> list[ChannelBudget]:
    """Return what each channel has used, of the whole installation.

    `limits`: messages a day, by channel.
    """
    day_starts, day_ends = day_of_budget(now.astimezone(UTC))
    instants = (day_starts, day_starts.replace(day=1), now - PACE_WINDOW)
    used = await message_count_rows.count_sent_since(session, instants)
    budgets = []
    for channel in CHANNEL_ORDER:
        today, month, last_hour = used.get(channel, (0, 0, 0))
        budgets.append(ChannelBudget(channel, today, month, last_hour, limits.get(channel), day_ends))
    return budgets


async def messages_of_offices(session: AsyncSession, channel: str, now: datetime) -> dict[str, int]:
    """Return the messages of a channel in the budget's day by office slug."""
    return await message_count_rows.count_by_office(session, channel, day_of_budget(now.astimezone(UTC))[0])


async def figures_by_kind(
    session: AsyncSession, offices: Collection[str] | None, instants: Sequence[datetime]
) -> list[KindFigures]:
    """Return what was sent since each of these instants, in the order of the declarations."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    counts = sorted(
        await message_count_rows.count_by_kind(session, offices, instants),
        key=lambda count: (order.get(count.kind, len(order)), CHANNEL_ORDER.index(count.channel)),
    )
    return [
        KindFigures(
            KINDS[count.kind].title if count.kind in KINDS else count.kind, count.channel, count.sent, count.failed
        )
        for count in counts
    ]
