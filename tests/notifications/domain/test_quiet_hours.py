"""Quiet hours, on ordinary nights and on those when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.notifications.domain.quiet_hours import QuietHours, quiet_hours_of

MADRID = ZoneInfo("Europe/Madrid")
NIGHT = quiet_hours_of("21:30-8:00")
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda one: f"{one // 60}:{one % 60:02d}")
# Both changes of 2026 in Madrid, 29 March and 25 October, and what is around them.
MOMENTS = st.integers(0, 250 * 24 * 60).map(lambda one: datetime(2026, 3, 26, tzinfo=UTC) + timedelta(minutes=one))


def end(text: str, hours: QuietHours = NIGHT, zone: ZoneInfo = MADRID) -> str | None:
    """When quiet ends that reigns at this local time with its offset, locally."""
    found = hours.end_of(datetime.fromisoformat(text), zone)
    return found.astimezone(zone).isoformat(timespec="minutes") if found else None


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-11-25T21:29+01:00", None),
        ("2026-11-25T21:30+01:00", "2026-11-26T08:00+01:00"),
        ("2026-11-26T03:00+01:00", "2026-11-26T08:00+01:00"),
        ("2026-11-26T07:59+01:00", "2026-11-26T08:00+01:00"),
        ("2026-11-26T08:00+01:00", None),
        ("2026-11-26T12:00+01:00", None),
    ],
)
def test_the_night_is_quiet_until_the_morning(at: str, ends: str | None) -> None:
    assert end(at) == ends


def test_hours_that_end_on_their_own_day_are_that_day_only() -> None:
    siesta = quiet_hours_of("14:00-16:30")
    assert end("2026-11-25T15:00+01:00", siesta) == "2026-11-25T16:30+01:00"
    assert end("2026-11-25T13:59+01:00", siesta) is None
    assert end("2026-11-25T23:00+01:00", siesta) is None


def test_the_night_is_the_offices_own() -> None:
    assert end("2026-11-25T22:00+01:00", zone=ZoneInfo("Atlantic/Canary")) is None  # 21:00 there
    assert end("2026-11-25T22:45+01:00", zone=ZoneInfo("Atlantic/Canary")) == "2026-11-26T08:00+00:00"


def test_a_night_in_which_clocks_go_forward_ends_at_eight() -> None:
    assert end("2026-03-28T22:00+01:00") == "2026-03-29T08:00+02:00"
    assert end("2026-03-29T01:59+01:00") == "2026-03-29T08:00+02:00"
    assert end("2026-03-29T03:00+02:00") == "2026-03-29T08:00+02:00"


def test_a_night_in_which_clocks_go_back_ends_at_eight() -> None:
    assert end("2026-10-24T22:00+02:00") == "2026-10-25T08:00+01:00"
    assert end("2026-10-25T02:30+02:00") == "2026-10-25T08:00+01:00"
    assert end("2026-10-25T02:30+01:00") == "2026-10-25T08:00+01:00"


def test_an_end_that_comes_twice_is_the_second_one() -> None:
    hours = quiet_hours_of("23:00-2:30")
    assert end("2026-10-25T02:45+02:00", hours) == "2026-10-25T02:30+01:00"
    assert end("2026-10-25T02:30+01:00", hours) is None


def test_a_beginning_that_comes_twice_is_the_first_one() -> None:
    hours = quiet_hours_of("2:30-6:00")
    assert end("2026-10-25T02:30+02:00", hours) == "2026-10-25T06:00+01:00"
    assert end("2026-10-25T02:10+01:00", hours) == "2026-10-25T06:00+01:00"


def test_an_end_that_is_skipped_is_when_it_would_have_been() -> None:
    assert end("2026-03-29T01:30+01:00", quiet_hours_of("23:00-2:30")) == "2026-03-29T03:30+02:00"


@given(MINUTES, MINUTES, MOMENTS)
def test_at_the_end_of_quiet_hours_nobody_sleeps(start: str, ends: str, at: datetime) -> None:
    if start == ends:
        return
    hours = quiet_hours_of(f"{start}-{ends}")
    found = hours.end_of(at, MADRID)
    if found is not None:
        assert at < found <= at + timedelta(hours=25)
        after = hours.end_of(found, MADRID)
        assert after is None or after > found  # a skipped end may fall into the next beginning


@pytest.mark.parametrize("text", ["", "21:30", "25:00-8:00", "21:30-8:00-9:00", "8:00-8:00", "21:60-8:00"])
def test_what_is_written_otherwise_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"21:30-8:00|never end"):
        quiet_hours_of(text)


def test_spaces_do_not_matter() -> None:
    assert quiet_hours_of("21:30 - 8:00") == NIGHT
