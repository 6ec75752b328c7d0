"""The waiting-room screen: what it shows to everybody, and how it is told by real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from office360.core.events import Events
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.offices.service import Office, office_by_slug
from office360.queue import service
from office360.queue.actions.line_transaction import display_topic
from office360.queue.domain.ticket import State, Ticket
from office360.queue.realtime.display_board import CALLS_SHOWN, Board, display_board, last_calls
from office360.queue.realtime.display_sockets import heal_once, shown_board
from office360.server.lifespan import make_runtime
from office360.server.settings import Settings
from sqlalchemy import text

from ...conftest import AppServer, FakeClock, serving
from ...support.timeouts import PATIENCE_S
from ...support.valkey import RunningValkey
from ..conftest import AT_11, BORIS, ELENA, Hall
from ..support.sockets import Frame, Listener
from ..support.tickets import at, walk_in

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUES = Catalogues([ROOT / "queue", ROOT / "core"])


def called(number: int, minute: float, state: State = State.CALLED) -> Ticket:
    return replace(walk_in(number, 0), state=state, desk_id=f"d{number}", called_at=at(minute))


def codes(tickets: list[Ticket]) -> list[str]:
    return [one.code for one in tickets]


# Which calls


def test_whoever_is_called_now_stands_first_the_newest_on_top() -> None:
    calls = [called(1, 1), called(2, 3), called(3, 4, State.SERVING), called(4, 2, State.FINISHED)]
    assert codes(last_calls(calls)) == ["A-002", "A-001", "A-003", "A-004"]


def test_answered_calls_stay_while_there_is_room() -> None:
    answered = [called(number, number, State.SERVING) for number in range(1, 7)]
    assert codes(last_calls(answered)) == ["A-006", "A-005", "A-004", "A-003"]
    pending = [called(number, number) for number in range(7, 12)]
    assert codes(last_calls([*answered, *pending])) == ["A-011", "A-010", "A-009", "A-008", "A-007"]


def test_no_more_calls_are_shown_than_can_be_read() -> None:
    assert len(last_calls([called(number, number) for number in range(1, 20)])) == CALLS_SHOWN


# The board


async def board(hall: Hall, language: str = "es") -> Board:
    async with hall.runtime.reading() as session:
        office = await office_by_slug(session, "centro")
        found = await display_board(session, office, hall.runtime.now(), language)
    return shown_board(found, office, language, CATALOGUES)


async def change(runtime: Runtime, statement: str) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(text(statement))
        await tx.session.execute(text("UPDATE offices SET version = version + 1"))


async def test_a_call_is_shown_until_half_an_hour_later(hall: Hall, clock: FakeClock) -> None:
    _, ticket = await hall.called()
    assert (await board(hall))["calls"] == [
        {"code": "A-001", "desk": "1", "arrow": "left", "at": "2026-11-25T10:30:00+01:00", "again": 0, "now": True}
    ]
    await service.recall(hall.runtime, BORIS, ticket.id)
    assert (await board(hall))["calls"][0]["again"] == 1
    await service.start(hall.runtime, BORIS, ticket.id)
    assert [(one["code"], one["now"]) for one in (await board(hall))["calls"]] == [("A-001", False)]
    await service.finish(hall.runtime, BORIS, ticket.id)
    assert [(one["code"], one["now"]) for one in (await board(hall))["calls"]] == [("A-001", False)]
    clock.advance(minutes=30)
    assert (await board(hall))["calls"] == []


async def test_a_call_that_is_taken_back_or_given_up_is_gone(hall: Hall) -> None:
    issued, ticket = await hall.called()
    await service.put_back(hall.runtime, BORIS, ticket.id)
    assert (await board(hall))["calls"] == []
    await hall.call()
    assert len((await board(hall))["calls"]) == 1
    await service.leave(hall.runtime, issued.token)
    assert (await board(hall))["calls"] == []


async def test_who_did_not_come_is_named_until_they_are_back(hall: Hall, clock: FakeClock) -> None:
    issued, _ = await hall.called()
    clock.advance(minutes=3)
    await hall.timers()
    seen = await board(hall)
    assert (seen["calls"], seen["missed"]) == ([], ["A-001"])
    await service.rejoin(hall.runtime, issued.token)
    assert (await board(hall))["missed"] == []


async def test_each_line_says_when_somebody_who_comes_now_would_be_called(hall: Hall) -> None:
    await hall.open()
    await hall.take()
    registry, identity = (await board(hall))["lines"]
    assert (registry["letter"], registry["name"], registry["waiting"], registry["refusal"]) == (
        "A",
        "Registro",
        1,
        None,
    )
    assert registry["eta"] == {"earliest": "2026-11-25T10:30:00+01:00", "latest": "2026-11-25T10:50:00+01:00"}
    assert identity["waiting"] == 0
    assert (await board(hall))["page"]["lines"][0] == "10:30 a 10:50"
    assert (await board(hall, "en"))["page"]["lines"][0] == "10:30 to 10:50"


async def test_a_line_without_a_desk_promises_no_time(hall: Hall) -> None:
    seen = await board(hall)
    assert [line["eta"] for line in seen["lines"]] == [None, None]
    assert seen["page"]["lines"][0] == "Aún no hay mesas abiertas"


@pytest.mark.parametrize(
    ("statement", "refusal", "says"),
    [
        ("UPDATE lines SET stopped = true", "walk_ins_stopped", "Hoy, solo con cita"),
        ("UPDATE lines SET daily_quota = 0", "quota_reached", "Hoy, solo con cita"),
        ("UPDATE services SET walk_in = false", "appointment_only", "Solo con cita"),
    ],
)
async def test_a_line_that_takes_nobody_says_so(hall: Hall, statement: str, refusal: str, says: str) -> None:
    await change(hall.runtime, statement)
    seen = await board(hall)
    assert {line["refusal"] for line in seen["lines"]} == {refusal}
    assert set(seen["page"]["lines"]) == {says}


async def test_shortly_before_closing_nobody_is_invited_who_could_not_be_served(
    hall: Hall, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 11, 25, 17, 50, tzinfo=UTC))  # ten minutes before seven
    await hall.open()
    assert {line["refusal"] for line in (await board(hall))["lines"]} == {"no_capacity"}


async def test_without_calls_the_screen_says_what_it_is_for(hall: Hall) -> None:
    page = (await board(hall))["page"]
    assert (page["headline"], page["detail"]) == (
        "Aquí llamamos",
        "Cuando te toque, aquí verás tu código y tu mesa.",
    )
    await hall.called()
    assert (await board(hall))["page"]["headline"] == ""


async def test_a_pause_says_its_reason(hall: Hall) -> None:
    await change(hall.runtime, "UPDATE offices SET paused = true")
    seen = await board(hall)
    assert (seen["state"], seen["paused"]) == ("paused", True)
    assert seen["page"]["headline"] == "La oficina está en pausa"
    assert seen["page"]["detail"] == "Todos los turnos guardan su sitio."
    await change(hall.runtime, "UPDATE offices SET pause_message = 'Volvemos a las 11:00.'")
    assert (await board(hall))["page"]["detail"] == "Volvemos a las 11:00."


async def test_a_closed_office_says_when_it_opens(hall: Hall, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 25, 20, 0, tzinfo=UTC))
    seen = await board(hall)
    assert (seen["state"], seen["open"], seen["opens_at"]) == ("closed", False, "2026-11-26T09:00:00+01:00")
    assert seen["page"]["headline"] == "La oficina está cerrada"
    assert seen["page"]["detail"] == "Abre mañana a las 9:00."
    clock.set(datetime(2026, 11, 28, 13, 0, tzinfo=UTC))
    assert (await board(hall))["page"]["detail"] == "Abre el lunes 30 de noviembre a las 9:00."
    assert (await board(hall, "en"))["page"]["detail"] == "It opens on Monday 30 November at 9:00."


async def test_after_closing_the_screen_goes_on_for_whoever_is_still_here(hall: Hall, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 25, 17, 35, tzinfo=UTC))
    issued = await hall.take()
    clock.set(datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    seen = await board(hall)
    assert (seen["state"], seen["open"]) == ("open", False)
    assert set(seen["page"]["lines"]) == {"Cerrada"}
    await service.leave(hall.runtime, issued.token)
    assert (await board(hall))["state"] == "closed"


async def test_nobodys_name_or_contact_is_on_the_screen(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    await hall.check_in(appointment)
    await hall.take(name="Diego", email="diego@example.org")
    await hall.open()
    await hall.call()
    shown = json.dumps(await board(hall)).lower()
    assert [word for word in ("amina", "diego", "example.org", "boris") if word in shown] == []


# By sockets


@pytest.fixture
async def room(app_server: AppServer, office: Office) -> Hall:
    """The office as the server's own process sees it, with its bus."""
    return Hall(app_server.runtime, office)


