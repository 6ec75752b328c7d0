"""Places of a test room: who measures, who waits, and how a place comes free by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from office360.precheck.domain.capacity import (
    ASKED,
    LONGEST,
    LONGEST_LINE,
    RESERVED,
    SILENT,
    Hall,
    enter,
    expire,
    leave,
    measuring,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def full(capacity: int = 1) -> Hall:
    hall = Hall(capacity)
    for number in range(capacity):
        hall, position = enter(hall, f"test{number}", f"device{number}", NOON)
        assert position == 0
    return hall


def test_whoever_finds_the_room_full_is_told_the_position() -> None:
    hall, first = enter(full(), "a", "amina", NOON)
    hall, second = enter(hall, "b", "boris", NOON)
    assert (first, second) == (1, 2)


def test_asking_again_keeps_the_position() -> None:
    hall, _ = enter(full(), "a", "amina", NOON)
    hall, _ = enter(hall, "b", "boris", NOON)
    for _ in range(3):
        hall, position = enter(hall, "b2", "boris", NOON)
        assert position == 2


def test_a_free_place_is_for_whoever_waits_longest() -> None:
    hall, _ = enter(full(), "a", "amina", NOON)
    hall = leave(hall, "test0")
    hall, newcomer = enter(hall, "b", "boris", NOON)
    assert newcomer == 2
    hall, amina = enter(hall, "a2", "amina", NOON)
    assert amina == 0


def test_whoever_stops_asking_is_forgotten() -> None:
    hall, _ = enter(full(), "a", "amina", NOON)
    hall, _ = expire(hall, NOON + ASKED)
    assert hall.waiting == ()


def test_a_line_does_not_grow_without_bound() -> None:
    hall = full()
    for number in range(LONGEST_LINE + 5):
        hall, position = enter(hall, "x", f"asker{number}", NOON)
    assert len(hall.waiting) == LONGEST_LINE
    assert position == LONGEST_LINE + 1


def test_a_program_keeps_no_place_in_line() -> None:
    hall, position = enter(full(), "a", None, NOON)
    assert (position, hall.waiting) == (1, ())


def test_one_device_reserves_one_place() -> None:
    hall = Hall(2)
    for test in ("a", "b", "c"):
        hall, _ = enter(hall, test, "amina", NOON)
    assert [one.test_id for one in hall.places] == ["c"]


def test_starting_again_does_not_end_a_test_that_measures() -> None:
    hall, _ = enter(Hall(2), "a", "amina", NOON)
    hall, _ = enter(measuring(hall, "a", NOON), "b", "amina", NOON)
    assert [one.test_id for one in hall.places] == ["a", "b"]


def test_a_place_without_media_is_given_back() -> None:
    before, _ = expire(full(), NOON + RESERVED - SECOND)
    after, gone = expire(full(), NOON + RESERVED)
    assert (len(before.places), after.places, gone) == (1, (), ("test0",))


def test_a_place_whose_media_stopped_is_given_back() -> None:
    hall = measuring(full(), "test0", NOON + 20 * SECOND)
    assert expire(hall, NOON + 49 * SECOND)[1] == ()
    assert expire(hall, NOON + 20 * SECOND + SILENT)[1] == ("test0",)


def test_no_media_lasts_longer_than_the_longest_test() -> None:
    hall = full()
    for seconds in range(0, int(LONGEST.total_seconds()), 10):
        hall = measuring(hall, "test0", NOON + seconds * SECOND)
        assert expire(hall, NOON + seconds * SECOND)[1] == ()
    assert expire(measuring(hall, "test0", NOON + LONGEST), NOON + LONGEST)[1] == ("test0",)


def test_an_abandoned_place_is_free_within_forty_seconds() -> None:
    sweep_and_close = timedelta(seconds=5 + 3)
    assert sweep_and_close + SILENT <= timedelta(seconds=40)
    assert timedelta(seconds=40) >= RESERVED


class Halls(RuleBasedStateMachine):
    """Whatever happens, never more places than there are, and nobody twice."""

    def __init__(self) -> None:
        super().__init__()
        self.hall, self.now, self.number = Hall(3), NOON, 0

    @rule(device=st.integers(0, 6))
    def ask(self, device: int) -> None:
        self.number += 1
        before = self.hall
        self.hall, position = enter(self.hall, f"test{self.number}", f"device{device}", self.now)
        if position == 0:
            assert self.hall.has(f"test{self.number}")
        elif any(one.key == f"device{device}" for one in before.waiting):
            assert position <= [one.key for one in before.waiting].index(f"device{device}") + 1

    @rule(which=st.integers(0, 2))
    def measure(self, which: int) -> None:
        if which < len(self.hall.places):
            self.hall = measuring(self.hall, self.hall.places[which].test_id, self.now)

    @rule(which=st.integers(0, 2))
    def go(self, which: int) -> None:
        if which < len(self.hall.places):
            self.hall = leave(self.hall, self.hall.places[which].test_id)

    @rule(seconds=st.integers(1, 50))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.hall, _ = expire(self.hall, self.now)

    @invariant()
    def holds(self) -> None:
        hall = self.hall
        assert len(hall.places) <= hall.capacity
        assert len({one.test_id for one in hall.places}) == len(hall.places)
        assert len({one.key for one in hall.waiting}) == len(hall.waiting)
        assert hall.free >= 0


TestHalls = Halls.TestCase


@pytest.mark.parametrize("capacity", [1, 24])
def test_free_places_do_not_count_those_somebody_waits_for(capacity: int) -> None:
    hall, _ = enter(full(capacity), "a", "amina", NOON)
    assert hall.free == 0
    assert leave(hall, "test0").free == 0
