"""Daily budgets of a paid channel: in all, of an office, to a recipient, about a subject."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

from ..core.runtime import Runtime
from .domain.channel_budgets import BudgetLimits
from .domain.message_content import OutboxMessage
from .domain.message_texts import BudgetAlarm
from .domain.send_results import PermanentFailure, TemporaryFailure
from .storage import channel_usage_rows

logger = logging.getLogger(__name__)

# Of a day's budget, for all but people near their call. The alarm at this share leaves the operator time to raise
# the budget.
SHARE_FOR_OTHERS = 0.8
# A person who misses such a message loses the turn.
NEAR_CALL_KINDS = frozenset({"turn_next", "turn_called", "turn_called_again"})


class BudgetGuard:
    """Refuses messages of a channel over its limits, and raises each alarm once a day."""

    def __init__(self, runtime: Runtime, channel: str, limits: BudgetLimits) -> None:
        self._runtime = runtime
        self._channel = channel
        self._limits = limits
        self._raised_alarms: set[tuple[date, BudgetAlarm]] = set()  # of today, by this process

    async def check(self, message: OutboxMessage) -> None:
        """Raise PermanentFailure or TemporaryFailure if a budget of the day is spent.

        Messages in flight count. The last fifth is kept for people whose turn is near.
        """
        day = self._runtime.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        limits, share = self._limits, 1 if message.kind in NEAR_CALL_KINDS else SHARE_FOR_OTHERS
        # Counted in SQL, because all processes spend the same budget. Messages in flight count, so that concurrent
        # sends do not pass the limit together.
        async with self._runtime.read_session() as session:
            usage = await channel_usage_rows.count_channel_usage(session, self._channel, day, message)
        if usage.to_recipient > limits.per_recipient:
            await self._raise_alarm_once(day, BudgetAlarm.NUMBER_LIMIT)
            raise PermanentFailure("number_limit")
        # a ticket or appointment for which a person gives invented numbers must not write to each of them
        if usage.about_subject > limits.per_recipient:
            raise PermanentFailure("subject_limit")
        if usage.of_office > limits.per_office * share:
            await self._raise_alarm_once(day, BudgetAlarm.OFFICE_BUDGET_SPENT)
            raise TemporaryFailure("office_budget_spent")
        if usage.total > limits.per_day:
            await self._raise_alarm_once(day, BudgetAlarm.BUDGET_SPENT)
        elif usage.total > limits.per_day * SHARE_FOR_OTHERS:
            await self._raise_alarm_once(day, BudgetAlarm.BUDGET_NEARLY_SPENT)
        if usage.total > limits.per_day * share:
            raise TemporaryFailure("budget_spent")

    async def _raise_alarm_once(self, at: datetime, alarm: BudgetAlarm) -> None:
        """Store an alarm, and log it if it is the first of the day in all processes."""
        day, name = at.date(), f"{self._channel}_{alarm}"
        if (day, alarm) in self._raised_alarms:
            return
        self._raised_alarms = {raised for raised in self._raised_alarms if raised[0] == day} | {(day, alarm)}
        async with self._runtime.transaction() as tx:
            is_first = await channel_usage_rows.insert_alarm(tx.session, day, name, tx.now)
        if is_first:
            logger.error(name, extra={"budget": self._limits.per_day, "a_number": self._limits.per_recipient})
