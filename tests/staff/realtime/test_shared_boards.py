"""Boards of one process: built once for all consoles, from cached lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from office360.core.auth import StaffRole
from office360.core.bus.base import BusMessage, BusUnavailable, MemoryBus
from office360.core.db.engine import Database
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import CALLS_ONLY, Office, office_by_slug, office_topic
from office360.queue.actions.agent import finish_service, hold_ticket, start_service
from office360.queue.service import LoadedStaffBoard, TicketRequest, call_next, open_desk, take_ticket
from office360.signaling.connection import SocketConnection
from office360.signaling.topic_hub import TopicHub
from office360.staff.actions import accounts
from office360.staff.actions.emergencies import press_at_desk
from office360.staff.queries.board import LoadedBoard, load_board
from office360.staff.realtime.board_socket import (
    HOST_CONSOLE,
    BoardFrames,
    BoardPublisher,
    BoardSubscriber,
    LatestBoards,
)
from sqlalchemy import event
from starlette.websockets import WebSocket

from ...support.statements import recorded_statements
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import load_principal

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUES = Catalogues([ROOT / folder for folder in ("staff", "queue", "core")])


class FakeConsoleConnection(SocketConnection):
    """A socket of an open console that records its messages."""

    def __init__(self) -> None:
        super().__init__(WebSocket({"type": "websocket"}, None, None))  # type: ignore[arg-type]
        self._shown: asyncio.Queue[str | bytes] = asyncio.Queue()

    def push(self, frame: str | bytes) -> None:
        self._shown.put_nowait(frame)

    async def wait_for_frame(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            while not is_it(frame := json.loads(await self._shown.get())):
                continue
        return dict(frame)


async def test_board_refresh_uses_cached_line(runtime: Runtime, office: Office, staff: dict[str, str]) -> None:
    """`mine` is a process that only serves consoles; agents use another process."""
    mine, boris = replace(runtime, db=Database(runtime.db.url)), await load_principal(runtime, "boris")
    key = await accounts.create_api_key(runtime, role=StaffRole.AGENT)
    hub, console, asked = TopicHub(mine.bus), FakeConsoleConnection(), list[str]()
    await open_desk(runtime, boris, office.desks[0].id)
    watcher = BoardSubscriber(replace(boris, is_api_key=True), "es", hash_token(key))
    await BoardPublisher(mine, hub, CATALOGUES).subscribe("centro", console, watcher)
    await console.wait_for_frame(lambda frame: frame["desks"][0]["state"] == "free")
    event.listen(
        mine.db.reader.sync_engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement)
    )
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", name="Amina"))
    await call_next(runtime, boris, office.desks[0].id)
    frame = await console.wait_for_frame(lambda frame: frame["desks"][0]["state"] == "calling")
    assert [ticket["name"] for ticket in frame["tickets"]] == ["Amina"]
    assert asked != []
    assert [statement for statement in asked if "line_days" in statement or "desk_sessions" in statement] == []
    await hub.close()
    await mine.db.close()


async def test_calls_reach_board_by_two_statements(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    """A board that only calls have changed is the same as a board that is loaded."""
    mine, boris = replace(runtime, db=Database(runtime.db.url)), await load_principal(runtime, "boris")
    key = await accounts.create_api_key(runtime, role=StaffRole.AGENT)
    hub, console, desk = TopicHub(mine.bus), FakeConsoleConnection(), office.desks[0].id
    await open_desk(runtime, boris, desk)
    for name in ("Amina", "Bruno"):
        issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate", name=name, device=name))
    watcher = BoardSubscriber(replace(boris, is_api_key=True), "es", hash_token(key))
    await BoardPublisher(mine, hub, CATALOGUES).subscribe("centro", console, watcher)
    await console.wait_for_frame(lambda frame: len(frame["tickets"]) == 2)
    called = await call_next(runtime, boris, desk)
    assert called is not None
    await console.wait_for_frame(lambda frame: frame["desks"][0]["state"] == "calling")
    with recorded_statements(mine.db) as statements:
        await start_service(runtime, boris, called.id)
        await console.wait_for_frame(lambda frame: frame["desks"][0]["state"] == "serving")
        await finish_service(runtime, boris, called.id)
        shown = await console.wait_for_frame(lambda frame: frame["desks"][0]["state"] == "free")
    assert 0 < len(statements) <= 2 * 2
    async with runtime.read_session() as session:
        present = await office_by_slug(session, "centro")
        loaded = await load_board(session, runtime.tokens, present, "es", runtime.now())
    assert {name: shown[name] for name in loaded} == json.loads(json.dumps(loaded))
    assert [ticket["id"] for ticket in shown["tickets"]] == [issued.ticket.id]
    await hub.close()
    await mine.db.close()


async def test_note_after_call_reaches_board(runtime: Runtime, office: Office, staff: dict[str, str]) -> None:
    """A note and a new ticket change more than calls do, so the board is loaded."""
    boris, desk = await load_principal(runtime, "boris"), office.desks[0].id
    key = await accounts.create_api_key(runtime, role=StaffRole.AGENT)
    hub, console = TopicHub(runtime.bus), FakeConsoleConnection()
    await open_desk(runtime, boris, desk)
    watcher = BoardSubscriber(replace(boris, is_api_key=True), "es", hash_token(key))
    await BoardPublisher(runtime, hub, CATALOGUES).subscribe("centro", console, watcher)
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", name="Amina"))
    called = await call_next(runtime, boris, desk)
    assert called is not None
    await console.wait_for_frame(lambda frame: frame["desks"][0]["state"] == "calling")
    await start_service(runtime, boris, called.id)
    await hold_ticket(runtime, boris, called.id, note="Fetches a copy")
    frame = await console.wait_for_frame(lambda frame: frame["tickets"][0]["notes"])
    assert frame["tickets"][0]["notes"][0]["text"] == "Fetches a copy"
    await hub.close()


async def test_change_during_load_is_not_covered_by_it() -> None:
    boards, board = LatestBoards(), LoadedBoard({}, cast(LoadedStaffBoard, None))
    number = boards.change_number("topic")
    boards.note_message("topic", {})
    boards.put("topic", number, board, {})
    assert boards.get("topic") is None
    boards.put("topic", boards.change_number("topic"), board, {})
    boards.note_message("topic", CALLS_ONLY)
    assert boards.get("topic") == (board, {})
    boards.note_message("topic", {})
    assert boards.get("topic") is None


class BusDown(MemoryBus):
    """A bus whose server does not answer."""

    async def publish(self, topic: str, message: BusMessage) -> None:
        raise BusUnavailable


async def test_emergency_reaches_consoles_while_the_bus_is_down(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    boris, carmen = await load_principal(runtime, "boris"), await load_principal(runtime, "carmen")
    key = await accounts.create_api_key(runtime, role=StaffRole.HOST)
    hub, publisher_runtime = TopicHub(runtime.bus), replace(runtime, bus=BusDown())
    publisher, topic = BoardPublisher(runtime, hub, CATALOGUES), office_topic("centro")
    watcher = BoardSubscriber(replace(carmen, is_api_key=True), "es", hash_token(key), HOST_CONSOLE)
    open_before, opened_later = FakeConsoleConnection(), FakeConsoleConnection()
    await publisher.subscribe("centro", open_before, watcher)
    await open_before.wait_for_frame(lambda frame: frame["emergencies"] == [])
    await open_desk(publisher_runtime, boris, office.desks[0].id)
    await press_at_desk(publisher_runtime, boris, office.desks[0].id)
    hub.request_refresh(topic)  # as at each interval
    await open_before.wait_for_frame(lambda frame: len(frame["emergencies"]) == 1)
    await publisher.subscribe("centro", opened_later, watcher)
    await opened_later.wait_for_frame(lambda frame: len(frame["emergencies"]) == 1)
    await hub.close()


async def test_each_subscriber_gets_board_in_own_language(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    await take_ticket(runtime, "centro", TicketRequest(service="certificate", name="Amina"))
    boris, carmen = [await load_principal(runtime, name) for name in ("boris", "carmen")]
    now, boards = runtime.now(), {}
    async with runtime.read_session() as session:
        found = await office_by_slug(session, "centro")
        for language in ("es", "en"):
            boards[language] = await load_board(session, runtime.tokens, found, language, now)
    frames = BoardFrames(boards["es"], found, now, CATALOGUES)
    program = replace(boris, role=StaffRole.INTEGRATION, is_api_key=True)
    told = {
        "desk": json.loads(frames.render(BoardSubscriber(boris, "en", ""))),
        "host": json.loads(frames.render(BoardSubscriber(carmen, "es", "", HOST_CONSOLE))),
        "program": json.loads(frames.render(BoardSubscriber(program, "en", ""))),
    }
    for who, language in (("desk", "en"), ("host", "es")):
        assert {name: told[who][name] for name in boards[language]} == json.loads(json.dumps(boards[language]))
    assert told["desk"]["console"]["mine"]["state"] == "closed"
    assert [row["name"] for row in told["host"]["console"]["groups"][0]["people"]] == ["Amina"]
    assert "console" not in told["program"]
    assert told["program"]["tickets"][0]["name"] is None
    assert told["program"]["lines"][1]["name"] == "Digital identity"
    assert {message["type"] for message in told.values()} == {"office"}
