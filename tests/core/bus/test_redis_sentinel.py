"""The bus over Redis Sentinel, with real servers: it follows the primary."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from office360.core.bus import redis_connection
from office360.core.bus.base import BusUnavailable
from office360.core.bus.redis_bus import RedisBus
from office360.core.bus.redis_sentinel import parse_sentinel_url

from ...conftest import skip_or_fail_tier
from ...support.sentinel import REDIS_SERVER, SentinelInstallation, running_sentinel
from ...support.timeouts import TEST_TIMEOUT_S
from .test_redis_bus import TOPIC, RecordedMessages, build_cipher, wait_until

STEP_S = 0.05
SLOW_S = 2.5  # a sentinel that was not run for 2 s decides nothing for 30 s, unless it is told otherwise


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[SentinelInstallation]:
    if REDIS_SERVER is None:
        skip_or_fail_tier("NO REDIS ON THIS MACHINE: Sentinel was not tried (apt-get install redis-server)")
    with running_sentinel(tmp_path) as running:
        yield running


@pytest.fixture
async def two_buses(sentinel: SentinelInstallation) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """Open the buses of two processes."""
    bus, other = RedisBus(sentinel.url, build_cipher()), RedisBus(sentinel.url, build_cipher())
    yield bus, other
    await bus.close()
    await other.close()


async def publish_until_heard(bus: RedisBus, heard: RecordedMessages, number: int) -> None:
    """Publish again and again: messages during a failover may be lost."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while {"v": number} not in heard.messages:
            with contextlib.suppress(BusUnavailable):
                await bus.publish(TOPIC, {"v": number})
            await asyncio.sleep(STEP_S)


async def test_bus_finds_primary_by_sentinels(two_buses: tuple[RedisBus, RedisBus]) -> None:
    bus, other = two_buses
    heard = RecordedMessages()
    await other.subscribe(TOPIC, heard)
    await bus.publish(TOPIC, {"v": 1})
    await wait_until(lambda: heard.messages == [{"v": 1}])


@pytest.mark.parametrize("fault", ["killed", "frozen", "replaced"])
async def test_bus_follows_failover_and_asks_for_resync(
    sentinel: SentinelInstallation, two_buses: tuple[RedisBus, RedisBus], fault: str
) -> None:
    bus, other = two_buses
    heard, resyncs = RecordedMessages(), []

    async def note_resync() -> None:
        resyncs.append(fault)

    other.on_reconnect(note_resync)
    await other.subscribe(TOPIC, heard)
    await publish_until_heard(bus, heard, 1)
    break_primary = {
        "killed": sentinel.kill_primary,
        "frozen": sentinel.freeze_primary,
        "replaced": sentinel.replace_primary,
    }[fault]
    await asyncio.to_thread(break_primary)
    await asyncio.to_thread(sentinel.wait_for_failover)
    await publish_until_heard(bus, heard, 2)
    await wait_until(lambda: resyncs)
    if fault == "frozen":  # the old primary returns: both buses stay with the new primary
        sentinel.thaw_primary()
        await publish_until_heard(bus, heard, 3)


def test_slow_servers_fail_over_after_the_fault_only(sentinel: SentinelInstallation) -> None:
    """Keep a busy machine from deciding when these tests see a failover."""
    sentinel.pause(sentinel.primary_port, SLOW_S)
    assert not sentinel.has_failed_over()
    sentinel.pause(sentinel.sentinel_port, SLOW_S)
    sentinel.kill_primary()
    sentinel.wait_for_failover()


async def test_bus_leaves_replaced_primary_that_still_answers(
    sentinel: SentinelInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentinel ends the connections of an old primary only if it reaches it."""
    monkeypatch.setattr(redis_connection, "PRIMARY_CHECK_INTERVAL_S", STEP_S)
    connection = redis_connection.RedisConnection(sentinel.url, lambda topic, data: None)
    await connection.open([])
    sentinels = parse_sentinel_url(sentinel.url)
    assert sentinels is not None
    other_primary = ("127.0.0.1", 1)

    async def name_other_primary(*_: object) -> tuple[str, int]:
        return other_primary

    monkeypatch.setattr("office360.core.bus.redis_sentinel.SentinelGroup.find_primary", name_other_primary)
    async with asyncio.timeout(TEST_TIMEOUT_S):
        reason = await connection.wait_until_failed()
    assert str(reason) == "the sentinels name another primary"
    await connection.close()


@pytest.mark.parametrize(
    "url", ["redis+sentinel://", "redis+sentinel://host:x/0", "redis+sentinel://host,:26379/0?service=a"]
)
def test_wrong_sentinel_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_sentinel_url(url)


def test_sentinel_url_has_both_passwords() -> None:
    group = parse_sentinel_url("rediss+sentinel://:server@one,two:7/2?service=s&sentinel_password=guard")
    assert group is not None
    assert group.sentinels == (("one", 26379), ("two", 7))
    assert (group.service, group.server_options["db"]) == ("s", 2)
    assert (group.server_options["password"], group.sentinel_options["password"]) == ("server", "guard")
