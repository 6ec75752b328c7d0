"""The cached state of a process with displays only: equal to SQL, without a query."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from office360.core.bus.base import MemoryBus
from office360.core.db.engine import Database
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.offices.service import office_by_slug
from office360.queue import service
from office360.queue.actions.agent import put_back_ticket, recall_ticket
from office360.queue.actions.pause import pause_office, stop_walk_ins
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain import wait_estimate
from office360.queue.queries import office_state, walk_in_admission
from office360.queue.queries.cached_office_state import (
    STATE_FRESH_FOR,
    STATE_USABLE_FOR,
    OfficeStateCache,
    office_state_from_cache,
)
from office360.queue.queries.forecasts import ForecastCache
from office360.queue.queries.service_time_history import ServiceTimesCache
from office360.queue.realtime import display_sockets
from office360.queue.realtime.display_board import (
    DisplayBoard,
    load_display_board,
    localize_board,
    make_display_board,
)
from office360.queue.realtime.display_sockets import DisplaySubscribers, resync_stale_displays
from office360.queue.storage.line_cache import LineCache
from office360.signaling.topic_hub import TopicHub

from ...conftest import FakeClock
from ...support.statements import RecordedStatement, recorded_statements
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import AT_11, BORIS, CARMEN, ELENA, OfficeDriver
from ..support.sockets import SocketFrame

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUES = Catalogues([ROOT / "queue", ROOT / "core"])
ONE_DATABASE = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # the tests do not depend on the database


class FakeDisplaySink:
    """The sink of a display: it collects the frames."""

    is_closing = False

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()

    def push(self, state: bytes) -> None:
        self._frames.put_nowait(state)

    def idle_descriptor(self) -> int:
        return -1

    def close(self, code: int, reason: str = "") -> None:
        self.is_closing = True

    async def wait_for_frame(self, is_expected: Callable[[SocketFrame], bool]) -> SocketFrame:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not is_expected(frame := json.loads(await self._frames.get())):
                continue
        return dict(frame)


class DisplayProcess:
    """The displays of one process.

    `driver` acts in another process with the same database and bus.
    """

    def __init__(self, runtime: Runtime, driver: OfficeDriver, statements: list[RecordedStatement]) -> None:
        self.runtime = runtime
        self.driver = driver
        self.hub = TopicHub(runtime.bus)
        self.subscribers = DisplaySubscribers(runtime, self.hub, CATALOGUES)
        self.statements = statements

    async def add_display(self, language: str = "es") -> FakeDisplaySink:
        """Subscribe another display and wait for its first board."""
        display = FakeDisplaySink()
        await self.subscribers.subscribe(self.driver.office, display, language, "")
        await display.wait_for_frame(lambda frame: True)
        return display

    def cached_board(self) -> DisplayBoard | None:
        """Return the board from the caches of the process only."""
        state = office_state_from_cache(self.runtime.db.process_cache, self.driver.office.id, self.runtime.now())
        return None if state is None else localize_board(make_display_board(state), state.office, "es")

    async def wait_until_settled(self) -> None:
        """Let the process receive what was published, and push it to the displays."""
        for _ in range(20):
            await asyncio.sleep(0)


def second_process(runtime: Runtime) -> Runtime:
    """Return the runtime of another process: the same database, own caches."""
    return replace(runtime, db=Database(runtime.db.url))


@pytest.fixture
async def display_process(driver: OfficeDriver) -> AsyncIterator[DisplayProcess]:
    runtime = second_process(driver.runtime)
    with recorded_statements(runtime.db) as statements:
        process = DisplayProcess(runtime, driver, statements)
        yield process
    await process.hub.close()
    await runtime.db.close()


def has_calls(*expected: tuple[str, bool]) -> Callable[[SocketFrame], bool]:
    return lambda frame: [(call["code"], call["now"]) for call in frame["calls"]] == list(expected)


async def test_published_changes_need_no_query(display_process: DisplayProcess) -> None:
    driver = display_process.driver
    await driver.open_desk()
    display = await display_process.add_display()
    display_process.statements.clear()
    issued = await driver.take_ticket()
    await display.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
    await driver.call_next()
    await display.wait_for_frame(has_calls(("A-001", True)))
    await service.start_service(driver.runtime, BORIS, issued.ticket.id)
    await display.wait_for_frame(has_calls(("A-001", False)))
    await service.finish_service(driver.runtime, BORIS, issued.ticket.id)
    await driver.take_ticket("certificate")
    frame = await display.wait_for_frame(lambda frame: frame["lines"][1]["waiting"] == 1)
    assert has_calls(("A-001", False))(frame)
    assert display_process.statements == []


async def _change_office_stepwise(driver: OfficeDriver, clock: FakeClock) -> AsyncIterator[None]:
    """Change an office step by step. No step opens or closes a desk."""
    appointment = await driver.book_appointment(AT_11)
    issued = [await driver.take_ticket() for _ in range(4)]
    yield
    issued.append(await driver.take_ticket("certificate"))
    yield
    for number in range(2):
        called = await driver.call_next()
        assert called is not None
        yield
        clock.advance(seconds=40)
        await recall_ticket(driver.runtime, BORIS, called.id)
        yield
        await service.start_service(driver.runtime, BORIS, called.id)
        yield
        if number == 0:
            await transfer_ticket(driver.runtime, BORIS, called.id, service="certificate")
        else:
            await service.finish_service(driver.runtime, BORIS, called.id)
        yield
    other = await driver.call_next(2, ELENA)
    assert other is not None
    yield
    await put_back_ticket(driver.runtime, ELENA, other.id)
    yield
    other = await driver.call_next(2, ELENA)
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    yield
    await service.leave_line(driver.runtime, issued[-1].token)
    yield
    clock.set(AT_11)
    await driver.take_ticket()
    yield
    await driver.check_in(appointment)  # the expected appointment becomes a ticket of the line
    yield


async def test_cached_board_equals_board_from_sql(display_process: DisplayProcess, clock: FakeClock) -> None:
    driver = display_process.driver
    await driver.open_desk()
    await driver.open_desk(2, ELENA)
    await display_process.add_display()
    async for _ in _change_office_stepwise(driver, clock):
        await display_process.wait_until_settled()
        from_cache, runtime = display_process.cached_board(), second_process(driver.runtime)
        # both processes use the same service times, which each reads at another time
        service_times = display_process.runtime.db.process_cache.get(ServiceTimesCache)
        runtime.db.process_cache._instances[ServiceTimesCache] = service_times
        async with runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
            from_sql = await load_display_board(session, office, runtime.now(), "es")
        await runtime.db.close()
        if from_cache is None:  # too old: loaded again
            await display_process.subscribers._load_state(office.id)
            from_cache = display_process.cached_board()
        assert from_cache == from_sql


@ONE_DATABASE
async def test_board_is_made_once_for_all_languages(
    display_process: DisplayProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await display_process.driver.open_desk()
    displays = {language: await display_process.add_display(language) for language in ("es", "en")}
    boards: list[DisplayBoard] = []

    def record(state: office_state.OfficeState) -> DisplayBoard:
        boards.append(make_display_board(state))
        return boards[-1]

    monkeypatch.setattr(display_sockets, "make_display_board", record)
    await display_process.driver.take_ticket()
    names = {}
    for language, display in displays.items():
        frame = await display.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
        names[language] = frame["lines"][0]["name"]
    assert names == {"es": "Registro", "en": "Registry"}
    assert len(boards) == 1


@ONE_DATABASE
@pytest.mark.parametrize("case", ["desk", "pause", "stop"])
async def test_change_without_delta_is_read_from_sql(display_process: DisplayProcess, case: str) -> None:
    driver = display_process.driver
    issued = await driver.take_ticket()
    display = await display_process.add_display()
    display_process.statements.clear()
    act, is_shown = _RESYNC_CASES[case]
    await act(driver)
    await display.wait_for_frame(is_shown)
    assert display_process.statements != []
    await service.leave_line(driver.runtime, issued.token)
    assert is_shown(await display.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 0))


async def _open_desk(driver: OfficeDriver) -> None:
    await driver.open_desk()


async def _pause_office(driver: OfficeDriver) -> None:
    await pause_office(driver.runtime, CARMEN, "centro")


async def _stop_walk_ins(driver: OfficeDriver) -> None:
    await stop_walk_ins(driver.runtime, CARMEN, driver.office.lines[0].id)


_RESYNC_CASES: dict[str, tuple[Callable[[OfficeDriver], Awaitable[None]], Callable[[SocketFrame], bool]]] = {
    "desk": (_open_desk, lambda frame: frame["lines"][0]["eta"] is not None),
    "pause": (_pause_office, lambda frame: frame["state"] == "paused"),
    "stop": (_stop_walk_ins, lambda frame: frame["lines"][0]["refusal"] == "walk_ins_stopped"),
}


async def test_lost_and_out_of_order_messages_are_resynced(
    display_process: DisplayProcess,
) -> None:
    """First the messages of a process are lost, then a message has an unknown base version."""
    driver = display_process.driver
    await driver.open_desk()
    display = await display_process.add_display()
    silent = OfficeDriver(replace(second_process(driver.runtime), bus=MemoryBus()), driver.office)
    await silent.take_ticket()
    await resync_stale_displays(display_process.runtime, display_process.hub)
    await display.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
    await silent.take_ticket()
    await driver.take_ticket()  # the base version of its message was never announced
    await display.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 3)
    await silent.runtime.db.close()


@ONE_DATABASE
async def test_announced_version_invalidates_cached_state(display_process: DisplayProcess) -> None:
    driver = display_process.driver
    await driver.take_ticket()
    await display_process.add_display()
    assert display_process.cached_board() is not None
    registry = driver.office.lines[0].id
    cache = display_process.runtime.db.process_cache.get(LineCache)
    cached = cache.latest_known(registry)
    assert cached is not None
    cache.note_versions({registry: cached.version + 1})
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_newer_lines_are_not_combined_with_older_office(
    display_process: DisplayProcess,
) -> None:
    """The cached lines are as of a pause that the cached office does not know."""
    driver = display_process.driver
    await display_process.add_display()
    silent = replace(second_process(driver.runtime), bus=MemoryBus())
    await pause_office(silent, CARMEN, "centro")
    await silent.db.close()
    async with display_process.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        await walk_in_admission.line_waits(session, office, display_process.runtime.now())
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_aged_state_is_shown_then_reloaded(display_process: DisplayProcess, clock: FakeClock) -> None:
    driver = display_process.driver
    await driver.open_desk()
    display = await display_process.add_display()
    display_process.statements.clear()
    clock.advance(seconds=STATE_FRESH_FOR.seconds)
    await driver.take_ticket()
    await display.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
    await display_process.wait_until_settled()
    assert display_process.cached_board() is not None
    clock.advance(seconds=STATE_USABLE_FOR.seconds + 1)
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_state_of_previous_day_is_not_used(display_process: DisplayProcess, clock: FakeClock) -> None:
    clock.advance(hours=13, minutes=29, seconds=30)  # half a minute before midnight in Madrid
    await display_process.add_display()
    assert display_process.cached_board() is not None
    clock.advance(seconds=40)
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_older_state_does_not_replace_newer(display_process: DisplayProcess) -> None:
    await display_process.add_display()
    cache, office_id = (
        display_process.runtime.db.process_cache.get(OfficeStateCache),
        display_process.driver.office.id,
    )
    older = cache.get_within(STATE_USABLE_FOR, office_id, display_process.runtime.now())
    assert older is not None
    await display_process.driver.take_ticket()
    await display_process.subscribers._load_state(office_id)
    newer = cache.get_within(STATE_USABLE_FOR, office_id, display_process.runtime.now())
    cache.put(older)
    assert newer is not older
    assert cache.get_within(STATE_USABLE_FOR, office_id, display_process.runtime.now()) is newer


@ONE_DATABASE
async def test_large_office_board_uses_cached_forecast(
    display_process: DisplayProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    driver = display_process.driver
    await driver.open_desk()
    await driver.take_ticket()
    display = await display_process.add_display()
    monkeypatch.setattr(wait_estimate, "forecast_new_ticket", None)
    monkeypatch.setattr(wait_estimate, "forecast_line", None)
    await driver.call_next()
    frame = await display.wait_for_frame(has_calls(("A-001", True)))
    assert frame["lines"][0]["eta"] is not None
    display_process.runtime.db.process_cache.get(ForecastCache)._forecasts.clear()
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_last_display_ends_line_subscriptions(
    display_process: DisplayProcess,
) -> None:
    bus = display_process.runtime.bus
    assert isinstance(bus, MemoryBus)
    display = await display_process.add_display()
    assert len(bus._subscriptions) == 3
    (subscriber,) = display_process.hub.members("{centro}:display").values()
    assert subscriber.sink is display
    subscriber.on_close()
    await display_process.hub.close()
    assert bus._subscriptions == {}
