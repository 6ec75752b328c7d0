"""Quiet hours on ordinary nights and on nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.notifications.domain.quiet_hours import QuietHours, parse_quiet_hours

MADRID = ZoneInfo("Europe/Madrid")
NIGHT = parse_quiet_hours("21:30-8:00")
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60}:{minute % 60:02d}")
# The days around both clock changes of 2026 in Madrid, 29 March and 25 October.
MOMENTS = st.integers(0, 250 * 24 * 60).map(
    lambda minute: datetime(2026, 3, 26, tzinfo=UTC) + timedelta(minutes=minute)
)


def quiet_end(text: str, hours: QuietHours = NIGHT, zone: ZoneInfo = MADRID) -> str | None:
    """Return when the quiet hours at a local time end, as a local time; None outside of them."""
    ends_at = hours.quiet_until(datetime.fromisoformat(text), zone)
    return ends_at.astimezone(zone).isoformat(timespec="minutes") if ends_at else None


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
def test_quiet_hours_last_over_midnight(at: str, ends: str | None) -> None:
    assert quiet_end(at) == ends


def test_daytime_quiet_hours_end_on_same_day() -> None:
    siesta = parse_quiet_hours("14:00-16:30")
    assert quiet_end("2026-11-25T15:00+01:00", siesta) == "2026-11-25T16:30+01:00"
    assert quiet_end("2026-11-25T13:59+01:00", siesta) is None
    assert quiet_end("2026-11-25T23:00+01:00", siesta) is None


def test_quiet_hours_follow_office_timezone() -> None:
    assert quiet_end("2026-11-25T22:00+01:00", zone=ZoneInfo("Atlantic/Canary")) is None  # 21:00 there
    assert quiet_end("2026-11-25T22:45+01:00", zone=ZoneInfo("Atlantic/Canary")) == "2026-11-26T08:00+00:00"


def test_quiet_hours_end_at_eight_when_clocks_go_forward() -> None:
    assert quiet_end("2026-03-28T22:00+01:00") == "2026-03-29T08:00+02:00"
    assert quiet_end("2026-03-29T01:59+01:00") == "2026-03-29T08:00+02:00"
    assert quiet_end("2026-03-29T03:00+02:00") == "2026-03-29T08:00+02:00"


def test_quiet_hours_end_at_eight_when_clocks_go_back() -> None:
    assert quiet_end("2026-10-24T22:00+02:00") == "2026-10-25T08:00+01:00"
    assert quiet_end("2026-10-25T02:30+02:00") == "2026-10-25T08:00+01:00"
    assert quiet_end("2026-10-25T02:30+01:00") == "2026-10-25T08:00+01:00"


def test_repeated_end_time_counts_the_second_time() -> None:
    hours = parse_quiet_hours("23:00-2:30")
    assert quiet_end("2026-10-25T02:45+02:00", hours) == "2026-10-25T02:30+01:00"
    assert quiet_end("2026-10-25T02:30+01:00", hours) is None


def test_repeated_start_time_counts_the_first_time() -> None:
    hours = parse_quiet_hours("2:30-6:00")
    assert quiet_end("2026-10-25T02:30+02:00", hours) == "2026-10-25T06:00+01:00"
    assert quiet_end("2026-10-25T02:10+01:00", hours) == "2026-10-25T06:00+01:00"


def test_skipped_end_time_uses_offset_before_change() -> None:
    assert quiet_end("2026-03-29T01:30+01:00", parse_quiet_hours("23:00-2:30")) == "2026-03-29T03:30+02:00"


@given(MINUTES, MINUTES, MOMENTS)
def test_end_of_quiet_hours_is_not_quiet(start: str, ends: str, at: datetime) -> None:
    if start == ends:
        return
    hours = parse_quiet_hours(f"{start}-{ends}")
    ends_at = hours.quiet_until(at, MADRID)
    if ends_at is not None:
        assert at < ends_at <= at + timedelta(hours=25)
        next_end = hours.quiet_until(ends_at, MADRID)
        assert next_end is None or next_end > ends_at  # a skipped end can lie in the next quiet hours


@pytest.mark.parametrize("text", ["", "21:30", "25:00-8:00", "21:30-8:00-9:00", "8:00-8:00", "21:60-8:00"])
def test_invalid_quiet_hours_are_refused_with_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"21:30-8:00|never end"):
        parse_quiet_hours(text)


def test_quiet_hours_setting_ignores_spaces() -> None:
    assert parse_quiet_hours("21:30 - 8:00") == NIGHT