@asynccontextmanager
async def screen(server: AppServer, hello: Any = "centro", **options: Any) -> AsyncIterator[Listener]:
    async with server.client() as client, client.ws_connect("/ws/display", **options) as socket:
        message = {"type": "hello", "office": hello} if isinstance(hello, str) else hello
        await socket.send_json(message)
        yield Listener(socket)


def on(frame: Frame) -> list[tuple[str, str, bool]]:
    return [(one["code"], one["desk"], one["now"]) for one in frame["calls"]]


async def test_hello_is_answered_with_the_whole_board(app_server: AppServer, room: Hall) -> None:
    await room.called()
    async with screen(app_server) as wall:
        frame = await wall.next()
    assert frame["type"] == "board"
    assert on(frame) == [("A-001", "1", True)]
    assert frame["v"] == 7  # a turn in one of two lines: 2 and 1; a desk of both: 3 and 3; a call: 4 and 3
    assert frame["at"] == "2026-11-25T10:30:00+01:00"


async def test_a_screen_speaks_the_language_of_its_page(app_server: AppServer, room: Hall) -> None:
    async with screen(app_server, headers={"Accept-Language": "en"}) as wall:
        frame = await wall.next()
    assert (frame["lines"][0]["name"], frame["page"]["headline"]) == ("Registry", "Here we call")


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ("nowhere", 4104),
        ({"type": "hello"}, 4100),
        ({"type": "hello", "office": 7}, 4100),
        ({"type": "ping"}, 4102),
    ],
)
async def test_what_is_no_good_hello_ends_the_socket(app_server: AppServer, hello: Any, code: int) -> None:
    async with screen(app_server, hello) as stranger:
        assert await stranger.close_code() == code


