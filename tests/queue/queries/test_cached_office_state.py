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
from office360.queue.domain import wait_estimate
from office360.queue.queries import office_state
from office360.queue.queries.cached_office_state import FRESH, STALE, Floors, floor_now
from office360.queue.queries.forecasts import Outlooks
from office360.queue.queries.service_time_history import Paces
from office360.queue.realtime import display_sockets
from office360.queue.realtime.display_board import Board, board_of, display_board, in_language
from office360.queue.realtime.display_sockets import Screens, heal_once
from office360.queue.storage.line_cache import Replicas
from office360.signaling.topic_hub import Hub
from sqlalchemy import event

from ...conftest import FakeClock
from ...support.timeouts import PATIENCE_S
from ..conftest import AT_11, BORIS, CARMEN, ELENA, Hall
from ..support.sockets import Frame

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUES = Catalogues([ROOT / "queue", ROOT / "core"])
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is not about SQL


class Glass:
    """The outlet of one screen."""

    is_over = False

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()

    def push(self, state: bytes) -> None:
        self._frames.put_nowait(state)

    def close(self, code: int, reason: str = "") -> None:
        self.is_over = True

    async def until(self, is_it: Callable[[Frame], bool]) -> Frame:
        async with asyncio.timeout(PATIENCE_S):
            while not is_it(frame := json.loads(await self._frames.get())):
                continue
        return dict(frame)


class Lobby:
    """The screens of one process; `hall` is another one over the same database and bus."""

    def __init__(self, runtime: Runtime, hall: Hall) -> None:
        self.runtime = runtime
        self.hall = hall
        self.hub = Hub(runtime.bus)
        self.screens = Screens(runtime, self.hub, CATALOGUES)
        self.asked: list[str] = []

    async def hang(self, language: str = "es") -> Glass:
        """One more screen, which shows the board."""
        glass = Glass()
        await self.screens.let_in(self.hall.office, glass, language, "")
        await glass.until(lambda frame: True)
        return glass

    def board(self) -> Board | None:
        """From memory alone."""
        around = floor_now(self.runtime.db.memory, self.hall.office.id, self.runtime.now())
        return None if around is None else in_language(board_of(around), around.office, "es")

    async def settled(self) -> None:
        """What was published has been heard, and the screens have been told."""
        for _ in range(20):
            await asyncio.sleep(0)


def elsewhere(runtime: Runtime) -> Runtime:
    """Another process: the same database behind a memory of its own."""
    return replace(runtime, db=Database(runtime.db.url))


@pytest.fixture
async def lobby(hall: Hall) -> AsyncIterator[Lobby]:
    runtime = elsewhere(hall.runtime)
    made = Lobby(runtime, hall)

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        made.asked.append(statement)

    for engine in {runtime.db.reader.sync_engine, runtime.db.writer.sync_engine}:
        event.listen(engine, "before_cursor_execute", note)
    yield made
    await made.hub.close()
    await runtime.db.close()


def calls(*expected: tuple[str, bool]) -> Callable[[Frame], bool]:
    return lambda frame: [(one["code"], one["now"]) for one in frame["calls"]] == list(expected)


async def test_a_visit_that_is_heard_asks_the_database_nothing(lobby: Lobby) -> None:
    hall = lobby.hall
    await hall.open()
    wall = await lobby.hang()
    lobby.asked.clear()
    issued = await hall.take()
    await wall.until(lambda frame: frame["lines"][0]["waiting"] == 1)
    await hall.call()
    await wall.until(calls(("A-001", True)))
    await service.start(hall.runtime, BORIS, issued.ticket.id)
    await wall.until(calls(("A-001", False)))
    await service.finish(hall.runtime, BORIS, issued.ticket.id)
    await hall.take("certificate")
    frame = await wall.until(lambda frame: frame["lines"][1]["waiting"] == 1)
    assert calls(("A-001", False))(frame)
    assert lobby.asked == []


