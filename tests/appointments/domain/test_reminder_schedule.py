"""When people are reminded: at clock times of the office, never of what they have just read, never too late."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain.agenda_settings import BookingRules
from office360.appointments.domain.reminder_schedule import (
    APART,
    SPREAD_S,
    Planned,
    Reminder,
    ReminderRules,
    due,
    next_at,
    plan,
    spread_of,
)
from office360.core.errors import Invalid

MADRID = ZoneInfo("Europe/Madrid")
DAYS, DAY, HOUR = Reminder.DAYS, Reminder.DAY, Reminder.HOUR
HOUSE = ReminderRules()


def madrid(text: str) -> datetime:
    """A moment on the wall in Madrid."""
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).astimezone(UTC)


FRIDAY = madrid("2026-11-27 09:20")
LONG_BEFORE = madrid("2026-10-01 12:00")


def walls(planned: list[Planned], zone: ZoneInfo = MADRID) -> list[tuple[Reminder, str]]:
    return [(one.reminder, one.at.astimezone(zone).strftime("%d %H:%M")) for one in planned]


def test_the_house_reminds_three_days_before_the_day_before_and_an_hour_before() -> None:
    assert walls(plan(FRIDAY, LONG_BEFORE, MADRID, HOUSE)) == [
        (DAYS, "24 10:00"),
        (DAY, "26 18:00"),
        (HOUR, "27 08:20"),
    ]


@pytest.mark.parametrize(
    ("booked", "left"),
    [
        ("2026-11-27 07:20", [HOUR]),  # two hours before
        ("2026-11-27 08:10", []),  # the letter has just come
        ("2026-11-26 15:00", [HOUR]),  # three hours before the one of the evening
        ("2026-11-26 13:00", [DAY, HOUR]),
        ("2026-11-24 09:00", [DAY, HOUR]),
        ("2026-11-23 09:00", [DAYS, DAY, HOUR]),
    ],
)
def test_nobody_is_reminded_of_what_they_have_just_read(booked: str, left: list[Reminder]) -> None:
    assert [one.reminder for one in plan(FRIDAY, madrid(booked), MADRID, HOUSE)] == left


def test_of_two_within_a_few_hours_only_the_later_is_sent() -> None:
    early = madrid("2026-11-27 01:30")
    rules = ReminderRules(day_at=time(23, 30))
    assert walls(plan(early, LONG_BEFORE, MADRID, rules)) == [(DAYS, "24 10:00"), (HOUR, "27 00:30")]
    same_day = ReminderRules(days=1, days_at=time(17))
    assert [one.reminder for one in plan(FRIDAY, LONG_BEFORE, MADRID, same_day)] == [DAY, HOUR]


def test_each_says_something_until_shortly_before_the_next_and_the_last_until_it_begins() -> None:
    first, second, last = plan(FRIDAY, LONG_BEFORE, MADRID, HOUSE)
    assert (first.until, second.until, last.until) == (second.at - APART, last.at - APART, FRIDAY)


@pytest.mark.parametrize(
    ("starts_at", "days", "day"),
    [
        ("2026-03-29 12:00", "26 10:00", "28 18:00"),  # clocks go on in that night
        ("2026-03-31 12:00", "28 10:00", "30 18:00"),
        ("2026-10-25 12:00", "22 10:00", "24 18:00"),  # and back in this one
        ("2026-10-27 12:00", "24 10:00", "26 18:00"),
    ],
)
def test_ten_o_clock_is_ten_o_clock_when_clocks_change_in_between(starts_at: str, days: str, day: str) -> None:
    found = walls(plan(madrid(starts_at), madrid("2026-01-05 12:00"), MADRID, HOUSE))
    assert found[:2] == [(DAYS, days), (DAY, day)]
    assert found[2][1].endswith("11:00")


def test_an_hour_before_is_an_hour_also_in_the_night_in_which_clocks_change() -> None:
    starts_at = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 2:15 for the second time
    assert plan(starts_at, LONG_BEFORE - timedelta(days=60), MADRID, HOUSE)[-1].at == starts_at - timedelta(
        hours=1
    )


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_the_day_before_is_the_offices_day_wherever_it_is(zone: str) -> None:
    there = ZoneInfo(zone)
    starts_at = datetime(2026, 11, 27, 9, 20, tzinfo=there)
    assert walls(plan(starts_at.astimezone(UTC), LONG_BEFORE, there, HOUSE), there) == [
        (DAYS, "24 10:00"),
        (DAY, "26 18:00"),
        (HOUR, "27 08:20"),
    ]


def test_an_office_sets_its_own_times_and_a_service_over_it() -> None:
    rules = BookingRules.of(
        {"reminders": {"days": 7, "day_at": "19:30", "late": None}}, {"reminders": {"days": None, "minutes": 30}}
    ).reminders
    assert rules == ReminderRules(days=None, day_at=time(19, 30), minutes=30, late=None)
    assert walls(plan(FRIDAY, LONG_BEFORE, MADRID, rules)) == [(DAY, "26 19:30"), (HOUR, "27 08:50")]


def test_an_office_can_do_without() -> None:
    rules = BookingRules.of({"reminders": False}, {}).reminders
    assert plan(FRIDAY, LONG_BEFORE, MADRID, rules) == []
    assert rules.late == HOUSE.late  # being late is no reminder


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
def test_a_rule_that_makes_no_sense_is_named(reminders: Any, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        BookingRules.of({"reminders": reminders}, {})
    assert [(one.field, one.code) for one in refused.value.fields] == [(field, code)]


def test_reminders_of_one_clock_time_leave_within_ten_minutes_and_each_always_at_its_own() -> None:
    spreads = {spread_of(f"01APPOINTMENT{number}") for number in range(50)}
    assert len(spreads) > 40
    assert max(spreads) < timedelta(seconds=SPREAD_S)
    assert spread_of("01A") == spread_of("01A")


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))
clocks = st.times().map(lambda one: one.replace(second=0, microsecond=0))
rules_ = st.builds(
    ReminderRules,
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
def test_whatever_the_rules_none_is_too_late_too_early_or_too_many(
    starts_at: datetime, before: timedelta, zone: str, rules: ReminderRules
) -> None:
    booked_at = starts_at - before
    planned = plan(starts_at, booked_at, ZoneInfo(zone), rules, timedelta(minutes=7))
    moments_told = [one.at for one in planned]
    assert moments_told == sorted(moments_told)
    assert all(booked_at < one.at < one.until <= starts_at for one in planned)
    assert all(later - earlier >= APART for earlier, later in pairwise(moments_told))
    assert len({one.reminder for one in planned}) == len(planned)


@given(minutes=st.integers(0, 10 * 24 * 60))
def test_at_any_moment_at_most_one_is_due_and_the_next_is_to_come(minutes: int) -> None:
    now = madrid("2026-11-20 00:00") + timedelta(minutes=minutes)
    planned = plan(FRIDAY, LONG_BEFORE, MADRID, HOUSE)
    found, following = due(planned, now), next_at(planned, now)
    assert found is None or found.at <= now < min(found.until, FRIDAY)
    assert following is None or following > now
    assert sum(1 for one in planned if one.at <= now < one.until) <= 1


def test_a_worker_that_was_away_for_a_day_finds_nothing_due() -> None:
    planned = plan(FRIDAY, LONG_BEFORE, MADRID, HOUSE)
    assert due(planned, FRIDAY) is None
    assert due(planned, madrid("2026-11-27 06:00")) is None  # the one of the evening; another comes soon
    assert due(planned, madrid("2026-11-27 05:00")) is not None
