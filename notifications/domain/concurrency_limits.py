"""How much of a channel is under way to whom, so that nobody who hangs takes all of it. Pure: no clock.

A host is whoever can be stuck by themselves: the domain of an address, a number, a push service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Room:
    """How many messages one host gets at most; fewer for those that have some under way, none for the `closed`."""

    of_one: int
    taken: Mapping[str, int]
    closed: frozenset[str]

    def picked(self, hosts: list[str], limit: int) -> list[int]:
        """Which of these messages (by their hosts, oldest first) may be taken: their places in the list."""
        taken = Counter(self.taken)
        found: list[int] = []
        for place, host in enumerate(hosts):
            if len(found) < limit and host not in self.closed and taken[host] < self.of_one:
                taken[host] += 1
                found.append(place)
        return found


class Places:
    """The places of one channel: `most` at once, of these `of_one` to one host."""

    def __init__(self, most: int, of_one: int) -> None:
        self._most = most
        self._of_one = of_one
        self._taken: Counter[str] = Counter()
        self._resting: dict[str | None, datetime] = {}  # None: the whole channel

    def free(self, now: datetime) -> int:
        """How many more may be sent now."""
        return 0 if None in self.resting(now) else self._most - self._taken.total()

    def closed_to(self, now: datetime) -> frozenset[str]:
        """The hosts that get nothing more now: all their places are taken, or they want to be left alone."""
        full = {host for host, count in self._taken.items() if count >= self._of_one}
        return frozenset(full | {host for host in self.resting(now) if host})

    def resting(self, now: datetime) -> set[str | None]:
        """Who wants to be left alone; None: the whole channel. Those whose rest is over are forgotten."""
        self._resting = {host: until for host, until in self._resting.items() if until > now}
        return set(self._resting)

    def room(self, now: datetime) -> Room:
        return Room(self._of_one, dict(self._taken), self.closed_to(now))

    def take(self, host: str) -> None:
        self._taken[host] += 1

    def give(self, host: str) -> None:
        """A message to it is no longer under way."""
        self._taken[host] -= 1
        if not self._taken[host]:
            del self._taken[host]

    def rest(self, host: str | None, until: datetime) -> None:
        """Leave a host alone until then, or all of them."""
        self._resting[host] = max(until, self._resting.get(host, until))