async def test_a_foreign_page_is_refused_before_the_upgrade(app_server: AppServer) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with screen(app_server, headers={"Origin": "https://elsewhere.example"}):
            pass
    assert refused.value.status == 403


async def test_all_screens_of_an_office_follow_a_visit(app_server: AppServer, room: Hall) -> None:
    issued = await room.take()
    async with screen(app_server) as wall, screen(app_server) as entrance:
        await wall.next()
        await entrance.next()
        await room.open()
        await room.call()
        for one in (wall, entrance):
            while on(await one.next()) != [("A-001", "1", True)]:
                continue
        await service.start(room.runtime, BORIS, issued.ticket.id)
        for one in (wall, entrance):
            while on(await one.next()) != [("A-001", "1", False)]:
                continue


async def test_every_change_of_a_line_is_announced_to_the_screens(hall: Hall) -> None:
    heard = asyncio.Event()

    async def hear(_message: object) -> None:
        heard.set()

    await hall.runtime.bus.subscribe(display_topic("centro"), hear)
    issued = await hall.take()
    await asyncio.wait_for(heard.wait(), PATIENCE_S)
    heard.clear()
    await service.leave(hall.runtime, issued.token)
    await asyncio.wait_for(heard.wait(), PATIENCE_S)


async def test_what_changes_nothing_on_the_screen_is_not_sent(app_server: AppServer, room: Hall) -> None:
    issued = await room.take()
    async with screen(app_server) as wall:
        await wall.next()
        await service.ask_help(room.runtime, issued.token)
        await room.take("certificate")
        assert [line["waiting"] for line in (await wall.next())["lines"]] == [1, 1]


