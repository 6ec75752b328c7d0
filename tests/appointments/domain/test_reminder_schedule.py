"""Reminder schedule: local clock times, a pause after the booking, and no late reminder."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain.agenda_settings import AgendaSettings
from office360.appointments.domain.reminder_schedule import (
    MIN_REMINDER_GAP,
    REMINDER_SPREAD_S,
    PlannedReminder,
    ReminderKind,
    ReminderSettings,
    due_reminder,
    next_reminder_at,
    plan_reminders,
    reminder_spread,
)
from office360.core.errors import Invalid

MADRID = ZoneInfo("Europe/Madrid")
DAYS, DAY, HOUR = ReminderKind.DAYS, ReminderKind.DAY, ReminderKind.HOUR
DEFAULTS = ReminderSettings()


def madrid(text: str) -> datetime:
    """Return the instant of a local time in Madrid."""
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).astimezone(UTC)


FRIDAY = madrid("2026-11-27 09:20")
LONG_BEFORE = madrid("2026-10-01 12:00")


def local_times(planned: list[PlannedReminder], zone: ZoneInfo = MADRID) -> list[tuple[ReminderKind, str]]:
    return [(reminder.reminder, reminder.at.astimezone(zone).strftime("%d %H:%M")) for reminder in planned]


def test_default_reminders_are_days_day_and_hour_before() -> None:
    assert local_times(plan_reminders(FRIDAY, LONG_BEFORE, MADRID, DEFAULTS)) == [
        (DAYS, "24 10:00"),
        (DAY, "26 18:00"),
        (HOUR, "27 08:20"),
    ]


@pytest.mark.parametrize(
    ("booked", "left"),
    [
        ("2026-11-27 07:20", [HOUR]),  # two hours before
        ("2026-11-27 08:10", []),  # the confirmation has just arrived
        ("2026-11-26 15:00", [HOUR]),  # three hours before the evening reminder
        ("2026-11-26 13:00", [DAY, HOUR]),
        ("2026-11-24 09:00", [DAY, HOUR]),
        ("2026-11-23 09:00", [DAYS, DAY, HOUR]),
    ],
)
def test_reminder_shortly_after_booking_is_skipped(booked: str, left: list[ReminderKind]) -> None:
    assert [reminder.reminder for reminder in plan_reminders(FRIDAY, madrid(booked), MADRID, DEFAULTS)] == left


def test_office_sets_how_long_a_booking_is_quiet() -> None:
    booked = madrid("2026-11-26 15:00")
    assert [reminder.reminder for reminder in plan_reminders(FRIDAY, booked, MADRID, DEFAULTS)] == [HOUR]
    soon = AgendaSettings.from_settings({"reminders": {"after_booking": 60}}, {}).reminders
    assert [reminder.reminder for reminder in plan_reminders(FRIDAY, booked, MADRID, soon)] == [DAY, HOUR]


def test_of_two_close_reminders_only_the_later_is_sent() -> None:
    early = madrid("2026-11-27 01:30")
    rules = ReminderSettings(day_at=time(23, 30))
    assert local_times(plan_reminders(early, LONG_BEFORE, MADRID, rules)) == [
        (DAYS, "24 10:00"),
        (HOUR, "27 00:30"),
    ]
    same_day = ReminderSettings(days=1, days_at=time(17))
    assert [reminder.reminder for reminder in plan_reminders(FRIDAY, LONG_BEFORE, MADRID, same_day)] == [DAY, HOUR]


def test_reminder_is_useful_until_shortly_before_the_next() -> None:
    first, second, last = plan_reminders(FRIDAY, LONG_BEFORE, MADRID, DEFAULTS)
    assert (first.until, second.until, last.until) == (
        second.at - MIN_REMINDER_GAP,
        last.at - MIN_REMINDER_GAP,
        FRIDAY,
    )


@pytest.mark.parametrize(
    ("starts_at", "days", "day"),
    [
        ("2026-03-29 12:00", "26 10:00", "28 18:00"),  # the clocks go forward in the night before
        ("2026-03-31 12:00", "28 10:00", "30 18:00"),
        ("2026-10-25 12:00", "22 10:00", "24 18:00"),  # the clocks go back in the night before
        ("2026-10-27 12:00", "24 10:00", "26 18:00"),
    ],
)
def test_reminder_clock_time_survives_clock_changes(starts_at: str, days: str, day: str) -> None:
    found = local_times(plan_reminders(madrid(starts_at), madrid("2026-01-05 12:00"), MADRID, DEFAULTS))
    assert found[:2] == [(DAYS, days), (DAY, day)]
    assert found[2][1].endswith("11:00")


def test_hour_reminder_is_one_hour_in_clock_change_night() -> None:
    starts_at = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # the second 2:15 of that night
    assert plan_reminders(starts_at, LONG_BEFORE - timedelta(days=60), MADRID, DEFAULTS)[
        -1
    ].at == starts_at - timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_day_before_is_the_office_local_day(zone: str) -> None:
    there = ZoneInfo(zone)
    starts_at = datetime(2026, 11, 27, 9, 20, tzinfo=there)
    assert local_times(plan_reminders(starts_at.astimezone(UTC), LONG_BEFORE, there, DEFAULTS), there) == [
        (DAYS, "24 10:00"),
        (DAY, "26 18:00"),
        (HOUR, "27 08:20"),
    ]


def test_service_reminders_override_office_reminders() -> None:
    rules = AgendaSettings.from_settings(
        {"reminders": {"days": 7, "day_at": "19:30", "late": None}}, {"reminders": {"days": None, "minutes": 30}}
    ).reminders
    assert rules == ReminderSettings(days=None, day_at=time(19, 30), minutes=30, late=None)
    assert local_times(plan_reminders(FRIDAY, LONG_BEFORE, MADRID, rules)) == [
        (DAY, "26 19:30"),
        (HOUR, "27 08:50"),
    ]


def test_office_can_disable_reminders() -> None:
    rules = AgendaSettings.from_settings({"reminders": False}, {}).reminders
    assert plan_reminders(FRIDAY, LONG_BEFORE, MADRID, rules) == []
    assert rules.late == DEFAULTS.late  # a delay notice is not a reminder


@pytest.mark.parametrize(
    ("reminders", "field", "code"),
    [
        (3, "booking.reminders", "wrong_type"),
        ({"weeks": 1}, "booking.reminders.weeks", "unexpected"),
        ({"days": 0}, "booking.reminders.days", "out_of_range"),
        ({"days": "three"}, "booking.reminders.days", "not_a_number"),
        ({"minutes": True}, "booking.reminders.minutes", "not_a_number"),
        ({"day_at": "6 pm"}, "booking.reminders.day_at", "invalid_time"),
        ({"days_at": None}, "booking.reminders.days_at", "invalid_time"),
    ],
)
def test_invalid_reminder_setting_is_reported(reminders: Any, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        AgendaSettings.from_settings({"reminders": reminders}, {})
    assert [(error.field, error.code) for error in refused.value.fields] == [(field, code)]


def test_reminder_spread_is_stable_and_below_ten_minutes() -> None:
    spreads = {reminder_spread(f"01APPOINTMENT{number}") for number in range(50)}
    assert len(spreads) > 40
    assert max(spreads) < timedelta(seconds=REMINDER_SPREAD_S)
    assert reminder_spread("01A") == reminder_spread("01A")


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))
clocks = st.times().map(lambda clock_time: clock_time.replace(second=0, microsecond=0))
rules_ = st.builds(
    ReminderSettings,
    days=st.none() | st.integers(1, 30),
    days_at=clocks,
    day_at=st.none() | clocks,
    minutes=st.none() | st.integers(10, 360),
)


@given(
    starts_at=moments,
    before=st.timedeltas(timedelta(), timedelta(days=62)),
    zone=st.sampled_from(["Europe/Madrid", "Australia/Lord_Howe", "America/Caracas"]),
    rules=rules_,
)
def test_planned_reminders_are_ordered_spaced_and_unique(
    starts_at: datetime, before: timedelta, zone: str, rules: ReminderSettings
) -> None:
    booked_at = starts_at - before
    planned = plan_reminders(starts_at, booked_at, ZoneInfo(zone), rules, timedelta(minutes=7))
    moments_told = [reminder.at for reminder in planned]
    assert moments_told == sorted(moments_told)
    assert all(booked_at < reminder.at < reminder.until <= starts_at for reminder in planned)
    assert all(later - earlier >= MIN_REMINDER_GAP for earlier, later in pairwise(moments_told))
    assert len({reminder.reminder for reminder in planned}) == len(planned)


@given(minutes=st.integers(0, 10 * 24 * 60))
def test_at_most_one_reminder_is_due_at_any_time(minutes: int) -> None:
    now = madrid("2026-11-20 00:00") + timedelta(minutes=minutes)
    planned = plan_reminders(FRIDAY, LONG_BEFORE, MADRID, DEFAULTS)
    found, following = due_reminder(planned, now), next_reminder_at(planned, now)
    assert found is None or found.at <= now < min(found.until, FRIDAY)
    assert following is None or following > now
    assert sum(1 for reminder in planned if reminder.at <= now < reminder.until) <= 1


def test_outdated_reminder_is_not_due() -> None:
    planned = plan_reminders(FRIDAY, LONG_BEFORE, MADRID, DEFAULTS)
    assert due_reminder(planned, FRIDAY) is None
    assert due_reminder(planned, madrid("2026-11-27 06:00")) is None  # the evening reminder is outdated
    assert due_reminder(planned, madrid("2026-11-27 05:00")) is not None