async def _walk(hall: Hall, clock: FakeClock) -> AsyncIterator[None]:
    """A morning of an office, change by change, none of which moves a desk."""
    appointment = await hall.book(AT_11)
    people = [await hall.take() for _ in range(4)]
    yield
    people.append(await hall.take("certificate"))
    yield
    for number in range(2):
        called = await hall.call()
        assert called is not None
        yield
        clock.advance(seconds=40)
        await service.recall(hall.runtime, BORIS, called.id)
        yield
        await service.start(hall.runtime, BORIS, called.id)
        yield
        if number == 0:
            await service.transfer(hall.runtime, BORIS, called.id, service="certificate")
        else:
            await service.finish(hall.runtime, BORIS, called.id)
        yield
    other = await hall.call(2, ELENA)
    assert other is not None
    yield
    await service.put_back(hall.runtime, ELENA, other.id)
    yield
    other = await hall.call(2, ELENA)
    clock.advance(minutes=3)
    await hall.timers()
    yield
    await service.leave(hall.runtime, people[-1].token)
    yield
    clock.set(AT_11)
    await hall.take()
    yield
    await hall.check_in(appointment)  # who was expected is one of the line
    yield


async def test_what_is_heard_is_what_the_database_says(lobby: Lobby, clock: FakeClock) -> None:
    hall = lobby.hall
    await hall.open()
    await hall.open(2, ELENA)
    await lobby.hang()
    async for _ in _walk(hall, clock):
        await lobby.settled()
        heard, runtime = lobby.board(), elsewhere(hall.runtime)
        runtime.db.memory._kept[Paces] = lobby.runtime.db.memory.of(Paces)  # read once in ten minutes by each
        async with runtime.reading() as session:
            office = await office_by_slug(session, "centro")
            read = await display_board(session, office, runtime.now(), "es")
        await runtime.db.close()
        if heard is None:  # too long ago: it is read again
            await lobby.screens._read(office.id)
            heard = lobby.board()
        assert heard == read


