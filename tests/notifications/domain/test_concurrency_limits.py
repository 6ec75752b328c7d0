"""Who gets a place: nobody takes all of them, and who wants to be left alone is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from office360.notifications.domain.concurrency_limits import ChannelConcurrency
from office360.notifications.domain.send_results import TemporaryFailure
from office360.notifications.email.smtp import ConnectionLimiter
from office360.notifications.http_client import parse_retry_after_s

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_host_quota_leaves_capacity_to_other_hosts() -> None:
    places = ChannelConcurrency(4, 2)
    assert places.host_quota(NOW).select_indexes(["a", "a", "a", "b"], places.free_capacity(NOW)) == [0, 1, 3]
    for host in ("a", "a", "b"):
        places.acquire(host)
    assert (places.free_capacity(NOW), places.blocked_hosts(NOW)) == (1, frozenset({"a"}))
    assert places.host_quota(NOW).select_indexes(["a", "b", "c"], places.free_capacity(NOW)) == [1]
    places.release("a")
    assert places.host_quota(NOW).select_indexes(["a", "a", "b"], places.free_capacity(NOW)) == [0, 2]


def test_paused_host_is_blocked_until_its_pause_ends() -> None:
    places = ChannelConcurrency(4, 2)
    places.pause_host("a", NOW, NOW + timedelta(seconds=30))
    places.pause_host("a", NOW, NOW + timedelta(seconds=10))  # two answers that crossed
    assert places.host_quota(NOW).select_indexes(["a", "b"], 4) == [1]
    assert places.blocked_hosts(NOW + timedelta(seconds=29)) == {"a"}
    assert places.blocked_hosts(NOW + timedelta(seconds=30)) == frozenset()
    # there are as many hosts as people, so an expired pause must not stay in memory
    places.pause_host("b", NOW + timedelta(seconds=30), NOW + timedelta(seconds=60))
    assert places.paused_hosts(NOW) == {"b"}


def test_paused_channel_has_no_capacity() -> None:
    places = ChannelConcurrency(4, 2)
    places.pause_channel(NOW + timedelta(seconds=30))
    assert places.free_capacity(NOW) == 0
    assert places.free_capacity(NOW + timedelta(seconds=30)) == 4


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", None),
        ("Wed, 25 Nov 2026 09:31:00 GMT", 60),
        ("Wed, 25 Nov 2026 09:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_accepts_seconds_and_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after_s(header, NOW) == seconds


async def test_cancelled_wait_keeps_no_connection() -> None:
    lanes = ConnectionLimiter(1, 0, 0.01)
    async with lanes.acquire("a"):
        with pytest.raises(TemporaryFailure):
            async with lanes.acquire("b"):
                raise AssertionError
        waiting = asyncio.create_task(lanes.acquire("c").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with lanes.acquire("a"):
        pass


async def test_connection_limit_is_reduced_to_minimum() -> None:
    lanes = ConnectionLimiter(3, 1, 0.01)
    for _ in range(5):
        lanes.reduce_limit(2)
    async with lanes.acquire("a"), lanes.acquire("b"):
        with pytest.raises(TemporaryFailure):
            async with lanes.acquire("c"):
                raise AssertionError