async def test_a_screen_of_another_office_is_not_told(app_server: AppServer, room: Hall) -> None:
    from ...support.office_fixture import build_office

    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    async with screen(app_server, "norte") as other, screen(app_server) as wall:
        await other.next()
        await wall.next()
        await room.called()
        while not on(await wall.next()):
            continue
        assert await other.quiet() == []


async def test_a_call_that_the_bus_lost_is_healed_by_the_lines_versions(
    app_server: AppServer, room: Hall, runtime: Runtime
) -> None:
    """`runtime` is another process: what it publishes never comes here."""
    async with screen(app_server) as wall:
        await wall.next()
        await Hall(runtime, room.office).called()
        while not on(await wall.next()):
            continue


async def test_a_call_of_another_process_comes_over_redis_and_without_it_too(
    settings: Settings, clock: FakeClock, office: Office, valkey: RunningValkey
) -> None:
    shared = settings.model_copy(update={"redis_url": valkey.url})
    elsewhere = make_runtime(shared, clock, Events())
    async with serving(shared, clock) as server, screen(server) as wall:
        await wall.next()
        _, ticket = await Hall(elsewhere, office).called()
        while on(await wall.next()) != [("A-001", "1", True)]:
            continue
        valkey.stop()
        await service.start(elsewhere, BORIS, ticket.id)
        while on(await wall.next()) != [("A-001", "1", False)]:
            continue
    await elsewhere.bus.close()
    await elsewhere.db.close()


async def test_what_only_the_clock_or_the_office_changes_is_read_now_and_then(
    app_server: AppServer, room: Hall, clock: FakeClock
) -> None:
    async with screen(app_server) as wall:
        assert (await wall.next())["state"] == "open"
        await change(room.runtime, "UPDATE offices SET paused = true")
        await heal_once(room.runtime, app_server.state["hub"], everything=True)
        await wall.until(state="paused")
        await change(room.runtime, "UPDATE offices SET paused = false")
        clock.advance(hours=12)
        await heal_once(room.runtime, app_server.state["hub"], everything=True)
        await wall.until(state="closed")


async def test_an_unknown_message_is_answered_and_the_socket_stays(app_server: AppServer, room: Hall) -> None:
    async with screen(app_server) as wall:
        await wall.next()
        await wall.socket.send_json({"type": "dance"})
        assert (await wall.until(type="error"))["code"] == "unknown_type"
        await room.called()
        while not on(await wall.next()):
            continue


async def test_the_page_is_painted_whole_without_a_script(app_server: AppServer, room: Hall) -> None:
    await room.called()
    async with app_server.client() as client, client.get("/o/centro/display") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "<b>A</b><i>-</i>001" in page
    assert "data-now" in page
    assert '<meta http-equiv="refresh" content="15">' in page
    async with app_server.client() as client, client.get("/o/nowhere/display") as answer:
        assert answer.status == 404


async def test_two_agents_call_at_once_and_both_calls_stand_there(app_server: AppServer, room: Hall) -> None:
    for _ in range(2):
        await room.take()
    await room.open(1)
    await room.open(2, ELENA)
    async with screen(app_server) as wall:
        await wall.next()
        await room.call(1)
        await room.call(2, ELENA)
        while len(seen := on(await wall.next())) < 2:
            continue
    assert {code for code, _, now in seen if now} == {"A-001", "A-002"}
