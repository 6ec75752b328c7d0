"""How much of a channel is under way to whom, so that nobody who hangs takes all of it. Pure: no clock.

A host is whoever can be stuck by themselves: the domain of an address, a number, a push service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HostQuota:
    """How many messages one host gets at most; fewer for those that have some under way, none for the `closed`."""

    per_host: int
    in_flight: Mapping[str, int]
    blocked_hosts: frozenset[str]

    def select_indexes(self, hosts: list[str], limit: int) -> list[int]:
        """Which of these messages (by their hosts, oldest first) may be taken: their places in the list."""
        taken = Counter(self.in_flight)
        found: list[int] = []
        for place, host in enumerate(hosts):
            if len(found) < limit and host not in self.blocked_hosts and taken[host] < self.per_host:
                taken[host] += 1
                found.append(place)
        return found


class ChannelConcurrency:
    """The places of one channel: `most` at once, of these `of_one` to one host."""

    def __init__(self, limit: int, per_host: int) -> None:
        self._limit = limit
        self._per_host = per_host
        self._in_flight: Counter[str] = Counter()
        self._paused_until: dict[str | None, datetime] = {}  # None: the whole channel

    def free_capacity(self, now: datetime) -> int:
        """How many more may be sent now."""
        return 0 if None in self.paused_hosts(now) else self._limit - self._in_flight.total()

    def blocked_hosts(self, now: datetime) -> frozenset[str]:
        """The hosts that get nothing more now: all their places are taken, or they want to be left alone."""
        full = {host for host, count in self._in_flight.items() if count >= self._per_host}
        return frozenset(full | {host for host in self.paused_hosts(now) if host})

    def paused_hosts(self, now: datetime) -> set[str | None]:
        """Who wants to be left alone; None: the whole channel. Those whose rest is over are forgotten."""
        self._paused_until = {host: until for host, until in self._paused_until.items() if until > now}
        return set(self._paused_until)

    def host_quota(self, now: datetime) -> HostQuota:
        return HostQuota(self._per_host, dict(self._in_flight), self.blocked_hosts(now))

    def acquire(self, host: str) -> None:
        self._in_flight[host] += 1

    def release(self, host: str) -> None:
        """A message to it is no longer under way."""
        self._in_flight[host] -= 1
        if not self._in_flight[host]:
            del self._in_flight[host]

    def pause_host(self, host: str | None, until: datetime) -> None:
        """Leave a host alone until then, or all of them."""
        self._paused_until[host] = max(until, self._paused_until.get(host, until))
