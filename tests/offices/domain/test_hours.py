"""Opening hours, on ordinary days and on the nights the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from office360.offices.domain.hours import (
    OpeningInterval,
    OpeningSchedule,
    closing_time,
    day_bounds,
    is_open,
    next_opening_time,
    opening_intervals,
)

MADRID = ZoneInfo("Europe/Madrid")
WORKDAY = (OpeningInterval(time(9), time(19)),)
CENTRO = OpeningSchedule(
    timezone=MADRID,
    weekly={**dict.fromkeys(range(5), WORKDAY), 5: (OpeningInterval(time(9), time(13)),)},
    closures={date(2026, 12, 8): "Inmaculada"},
    extra={date(2026, 12, 6): (OpeningInterval(time(10), time(12)),)},
)
ALWAYS_OPEN = OpeningSchedule(
    timezone=MADRID, weekly=dict.fromkeys(range(7), (OpeningInterval(time(0), time(0)),))
)


def madrid_time(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MADRID).astimezone(UTC)  # type: ignore[misc,arg-type]


def test_opening_time_is_local_in_winter_and_summer() -> None:
    assert opening_intervals(CENTRO, date(2026, 11, 25)) == [
        (madrid_time(2026, 11, 25, 9), madrid_time(2026, 11, 25, 19))
    ]
    assert opening_intervals(CENTRO, date(2026, 7, 1))[0][0] == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_closed_day_has_no_openings() -> None:
    assert opening_intervals(CENTRO, date(2026, 12, 8)) == []
    assert not is_open(CENTRO, madrid_time(2026, 12, 8, 11))


def test_extra_opening_opens_a_sunday() -> None:
    assert is_open(CENTRO, madrid_time(2026, 12, 6, 11))


def test_closing_time_itself_is_closed() -> None:
    assert is_open(CENTRO, madrid_time(2026, 11, 25, 9))
    assert not is_open(CENTRO, madrid_time(2026, 11, 25, 19))


def test_next_opening_is_on_the_next_working_day() -> None:
    assert next_opening_time(CENTRO, madrid_time(2026, 11, 25, 20)) == madrid_time(2026, 11, 26, 9)
    assert next_opening_time(CENTRO, madrid_time(2026, 11, 28, 14)) == madrid_time(2026, 11, 30, 9)
    assert next_opening_time(CENTRO, madrid_time(2026, 12, 7, 20)) == madrid_time(2026, 12, 9, 9)


def test_open_office_has_no_next_opening() -> None:
    assert next_opening_time(CENTRO, madrid_time(2026, 11, 25, 12)) is None


def test_touching_openings_are_joined() -> None:
    day = date(2026, 11, 25)
    lunch = OpeningSchedule(MADRID, {2: (OpeningInterval(time(9), time(14)), OpeningInterval(time(14), time(17)))})
    assert opening_intervals(lunch, day) == [(madrid_time(2026, 11, 25, 9), madrid_time(2026, 11, 25, 17))]


def test_always_open_office_is_open_when_clocks_go_back() -> None:
    start, end = day_bounds(ALWAYS_OPEN, date(2026, 10, 25))
    assert end - start == timedelta(hours=25)
    assert all(is_open(ALWAYS_OPEN, start + timedelta(minutes=15 * step)) for step in range(100))


def test_day_when_clocks_go_forward_has_23_hours() -> None:
    start, end = day_bounds(CENTRO, date(2026, 3, 29))
    assert end - start == timedelta(hours=23)


def test_office_without_openings_has_no_next_opening() -> None:
    assert next_opening_time(OpeningSchedule(MADRID, {}), madrid_time(2026, 11, 25, 9)) is None


@given(st.integers(0, 2 * 365 * 24 * 3600).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)))
def test_is_open_and_next_opening_are_consistent(now: datetime) -> None:
    opens = next_opening_time(CENTRO, now)
    if is_open(CENTRO, now):
        assert opens is None
        assert closing_time(CENTRO, now) is not None
    else:
        assert opens is not None
        assert opens > now
        assert is_open(CENTRO, opens)
        assert not is_open(CENTRO, opens - timedelta(seconds=1))
