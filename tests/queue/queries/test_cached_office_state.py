"""A process that only serves screens: what it hears is what SQL says, and a change asks SQL nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from office360.queue.queries import office_state
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
from sqlalchemy import event

from ...conftest import FakeClock
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import AT_11, BORIS, CARMEN, ELENA, OfficeDriver
from ..support.sockets import SocketFrame

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUES = Catalogues([ROOT / "queue", ROOT / "core"])
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is not about SQL


class FakeDisplayOutlet:
    """The outlet of one screen."""

    is_closing = False

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()

    def push(self, state: bytes) -> None:
        self._frames.put_nowait(state)

    def close(self, code: int, reason: str = "") -> None:
        self.is_closing = True

    async def wait_for_frame(self, is_it: Callable[[SocketFrame], bool]) -> SocketFrame:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not is_it(frame := json.loads(await self._frames.get())):
                continue
        return dict(frame)


class DisplayProcess:
    """The screens of one process; `hall` is another one over the same database and bus."""

    def __init__(self, runtime: Runtime, hall: OfficeDriver) -> None:
        self.runtime = runtime
        self.driver = hall
        self.hub = TopicHub(runtime.bus)
        self.subscribers = DisplaySubscribers(runtime, self.hub, CATALOGUES)
        self.statements: list[str] = []

    async def add_display(self, language: str = "es") -> FakeDisplayOutlet:
        """One more screen, which shows the board."""
        glass = FakeDisplayOutlet()
        await self.subscribers.subscribe(self.driver.office, glass, language, "")
        await glass.wait_for_frame(lambda frame: True)
        return glass

    def cached_board(self) -> DisplayBoard | None:
        """From memory alone."""
        around = office_state_from_cache(self.runtime.db.process_cache, self.driver.office.id, self.runtime.now())
        return None if around is None else localize_board(make_display_board(around), around.office, "es")

    async def wait_until_settled(self) -> None:
        """What was published has been heard, and the screens have been told."""
        for _ in range(20):
            await asyncio.sleep(0)


def second_process(runtime: Runtime) -> Runtime:
    """Another process: the same database behind a memory of its own."""
    return replace(runtime, db=Database(runtime.db.url))


@pytest.fixture
async def display_process(driver: OfficeDriver) -> AsyncIterator[DisplayProcess]:
    runtime = second_process(driver.runtime)
    made = DisplayProcess(runtime, driver)

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        made.statements.append(statement)

    for engine in {runtime.db.reader.sync_engine, runtime.db.writer.sync_engine}:
        event.listen(engine, "before_cursor_execute", note)
    yield made
    await made.hub.close()
    await runtime.db.close()


def has_calls(*expected: tuple[str, bool]) -> Callable[[SocketFrame], bool]:
    return lambda frame: [(one["code"], one["now"]) for one in frame["calls"]] == list(expected)


async def test_published_changes_need_no_query(display_process: DisplayProcess) -> None:
    hall = display_process.driver
    await hall.open_desk()
    wall = await display_process.add_display()
    display_process.statements.clear()
    issued = await hall.take_ticket()
    await wall.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
    await hall.call_next()
    await wall.wait_for_frame(has_calls(("A-001", True)))
    await service.start_service(hall.runtime, BORIS, issued.ticket.id)
    await wall.wait_for_frame(has_calls(("A-001", False)))
    await service.finish_service(hall.runtime, BORIS, issued.ticket.id)
    await hall.take_ticket("certificate")
    frame = await wall.wait_for_frame(lambda frame: frame["lines"][1]["waiting"] == 1)
    assert has_calls(("A-001", False))(frame)
    assert display_process.statements == []


async def _change_office_stepwise(hall: OfficeDriver, clock: FakeClock) -> AsyncIterator[None]:
    """A morning of an office, change by change, none of which moves a desk."""
    appointment = await hall.book_appointment(AT_11)
    people = [await hall.take_ticket() for _ in range(4)]
    yield
    people.append(await hall.take_ticket("certificate"))
    yield
    for number in range(2):
        called = await hall.call_next()
        assert called is not None
        yield
        clock.advance(seconds=40)
        await recall_ticket(hall.runtime, BORIS, called.id)
        yield
        await service.start_service(hall.runtime, BORIS, called.id)
        yield
        if number == 0:
            await transfer_ticket(hall.runtime, BORIS, called.id, service="certificate")
        else:
            await service.finish_service(hall.runtime, BORIS, called.id)
        yield
    other = await hall.call_next(2, ELENA)
    assert other is not None
    yield
    await put_back_ticket(hall.runtime, ELENA, other.id)
    yield
    other = await hall.call_next(2, ELENA)
    clock.advance(minutes=3)
    await hall.fire_due_timers()
    yield
    await service.leave_line(hall.runtime, people[-1].token)
    yield
    clock.set(AT_11)
    await hall.take_ticket()
    yield
    await hall.check_in(appointment)  # who was expected is one of the line
    yield


async def test_cached_board_equals_board_from_sql(display_process: DisplayProcess, clock: FakeClock) -> None:
    hall = display_process.driver
    await hall.open_desk()
    await hall.open_desk(2, ELENA)
    await display_process.add_display()
    async for _ in _change_office_stepwise(hall, clock):
        await display_process.wait_until_settled()
        heard, runtime = display_process.cached_board(), second_process(hall.runtime)
        runtime.db.process_cache._instances[ServiceTimesCache] = display_process.runtime.db.process_cache.get(
            ServiceTimesCache
        )  # read once in ten minutes by each
        async with runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
            read = await load_display_board(session, office, runtime.now(), "es")
        await runtime.db.close()
        if heard is None:  # too long ago: it is read again
            await display_process.subscribers._load_state(office.id)
            heard = display_process.cached_board()
        assert heard == read


@ONE_DATABASE
async def test_board_is_made_once_for_all_languages(
    display_process: DisplayProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await display_process.driver.open_desk()
    walls = {language: await display_process.add_display(language) for language in ("es", "en")}
    made: list[DisplayBoard] = []

    def count(around: office_state.OfficeState) -> DisplayBoard:
        made.append(make_display_board(around))
        return made[-1]

    monkeypatch.setattr(display_sockets, "make_display_board", count)
    await display_process.driver.take_ticket()
    names = {}
    for language, wall in walls.items():
        frame = await wall.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
        names[language] = frame["lines"][0]["name"]
    assert names == {"es": "Registro", "en": "Registry"}
    assert len(made) == 1


@ONE_DATABASE
@pytest.mark.parametrize("what", ["desk", "pause", "stop"])
async def test_change_without_delta_is_read_from_sql(display_process: DisplayProcess, what: str) -> None:
    hall = display_process.driver
    issued = await hall.take_ticket()
    wall = await display_process.add_display()
    display_process.statements.clear()
    act, is_shown = _RESYNC_CASES[what]
    await act(hall)
    await wall.wait_for_frame(is_shown)
    assert display_process.statements != []
    await service.leave_line(hall.runtime, issued.token)
    assert is_shown(await wall.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 0))


async def _open_desk(hall: OfficeDriver) -> None:
    await hall.open_desk()


async def _pause_office(hall: OfficeDriver) -> None:
    await pause_office(hall.runtime, CARMEN, "centro")


async def _stop_walk_ins(hall: OfficeDriver) -> None:
    await stop_walk_ins(hall.runtime, CARMEN, hall.office.lines[0].id)


_RESYNC_CASES: dict[str, tuple[Callable[[OfficeDriver], Awaitable[None]], Callable[[SocketFrame], bool]]] = {
    "desk": (_open_desk, lambda frame: frame["lines"][0]["eta"] is not None),
    "pause": (_pause_office, lambda frame: frame["state"] == "paused"),
    "stop": (_stop_walk_ins, lambda frame: frame["lines"][0]["refusal"] == "walk_ins_stopped"),
}


async def test_lost_and_out_of_order_messages_are_resynced(
    display_process: DisplayProcess,
) -> None:
    """A process whose messages are lost, and then one whose message does not follow what is known."""
    hall = display_process.driver
    await hall.open_desk()
    wall = await display_process.add_display()
    mute = OfficeDriver(replace(second_process(hall.runtime), bus=MemoryBus()), hall.office)
    await mute.take_ticket()
    await resync_stale_displays(display_process.runtime, display_process.hub)
    await wall.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
    await mute.take_ticket()
    await hall.take_ticket()  # its message begins at a version that was never heard of
    await wall.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 3)
    await mute.runtime.db.close()


@ONE_DATABASE
async def test_announced_version_invalidates_cached_state(display_process: DisplayProcess) -> None:
    hall = display_process.driver
    await hall.take_ticket()
    await display_process.add_display()
    assert display_process.cached_board() is not None
    registry = hall.office.lines[0].id
    known = display_process.runtime.db.process_cache.get(LineCache).latest_known(registry)
    assert known is not None
    display_process.runtime.db.process_cache.get(LineCache).note_versions({registry: known.version + 1})
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_newer_lines_are_not_combined_with_older_office(
    display_process: DisplayProcess,
) -> None:
    """A pause was read with the lines, and the office that is remembered does not know of it."""
    hall = display_process.driver
    await display_process.add_display()
    mute = replace(second_process(hall.runtime), bus=MemoryBus())
    await pause_office(mute, CARMEN, "centro")
    await mute.db.close()
    async with display_process.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        await office_state.line_waits(session, office, display_process.runtime.now())
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_aged_state_is_shown_then_reloaded(display_process: DisplayProcess, clock: FakeClock) -> None:
    hall = display_process.driver
    await hall.open_desk()
    wall = await display_process.add_display()
    display_process.statements.clear()
    clock.advance(seconds=STATE_FRESH_FOR.seconds)
    await hall.take_ticket()
    await wall.wait_for_frame(lambda frame: frame["lines"][0]["waiting"] == 1)
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
    floors, office_id = (
        display_process.runtime.db.process_cache.get(OfficeStateCache),
        display_process.driver.office.id,
    )
    older = floors.get_within(STATE_USABLE_FOR, office_id, display_process.runtime.now())
    assert older is not None
    await display_process.driver.take_ticket()
    await display_process.subscribers._load_state(office_id)
    newer = floors.get_within(STATE_USABLE_FOR, office_id, display_process.runtime.now())
    floors.put(older)
    assert newer is not older
    assert floors.get_within(STATE_USABLE_FOR, office_id, display_process.runtime.now()) is newer


@ONE_DATABASE
async def test_large_office_board_uses_cached_forecast(
    display_process: DisplayProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    hall = display_process.driver
    await hall.open_desk()
    await hall.take_ticket()
    wall = await display_process.add_display()
    monkeypatch.setattr(wait_estimate, "forecast_new_ticket", None)
    monkeypatch.setattr(wait_estimate, "forecast_line", None)
    await hall.call_next()
    frame = await wall.wait_for_frame(has_calls(("A-001", True)))
    assert frame["lines"][0]["eta"] is not None
    display_process.runtime.db.process_cache.get(ForecastCache)._forecasts.clear()
    assert display_process.cached_board() is None


@ONE_DATABASE
async def test_last_display_ends_line_subscriptions(
    display_process: DisplayProcess,
) -> None:
    bus = display_process.runtime.bus
    assert isinstance(bus, MemoryBus)
    wall = await display_process.add_display()
    assert len(bus._subscriptions) == 3
    (screen,) = display_process.hub.members("{centro}:display").values()
    assert screen.sink is wall
    screen.on_close()
    await display_process.hub.close()
    assert bus._subscriptions == {}
