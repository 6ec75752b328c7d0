"""Subscriptions of a TopicHub, and its refreshes with the newest message only."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from office360.core.bus.base import BusHandler, MemoryBus, Subscription
from office360.core.bus.redis_bus import BusCipher, RedisBus
from office360.signaling.connection import SocketConnection
from office360.signaling.topic_hub import TopicHub
from starlette.websockets import WebSocket

from ..conftest import TEST_SECRET
from ..core.bus.test_redis_bus import wait_until, wait_until_down
from ..support.timeouts import TEST_TIMEOUT_S
from ..support.valkey import RunningValkey

TOPIC = "{centro}:line:registry"


def new_sink() -> SocketConnection:
    return SocketConnection(WebSocket({"type": "websocket"}, None, None))  # type: ignore[arg-type]


class RecordingRefresh:
    """Refresh that records its messages, and waits while `may_finish` is unset."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.called = asyncio.Event()

    async def __call__(self, topic: str, message: Any) -> None:
        self.called.set()
        await self.may_finish.wait()
        self.messages.append(message)


async def let_tasks_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_published_message_reaches_topic_members() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub = TopicHub(bus)
    await hub.subscribe(TOPIC, new_sink(), "amina", refresh)
    await bus.publish(TOPIC, {"v": 1})
    await let_tasks_run()
    assert refresh.messages == [{"v": 1}]
    await hub.close()


async def test_states_published_during_refresh_are_skipped() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub = TopicHub(bus)
    await hub.subscribe(TOPIC, new_sink(), "amina", refresh)
    refresh.may_finish.clear()
    await bus.publish(TOPIC, {"v": 1})
    await refresh.called.wait()
    for version in range(2, 50):
        await bus.publish(TOPIC, {"v": version})
    await let_tasks_run()
    refresh.may_finish.set()
    await let_tasks_run()
    assert refresh.messages == [{"v": 1}, {"v": 49}]
    await hub.close()


async def test_a_failing_refresh_does_not_silence_the_topic() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub = TopicHub(bus)

    async def fail_once(topic: str, message: Any) -> None:
        if message == {"v": 1}:
            raise ZeroDivisionError
        await refresh(topic, message)

    await hub.subscribe(TOPIC, new_sink(), "amina", fail_once)
    await bus.publish(TOPIC, {"v": 1})
    await let_tasks_run()
    await bus.publish(TOPIC, {"v": 2})
    await let_tasks_run()
    assert refresh.messages == [{"v": 2}]
    await hub.close()


async def test_last_member_leaving_unsubscribes_from_bus() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub = TopicHub(bus)
    amina, boris = new_sink(), new_sink()
    await hub.subscribe(TOPIC, amina, "amina", refresh)
    await hub.subscribe(TOPIC, boris, "boris", refresh)
    await hub.unsubscribe(TOPIC, amina)
    assert dict(hub.members(TOPIC)) == {boris: "boris"}
    await hub.unsubscribe(TOPIC, boris)
    await hub.unsubscribe(TOPIC, boris)
    assert hub.topics() == []
    assert bus._subscriptions == {}


