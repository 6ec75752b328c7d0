"""Free times. The days on which the clocks change are real ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.appointments.domain.slots import Interval, Limit, Slot, Steps, free_slots, grid, nearest
from office360.offices.hours import Opening, Schedule, opening_on

MADRID = ZoneInfo("Europe/Madrid")
CANARY = ZoneInfo("Atlantic/Canary")
SANTIAGO = ZoneInfo("America/Santiago")  # its clocks change at midnight: a day without its first hour
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
SPRING = date(2027, 3, 28)  # in Madrid 2:00 becomes 3:00
AUTUMN = date(2027, 10, 31)  # in Madrid 3:00 becomes 2:00
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NINE = datetime(2026, 11, 27, 8, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 27, hour, minute, tzinfo=UTC)


def free(
    openings: Iterable[Interval],
    busy: Iterable[Interval] = (),
    earliest: datetime = LONG_AGO,
    *,
    minutes: int = 30,
    step: int | None = None,
    places: int = 1,
) -> list[Slot]:
    """The free times of a visit that needs one of so many places."""
    length = timedelta(minutes=minutes)
    limit = Limit(places, timedelta(), length, Steps.of(busy))
    return free_slots(openings, length, timedelta(minutes=step or minutes), [limit], earliest)


def wall(moment: datetime, zone: ZoneInfo = MADRID) -> str:
    return moment.astimezone(zone).strftime("%H:%M")


def whole_day(day: date, zone: ZoneInfo = MADRID) -> list[Interval]:
    return opening_on(Schedule(zone, {day.weekday(): (Opening(time(0), time(0)),)}), day)


def test_slots_fill_the_opening_hours_end_to_end() -> None:
    found = free([(at(8), at(10))])
    assert [slot.starts_at for slot in found] == [at(8), at(8, 30), at(9), at(9, 30)]
    assert found[-1].ends_at == at(10)


def test_an_office_may_let_visits_start_more_often_than_they_end() -> None:
    found = free([(at(8), at(9))], step=10)
    assert [slot.starts_at for slot in found] == [at(8), at(8, 10), at(8, 20), at(8, 30)]


def test_a_visit_that_would_end_after_closing_is_not_given() -> None:
    length = timedelta(minutes=25)
    assert [start for start, _ in grid([(at(8), at(9))], length, length)] == [at(8), at(8, 25)]


def test_a_break_between_two_openings_holds_no_visit_and_starts_a_new_grid() -> None:
    found = free([(at(15, 10), at(16)), (at(8), at(8, 50))], minutes=20)
    assert [slot.starts_at for slot in found] == [at(8), at(8, 20), at(15, 10), at(15, 30)]


def test_a_time_before_the_earliest_is_not_given() -> None:
    assert [slot.starts_at for slot in free([(at(8), at(10))], earliest=at(8, 31))] == [at(9), at(9, 30)]


def test_the_earliest_instant_itself_is_given() -> None:
    assert free([(at(8), at(9))], earliest=at(8, 30))[0].starts_at == at(8, 30)


def test_a_taken_place_lowers_what_is_left_and_the_last_one_takes_the_time_away() -> None:
    booked = [(at(8), at(8, 30))]
    assert free([(at(8), at(9))], booked, places=2)[0].left == 1
    assert [slot.starts_at for slot in free([(at(8), at(9))], booked)] == [at(8, 30)]


def test_visits_that_only_overlap_a_slot_take_its_place_too() -> None:
    booked = [(at(8, 10), at(8, 40))]  # booked while a visit took another time
    assert free([(at(8), at(9))], booked) == []


def test_two_visits_one_after_the_other_need_one_place() -> None:
    booked = [(at(8), at(8, 15)), (at(8, 15), at(8, 30))]
    assert free([(at(8), at(8, 30))], booked, places=2)[0].left == 1


def test_a_visit_that_ends_when_the_slot_starts_does_not_touch_it() -> None:
    assert Steps.of([(at(8, 30), at(9)), (at(9, 30), at(10))]).peak(at(9), at(9, 30)) == 0


def test_without_places_there_is_no_free_time() -> None:
    assert free([(at(8), at(9))], places=0) == []


def test_the_scarcest_of_several_places_says_what_is_left() -> None:
    many, few = (Limit(places, timedelta(), HALF_HOUR, Steps.of([])) for places in (5, 2))
    assert free_slots([(at(8), at(8, 30))], HALF_HOUR, HALF_HOUR, [many, few], LONG_AGO)[0].left == 2


def test_on_the_short_night_of_spring_the_missing_hour_is_not_offered() -> None:
    found = free(whole_day(SPRING), minutes=60)
    assert len(found) == 23
    assert [wall(slot.starts_at) for slot in found][:4] == ["00:00", "01:00", "03:00", "04:00"]


def test_on_the_long_night_of_autumn_the_repeated_hour_is_offered_twice() -> None:
    found = free(whole_day(AUTUMN), minutes=60)
    assert len(found) == 25
    assert [wall(slot.starts_at) for slot in found][:5] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
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
def test_a_day_has_as_many_slots_as_it_has_hours_in_any_zone(zone: ZoneInfo, day: date, hours: float) -> None:
    found = free(whole_day(day, zone))
    assert len(found) == hours * 2
    assert {slot.starts_at.astimezone(zone).date() for slot in found} == {day}
    assert all(one.ends_at == next_one.starts_at for one, next_one in pairwise(found))


def test_office_hours_are_the_same_on_the_wall_before_and_after_the_change() -> None:
    schedule = Schedule(MADRID, {day: (Opening(time(9), time(10)),) for day in range(7)})
    for ahead in (-1, 0, 1):
        openings = opening_on(schedule, AUTUMN + timedelta(days=ahead))
        assert wall(free(openings)[0].starts_at) == "09:00"


def test_a_closed_day_gives_nothing_but_its_extra_opening() -> None:
    day = date(2026, 12, 8)
    weekly = {day.weekday(): (Opening(time(9), time(14)), Opening(time(16), time(18)))}
    closed = Schedule(MADRID, weekly, closures={day: "Inmaculada"}, extra={day: (Opening(time(10), time(11)),)})
    assert [wall(slot.starts_at) for slot in free(opening_on(closed, day))] == ["10:00", "10:30"]
    open_day = free(opening_on(closed, day + timedelta(days=7)))
    assert {wall(slot.starts_at) for slot in open_day} & {"13:30", "14:00", "15:30", "16:00"} == {"13:30", "16:00"}


def test_the_nearest_times_are_given_in_order() -> None:
    given_free = [Slot(at(hour), at(hour, 30), 1) for hour in (8, 9, 12, 13, 18)]
    assert [slot.starts_at for slot in nearest(given_free, at(11))] == [at(9), at(12), at(13)]


minutes = st.integers(0, 600)
visits = st.lists(st.tuples(minutes, st.integers(1, 120)), max_size=25)


def _interval(visit: tuple[int, int]) -> Interval:
    start = NINE + timedelta(minutes=visit[0])
    return start, start + timedelta(minutes=visit[1])


@settings(deadline=None)  # a busy machine is no fault of the rules
@given(visits, minutes, st.integers(1, 120))
def test_the_peak_is_what_counting_minute_by_minute_gives(
    booked: list[tuple[int, int]], begins: int, length: int
) -> None:
    busy = [_interval(visit) for visit in booked]
    start = NINE + timedelta(minutes=begins)
    instants = [start + timedelta(minutes=minute) for minute in range(length)]
    counted = max(sum(one <= instant < end for one, end in busy) for instant in instants)
    assert Steps.of(busy).peak(start, start + timedelta(minutes=length)) == counted
