"""Rules of a test room: which tests have a place and which devices wait.

No clock, no sockets.

A place is first reserved, then used for media. A device that finds the room full gets a position and keeps it by
asking again. Places and positions expire if the device stops asking or its media stops.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

RESERVATION_LIFETIME = timedelta(seconds=40)  # from a place to its media; a later offer asks for a place again
MAX_MEDIA_SILENCE = timedelta(
    seconds=30
)  # of stopped media; with sweep and closing, the place is free within 40 s
MAX_MEDIA_DURATION = timedelta(minutes=3)  # of a session; the relay's credentials are valid as long
WAITING_LIFETIME = timedelta(seconds=20)  # a waiting page asks every RETRY_AFTER_S
# bounds the memory that a flood of requests can take
MAX_WAITING_DEVICES = 200
RETRY_AFTER_S = 5  # sent to a waiting page
# a test accepts new media for so long, such as after a change of network
OFFER_WINDOW = timedelta(minutes=10)
# a page closed without a network keeps its report for a day
REPORT_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ConnectionTestPlace:
    """A place of the room, given to a test. `key`: the requester; None for integrations."""

    test_id: str
    key: str | None
    since: datetime
    media_since: datetime | None = None
    seen_at: datetime | None = None  # when media was last received


@dataclass(frozen=True, slots=True)
class WaitingDevice:
    """A requester that found the room full and keeps its position."""

    key: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ConnectionTestRoom:
    """A test room: its places, and the waiting devices by arrival."""

    capacity: int
    places: tuple[ConnectionTestPlace, ...] = ()
    waiting: tuple[WaitingDevice, ...] = ()

    @property
    def free_places(self) -> int:
        """Count the places that are neither taken nor waited for."""
        return max(0, self.capacity - len(self.places) - len(self.waiting))

    def has_place(self, test_id: str) -> bool:
        return any(place.test_id == test_id for place in self.places)


def request_place(
    room: ConnectionTestRoom, test_id: str, key: str | None, now: datetime
) -> tuple[ConnectionTestRoom, int]:
    """Request a place.

    Returns the new room and 0, or the position in line from 1 if it is full.

    A requester has at most one place without media: starting again releases the unused place.
    """
    room = _release_unused_places(room, key, test_id)
    if room.has_place(test_id):
        return room, 0
    ahead = _count_waiting_ahead(room, key)
    if len(room.places) + ahead < room.capacity:
        line = tuple(device for device in room.waiting if device.key != key)
        return replace(room, places=(*room.places, ConnectionTestPlace(test_id, key, now)), waiting=line), 0
    return _keep_position(room, key, now), ahead + 1


def _release_unused_places(room: ConnectionTestRoom, key: str | None, test_id: str) -> ConnectionTestRoom:
    if key is None:
        return room
    kept = [place for place in room.places if place.key != key or place.media_since or place.test_id == test_id]
    return replace(room, places=tuple(kept))


def _count_waiting_ahead(room: ConnectionTestRoom, key: str | None) -> int:
    keys = [device.key for device in room.waiting]
    return keys.index(key) if key in keys else len(keys)


def _keep_position(room: ConnectionTestRoom, key: str | None, now: datetime) -> ConnectionTestRoom:
    """Keep the position of a device that has a key, up to MAX_WAITING_DEVICES."""
    if key is None:
        return room
    if any(device.key == key for device in room.waiting):
        line = tuple(replace(device, seen_at=now) if device.key == key else device for device in room.waiting)
    else:
        line = (*room.waiting, WaitingDevice(key, now))[:MAX_WAITING_DEVICES]
    return replace(room, waiting=line)


def mark_media_moving(room: ConnectionTestRoom, test_id: str, now: datetime) -> ConnectionTestRoom:
    """Record that media of a test was received."""
    places = tuple(
        replace(place, media_since=place.media_since or now, seen_at=now) if place.test_id == test_id else place
        for place in room.places
    )
    return replace(room, places=places)


def mark_media_missing(room: ConnectionTestRoom, test_id: str) -> ConnectionTestRoom:
    """Record that a test has no media after all: its place is reserved as before."""
    places = tuple(
        replace(place, media_since=None, seen_at=None) if place.test_id == test_id else place
        for place in room.places
    )
    return replace(room, places=places)


def release_place(room: ConnectionTestRoom, test_id: str) -> ConnectionTestRoom:
    """Release the place of a test."""
    return replace(room, places=tuple(place for place in room.places if place.test_id != test_id))


def expire_places(room: ConnectionTestRoom, now: datetime) -> tuple[ConnectionTestRoom, tuple[str, ...]]:
    """Expire places and waiting devices.

    Returns the new room and the ids of the tests that lost their place.
    """
    expired_ids = tuple(place.test_id for place in room.places if _is_expired(place, now))
    places = tuple(place for place in room.places if place.test_id not in expired_ids)
    line = tuple(device for device in room.waiting if now - device.seen_at < WAITING_LIFETIME)
    return replace(room, places=places, waiting=line), expired_ids


def _is_expired(place: ConnectionTestPlace, now: datetime) -> bool:
    if place.media_since is None or place.seen_at is None:
        return now - place.since >= RESERVATION_LIFETIME
    return now - place.seen_at >= MAX_MEDIA_SILENCE or now - place.media_since >= MAX_MEDIA_DURATION
