"""Use of a channel's daily budget, and when it runs out at the present pace.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

PACE_WINDOW = timedelta(hours=1)  # the pace is that of the last hour: mornings differ from afternoons
MIN_PACE_MESSAGES = 10  # fewer in an hour say nothing about the rest of the day


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """Messages a day (UTC): in all, to one recipient or about one subject, of an office."""

    per_day: int
    per_recipient: int
    per_office: int


@dataclass(frozen=True, slots=True)
class ChannelBudget:
    """Messages of a channel that were sent.

    `limit` is None for a channel without a budget. `of_last_hour` is the pace. `resets_at`: when the day of the
    budget ends (midnight in UTC).
    """

    channel: str
    today: int
    month: int
    of_last_hour: int
    limit: int | None
    resets_at: datetime

    @property
    def share(self) -> float | None:
        """The part of the budget that is used, from 0 to 1; None without a budget."""
        return None if self.limit is None else min(1.0, self.today / max(1, self.limit))

    def runs_out_at(self, now: datetime) -> datetime | None:
        """Return when the budget is spent at the pace of the last hour.

        None without a budget, for too few messages to tell, or if it lasts until it is renewed.
        """
        if self.limit is None or self.of_last_hour < MIN_PACE_MESSAGES or self.today >= self.limit:
            return None
        spent_at = now + PACE_WINDOW * ((self.limit - self.today) / self.of_last_hour)
        return spent_at if spent_at < self.resets_at else None


def day_of_budget(now: datetime) -> tuple[datetime, datetime]:
    """Return the start and end of the budget's day, in UTC."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)
