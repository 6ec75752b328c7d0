"""Slots of a visit. The days of clock changes are real ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.appointments.domain.slots import (
    CapacityLimit,
    FreeSlot,
    Interval,
    OverlapCounts,
    free_slots,
    nearest_slots,
    slot_grid,
)
from office360.offices.domain.hours import OpeningInterval, OpeningSchedule, opening_intervals

MADRID = ZoneInfo("Europe/Madrid")
CANARY = ZoneInfo("Atlantic/Canary")
SANTIAGO = ZoneInfo("America/Santiago")  # the clocks change at midnight: one day has no first hour
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # the clocks change by half an hour
SPRING = date(2027, 3, 28)  # in Madrid 2:00 becomes 3:00
AUTUMN = date(2027, 10, 31)  # in Madrid 3:00 becomes 2:00
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NINE = datetime(2026, 11, 27, 8, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 27, hour, minute, tzinfo=UTC)


def find_free_slots(
    openings: Iterable[Interval],
    busy: Iterable[Interval] = (),
    earliest: datetime = LONG_AGO,
    *,
    minutes: int = 30,
    step: int | None = None,
    places: int = 1,
) -> list[FreeSlot]:
    """Return the free slots of a visit that needs one of `places`."""
    length = timedelta(minutes=minutes)
    limit = CapacityLimit(places, timedelta(), length, OverlapCounts.from_intervals(busy))
    return free_slots(openings, length, timedelta(minutes=step or minutes), [limit], earliest)


def local_clock_time(moment: datetime, zone: ZoneInfo = MADRID) -> str:
    return moment.astimezone(zone).strftime("%H:%M")


def whole_day(day: date, zone: ZoneInfo = MADRID) -> list[Interval]:
    return opening_intervals(OpeningSchedule(zone, {day.weekday(): (OpeningInterval(time(0), time(0)),)}), day)


def test_slots_fill_the_opening_hours() -> None:
    found = find_free_slots([(at(8), at(10))])
    assert [slot.starts_at for slot in found] == [at(8), at(8, 30), at(9), at(9, 30)]
    assert found[-1].ends_at == at(10)


def test_step_may_be_shorter_than_the_visit() -> None:
    found = find_free_slots([(at(8), at(9))], step=10)
    assert [slot.starts_at for slot in found] == [at(8), at(8, 10), at(8, 20), at(8, 30)]


def test_slot_ending_after_closing_is_omitted() -> None:
    length = timedelta(minutes=25)
    assert [start for start, _ in slot_grid([(at(8), at(9))], length, length)] == [at(8), at(8, 25)]


def test_break_between_openings_restarts_the_slot_grid() -> None:
    found = find_free_slots([(at(15, 10), at(16)), (at(8), at(8, 50))], minutes=20)
    assert [slot.starts_at for slot in found] == [at(8), at(8, 20), at(15, 10), at(15, 30)]


def test_slot_before_the_earliest_time_is_omitted() -> None:
    assert [slot.starts_at for slot in find_free_slots([(at(8), at(10))], earliest=at(8, 31))] == [
        at(9),
        at(9, 30),
    ]


def test_slot_at_the_earliest_time_is_included() -> None:
    assert find_free_slots([(at(8), at(9))], earliest=at(8, 30))[0].starts_at == at(8, 30)


def test_taken_place_lowers_the_count_and_last_removes_slot() -> None:
    booked = [(at(8), at(8, 30))]
    assert find_free_slots([(at(8), at(9))], booked, places=2)[0].left == 1
    assert [slot.starts_at for slot in find_free_slots([(at(8), at(9))], booked)] == [at(8, 30)]


def test_overlapping_visit_occupies_the_slot() -> None:
    booked = [(at(8, 10), at(8, 40))]  # booked when visits had another duration
    assert find_free_slots([(at(8), at(9))], booked) == []


def test_consecutive_visits_need_one_place() -> None:
    booked = [(at(8), at(8, 15)), (at(8, 15), at(8, 30))]
    assert find_free_slots([(at(8), at(8, 30))], booked, places=2)[0].left == 1


def test_visit_ending_at_slot_start_does_not_overlap() -> None:
    assert OverlapCounts.from_intervals([(at(8, 30), at(9)), (at(9, 30), at(10))]).peak(at(9), at(9, 30)) == 0


def test_zero_places_give_no_slot() -> None:
    assert find_free_slots([(at(8), at(9))], places=0) == []


def test_tightest_limit_sets_the_places_left() -> None:
    many, few = (
        CapacityLimit(places, timedelta(), HALF_HOUR, OverlapCounts.from_intervals([])) for places in (5, 2)
    )
    assert free_slots([(at(8), at(8, 30))], HALF_HOUR, HALF_HOUR, [many, few], LONG_AGO)[0].left == 2


def test_spring_clock_change_omits_the_missing_hour() -> None:
    found = find_free_slots(whole_day(SPRING), minutes=60)
    assert len(found) == 23
    assert [local_clock_time(slot.starts_at) for slot in found][:4] == ["00:00", "01:00", "03:00", "04:00"]


def test_autumn_clock_change_offers_repeated_hour_twice() -> None:
    found = find_free_slots(whole_day(AUTUMN), minutes=60)
    assert len(found) == 25
    assert [local_clock_time(slot.starts_at) for slot in found][:5] == [
        "00:00",
        "01:00",
        "02:00",
        "02:00",
        "03:00",
    ]
    assert len({slot.starts_at for slot in found}) == 25


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (CANARY, SPRING, 23),
        (CANARY, AUTUMN, 25),
        (SANTIAGO, date(2027, 9, 5), 23),
        (LORD_HOWE, date(2027, 4, 4), 24.5),
        (LORD_HOWE, date(2027, 10, 3), 23.5),
    ],
)
def test_slot_count_matches_day_length_in_any_zone(zone: ZoneInfo, day: date, hours: float) -> None:
    found = find_free_slots(whole_day(day, zone))
    assert len(found) == hours * 2
    assert {slot.starts_at.astimezone(zone).date() for slot in found} == {day}
    assert all(slot.ends_at == following.starts_at for slot, following in pairwise(found))


def test_office_hours_keep_local_time_across_clock_change() -> None:
    schedule = OpeningSchedule(MADRID, {day: (OpeningInterval(time(9), time(10)),) for day in range(7)})
    for ahead in (-1, 0, 1):
        openings = opening_intervals(schedule, AUTUMN + timedelta(days=ahead))
        assert local_clock_time(find_free_slots(openings)[0].starts_at) == "09:00"


def test_closed_day_has_only_its_extra_opening() -> None:
    day = date(2026, 12, 8)
    weekly = {day.weekday(): (OpeningInterval(time(9), time(14)), OpeningInterval(time(16), time(18)))}
    closed = OpeningSchedule(
        MADRID, weekly, closures={day: "Inmaculada"}, extra={day: (OpeningInterval(time(10), time(11)),)}
    )
    assert [local_clock_time(slot.starts_at) for slot in find_free_slots(opening_intervals(closed, day))] == [
        "10:00",
        "10:30",
    ]
    open_day = find_free_slots(opening_intervals(closed, day + timedelta(days=7)))
    assert {local_clock_time(slot.starts_at) for slot in open_day} & {"13:30", "14:00", "15:30", "16:00"} == {
        "13:30",
        "16:00",
    }


def test_nearest_slots_are_ordered_by_time() -> None:
    given_free = [FreeSlot(at(hour), at(hour, 30), 1) for hour in (8, 9, 12, 13, 18)]
    assert [slot.starts_at for slot in nearest_slots(given_free, at(11))] == [at(9), at(12), at(13)]


minutes = st.integers(0, 600)
visits = st.lists(st.tuples(minutes, st.integers(1, 120)), max_size=25)


def _interval(visit: tuple[int, int]) -> Interval:
    start = NINE + timedelta(minutes=visit[0])
    return start, start + timedelta(minutes=visit[1])


@settings(deadline=None)  # a slow machine is not an error of the rules
@given(visits, minutes, st.integers(1, 120))
def test_peak_equals_minute_by_minute_count(booked: list[tuple[int, int]], begins: int, length: int) -> None:
    busy = [_interval(visit) for visit in booked]
    start = NINE + timedelta(minutes=begins)
    instants = [start + timedelta(minutes=minute) for minute in range(length)]
    counted = max(sum(start <= instant < end for start, end in busy) for instant in instants)
    assert OverlapCounts.from_intervals(busy).peak(start, start + timedelta(minutes=length)) == counted
