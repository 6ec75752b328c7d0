"""Who measures now and who waits for a place in one test room: the rules. Pure: no clock, no sockets.

A place is first reserved, then used for media. Whoever finds the room full gets a position and keeps it by
asking again; whoever stops asking, or leaves without a word, gives it back by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

RESERVED = timedelta(seconds=40)  # from a place to its media; an offer that comes later asks for a place again
SILENT = timedelta(seconds=30)  # media that stopped: with the sweep and the closing a place is free within 40 s
LONGEST = timedelta(minutes=3)  # one session's media, as long as the relay's credentials
ASKED = timedelta(seconds=20)  # a page that waits asks every few seconds
LONGEST_LINE = 200  # further back nobody waits to the end, and a flood of askers must not grow without bound
ASK_AGAIN_S = 5  # what a page that waits is told
OFFERS = timedelta(minutes=10)  # how long a test takes new media, such as after a change of network
REPORTS = timedelta(
    days=1
)  # a report may come late: the page was closed without a network, and keeps it for a day


@dataclass(frozen=True, slots=True)
class Place:
    """One of the room's places, given to one test. `key` is whose it is; None for programs."""

    test_id: str
    key: str | None
    since: datetime
    media_since: datetime | None = None
    seen_at: datetime | None = None  # when media last moved


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who found the room full."""

    key: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Hall:
    """One test room: its places and its line, by arrival."""

    capacity: int
    places: tuple[Place, ...] = ()
    waiting: tuple[Waiter, ...] = ()

    @property
    def free(self) -> int:
        """Places that nobody has and nobody waits for."""
        return max(0, self.capacity - len(self.places) - len(self.waiting))

    def has(self, test_id: str) -> bool:
        return any(one.test_id == test_id for one in self.places)


def enter(hall: Hall, test_id: str, key: str | None, now: datetime) -> tuple[Hall, int]:
    """Ask for a place. The hall, and 0 with a place or else the position in line, 1 for the next.

    One device has one place without media at a time: who starts again gives back the place not used.
    """
    hall = _without_unused(hall, key, test_id)
    if hall.has(test_id):
        return hall, 0
    ahead = _ahead_of(hall, key)
    if len(hall.places) + ahead < hall.capacity:
        line = tuple(one for one in hall.waiting if one.key != key)
        return replace(hall, places=(*hall.places, Place(test_id, key, now)), waiting=line), 0
    return _queue(hall, key, now), ahead + 1


def _without_unused(hall: Hall, key: str | None, test_id: str) -> Hall:
    if key is None:
        return hall
    kept = [one for one in hall.places if one.key != key or one.media_since or one.test_id == test_id]
    return replace(hall, places=tuple(kept))


def _ahead_of(hall: Hall, key: str | None) -> int:
    keys = [one.key for one in hall.waiting]
    return keys.index(key) if key in keys else len(keys)


def _queue(hall: Hall, key: str | None, now: datetime) -> Hall:
    """The place in line is kept for whoever can be known again; beyond the longest line nobody's is."""
    if key is None:
        return hall
    if any(one.key == key for one in hall.waiting):
        line = tuple(replace(one, seen_at=now) if one.key == key else one for one in hall.waiting)
    else:
        line = (*hall.waiting, Waiter(key, now))[:LONGEST_LINE]
    return replace(hall, waiting=line)


def measuring(hall: Hall, test_id: str, now: datetime) -> Hall:
    """Media began or still moves."""
    places = tuple(
        replace(one, media_since=one.media_since or now, seen_at=now) if one.test_id == test_id else one
        for one in hall.places
    )
    return replace(hall, places=places)


def leave(hall: Hall, test_id: str) -> Hall:
    """The place is free again."""
    return replace(hall, places=tuple(one for one in hall.places if one.test_id != test_id))


def expire(hall: Hall, now: datetime) -> tuple[Hall, tuple[str, ...]]:
    """The hall without those who went away without a word, and the tests that lost their place."""
    gone = tuple(one.test_id for one in hall.places if _is_over(one, now))
    places = tuple(one for one in hall.places if one.test_id not in gone)
    line = tuple(one for one in hall.waiting if now - one.seen_at < ASKED)
    return replace(hall, places=places, waiting=line), gone


def _is_over(place: Place, now: datetime) -> bool:
    if place.media_since is None or place.seen_at is None:
        return now - place.since >= RESERVED
    return now - place.seen_at >= SILENT or now - place.media_since >= LONGEST
