"""The bus between processes, against a real server that comes and goes; what both buses promise, on both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest
from office360.core.bus import redis_connection
from office360.core.bus.base import Bus, BusDown, MemoryBus
from office360.core.bus.encryption import Seal
from office360.core.bus.redis_bus import RedisBus
from redis.asyncio import Connection

from ...conftest import SECRET
from ...support.timeouts import PATIENCE_S
from ...support.valkey import RunningValkey, running_valkey

TOPIC = "{centro}:line:registry"


def seal(*secrets: str) -> Seal:
    return Seal(secrets or [SECRET], "bus")


class Heard:
    """What one subscriber was told."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def __call__(self, message: Any) -> None:
        self.messages.append(message)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


async def until_up(bus: Bus) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await bus.ping()
            except BusDown:
                await asyncio.sleep(0.01)


async def until_down(bus: Bus) -> None:
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(BusDown):
            while True:
                await bus.ping()
                await asyncio.sleep(0.01)


def at_once(work: Coroutine[Any, Any, None]) -> None:
    """Do it without giving anybody else a turn: it waits for nothing."""
    with contextlib.closing(work), pytest.raises(StopIteration):
        work.send(None)


@pytest.fixture
async def two(valkey: RunningValkey) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """The buses of two processes."""
    one, other = RedisBus(valkey.url, seal()), RedisBus(valkey.url, seal())
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture(params=["memory", "redis", "cluster"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    if request.param == "memory":
        memory = MemoryBus()
        yield memory
        await memory.close()
        return
    with running_valkey(tmp_path / "valkey", cluster=request.param == "cluster") as running:
        redis = RedisBus(running.url, seal())
        yield redis
        await redis.close()


async def test_every_subscriber_hears_each_message_once_and_in_order(bus: Bus) -> None:
    heard, too = Heard(), Heard()
    await bus.subscribe(TOPIC, heard)
    await bus.subscribe(TOPIC, too)
    for version in range(100):
        await bus.publish(TOPIC, {"v": version})
    await until(lambda: len(heard.messages) >= 100 and len(too.messages) >= 100)
    assert heard.messages == too.messages == [{"v": version} for version in range(100)]


async def test_a_topic_is_heard_until_its_last_subscription_is_closed(bus: Bus) -> None:
    heard, too = Heard(), Heard()
    first = await bus.subscribe(TOPIC, heard)
    second = await bus.subscribe(TOPIC, too)
    await first.close()
    await first.close()  # twice does nothing
    await bus.publish(TOPIC, {"v": 1})
    await until(lambda: too.messages)
    await second.close()
    again = Heard()
    await bus.subscribe(TOPIC, again)
    await bus.publish(TOPIC, {"v": 2})
    await until(lambda: again.messages)
    assert (heard.messages, too.messages, again.messages) == ([], [{"v": 1}], [{"v": 2}])


async def test_a_handler_that_fails_hears_the_next_message(bus: Bus) -> None:
    heard = Heard()

    async def fails_once(message: Any) -> None:
        if message["v"] == 1:
            raise ZeroDivisionError
        await heard(message)

    await bus.subscribe(TOPIC, fails_once)
    await bus.publish(TOPIC, {"v": 1})
    await bus.publish(TOPIC, {"v": 2})
    await until(lambda: heard.messages)
    assert heard.messages == [{"v": 2}]


async def test_a_subscription_ends_though_its_handler_loses_the_cancellation(bus: Bus) -> None:
    begun = asyncio.Event()

    async def loses_it(_message: Any) -> None:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    subscription = await bus.subscribe(TOPIC, loses_it)
    await bus.publish(TOPIC, {"v": 1})
    async with asyncio.timeout(PATIENCE_S):
        await begun.wait()
    closing = asyncio.create_task(subscription.close())
    await asyncio.wait([closing], timeout=PATIENCE_S)
    assert closing.done()


async def test_whoever_has_subscribed_misses_nothing_that_another_process_says_then(
    two: tuple[RedisBus, RedisBus],
) -> None:
    one, other = two
    await one.ping()
    for number in range(20):
        heard = Heard()
        topic = f"{{centro}}:room:{number}"
        subscription = await one.subscribe(topic, heard)
        await other.publish(topic, {"v": number})
        await until(lambda heard=heard: heard.messages)  # type: ignore[misc]
        await subscription.close()


async def test_whoever_comes_and_goes_at_once_disturbs_nobody_who_comes_after(bus: Bus) -> None:
    returns, heard = Heard(), Heard()
    bus.on_return(lambda: returns("back"))
    await bus.ping()
    for _ in range(20):
        hasty = asyncio.create_task(bus.subscribe(TOPIC, Heard()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hasty.cancel()
        subscription = await bus.subscribe(TOPIC, heard)
        await bus.publish(TOPIC, {"v": 1})
        await until(lambda: heard.messages)
        heard.messages.clear()
        await subscription.close()
        with contextlib.suppress(asyncio.CancelledError):
            await (await hasty).close()
    assert returns.messages == []


async def test_a_bus_that_was_closed_stays_so(valkey: RunningValkey) -> None:
    bus = RedisBus(valkey.url, seal())
    await bus.ping()
    await bus.close()
    with pytest.raises(BusDown):
        await bus.publish(TOPIC, {"v": 1})
    assert len(asyncio.all_tasks()) == 1


async def test_after_an_interruption_everything_is_subscribed_again_and_whoever_reads_is_told(
    valkey: RunningValkey, two: tuple[RedisBus, RedisBus]
) -> None:
    one, other = two
    heard, returns = Heard(), Heard()
    one.on_return(lambda: returns("back"))
    await one.subscribe(TOPIC, heard)
    valkey.stop()
    await until_down(one)
    await until_down(other)
    valkey.start()
    await until(lambda: returns.messages)
    await until_up(other)
    await other.publish(TOPIC, {"v": 1})
    await until(lambda: heard.messages)
    assert returns.messages == ["back"]
    assert heard.messages == [{"v": 1}]


async def test_what_was_subscribed_to_during_an_interruption_is_heard_after_it(
    valkey: RunningValkey, two: tuple[RedisBus, RedisBus]
) -> None:
    one, other = two
    heard, returns = Heard(), Heard()
    one.on_return(lambda: returns("back"))
    valkey.stop()
    await one.subscribe(TOPIC, heard)
    valkey.start()
    await until(lambda: returns.messages)
    await until_up(other)
    await other.publish(TOPIC, {"v": 1})
    await until(lambda: heard.messages)


async def test_while_the_server_is_away_publishing_fails_at_once_and_ones_own_process_still_hears(
    valkey: RunningValkey, two: tuple[RedisBus, RedisBus]
) -> None:
    one, _ = two
    heard = Heard()
    await one.subscribe(TOPIC, heard)
    valkey.stop()
    await until_down(one)
    for version in range(100):
        with pytest.raises(BusDown):
            at_once(one.publish(TOPIC, {"v": version}))
    await until(lambda: len(heard.messages) == 100)


async def test_a_server_that_hangs_counts_as_away_and_is_found_again(
    valkey: RunningValkey, two: tuple[RedisBus, RedisBus]
) -> None:
    one, other = two
    heard, returns = Heard(), Heard()
    one.on_return(lambda: returns("back"))
    await one.subscribe(TOPIC, heard)
    await other.ping()
    valkey.freeze()
    with pytest.raises(BusDown):  # after a second; whoever comes next waits no more
        await other.publish(TOPIC, {"v": 1})
    with pytest.raises(BusDown):
        at_once(other.publish(TOPIC, {"v": 2}))
    await until_down(one)  # one hears nothing and says nothing: its heartbeat finds out
    valkey.thaw()
    await until(lambda: returns.messages)
    await until_up(other)
    await other.publish(TOPIC, {"v": 3})
    await until(lambda: {"v": 3} in heard.messages)


async def test_a_connection_is_thrown_away_in_the_very_moment_of_its_heartbeat(
    valkey: RunningValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_connection, "BEAT_S", 0.05)
    wire = redis_connection.Wire(valkey.url, lambda topic, data: None)
    closing: list[asyncio.Task[None]] = []
    sent = asyncio.StreamWriter.drain

    async def drain(writer: asyncio.StreamWriter) -> None:
        await sent(writer)
        if not closing:
            closing.append(asyncio.create_task(wire.close()))

    await wire.open([TOPIC])
    monkeypatch.setattr(asyncio.StreamWriter, "drain", drain)
    await until(lambda: closing)
    async with asyncio.timeout(PATIENCE_S):
        await closing[0]


async def test_a_server_that_hangs_leaves_no_connection_open(
    valkey: RunningValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Connection] = []
    make = redis_connection._connection

    def noted(options: Mapping[str, Any]) -> Connection:
        made.append(make(options))
        return made[-1]

    monkeypatch.setattr(redis_connection, "_connection", noted)
    bus = RedisBus(valkey.url, seal())
    await bus.ping()
    valkey.freeze()
    await until_down(bus)
    await until(lambda: len(made) >= 6)  # the first two, and two more attempts
    valkey.thaw()
    await until_up(bus)
    assert [one for one in made[:-2] if one.is_connected] == []
    await bus.close()
    assert [one for one in made if one.is_connected] == []


async def test_a_server_that_is_not_there_at_the_start_delays_nobody_for_long_and_is_found(tmp_path: Path) -> None:
    absent = RunningValkey(tmp_path / "valkey")
    bus = RedisBus(absent.url, seal())
    heard, returns = Heard(), Heard()
    bus.on_return(lambda: returns("back"))
    async with asyncio.timeout(PATIENCE_S):
        await bus.subscribe(TOPIC, heard)
    absent.start()
    await until(lambda: returns.messages)
    await bus.publish(TOPIC, {"v": 1})
    await until(lambda: heard.messages)
    await bus.close()
    absent.stop()


async def test_a_listener_that_is_cut_off_alone_is_noticed(
    valkey: RunningValkey, two: tuple[RedisBus, RedisBus]
) -> None:
    one, other = two
    heard, returns = Heard(), Heard()
    one.on_return(lambda: returns("back"))
    await one.subscribe(TOPIC, heard)
    valkey.say("CLIENT", "KILL", "TYPE", "pubsub")
    await until(lambda: returns.messages)
    await until_up(other)
    await other.publish(TOPIC, {"v": 1})
    await until(lambda: heard.messages)


async def test_a_topic_that_its_cluster_took_away_is_found_again(tmp_path: Path) -> None:
    with running_valkey(tmp_path / "valkey", cluster=True) as valkey:
        bus = RedisBus(valkey.url, seal())
        heard, returns = Heard(), Heard()
        bus.on_return(lambda: returns("back"))
        await bus.subscribe(TOPIC, heard)
        valkey.say("CLUSTER", "DELSLOTSRANGE", "0", "16383")
        await until_down(bus)
        valkey.say("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        await until(lambda: returns.messages)
        await until_up(bus)
        await bus.publish(TOPIC, {"v": 1})
        await until(lambda: heard.messages)
        await bus.close()


async def test_nothing_on_the_wire_can_be_read_or_forged(valkey: RunningValkey) -> None:
    bus = RedisBus(valkey.url, seal())
    heard = Heard()
    await bus.subscribe(TOPIC, heard)
    sealed = seal().close(TOPIC, {"text": "Amina Haddad"})
    assert b"Amina" not in sealed
    valkey.say("PUBLISH", TOPIC, '{"v": 1}')
    valkey.say("PUBLISH", TOPIC, seal().close("{centro}:room:another", {"v": 2}).decode())
    valkey.say("PUBLISH", TOPIC, seal("a secret of another installation, as long").close(TOPIC, {"v": 3}).decode())
    valkey.say("PUBLISH", TOPIC, sealed.decode())
    await until(lambda: heard.messages)
    assert heard.messages == [{"text": "Amina Haddad"}]
    await bus.close()


async def test_while_a_secret_is_changed_processes_with_the_old_and_the_new_one_understand_each_other(
    valkey: RunningValkey,
) -> None:
    new = "the new secret of the tests, long enough as well"
    before, after = RedisBus(valkey.url, seal(SECRET, new)), RedisBus(valkey.url, seal(new, SECRET))
    heard, too = Heard(), Heard()
    await before.subscribe(TOPIC, heard)
    await after.subscribe(TOPIC, too)
    await before.publish(TOPIC, {"v": 1})
    await after.publish(TOPIC, {"v": 2})
    await until(lambda: len(heard.messages) == len(too.messages) == 2)
    await before.close()
    await after.close()
