"""Processes whose clocks differ keep the same order in a line."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from office360.core.clock import DatabaseClock
from office360.core.db import clock_reading
from office360.server.runtime import open_runtime
from office360.server.settings import Settings
from sqlalchemy import text

from ...conftest import MORNING
from ..conftest import OfficeDriver


class FastClock:
    """The clock of a machine, some seconds fast, on the morning of the tests."""

    def __init__(self, shift: timedelta, fast_by_s: float) -> None:
        self._shift = shift + timedelta(seconds=fast_by_s)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift


async def test_process_with_fast_clock_keeps_order_of_line(
    settings: Settings, driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if driver.runtime.db.is_sqlite:
        pytest.skip("all processes of SQLite share one machine and its clock")
    shift = MORNING - datetime.now(UTC)
    seconds = shift.total_seconds()
    monkeypatch.setattr(
        clock_reading, "_READ_CLOCK", text(f"SELECT clock_timestamp() + interval '{seconds} seconds'")
    )
    async with AsyncExitStack() as stack:
        with caplog.at_level(logging.WARNING):
            fast, right = [
                OfficeDriver(
                    await stack.enter_async_context(open_runtime(settings, DatabaseClock(FastClock(shift, by_s)))),
                    driver.office,
                )
                for by_s in (180, 0)
            ]
        assert [record.__dict__["fast_by_s"] for record in caplog.records] == [180.0]
        first = await fast.take_ticket()
        others = [await right.take_ticket() for _ in range(3)]
        ahead = [(await right.ticket_json(ticket))["ahead"] for ticket in (first, *others)]
    assert ahead == [0, 1, 2, 3]


async def test_default_clock_is_the_database_clock(settings: Settings) -> None:
    async with open_runtime(settings) as runtime:
        assert isinstance(runtime.clock, DatabaseClock)
        assert abs(runtime.clock.skew_s()) < 1
