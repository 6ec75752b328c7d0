"""Limits of concurrent sends in a channel and to each host. Pure: no clock, no SQL.

A host is what can hang by itself: the domain of an address, a telephone number, a push service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HostQuota:
    """How many messages each host may get in a claim.

    `per_host` includes the messages that are already `in_flight`; `blocked_hosts` get none.
    """

    per_host: int
    in_flight: Mapping[str, int]
    blocked_hosts: frozenset[str]

    def select_indexes(self, hosts: list[str], limit: int) -> list[int]:
        """Select at most `limit` messages within the quota.

        `hosts` holds the host of each message, oldest message first. Returns indexes into that list.
        """
        per_host = Counter(self.in_flight)
        selected: list[int] = []
        for index, host in enumerate(hosts):
            if len(selected) < limit and host not in self.blocked_hosts and per_host[host] < self.per_host:
                per_host[host] += 1
                selected.append(index)
        return selected


class ChannelConcurrency:
    """Concurrent sends of a channel: at most `limit` in all and `per_host` to one host."""

    def __init__(self, limit: int, per_host: int) -> None:
        self._limit = limit
        self._per_host = per_host
        self._in_flight: Counter[str] = Counter()
        self._channel_paused_until: datetime | None = None
        self._hosts_paused_until: dict[str, datetime] = {}

    def free_capacity(self, now: datetime) -> int:
        """Return how many more messages may be sent now."""
        if self._channel_paused_until is not None and now < self._channel_paused_until:
            return 0
        return self._limit - self._in_flight.total()

    def blocked_hosts(self, now: datetime) -> frozenset[str]:
        """Return the hosts that are paused or have as many messages in flight as they may."""
        full = {host for host, count in self._in_flight.items() if count >= self._per_host}
        return frozenset(full | self.paused_hosts(now))

    def paused_hosts(self, now: datetime) -> set[str]:
        return {host for host, until in self._hosts_paused_until.items() if now < until}

    def host_quota(self, now: datetime) -> HostQuota:
        return HostQuota(self._per_host, dict(self._in_flight), self.blocked_hosts(now))

    def acquire(self, host: str) -> None:
        """Count a message as in flight to this host."""
        self._in_flight[host] += 1

    def release(self, host: str) -> None:
        """Count a message less as in flight to this host."""
        self._in_flight[host] -= 1
        if not self._in_flight[host]:
            del self._in_flight[host]

    def pause_host(self, host: str, now: datetime, until: datetime) -> None:
        """Send nothing to this host before `until`. A longer pause that already runs stays."""
        self._drop_expired_pauses(now)
        self._hosts_paused_until[host] = max(until, self._hosts_paused_until.get(host, until))

    def pause_channel(self, until: datetime) -> None:
        """Send nothing in this channel before `until`. A longer pause that already runs stays."""
        self._channel_paused_until = max(until, self._channel_paused_until or until)

    def _drop_expired_pauses(self, now: datetime) -> None:
        # there are as many hosts as people, so an entry must not outlive its pause for long
        self._hosts_paused_until = {host: until for host, until in self._hosts_paused_until.items() if now < until}
