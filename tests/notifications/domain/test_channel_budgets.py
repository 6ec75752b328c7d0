"""Forecast of a channel's budget: said only when the pace tells something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from office360.notifications.domain.channel_budgets import ChannelBudget, day_of_budget

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "of_last_hour", "limit", "runs_out"),
    [
        (600, 100, 1_000, NOW + timedelta(hours=4)),
        (600, 9, 1_000, None),  # too few to tell
        (600, 30, 1_000, None),  # lasts until midnight
        (600, 100, None, None),  # no budget
        (1_000, 100, 1_000, None),  # spent already
    ],
)
def test_budget_forecast_is_honest(
    today: int, of_last_hour: int, limit: int | None, runs_out: datetime | None
) -> None:
    budget = ChannelBudget("sms", today, 9_000, of_last_hour, limit, day_of_budget(NOW)[1])
    assert budget.runs_out_at(NOW) == runs_out
