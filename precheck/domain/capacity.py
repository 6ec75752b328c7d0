"""Who measures now and who waits for a place in one test room: the rules. Pure: no clock, no sockets.

A place is first reserved, then used for media. Whoever finds the room full gets a position and keeps it by
asking again; whoever stops asking, or leaves without a word, gives it back by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

RESERVATION_LIFETIME = timedelta(
    seconds=40
)  # from a place to its media; an offer that comes later asks for a place again
MAX_MEDIA_SILENCE = timedelta(
    seconds=30
)  # media that stopped: with the sweep and the closing a place is free within 40 s
MAX_MEDIA_DURATION = timedelta(minutes=3)  # one session's media, as long as the relay's credentials
WAITING_LIFETIME = timedelta(seconds=20)  # a page that waits asks every few seconds
MAX_WAITING_DEVICES = (
    200  # further back nobody waits to the end, and a flood of askers must not grow without bound
)
RETRY_AFTER_S = 5  # what a page that waits is told
OFFER_WINDOW = timedelta(minutes=10)  # how long a test takes new media, such as after a change of network
REPORT_WINDOW = timedelta(
    days=1
)  # a report may come late: the page was closed without a network, and keeps it for a day


@dataclass(frozen=True, slots=True)
class ConnectionTestPlace:
    """One of the room's places, given to one test. `key` is whose it is; None for programs."""

    test_id: str
    key: str | None
    since: datetime
    media_since: datetime | None = None
    seen_at: datetime | None = None  # when media last moved


@dataclass(frozen=True, slots=True)
class WaitingDevice:
    """Somebody who found the room full."""

    key: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ConnectionTestRoom:
    """One test room: its places and its line, by arrival."""

    capacity: int
    places: tuple[ConnectionTestPlace, ...] = ()
    waiting: tuple[WaitingDevice, ...] = ()

    @property
    def free_places(self) -> int:
        """Places that nobody has and nobody waits for."""
        return max(0, self.capacity - len(self.places) - len(self.waiting))

    def has_place(self, test_id: str) -> bool:
        return any(one.test_id == test_id for one in self.places)


def request_place(
    room: ConnectionTestRoom, test_id: str, key: str | None, now: datetime
) -> tuple[ConnectionTestRoom, int]:
    """Ask for a place. The hall, and 0 with a place or else the position in line, 1 for the next.

    One device has one place without media at a time: who starts again gives back the place not used.
    """
    room = _release_unused_places(room, key, test_id)
    if room.has_place(test_id):
        return room, 0
    ahead = _count_waiting_ahead(room, key)
    if len(room.places) + ahead < room.capacity:
        line = tuple(one for one in room.waiting if one.key != key)
        return replace(room, places=(*room.places, ConnectionTestPlace(test_id, key, now)), waiting=line), 0
    return _keep_position(room, key, now), ahead + 1


def _release_unused_places(room: ConnectionTestRoom, key: str | None, test_id: str) -> ConnectionTestRoom:
    if key is None:
        return room
    kept = [one for one in room.places if one.key != key or one.media_since or one.test_id == test_id]
    return replace(room, places=tuple(kept))


def _count_waiting_ahead(room: ConnectionTestRoom, key: str | None) -> int:
    keys = [one.key for one in room.waiting]
    return keys.index(key) if key in keys else len(keys)


def _keep_position(room: ConnectionTestRoom, key: str | None, now: datetime) -> ConnectionTestRoom:
    """The place in line is kept for whoever can be known again; beyond the longest line nobody's is."""
    if key is None:
        return room
    if any(one.key == key for one in room.waiting):
        line = tuple(replace(one, seen_at=now) if one.key == key else one for one in room.waiting)
    else:
        line = (*room.waiting, WaitingDevice(key, now))[:MAX_WAITING_DEVICES]
    return replace(room, waiting=line)


def mark_media_moving(room: ConnectionTestRoom, test_id: str, now: datetime) -> ConnectionTestRoom:
    """Media began or still moves."""
    places = tuple(
        replace(one, media_since=one.media_since or now, seen_at=now) if one.test_id == test_id else one
        for one in room.places
    )
    return replace(room, places=places)


def release_place(room: ConnectionTestRoom, test_id: str) -> ConnectionTestRoom:
    """The place is free again."""
    return replace(room, places=tuple(one for one in room.places if one.test_id != test_id))


def expire_places(room: ConnectionTestRoom, now: datetime) -> tuple[ConnectionTestRoom, tuple[str, ...]]:
    """The hall without those who went away without a word, and the tests that lost their place."""
    gone = tuple(one.test_id for one in room.places if _is_expired(one, now))
    places = tuple(one for one in room.places if one.test_id not in gone)
    line = tuple(one for one in room.waiting if now - one.seen_at < WAITING_LIFETIME)
    return replace(room, places=places, waiting=line), gone


def _is_expired(place: ConnectionTestPlace, now: datetime) -> bool:
    if place.media_since is None or place.seen_at is None:
        return now - place.since >= RESERVATION_LIFETIME
    return now - place.seen_at >= MAX_MEDIA_SILENCE or now - place.media_since >= MAX_MEDIA_DURATION
