"""The database's clock, carried on by the machine's steady clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from office360.core.clock import DatabaseClock

AT_NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)


class WrongClock:
    """A system clock that a test sets."""

    def __init__(self) -> None:
        self.at = AT_NINE

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of the steady clock."""
    seconds = [100.0]
    monkeypatch.setattr(DatabaseClock, "steady_s", staticmethod(lambda: seconds[0]))
    return seconds


@pytest.fixture
def system() -> WrongClock:
    return WrongClock()


@pytest.fixture
def clock(system: WrongClock, steady: list[float]) -> DatabaseClock:
    return DatabaseClock(system)


def test_clock_without_reading_is_system_clock(clock: DatabaseClock) -> None:
    assert clock.now() == AT_NINE


def test_reading_replaces_system_clock(clock: DatabaseClock, system: WrongClock, steady: list[float]) -> None:
    clock.correct(AT_NINE + timedelta(seconds=180), 99.8, 100.0)
    assert clock.now() == AT_NINE + timedelta(seconds=180.1)
    assert clock.skew_s() == pytest.approx(-180.1)
    steady[0] += 5
    system.at -= timedelta(days=1)  # the administrator sets the machine's clock
    assert clock.now() == AT_NINE + timedelta(seconds=185.1)


def test_reading_within_its_uncertainty_changes_nothing(clock: DatabaseClock) -> None:
    clock.correct(AT_NINE, 100.0, 100.0)
    clock.correct(AT_NINE - timedelta(seconds=0.05), 99.9, 100.1)
    assert clock.now() == AT_NINE


def test_later_reading_corrects_drift(clock: DatabaseClock, steady: list[float]) -> None:
    clock.correct(AT_NINE, 100.0, 100.0)
    steady[0] = 130.0
    clock.correct(AT_NINE + timedelta(seconds=31), 129.98, 130.0)
    assert clock.now() == AT_NINE + timedelta(seconds=31.01)
