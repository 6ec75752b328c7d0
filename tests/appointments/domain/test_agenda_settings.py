"""Agenda settings, and the release of new dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain.agenda_settings import (
    DEFAULT_AGENDA_SETTINGS,
    AgendaSettings,
    DateRelease,
)
from office360.core.errors import Invalid

MADRID = ZoneInfo("Europe/Madrid")
CANARY = ZoneInfo("Atlantic/Canary")
CHATHAM = ZoneInfo("Pacific/Chatham")  # UTC+12:45, an hour more in summer


def madrid(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), MADRID).astimezone(UTC)


WEDNESDAY = date(2026, 11, 25)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_office_without_settings_has_the_defaults() -> None:
    assert AgendaSettings.from_settings({}, {}) == DEFAULT_AGENDA_SETTINGS == AgendaSettings()


def test_service_settings_override_office_settings() -> None:
    rules = AgendaSettings.from_settings(
        {"lead": 60, "buffer_after": 5}, {"lead": 120, "internal": {"in_person": 2}}
    )
    assert (rules.lead, rules.buffer_after) == (timedelta(hours=2), timedelta(minutes=5))
    assert rules.internal == {"in_person": 2}
    assert AgendaSettings.from_settings({"release": {"days": 30}}, {"release": None}).release is None


@pytest.mark.parametrize(
    ("settings", "field", "code"),
    [
        ({"leed": 60}, "booking.leed", "unexpected"),
        ({"lead": "an hour"}, "booking.lead", "not_a_number"),
        ({"lead": 7.5}, "booking.lead", "not_a_number"),
        ({"lead": True}, "booking.lead", "not_a_number"),
        ({"lead": None}, "booking.lead", "not_a_number"),
        ({"lead": -1}, "booking.lead", "out_of_range"),
        ({"step": 0}, "booking.step", "out_of_range"),  # the slot grid would be infinite
        ({"horizon_days": 63}, "booking.horizon_days", "out_of_range"),
        ({"most_services": 0}, "booking.most_services", "out_of_range"),
        ({"verify_email": "yes"}, "booking.verify_email", "wrong_type"),
        ({"internal": 2}, "booking.internal", "wrong_type"),
        ({"internal": {"telephone": 2}}, "booking.internal.telephone", "not_a_choice"),
        ({"internal": {"video": "two"}}, "booking.internal.video", "not_a_number"),
        ({"release": 30}, "booking.release", "wrong_type"),
        ({"release": {}}, "booking.release.days", "not_a_number"),
        ({"release": {"days": 90}}, "booking.release.days", "out_of_range"),
        ({"release": {"days": 30, "at": "9 o'clock"}}, "booking.release.at", "invalid_time"),
        ({"release": {"days": 30, "at": 9}}, "booking.release.at", "invalid_time"),
        ({"release": {"days": 30, "weekday": 7}}, "booking.release.weekday", "out_of_range"),
        ({"release": {"days": 30, "day": 1}}, "booking.release.day", "unexpected"),
        ({"release": {"days": 30}, "horizon_days": 14}, "booking.release.days", "out_of_range"),
        ({"lead": 3 * 24 * 60, "horizon_days": 1}, "booking.lead", "out_of_range"),
    ],
)
def test_invalid_setting_is_reported(settings: dict[str, Any], field: str, code: str) -> None:
    for office, service in ((settings, {}), ({}, settings)):
        with pytest.raises(Invalid) as caught:
            AgendaSettings.from_settings(office, service)
        assert [(error.field, error.code) for error in caught.value.fields] == [(field, code)]


def test_all_invalid_settings_are_reported_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        AgendaSettings.from_settings({"lead": -1, "nonsense": 1, "release": {"days": "x", "at": "y"}}, {})
    assert {error.field for error in caught.value.fields} == {
        "booking.lead",
        "booking.nonsense",
        "booking.release.days",
        "booking.release.at",
    }


def test_horizon_uses_the_office_local_date() -> None:
    rules = AgendaSettings.from_settings({"horizon_days": 10}, {})
    half_past_midnight = madrid(WEDNESDAY + timedelta(days=1), 0, 30)
    assert rules.last_bookable_day(half_past_midnight, MADRID) == WEDNESDAY + timedelta(days=11)
    assert rules.last_bookable_day(half_past_midnight, CANARY) == WEDNESDAY + timedelta(days=10)
    assert rules.next_release(half_past_midnight, MADRID) is None


def test_daily_release_opens_one_date_at_nine() -> None:
    rules = AgendaSettings.from_settings({"release": {"days": 30, "at": "09:00"}}, {})
    before, at_nine = madrid(WEDNESDAY, 8, 59, 59), madrid(WEDNESDAY, 9)
    assert rules.last_bookable_day(before, MADRID) == WEDNESDAY + timedelta(days=29)
    assert rules.next_release(before, MADRID) == at_nine
    assert rules.last_bookable_day(at_nine, MADRID) == WEDNESDAY + timedelta(days=30)
    assert rules.next_release(at_nine, MADRID) == madrid(WEDNESDAY + timedelta(days=1), 9)


def test_weekly_release_opens_dates_until_the_next() -> None:
    release = DateRelease(days=13, at=time(9), weekday=0)
    monday = date(2026, 11, 30)
    assert release.next_release(madrid(WEDNESDAY, 12), MADRID) == madrid(monday, 9)
    assert release.last_released_day(madrid(WEDNESDAY, 12), MADRID) == monday - timedelta(days=7) + timedelta(
        days=13
    )
    assert release.last_released_day(madrid(monday, 8, 59), MADRID) == monday + timedelta(days=6)
    assert release.last_released_day(madrid(monday, 9), MADRID) == monday + timedelta(days=13)


def test_horizon_limits_released_dates() -> None:
    rules = AgendaSettings.from_settings({"release": {"days": 20, "weekday": 0}, "horizon_days": 20}, {})
    assert rules.last_bookable_day(madrid(WEDNESDAY, 12), MADRID) == WEDNESDAY - timedelta(days=2) + timedelta(
        days=20
    )


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_release_clock_time_survives_clock_changes(day: date) -> None:
    release = DateRelease(days=30)
    for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
        assert release.next_release(madrid(near, 0, 30), MADRID).astimezone(MADRID).hour == 9


@given(
    st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    st.builds(DateRelease, st.integers(0, 62), st.times(), st.none() | st.integers(0, 6)),
    st.sampled_from([MADRID, CANARY, CHATHAM, ZoneInfo("America/New_York")]),
)
def test_now_is_between_latest_and_next_release(now: datetime, release: DateRelease, zone: ZoneInfo) -> None:
    last, following = release.latest_release(now, zone), release.next_release(now, zone)
    assert last <= now < following
    days = 7 if release.weekday is not None else 1
    assert following - last <= timedelta(days=days, hours=1)
    assert release.latest_release(following, zone) == following
