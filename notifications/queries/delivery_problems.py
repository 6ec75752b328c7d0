"""Problems that keep messages from people, for staff and for the operator. No writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.message_texts import (
    ALARM_TEXTS,
    ALARM_WARNINGS,
    CHANNEL_TITLES,
    WITHOUT_CHANNEL_TEXTS,
    split_alarm,
)
from ..storage.channel_usage_rows import alarms_since
from ..storage.delivery_rows import (
    LateMessage,
    count_dead_by_reason,
    count_messages_without_channel,
    oldest_due_message,
)

DEAD_MESSAGES_REPORTED_FOR = timedelta(days=7)  # an operator who checks once a week misses none
UNTRIED_TOLERANCE = timedelta(minutes=5)  # a worker looks for due messages each second
FAILED_TOLERANCE = timedelta(hours=1)  # servers refuse some messages for a while, such as by greylisting


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """A problem for the staff page: an untranslated sentence and its parameters."""

    text: str
    params: Mapping[str, Any]


async def delivery_problems(
    session: AsyncSession, channels: Collection[str], now: datetime
) -> list[DeliveryProblem]:
    """Return the problems for staff: alarms of today, and messages without a channel."""
    alarms = await alarms_since(session, now.astimezone(UTC).date())
    waiting = await count_messages_without_channel(session, channels)
    return [
        *(
            DeliveryProblem(ALARM_TEXTS[alarm], {"channel": CHANNEL_TITLES[channel]})
            for channel, alarm in map(split_alarm, alarms)
        ),
        *(DeliveryProblem(WITHOUT_CHANNEL_TEXTS[channel], {"count": count}) for channel, count in waiting.items()),
    ]


async def delivery_warnings(session: AsyncSession, channels: Collection[str], now: datetime) -> list[str]:
    """Return the warnings of `office360 check`.

    They also count the dead messages of the last week.
    """
    alarms = await alarms_since(session, now.astimezone(UTC).date())
    waiting = await count_messages_without_channel(session, channels)
    dead = await count_dead_by_reason(session, now - DEAD_MESSAGES_REPORTED_FOR)
    return [
        *(
            ALARM_WARNINGS[alarm].format(title=CHANNEL_TITLES[channel], setting=f"OFFICE360_{channel.upper()}")
            for channel, alarm in map(split_alarm, alarms)
        ),
        *(
            f"{channel}: {count} wait because this channel is not set up"
            for channel, count in sorted(waiting.items())
        ),
        *(f"given up in the last week: {count} ({reason})" for reason, count in sorted(dead.items())),
    ]


async def oldest_late_message(
    session: AsyncSession, channels: Collection[str], now: datetime
) -> LateMessage | None:
    """Return the oldest unsent message of these channels that is late; None if there is none."""
    return await oldest_due_message(
        session, channels, untried_before=now - UNTRIED_TOLERANCE, failed_before=now - FAILED_TOLERANCE
    )
