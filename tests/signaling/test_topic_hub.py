"""Who watches what, and that only the newest state is told."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from office360.core.bus.base import BusHandler, MemoryBus, Subscription
from office360.core.bus.encryption import Seal
from office360.core.bus.redis_bus import RedisBus
from office360.signaling.connection import Connection
from office360.signaling.topic_hub import Hub

from ..conftest import SECRET
from ..core.bus.test_redis_bus import until, until_down
from ..support.timeouts import PATIENCE_S
from ..support.valkey import RunningValkey

TOPIC = "{centro}:line:registry"


def phone() -> Connection:
    return Connection(None)  # type: ignore[arg-type]


class Told:
    """A refresh that can be held up."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.free = asyncio.Event()
        self.free.set()
        self.called = asyncio.Event()

    async def __call__(self, topic: str, message: Any) -> None:
        self.called.set()
        await self.free.wait()
        self.messages.append(message)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_published_reaches_the_audience() -> None:
    bus, told = MemoryBus(), Told()
    hub = Hub(bus)
    await hub.join(TOPIC, phone(), "amina", told)
    await bus.publish(TOPIC, {"v": 1})
    await settled()
    assert told.messages == [{"v": 1}]
    await hub.close()


async def test_states_that_pass_while_we_tell_are_skipped() -> None:
    bus, told = MemoryBus(), Told()
    hub = Hub(bus)
    await hub.join(TOPIC, phone(), "amina", told)
    told.free.clear()
    await bus.publish(TOPIC, {"v": 1})
    await told.called.wait()
    for version in range(2, 50):
        await bus.publish(TOPIC, {"v": version})
    await settled()
    told.free.set()
    await settled()
    assert told.messages == [{"v": 1}, {"v": 49}]
    await hub.close()


async def test_a_failing_refresh_does_not_silence_the_topic() -> None:
    bus, told = MemoryBus(), Told()
    hub = Hub(bus)

    async def fail_once(topic: str, message: Any) -> None:
        if message == {"v": 1}:
            raise ZeroDivisionError
        await told(topic, message)

    await hub.join(TOPIC, phone(), "amina", fail_once)
    await bus.publish(TOPIC, {"v": 1})
    await settled()
    await bus.publish(TOPIC, {"v": 2})
    await settled()
    assert told.messages == [{"v": 2}]
    await hub.close()


async def test_whoever_left_is_no_audience_and_the_last_one_unsubscribes() -> None:
    bus, told = MemoryBus(), Told()
    hub = Hub(bus)
    amina, boris = phone(), phone()
    await hub.join(TOPIC, amina, "amina", told)
    await hub.join(TOPIC, boris, "boris", told)
    await hub.leave(TOPIC, amina)
    assert dict(hub.members(TOPIC)) == {boris: "boris"}
    await hub.leave(TOPIC, boris)
    await hub.leave(TOPIC, boris)
    assert hub.topics() == []
    assert bus._subscriptions == {}


class SlowBus(MemoryBus):
    """Takes its time to subscribe, as one with a server does."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        self.asked.set()
        await self.answers.wait()
        return await super().subscribe(topic, handler)


async def test_whoever_leaves_while_the_first_is_still_joining_leaves_no_subscription_behind() -> None:
    bus = SlowBus()
    hub, amina = Hub(bus), phone()
    joining = asyncio.create_task(hub.join(TOPIC, amina, "amina", Told()))
    await bus.asked.wait()
    hub.drop(TOPIC, amina)
    bus.answers.set()
    await joining
    await hub.close()
    assert (hub.topics(), bus._subscriptions) == ([], {})


async def test_a_refresh_can_be_asked_for_without_the_bus() -> None:
    told = Told()
    hub = Hub(MemoryBus())
    await hub.join(TOPIC, phone(), "amina", told)
    hub.refresh(TOPIC)
    hub.refresh("nobody watches this")
    await settled()
    assert told.messages == [None]
    await hub.close()


async def test_a_message_does_not_take_the_place_of_being_read_again() -> None:
    """Something may have been missed: the next message says nothing of it."""
    bus, told = MemoryBus(), Told()
    hub = Hub(bus)
    await hub.join(TOPIC, phone(), "amina", told)
    told.free.clear()
    await bus.publish(TOPIC, {"v": 1})
    await told.called.wait()
    hub.refresh(TOPIC)
    await bus.publish(TOPIC, {"v": 2})
    await settled()
    told.free.set()
    await settled()
    assert told.messages == [{"v": 1}, None]
    await hub.close()


async def test_what_is_heard_beside_wakes_nobody() -> None:
    bus, told = MemoryBus(), Told()
    hub, amina = Hub(bus), phone()
    heard: list[Any] = []
    await hub.join(TOPIC, amina, "amina", told, hear=heard.append, beside={"{centro}:line:identity": heard.append})
    await bus.publish("{centro}:line:identity", {"v": 1})
    await settled()
    assert (heard, told.messages) == ([{"v": 1}], [])
    await bus.publish(TOPIC, {"v": 2})
    await settled()
    assert (heard, told.messages) == ([{"v": 1}, {"v": 2}], [{"v": 2}])
    await hub.leave(TOPIC, amina)
    assert bus._subscriptions == {}


async def test_a_state_that_comes_after_a_newer_one_is_skipped() -> None:
    bus, told = MemoryBus(), Told()
    hub = Hub(bus)
    await hub.join(TOPIC, phone(), "amina", told)
    told.free.clear()
    await bus.publish(TOPIC, {"v": 1})
    await told.called.wait()
    await bus.publish(TOPIC, {"v": 3})
    await bus.publish(TOPIC, {"v": 2})
    await settled()
    told.free.set()
    await settled()
    assert told.messages == [{"v": 1}, {"v": 3}]
    await hub.close()


async def test_after_an_interruption_of_the_bus_every_audience_reads_again(valkey: RunningValkey) -> None:
    bus, told, too = RedisBus(valkey.url, Seal([SECRET], "bus")), Told(), Told()
    hub = Hub(bus)
    await hub.join(TOPIC, phone(), "amina", told)
    await hub.join("{centro}:office", phone(), "boris", too)
    valkey.stop()
    await until_down(bus)
    valkey.start()
    await until(lambda: told.messages and too.messages)
    assert told.messages == too.messages == [None]
    await hub.close()
    await bus.close()


async def test_what_takes_long_to_make_is_made_less_often() -> None:
    bus, told = MemoryBus(), Told()
    hub, loop = Hub(bus), asyncio.get_running_loop()
    took_s = 0.02
    begun: list[float] = []

    async def slow(topic: str, message: Any) -> None:
        begun.append(loop.time())
        await asyncio.sleep(took_s)
        await told(topic, message)

    await hub.join(TOPIC, phone(), "board", slow, rest=3)
    async with asyncio.timeout(PATIENCE_S):
        while len(told.messages) < 3:
            hub.refresh(TOPIC)
            await asyncio.sleep(0)
    pauses = [later - earlier for earlier, later in itertools.pairwise(begun)]
    assert min(pauses) >= 4 * took_s
    await hub.close()


async def test_the_last_one_may_be_dropped_from_where_nothing_can_be_awaited() -> None:
    bus, told = MemoryBus(), Told()
    hub, amina = Hub(bus), phone()
    await hub.join(TOPIC, amina, "amina", told)
    hub.drop(TOPIC, amina)
    hub.drop(TOPIC, amina)
    assert hub.topics() == []
    await hub.close()
    assert bus._subscriptions == {}
