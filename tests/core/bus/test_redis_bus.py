"""The Redis bus on a real server that stops and starts, and common rules of both buses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest
from office360.core.bus import redis_connection
from office360.core.bus.base import Bus, BusUnavailable, MemoryBus
from office360.core.bus.redis_bus import BusCipher, RedisBus
from redis.asyncio import Connection
from redis.asyncio.connection import parse_url
from redis.exceptions import ConnectionError as RedisConnectionError

from ...conftest import TEST_SECRET
from ...support.timeouts import TEST_TIMEOUT_S
from ...support.valkey import RunningValkey, running_valkey

TOPIC = "{centro}:line:registry"


def build_cipher(*secrets: str) -> BusCipher:
    return BusCipher(secrets or [TEST_SECRET], "bus")


class RecordedMessages:
    """The messages that one subscriber received."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def __call__(self, message: Any) -> None:
        self.messages.append(message)


async def wait_until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while not true():
            await asyncio.sleep(0.01)


async def wait_until_up(bus: Bus) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while True:
            try:
                return await bus.ping()
            except BusUnavailable:
                await asyncio.sleep(0.01)


async def wait_until_down(bus: Bus) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        with contextlib.suppress(BusUnavailable):
            while True:
                await bus.ping()
                await asyncio.sleep(0.01)