class SlowSubscribeBus(MemoryBus):
    """Bus whose subscribe waits, like that of a bus with a server."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    async def subscribe(self, topic: str, handler: BusHandler) -> Subscription:
        self.asked.set()
        await self.answers.wait()
        return await super().subscribe(topic, handler)


async def test_leaving_during_subscribe_leaves_no_subscription() -> None:
    bus = SlowSubscribeBus()
    hub, amina = TopicHub(bus), new_sink()
    joining = asyncio.create_task(hub.subscribe(TOPIC, amina, "amina", RecordingRefresh()))
    await bus.asked.wait()
    hub.unsubscribe_nowait(TOPIC, amina)
    bus.answers.set()
    await joining
    await hub.close()
    assert (hub.topics(), bus._subscriptions) == ([], {})


async def test_refresh_can_be_requested_without_bus_message() -> None:
    refresh = RecordingRefresh()
    hub = TopicHub(MemoryBus())
    await hub.subscribe(TOPIC, new_sink(), "amina", refresh)
    hub.request_refresh(TOPIC)
    hub.request_refresh("{centro}:without:members")
    await let_tasks_run()
    assert refresh.messages == [None]
    await hub.close()


async def test_message_does_not_replace_a_requested_refresh() -> None:
    """A requested refresh reads all state; the next message contains only its own change."""
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub = TopicHub(bus)
    await hub.subscribe(TOPIC, new_sink(), "amina", refresh)
    refresh.may_finish.clear()
    await bus.publish(TOPIC, {"v": 1})
    await refresh.called.wait()
    hub.request_refresh(TOPIC)
    await bus.publish(TOPIC, {"v": 2})
    await let_tasks_run()
    refresh.may_finish.set()
    await let_tasks_run()
    assert refresh.messages == [{"v": 1}, None]
    await hub.close()


async def test_message_on_extra_topic_triggers_no_refresh() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub, amina = TopicHub(bus), new_sink()
    recorded: list[Any] = []
    await hub.subscribe(
        TOPIC,
        amina,
        "amina",
        refresh,
        on_message=recorded.append,
        extra_topics={"{centro}:line:identity": recorded.append},
    )
    await bus.publish("{centro}:line:identity", {"v": 1})
    await let_tasks_run()
    assert (recorded, refresh.messages) == ([{"v": 1}], [])
    await bus.publish(TOPIC, {"v": 2})
    await let_tasks_run()
    assert (recorded, refresh.messages) == ([{"v": 1}, {"v": 2}], [{"v": 2}])
    await hub.unsubscribe(TOPIC, amina)
    assert bus._subscriptions == {}


async def test_older_version_after_newer_is_skipped() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub = TopicHub(bus)
    await hub.subscribe(TOPIC, new_sink(), "amina", refresh)
    refresh.may_finish.clear()
    await bus.publish(TOPIC, {"v": 1})
    await refresh.called.wait()
    await bus.publish(TOPIC, {"v": 3})
    await bus.publish(TOPIC, {"v": 2})
    await let_tasks_run()
    refresh.may_finish.set()
    await let_tasks_run()
    assert refresh.messages == [{"v": 1}, {"v": 3}]
    await hub.close()


async def test_bus_reconnect_refreshes_every_topic(valkey: RunningValkey) -> None:
    bus = RedisBus(valkey.url, BusCipher([TEST_SECRET], "bus"))
    refresh, office_refresh = RecordingRefresh(), RecordingRefresh()
    hub = TopicHub(bus)
    await hub.subscribe(TOPIC, new_sink(), "amina", refresh)
    await hub.subscribe("{centro}:office", new_sink(), "boris", office_refresh)
    valkey.stop()
    await wait_until_down(bus)
    valkey.start()
    await wait_until(lambda: refresh.messages and office_refresh.messages)
    assert refresh.messages == office_refresh.messages == [None]
    await hub.close()
    await bus.close()


async def test_cooldown_grows_with_refresh_duration() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub, loop = TopicHub(bus), asyncio.get_running_loop()
    took_s = 0.02
    begun: list[float] = []

    async def slow(topic: str, message: Any) -> None:
        begun.append(loop.time())
        await asyncio.sleep(took_s)
        await refresh(topic, message)

    await hub.subscribe(TOPIC, new_sink(), "board", slow, cooldown_factor=3)
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while len(refresh.messages) < 3:
            hub.request_refresh(TOPIC)
            await asyncio.sleep(0)
    pauses = [later - earlier for earlier, later in itertools.pairwise(begun)]
    assert min(pauses) >= 4 * took_s
    await hub.close()


async def test_last_member_can_unsubscribe_without_await() -> None:
    bus, refresh = MemoryBus(), RecordingRefresh()
    hub, amina = TopicHub(bus), new_sink()
    await hub.subscribe(TOPIC, amina, "amina", refresh)
    hub.unsubscribe_nowait(TOPIC, amina)
    hub.unsubscribe_nowait(TOPIC, amina)
    assert hub.topics() == []
    await hub.close()
    assert bus._subscriptions == {}
