"""Limits of concurrent sends: quotas of hosts, pauses of hosts and channels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from office360.notifications.domain.concurrency_limits import ChannelConcurrency

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_host_quota_leaves_capacity_to_other_hosts() -> None:
    concurrency = ChannelConcurrency(4, 2)
    assert concurrency.host_quota(NOW).select_indexes(["a", "a", "a", "b"], 4) == [0, 1, 3]
    for host in ("a", "a", "b"):
        concurrency.acquire(host)
    assert (concurrency.free_capacity(NOW), concurrency.blocked_hosts(NOW)) == (1, frozenset({"a"}))
    assert concurrency.host_quota(NOW).select_indexes(["a", "b", "c"], 1) == [1]
    concurrency.release("a")
    assert concurrency.host_quota(NOW).select_indexes(["a", "a", "b"], 2) == [0, 2]


def test_paused_host_is_blocked_until_its_pause_ends() -> None:
    concurrency = ChannelConcurrency(4, 2)
    concurrency.pause_host("a", NOW, NOW + timedelta(seconds=30))
    # the answer to an earlier request: the longer pause stays
    concurrency.pause_host("a", NOW, NOW + timedelta(seconds=10))
    assert concurrency.host_quota(NOW).select_indexes(["a", "b"], 4) == [1]
    assert concurrency.blocked_hosts(NOW + timedelta(seconds=29)) == {"a"}
    assert concurrency.blocked_hosts(NOW + timedelta(seconds=30)) == frozenset()
    # there are as many hosts as people, so an expired pause must not stay in memory
    concurrency.pause_host("b", NOW + timedelta(seconds=30), NOW + timedelta(seconds=60))
    assert concurrency.paused_hosts(NOW) == {"b"}


def test_paused_channel_has_no_capacity() -> None:
    concurrency = ChannelConcurrency(4, 2)
    concurrency.pause_channel(NOW + timedelta(seconds=30))
    assert concurrency.free_capacity(NOW) == 0
    assert concurrency.free_capacity(NOW + timedelta(seconds=30)) == 4