def run_without_waiting(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end in one step; it must not wait."""
    with contextlib.closing(work), pytest.raises(StopIteration):
        work.send(None)


@pytest.fixture
async def two_buses(valkey: RunningValkey) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """Open the buses of two processes."""
    bus, other = RedisBus(valkey.url, build_cipher()), RedisBus(valkey.url, build_cipher())
    yield bus, other
    await bus.close()
    await other.close()


@pytest.fixture(params=["memory", "redis", "cluster"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    if request.param == "memory":
        local = MemoryBus()
        yield local
        await local.close()
        return
    with running_valkey(tmp_path / "valkey", cluster=request.param == "cluster") as running:
        redis = RedisBus(running.url, build_cipher())
        yield redis
        await redis.close()


async def test_every_subscriber_gets_each_message_once_in_order(bus: Bus) -> None:
    heard, too = RecordedMessages(), RecordedMessages()
    await bus.subscribe(TOPIC, heard)
    await bus.subscribe(TOPIC, too)
    for version in range(100):
        await bus.publish(TOPIC, {"v": version})
    await wait_until(lambda: len(heard.messages) >= 100 and len(too.messages) >= 100)
    assert heard.messages == too.messages == [{"v": version} for version in range(100)]


async def test_topic_delivers_until_last_subscription_closes(bus: Bus) -> None:
    heard, too = RecordedMessages(), RecordedMessages()
    first = await bus.subscribe(TOPIC, heard)
    second = await bus.subscribe(TOPIC, too)
    await first.close()
    await first.close()  # closing twice does nothing
    await bus.publish(TOPIC, {"v": 1})
    await wait_until(lambda: too.messages)
    await second.close()
    again = RecordedMessages()
    await bus.subscribe(TOPIC, again)
    await bus.publish(TOPIC, {"v": 2})
    await wait_until(lambda: again.messages)
    assert (heard.messages, too.messages, again.messages) == ([], [{"v": 1}], [{"v": 2}])


async def test_failing_handler_gets_next_message(bus: Bus) -> None:
    heard = RecordedMessages()

    async def fails_once(message: Any) -> None:
        if message["v"] == 1:
            raise ZeroDivisionError
        await heard(message)

    await bus.subscribe(TOPIC, fails_once)
    await bus.publish(TOPIC, {"v": 1})
    await bus.publish(TOPIC, {"v": 2})
    await wait_until(lambda: heard.messages)
    assert heard.messages == [{"v": 2}]


async def test_subscription_closes_if_handler_swallows_cancellation(bus: Bus) -> None:
    begun = asyncio.Event()

    async def loses_it(_message: Any) -> None:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    subscription = await bus.subscribe(TOPIC, loses_it)
    await bus.publish(TOPIC, {"v": 1})
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await begun.wait()
    closing = asyncio.create_task(subscription.close())
    await asyncio.wait([closing], timeout=TEST_TIMEOUT_S)
    assert closing.done()


async def test_subscriber_gets_messages_published_after_subscribing(
    two_buses: tuple[RedisBus, RedisBus],
) -> None:
    bus, other = two_buses
    await bus.ping()
    for number in range(20):
        heard = RecordedMessages()
        topic = f"{{centro}}:room:{number}"
        subscription = await bus.subscribe(topic, heard)
        await other.publish(topic, {"v": number})
        await wait_until(lambda heard=heard: heard.messages)  # type: ignore[misc]
        await subscription.close()


async def test_cancelled_subscribe_does_not_affect_next_subscriber(bus: Bus) -> None:
    returns, heard = RecordedMessages(), RecordedMessages()
    bus.on_reconnect(lambda: returns("back"))
    await bus.ping()
    for _ in range(20):
        hasty = asyncio.create_task(bus.subscribe(TOPIC, RecordedMessages()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hasty.cancel()
        subscription = await bus.subscribe(TOPIC, heard)
        await bus.publish(TOPIC, {"v": 1})
        await wait_until(lambda: heard.messages)
        heard.messages.clear()
        await subscription.close()
        with contextlib.suppress(asyncio.CancelledError):
            await (await hasty).close()
    assert returns.messages == []


async def test_closed_bus_stays_closed(valkey: RunningValkey) -> None:
    of_others = asyncio.all_tasks()  # an earlier test may have left some in the loop of all tests
    bus = RedisBus(valkey.url, build_cipher())
    await bus.ping()
    await bus.close()
    with pytest.raises(BusUnavailable):
        await bus.publish(TOPIC, {"v": 1})
    assert asyncio.all_tasks() <= of_others


async def test_reconnect_resubscribes_and_calls_callbacks(
    valkey: RunningValkey, two_buses: tuple[RedisBus, RedisBus]
) -> None:
    bus, other = two_buses
    heard, returns = RecordedMessages(), RecordedMessages()
    bus.on_reconnect(lambda: returns("back"))
    await bus.subscribe(TOPIC, heard)
    valkey.stop()
    await wait_until_down(bus)
    await wait_until_down(other)
    valkey.start()
    await wait_until(lambda: returns.messages)
    await wait_until_up(other)
    await other.publish(TOPIC, {"v": 1})
    await wait_until(lambda: heard.messages)
    assert returns.messages == ["back"]
    assert heard.messages == [{"v": 1}]


async def test_topic_subscribed_during_outage_works_after_outage(
    valkey: RunningValkey, two_buses: tuple[RedisBus, RedisBus]
) -> None:
    bus, other = two_buses
    heard, returns = RecordedMessages(), RecordedMessages()
    bus.on_reconnect(lambda: returns("back"))
    valkey.stop()
    await bus.subscribe(TOPIC, heard)
    valkey.start()
    await wait_until(lambda: returns.messages)
    await wait_until_up(other)
    await other.publish(TOPIC, {"v": 1})
    await wait_until(lambda: heard.messages)


async def test_publish_during_outage_fails_but_reaches_own_process(
    valkey: RunningValkey, two_buses: tuple[RedisBus, RedisBus]
) -> None:
    bus, _ = two_buses
    heard = RecordedMessages()
    await bus.subscribe(TOPIC, heard)
    valkey.stop()
    await wait_until_down(bus)
    for version in range(100):
        with pytest.raises(BusUnavailable):
            run_without_waiting(bus.publish(TOPIC, {"v": version}))
    await wait_until(lambda: len(heard.messages) == 100)


async def test_hanging_server_counts_as_down_and_is_found_again(
    valkey: RunningValkey, two_buses: tuple[RedisBus, RedisBus]
) -> None:
    bus, other = two_buses
    heard, returns = RecordedMessages(), RecordedMessages()
    bus.on_reconnect(lambda: returns("back"))
    await bus.subscribe(TOPIC, heard)
    await other.ping()
    valkey.freeze()
    with pytest.raises(BusUnavailable):  # after a second; later calls do not wait
        await other.publish(TOPIC, {"v": 1})
    with pytest.raises(BusUnavailable):
        run_without_waiting(other.publish(TOPIC, {"v": 2}))
    await wait_until_down(bus)  # a bus that receives and sends nothing notices by its heartbeat
    valkey.thaw()
    await wait_until(lambda: returns.messages)
    await wait_until_up(other)
    await other.publish(TOPIC, {"v": 3})
    await wait_until(lambda: {"v": 3} in heard.messages)


async def test_connection_closes_during_ping(valkey: RunningValkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_connection, "PING_INTERVAL_S", 0.05)
    connection = redis_connection.RedisConnection(valkey.url, lambda topic, data: None)
    closing: list[asyncio.Task[None]] = []
    sent = asyncio.StreamWriter.drain

    async def drain(writer: asyncio.StreamWriter) -> None:
        await sent(writer)
        if not closing:
            closing.append(asyncio.create_task(connection.close()))

    await connection.open([TOPIC])
    monkeypatch.setattr(asyncio.StreamWriter, "drain", drain)
    await wait_until(lambda: closing)
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await closing[0]


async def test_hanging_server_leaves_no_connection_open(
    valkey: RunningValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Connection] = []
    make = redis_connection._new_connection

    def noted(options: Mapping[str, Any]) -> Connection:
        made.append(make(options))
        return made[-1]

    monkeypatch.setattr(redis_connection, "_new_connection", noted)
    bus = RedisBus(valkey.url, build_cipher())
    await bus.ping()
    valkey.freeze()
    await wait_until_down(bus)
    await wait_until(lambda: len(made) >= 6)  # the first two, and two more attempts
    valkey.thaw()
    await wait_until_up(bus)
    assert [connection for connection in made[:-2] if connection.is_connected] == []
    await bus.close()
    assert [connection for connection in made if connection.is_connected] == []


async def test_commands_on_a_lost_connection_open_no_other(valkey: RunningValkey) -> None:
    options = parse_url(valkey.url)
    node = redis_connection.RedisNode(options, lambda topic, data: None, sharded=False)
    await node.open()
    open_connections = valkey.send_command("CLIENT", "LIST").count(b"id=")
    await node.close()
    for command in (node.execute_command("PING"), node.publish(TOPIC, b"1"), node.subscribe([TOPIC])):
        with pytest.raises(RedisConnectionError):
            await command
    await wait_until(lambda: valkey.send_command("CLIENT", "LIST").count(b"id=") == open_connections - 2)


async def test_absent_server_at_start_does_not_block_and_is_found(tmp_path: Path) -> None:
    absent = RunningValkey(tmp_path / "valkey")
    bus = RedisBus(absent.url, build_cipher())
    heard, returns = RecordedMessages(), RecordedMessages()
    bus.on_reconnect(lambda: returns("back"))
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await bus.subscribe(TOPIC, heard)
    absent.start()
    await wait_until(lambda: returns.messages)
    await bus.publish(TOPIC, {"v": 1})
    await wait_until(lambda: heard.messages)
    await bus.close()
    absent.stop()


async def test_killed_subscriber_connection_is_detected(
    valkey: RunningValkey, two_buses: tuple[RedisBus, RedisBus]
) -> None:
    bus, other = two_buses
    heard, returns = RecordedMessages(), RecordedMessages()
    bus.on_reconnect(lambda: returns("back"))
    await bus.subscribe(TOPIC, heard)
    valkey.send_command("CLIENT", "KILL", "TYPE", "pubsub")
    await wait_until(lambda: returns.messages)
    await wait_until_up(other)
    await other.publish(TOPIC, {"v": 1})
    await wait_until(lambda: heard.messages)


async def test_moved_cluster_slot_is_found_again(tmp_path: Path) -> None:
    with running_valkey(tmp_path / "valkey", cluster=True) as valkey:
        bus = RedisBus(valkey.url, build_cipher())
        heard, returns = RecordedMessages(), RecordedMessages()
        bus.on_reconnect(lambda: returns("back"))
        await bus.subscribe(TOPIC, heard)
        valkey.send_command("CLUSTER", "DELSLOTSRANGE", "0", "16383")
        await wait_until_down(bus)
        valkey.send_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        await wait_until(lambda: returns.messages)
        await wait_until_up(bus)
        await bus.publish(TOPIC, {"v": 1})
        await wait_until(lambda: heard.messages)
        await bus.close()


async def test_bus_messages_cannot_be_read_or_forged(valkey: RunningValkey) -> None:
    bus = RedisBus(valkey.url, build_cipher())
    heard = RecordedMessages()
    await bus.subscribe(TOPIC, heard)
    sealed = build_cipher().encrypt(TOPIC, {"text": "Amina Haddad"})
    assert b"Amina" not in sealed
    valkey.send_command("PUBLISH", TOPIC, '{"v": 1}')
    valkey.send_command("PUBLISH", TOPIC, build_cipher().encrypt("{centro}:room:another", {"v": 2}).decode())
    valkey.send_command(
        "PUBLISH",
        TOPIC,
        build_cipher("a secret of another installation, as long").encrypt(TOPIC, {"v": 3}).decode(),
    )
    valkey.send_command("PUBLISH", TOPIC, sealed.decode())
    await wait_until(lambda: heard.messages)
    assert heard.messages == [{"text": "Amina Haddad"}]
    await bus.close()


async def test_processes_with_old_and_new_secret_understand_each_other(
    valkey: RunningValkey,
) -> None:
    new = "the new secret of the tests, long enough as well"
    before, after = (
        RedisBus(valkey.url, build_cipher(TEST_SECRET, new)),
        RedisBus(valkey.url, build_cipher(new, TEST_SECRET)),
    )
    heard, too = RecordedMessages(), RecordedMessages()
    await before.subscribe(TOPIC, heard)
    await after.subscribe(TOPIC, too)
    await before.publish(TOPIC, {"v": 1})
    await after.publish(TOPIC, {"v": 2})
    await wait_until(lambda: len(heard.messages) == len(too.messages) == 2)
    await before.close()
    await after.close()
