"""Free times. The days on which the clocks change are real ones of Madrid."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.appointments.slots import Agenda, Interval, Slot, free_slots, grid, nearest, peak
from office360.offices.hours import Opening, Schedule, opening_on

MADRID = ZoneInfo("Europe/Madrid")
SPRING = date(2027, 3, 28)  # 2:00 becomes 3:00
AUTUMN = date(2027, 10, 31)  # 3:00 becomes 2:00
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NINE = datetime(2026, 11, 27, 8, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 27, hour, minute, tzinfo=UTC)


def agenda(minutes: int = 30, places: int = 1) -> Agenda:
    return Agenda(timedelta(minutes=minutes), places)


def madrid(moment: datetime) -> str:
    return moment.astimezone(MADRID).strftime("%H:%M")


def whole_day(day: date) -> list[Interval]:
    schedule = Schedule(MADRID, {day.weekday(): (Opening(time(0), time(0)),)})
    return opening_on(schedule, day)


def test_slots_fill_the_opening_hours_end_to_end() -> None:
    found = free_slots(agenda(), [(at(8), at(10))], [], LONG_AGO)
    assert [slot.starts_at for slot in found] == [at(8), at(8, 30), at(9), at(9, 30)]
    assert found[-1].ends_at == at(10)


def test_a_visit_that_would_end_after_closing_is_not_given() -> None:
    assert [start for start, _ in grid([(at(8), at(9))], timedelta(minutes=25))] == [at(8), at(8, 25)]


def test_each_opening_has_a_grid_of_its_own() -> None:
    found = grid([(at(15, 10), at(16)), (at(8), at(8, 40))], timedelta(minutes=20))
    assert [start for start, _ in found] == [at(8), at(8, 20), at(15, 10), at(15, 30)]


def test_a_time_before_the_earliest_is_not_given() -> None:
    found = free_slots(agenda(), [(at(8), at(10))], [], at(8, 31))
    assert [slot.starts_at for slot in found] == [at(9), at(9, 30)]


def test_the_earliest_instant_itself_is_given() -> None:
    assert free_slots(agenda(), [(at(8), at(9))], [], at(8, 30))[0].starts_at == at(8, 30)


def test_a_taken_place_lowers_what_is_left_and_the_last_one_takes_the_time_away() -> None:
    booked = [(at(8), at(8, 30))]
    assert free_slots(agenda(places=2), [(at(8), at(9))], booked, LONG_AGO)[0].left == 1
    assert [s.starts_at for s in free_slots(agenda(), [(at(8), at(9))], booked, LONG_AGO)] == [at(8, 30)]


def test_visits_that_only_overlap_a_slot_take_its_place_too() -> None:
    booked = [(at(8, 10), at(8, 40))]  # booked while a visit took another time
    assert free_slots(agenda(), [(at(8), at(9))], booked, LONG_AGO) == []


def test_two_visits_one_after_the_other_need_one_place() -> None:
    booked = [(at(8), at(8, 15)), (at(8, 15), at(8, 30))]
    assert free_slots(agenda(places=2), [(at(8), at(8, 30))], booked, LONG_AGO)[0].left == 1


def test_a_visit_that_ends_when_the_slot_starts_does_not_touch_it() -> None:
    assert peak((at(9), at(9, 30)), [(at(8, 30), at(9)), (at(9, 30), at(10))]) == 0


def test_without_places_there_is_no_free_time() -> None:
    assert free_slots(agenda(places=0), [(at(8), at(9))], [], LONG_AGO) == []


def test_on_the_short_night_of_spring_the_missing_hour_is_not_offered() -> None:
    found = free_slots(agenda(60), whole_day(SPRING), [], LONG_AGO)
    assert len(found) == 23
    assert [madrid(slot.starts_at) for slot in found][:4] == ["00:00", "01:00", "03:00", "04:00"]


def test_on_the_long_night_of_autumn_the_repeated_hour_is_offered_twice() -> None:
    found = free_slots(agenda(60), whole_day(AUTUMN), [], LONG_AGO)
    assert len(found) == 25
    assert [madrid(slot.starts_at) for slot in found][:5] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    assert len({slot.starts_at for slot in found}) == 25


def test_office_hours_are_the_same_on_the_wall_before_and_after_the_change() -> None:
    schedule = Schedule(MADRID, {day: (Opening(time(9), time(10)),) for day in range(7)})
    for ahead in (-1, 0, 1):
        openings = opening_on(schedule, AUTUMN + timedelta(days=ahead))
        assert madrid(free_slots(agenda(), openings, [], LONG_AGO)[0].starts_at) == "09:00"


def test_the_nearest_times_are_given_in_order() -> None:
    free = [Slot(at(hour), at(hour, 30), 1) for hour in (8, 9, 12, 13, 18)]
    assert [slot.starts_at for slot in nearest(free, at(11))] == [at(9), at(12), at(13)]


minutes = st.integers(0, 600)
visits = st.lists(st.tuples(minutes, st.integers(1, 120)), max_size=25)


def _interval(visit: tuple[int, int]) -> Interval:
    start = NINE + timedelta(minutes=visit[0])
    return start, start + timedelta(minutes=visit[1])


@settings(deadline=None)  # a busy machine is no fault of the rules
@given(visits, st.integers(5, 60), st.integers(1, 4))
def test_booking_any_free_slot_never_gives_more_places_than_there_are(
    booked: list[tuple[int, int]], length: int, places: int
) -> None:
    busy = [_interval(visit) for visit in booked]
    opening = [(NINE, NINE + timedelta(hours=10))]
    for slot in free_slots(agenda(length, places), opening, busy, LONG_AGO):
        taken = peak((slot.starts_at, slot.ends_at), busy)
        assert taken + slot.left == places
        assert slot.left >= 1


@settings(deadline=None)
@given(visits)
def test_the_peak_is_what_counting_minute_by_minute_gives(booked: list[tuple[int, int]]) -> None:
    busy = [_interval(visit) for visit in booked]
    slot = (NINE + timedelta(minutes=100), NINE + timedelta(minutes=160))
    instants = [slot[0] + timedelta(minutes=minute) for minute in range(60)]
    counted = max(sum(start <= instant < end for start, end in busy) for instant in instants)
    assert peak(slot, busy) == counted
