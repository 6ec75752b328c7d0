"""Places of a test room: reservations, waiting devices, expiry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from office360.precheck.domain.capacity import (
    MAX_MEDIA_DURATION,
    MAX_MEDIA_SILENCE,
    MAX_WAITING_DEVICES,
    RESERVATION_LIFETIME,
    WAITING_LIFETIME,
    ConnectionTestRoom,
    expire_places,
    mark_media_missing,
    mark_media_moving,
    release_place,
    request_place,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def full_room(capacity: int = 1) -> ConnectionTestRoom:
    room = ConnectionTestRoom(capacity)
    for number in range(capacity):
        room, position = request_place(room, f"test{number}", f"device{number}", NOON)
        assert position == 0
    return room


def test_full_room_returns_the_waiting_position() -> None:
    room, first = request_place(full_room(), "a", "amina", NOON)
    room, second = request_place(room, "b", "boris", NOON)
    assert (first, second) == (1, 2)


def test_repeated_request_keeps_the_position() -> None:
    room, _ = request_place(full_room(), "a", "amina", NOON)
    room, _ = request_place(room, "b", "boris", NOON)
    for _ in range(3):
        room, position = request_place(room, "b2", "boris", NOON)
        assert position == 2


def test_free_place_goes_to_the_longest_waiting_device() -> None:
    room, _ = request_place(full_room(), "a", "amina", NOON)
    room = release_place(room, "test0")
    room, newcomer = request_place(room, "b", "boris", NOON)
    assert newcomer == 2
    room, amina = request_place(room, "a2", "amina", NOON)
    assert amina == 0


def test_waiting_device_expires_without_requests() -> None:
    room, _ = request_place(full_room(), "a", "amina", NOON)
    room, _ = expire_places(room, NOON + WAITING_LIFETIME)
    assert room.waiting == ()


def test_waiting_line_is_bounded() -> None:
    room = full_room()
    for number in range(MAX_WAITING_DEVICES + 5):
        room, position = request_place(room, "x", f"asker{number}", NOON)
    assert len(room.waiting) == MAX_WAITING_DEVICES
    assert position == MAX_WAITING_DEVICES + 1


def test_request_without_key_keeps_no_position() -> None:
    room, position = request_place(full_room(), "a", None, NOON)
    assert (position, room.waiting) == (1, ())


def test_one_device_reserves_one_place_at_a_time() -> None:
    room = ConnectionTestRoom(2)
    for test in ("a", "b", "c"):
        room, _ = request_place(room, test, "amina", NOON)
    assert [place.test_id for place in room.places] == ["c"]


def test_new_request_keeps_a_place_with_media() -> None:
    room, _ = request_place(ConnectionTestRoom(2), "a", "amina", NOON)
    room, _ = request_place(mark_media_moving(room, "a", NOON), "b", "amina", NOON)
    assert [place.test_id for place in room.places] == ["a", "b"]


def test_place_whose_media_failed_is_reserved_again() -> None:
    room = mark_media_missing(mark_media_moving(full_room(), "test0", NOON), "test0")
    assert room == full_room()
    assert request_place(room, "b", room.places[0].key, NOON)[0].has_place("b")


def test_place_without_media_expires() -> None:
    before, _ = expire_places(full_room(), NOON + RESERVATION_LIFETIME - SECOND)
    after, gone = expire_places(full_room(), NOON + RESERVATION_LIFETIME)
    assert (len(before.places), after.places, gone) == (1, (), ("test0",))


def test_place_with_silent_media_expires() -> None:
    room = mark_media_moving(full_room(), "test0", NOON + 20 * SECOND)
    assert expire_places(room, NOON + 49 * SECOND)[1] == ()
    assert expire_places(room, NOON + 20 * SECOND + MAX_MEDIA_SILENCE)[1] == ("test0",)


def test_media_ends_after_the_maximum_duration() -> None:
    room = full_room()
    for seconds in range(0, int(MAX_MEDIA_DURATION.total_seconds()), 10):
        room = mark_media_moving(room, "test0", NOON + seconds * SECOND)
        assert expire_places(room, NOON + seconds * SECOND)[1] == ()
    assert expire_places(mark_media_moving(room, "test0", NOON + MAX_MEDIA_DURATION), NOON + MAX_MEDIA_DURATION)[
        1
    ] == ("test0",)


def test_abandoned_place_is_free_within_40_s() -> None:
    sweep_and_close = timedelta(seconds=5 + 3)
    assert sweep_and_close + MAX_MEDIA_SILENCE <= timedelta(seconds=40)
    assert timedelta(seconds=40) >= RESERVATION_LIFETIME


class CapacityMachine(RuleBasedStateMachine):
    """Any sequence of actions keeps the capacity, and no test has two places."""

    def __init__(self) -> None:
        super().__init__()
        self.room, self.now, self.number = ConnectionTestRoom(3), NOON, 0

    @rule(device=st.integers(0, 6))
    def ask(self, device: int) -> None:
        self.number += 1
        before = self.room
        self.room, position = request_place(self.room, f"test{self.number}", f"device{device}", self.now)
        if position == 0:
            assert self.room.has_place(f"test{self.number}")
        elif any(waiting.key == f"device{device}" for waiting in before.waiting):
            assert position <= [waiting.key for waiting in before.waiting].index(f"device{device}") + 1

    @rule(which=st.integers(0, 2))
    def measure(self, which: int) -> None:
        if which < len(self.room.places):
            self.room = mark_media_moving(self.room, self.room.places[which].test_id, self.now)

    @rule(which=st.integers(0, 2))
    def release(self, which: int) -> None:
        if which < len(self.room.places):
            self.room = release_place(self.room, self.room.places[which].test_id)

    @rule(seconds=st.integers(1, 50))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.room, _ = expire_places(self.room, self.now)

    @invariant()
    def capacity_is_respected(self) -> None:
        room = self.room
        assert len(room.places) <= room.capacity
        assert len({place.test_id for place in room.places}) == len(room.places)
        assert len({waiting.key for waiting in room.waiting}) == len(room.waiting)
        assert room.free_places >= 0


TestCapacityMachine = CapacityMachine.TestCase


@pytest.mark.parametrize("capacity", [1, 24])
def test_free_places_exclude_places_for_waiting_devices(capacity: int) -> None:
    room, _ = request_place(full_room(capacity), "a", "amina", NOON)
    assert room.free_places == 0
    assert release_place(room, "test0").free_places == 0
