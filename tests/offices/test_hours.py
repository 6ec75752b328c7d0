"""Opening hours, on ordinary days and on the nights the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from office360.offices.hours import Opening, Schedule, closing, day_bounds, is_open, next_opening, opening_on

MADRID = ZoneInfo("Europe/Madrid")
WORKDAY = (Opening(time(9), time(19)),)
CENTRO = Schedule(
    timezone=MADRID,
    weekly={**dict.fromkeys(range(5), WORKDAY), 5: (Opening(time(9), time(13)),)},
    closures={date(2026, 12, 8): "Inmaculada"},
    extra={date(2026, 12, 6): (Opening(time(10), time(12)),)},
)
NIGHT_AND_DAY = Schedule(timezone=MADRID, weekly=dict.fromkeys(range(7), (Opening(time(0), time(0)),)))


def madrid(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MADRID).astimezone(UTC)  # type: ignore[misc,arg-type]


def test_nine_is_nine_in_winter_and_in_summer() -> None:
    assert opening_on(CENTRO, date(2026, 11, 25)) == [(madrid(2026, 11, 25, 9), madrid(2026, 11, 25, 19))]
    assert opening_on(CENTRO, date(2026, 7, 1))[0][0] == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_a_closure_closes_the_day() -> None:
    assert opening_on(CENTRO, date(2026, 12, 8)) == []
    assert not is_open(CENTRO, madrid(2026, 12, 8, 11))


def test_an_extra_opening_opens_a_sunday() -> None:
    assert is_open(CENTRO, madrid(2026, 12, 6, 11))


def test_the_moment_of_closing_is_closed() -> None:
    assert is_open(CENTRO, madrid(2026, 11, 25, 9))
    assert not is_open(CENTRO, madrid(2026, 11, 25, 19))


def test_after_closing_the_next_opening_is_the_next_working_day() -> None:
    assert next_opening(CENTRO, madrid(2026, 11, 25, 20)) == madrid(2026, 11, 26, 9)
    assert next_opening(CENTRO, madrid(2026, 11, 28, 14)) == madrid(2026, 11, 30, 9)
    assert next_opening(CENTRO, madrid(2026, 12, 7, 20)) == madrid(2026, 12, 9, 9)


def test_an_open_office_has_no_next_opening() -> None:
    assert next_opening(CENTRO, madrid(2026, 11, 25, 12)) is None


def test_openings_that_touch_are_one() -> None:
    day = date(2026, 11, 25)
    lunch = Schedule(MADRID, {2: (Opening(time(9), time(14)), Opening(time(14), time(17)))})
    assert opening_on(lunch, day) == [(madrid(2026, 11, 25, 9), madrid(2026, 11, 25, 17))]


def test_an_office_that_never_closes_is_open_on_the_night_the_clocks_go_back() -> None:
    start, end = day_bounds(NIGHT_AND_DAY, date(2026, 10, 25))
    assert end - start == timedelta(hours=25)
    assert all(is_open(NIGHT_AND_DAY, start + timedelta(minutes=15 * step)) for step in range(100))


def test_the_day_the_clocks_go_forward_has_23_hours() -> None:
    start, end = day_bounds(CENTRO, date(2026, 3, 29))
    assert end - start == timedelta(hours=23)


def test_an_office_that_never_opens_says_nothing_about_when() -> None:
    assert next_opening(Schedule(MADRID, {}), madrid(2026, 11, 25, 9)) is None


@given(st.integers(0, 2 * 365 * 24 * 3600).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)))
def test_open_and_next_opening_never_contradict(now: datetime) -> None:
    opens = next_opening(CENTRO, now)
    if is_open(CENTRO, now):
        assert opens is None
        assert closing(CENTRO, now) is not None
    else:
        assert opens is not None
        assert opens > now
        assert is_open(CENTRO, opens)
        assert not is_open(CENTRO, opens - timedelta(seconds=1))