@ONE_DATABASE
async def test_the_words_of_each_language_are_put_to_one_board(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lobby.hall.open()
    walls = {language: await lobby.hang(language) for language in ("es", "en")}
    made: list[Board] = []

    def count(around: office_state.Floor) -> Board:
        made.append(board_of(around))
        return made[-1]

    monkeypatch.setattr(display_sockets, "board_of", count)
    await lobby.hall.take()
    names = {}
    for language, wall in walls.items():
        frame = await wall.until(lambda frame: frame["lines"][0]["waiting"] == 1)
        names[language] = frame["lines"][0]["name"]
    assert names == {"es": "Registro", "en": "Registry"}
    assert len(made) == 1


@ONE_DATABASE
@pytest.mark.parametrize("what", ["desk", "pause", "stop"])
async def test_what_no_message_can_say_is_read(lobby: Lobby, what: str) -> None:
    hall = lobby.hall
    issued = await hall.take()
    wall = await lobby.hang()
    lobby.asked.clear()
    act, is_shown = _FLOORS[what]
    await act(hall)
    await wall.until(is_shown)
    assert lobby.asked != []
    await service.leave(hall.runtime, issued.token)
    assert is_shown(await wall.until(lambda frame: frame["lines"][0]["waiting"] == 0))


async def _open(hall: Hall) -> None:
    await hall.open()


async def _pause(hall: Hall) -> None:
    await service.pause(hall.runtime, CARMEN, "centro")


async def _stop(hall: Hall) -> None:
    await service.stop_line(hall.runtime, CARMEN, hall.office.lines[0].id)


_FLOORS: dict[str, tuple[Callable[[Hall], Awaitable[None]], Callable[[Frame], bool]]] = {
    "desk": (_open, lambda frame: frame["lines"][0]["eta"] is not None),
    "pause": (_pause, lambda frame: frame["state"] == "paused"),
    "stop": (_stop, lambda frame: frame["lines"][0]["refusal"] == "walk_ins_stopped"),
}


async def test_a_change_that_nobody_said_is_found_and_what_follows_it_is_no_guess(lobby: Lobby) -> None:
    """A process whose messages are lost, and then one whose message does not follow what is known."""
    hall = lobby.hall
    await hall.open()
    wall = await lobby.hang()
    mute = Hall(replace(elsewhere(hall.runtime), bus=MemoryBus()), hall.office)
    await mute.take()
    await heal_once(lobby.runtime, lobby.hub)
    await wall.until(lambda frame: frame["lines"][0]["waiting"] == 1)
    await mute.take()
    await hall.take()  # its message begins at a version that was never heard of
    await wall.until(lambda frame: frame["lines"][0]["waiting"] == 3)
    await mute.runtime.db.close()


@ONE_DATABASE
async def test_a_version_that_was_only_announced_is_read(lobby: Lobby) -> None:
    hall = lobby.hall
    await hall.take()
    await lobby.hang()
    assert lobby.board() is not None
    registry = hall.office.lines[0].id
    known = lobby.runtime.db.memory.of(Replicas).latest(registry)
    assert known is not None
    lobby.runtime.db.memory.of(Replicas).hear_versions({registry: known.version + 1})
    assert lobby.board() is None


@ONE_DATABASE
async def test_what_another_part_of_the_process_read_later_is_not_put_to_an_older_office(lobby: Lobby) -> None:
    """A pause was read with the lines, and the office that is remembered does not know of it."""
    hall = lobby.hall
    await lobby.hang()
    mute = replace(elsewhere(hall.runtime), bus=MemoryBus())
    await service.pause(mute, CARMEN, "centro")
    await mute.db.close()
    async with lobby.runtime.reading() as session:
        office = await office_by_slug(session, "centro")
        await office_state.waits(session, office, lobby.runtime.now())
    assert lobby.board() is None


@ONE_DATABASE
async def test_what_was_read_too_long_ago_is_shown_and_read_again(lobby: Lobby, clock: FakeClock) -> None:
    hall = lobby.hall
    await hall.open()
    wall = await lobby.hang()
    lobby.asked.clear()
    clock.advance(seconds=FRESH.seconds)
    await hall.take()
    await wall.until(lambda frame: frame["lines"][0]["waiting"] == 1)
    await lobby.settled()
    assert lobby.board() is not None
    clock.advance(seconds=STALE.seconds + 1)
    assert lobby.board() is None


@ONE_DATABASE
async def test_another_day_is_read(lobby: Lobby, clock: FakeClock) -> None:
    clock.advance(hours=13, minutes=29, seconds=30)  # half a minute before midnight in Madrid
    await lobby.hang()
    assert lobby.board() is not None
    clock.advance(seconds=40)
    assert lobby.board() is None


@ONE_DATABASE
async def test_an_older_read_takes_no_newer_ones_place(lobby: Lobby) -> None:
    await lobby.hang()
    floors, office_id = lobby.runtime.db.memory.of(Floors), lobby.hall.office.id
    older = floors.within(STALE, office_id, lobby.runtime.now())
    assert older is not None
    await lobby.hall.take()
    await lobby.screens._read(office_id)
    newer = floors.within(STALE, office_id, lobby.runtime.now())
    floors.keep(older)
    assert newer is not older
    assert floors.within(STALE, office_id, lobby.runtime.now()) is newer


@ONE_DATABASE
async def test_a_long_line_is_shown_as_it_was_foretold_and_never_played_through(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LONG", 0)
    hall = lobby.hall
    await hall.open()
    await hall.take()
    wall = await lobby.hang()
    monkeypatch.setattr(wait_estimate, "forecast", None)
    monkeypatch.setattr(wait_estimate, "outlook", None)
    await hall.call()
    frame = await wall.until(calls(("A-001", True)))
    assert frame["lines"][0]["eta"] is not None
    lobby.runtime.db.memory.of(Outlooks)._known.clear()
    assert lobby.board() is None


@ONE_DATABASE
async def test_whoever_hears_nothing_more_of_an_office_hears_its_lines_no_more(lobby: Lobby) -> None:
    bus = lobby.runtime.bus
    assert isinstance(bus, MemoryBus)
    wall = await lobby.hang()
    assert len(bus._subscriptions) == 3
    (screen,) = lobby.hub.members("{centro}:display").values()
    assert screen.outlet is wall
    screen.gone()
    await lobby.hub.close()
    assert bus._subscriptions == {}
