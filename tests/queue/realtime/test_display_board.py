"""Boards of waiting-room displays, and their pushes over real sockets."""

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
from office360.core.events import EventRegistry
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.offices.service import Office, default_evacuation, office_by_slug
from office360.queue import service
from office360.queue.actions.agent import put_back_ticket, recall_ticket
from office360.queue.actions.citizen import rejoin_line
from office360.queue.actions.pause import evacuate_office, resume_office
from office360.queue.domain.ticket import Ticket, TicketState
from office360.queue.domain.topics import display_topic
from office360.queue.realtime.display_board import MAX_CALLS_SHOWN, DisplayBoard, calls_to_show, load_display_board
from office360.queue.realtime.display_sockets import board_with_texts, resync_stale_displays
from office360.server.runtime import make_runtime
from office360.server.settings import Settings

from ...conftest import AppServer, FakeClock, serve_app
from ...support.timeouts import TEST_TIMEOUT_S
from ...support.valkey import RunningValkey
from ..conftest import AT_11, BORIS, CARMEN, ELENA, OfficeDriver
from ..support.offices import update_office
from ..support.sockets import SocketClient, SocketFrame
from ..support.tickets import at_minute, walk_in_ticket

ROOT = Path(__file__).parent.parent.parent.parent
CATALOGUES = Catalogues([ROOT / "queue", ROOT / "core", ROOT / "offices"])


def called_ticket(number: int, minute: float, state: TicketState = TicketState.CALLED) -> Ticket:
    return replace(walk_in_ticket(number, 0), state=state, desk_id=f"d{number}", called_at=at_minute(minute))


def ticket_codes(tickets: list[Ticket]) -> list[str]:
    return [ticket.code for ticket in tickets]


# Calls to show


def test_pending_calls_come_first_newest_on_top() -> None:
    calls = [
        called_ticket(1, 1),
        called_ticket(2, 3),
        called_ticket(3, 4, TicketState.SERVING),
        called_ticket(4, 2, TicketState.FINISHED),
    ]
    assert ticket_codes(calls_to_show(calls)) == ["A-002", "A-001", "A-003", "A-004"]


def test_answered_calls_stay_while_rows_are_free() -> None:
    answered = [called_ticket(number, number, TicketState.SERVING) for number in range(1, 7)]
    assert ticket_codes(calls_to_show(answered)) == ["A-006", "A-005", "A-004", "A-003"]
    pending = [called_ticket(number, number) for number in range(7, 12)]
    assert ticket_codes(calls_to_show([*answered, *pending])) == ["A-011", "A-010", "A-009", "A-008", "A-007"]


def test_each_desk_shows_its_last_call_only() -> None:
    calls = [
        called_ticket(1, 1, TicketState.FINISHED),
        replace(called_ticket(2, 2, TicketState.SERVING), desk_id="d1"),
        replace(called_ticket(3, 3, TicketState.FINISHED), desk_id="d4"),
        replace(called_ticket(4, 4), desk_id="d4"),
    ]
    assert ticket_codes(calls_to_show(calls)) == ["A-004", "A-002"]


def test_display_limits_number_of_calls() -> None:
    assert len(calls_to_show([called_ticket(number, number) for number in range(1, 20)])) == MAX_CALLS_SHOWN


# The board


async def load_board(driver: OfficeDriver, language: str = "es") -> DisplayBoard:
    async with driver.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        found = await load_display_board(session, office, driver.runtime.now(), language)
    return board_with_texts(found, office, language, CATALOGUES)


async def test_call_is_shown_for_30_minutes(driver: OfficeDriver, clock: FakeClock) -> None:
    _, ticket = await driver.call_new_ticket()
    assert (await load_board(driver))["calls"] == [
        {"code": "A-001", "desk": "1", "arrow": "left", "at": "2026-11-25T10:30:00+01:00", "again": 0, "now": True}
    ]
    await recall_ticket(driver.runtime, BORIS, ticket.id)
    assert (await load_board(driver))["calls"][0]["again"] == 1
    await service.start_service(driver.runtime, BORIS, ticket.id)
    assert [(call["code"], call["now"]) for call in (await load_board(driver))["calls"]] == [("A-001", False)]
    await service.finish_service(driver.runtime, BORIS, ticket.id)
    assert [(call["code"], call["now"]) for call in (await load_board(driver))["calls"]] == [("A-001", False)]
    clock.advance(minutes=30)
    assert (await load_board(driver))["calls"] == []


async def test_put_back_or_left_call_disappears_from_display(driver: OfficeDriver) -> None:
    issued, ticket = await driver.call_new_ticket()
    await put_back_ticket(driver.runtime, BORIS, ticket.id)
    assert (await load_board(driver))["calls"] == []
    await driver.call_next()
    assert len((await load_board(driver))["calls"]) == 1
    await service.leave_line(driver.runtime, issued.token)
    assert (await load_board(driver))["calls"] == []


async def test_missed_ticket_is_listed_until_rejoin(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, _ = await driver.call_new_ticket()
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    seen = await load_board(driver)
    assert (seen["calls"], seen["missed"]) == ([], ["A-001"])
    await rejoin_line(driver.runtime, issued.token)
    assert (await load_board(driver))["missed"] == []


async def test_display_line_shows_range_for_new_walk_in(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await driver.take_ticket()
    registry, identity = (await load_board(driver))["lines"]
    assert (registry["letter"], registry["name"], registry["waiting"], registry["refusal"]) == (
        "A",
        "Registro",
        1,
        None,
    )
    assert registry["eta"] == {"earliest": "2026-11-25T10:30:00+01:00", "latest": "2026-11-25T10:50:00+01:00"}
    assert identity["waiting"] == 0
    assert (await load_board(driver))["page"]["lines"][0] == "10:30 a 10:50"
    assert (await load_board(driver, "en"))["page"]["lines"][0] == "10:30 to 10:50"


async def test_display_line_without_open_desk_shows_no_time(driver: OfficeDriver) -> None:
    seen = await load_board(driver)
    assert [line["eta"] for line in seen["lines"]] == [None, None]
    assert seen["page"]["lines"][0] == "Aún no hay mesas abiertas"


@pytest.mark.parametrize(
    ("statement", "refusal", "says"),
    [
        ("UPDATE lines SET stopped = true", "walk_ins_stopped", "Por ahora, solo con cita"),
        ("UPDATE lines SET daily_quota = 0", "quota_reached", "Hoy, solo con cita"),
        ("UPDATE services SET walk_in = false", "appointment_only", "Solo con cita"),
    ],
)
async def test_display_line_shows_reason_against_walk_ins(
    driver: OfficeDriver, statement: str, refusal: str, says: str
) -> None:
    await update_office(driver.runtime, statement)
    seen = await load_board(driver)
    assert {line["refusal"] for line in seen["lines"]} == {refusal}
    assert set(seen["page"]["lines"]) == {says}


async def test_display_shows_no_capacity_shortly_before_closing(driver: OfficeDriver, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 25, 17, 50, tzinfo=UTC))  # ten minutes before closing at 19:00 in Madrid
    await driver.open_desk()
    seen = await load_board(driver)
    assert {(line["refusal"], line["lasts_today"]) for line in seen["lines"]} == {("no_capacity", True)}
    assert set(seen["page"]["lines"]) == {"Hoy ya no se dan turnos"}


async def test_display_says_too_many_people_while_that_may_pass(driver: OfficeDriver, clock: FakeClock) -> None:
    """Of two visits of ten minutes at one desk only the first ends before 19:00."""
    clock.set(datetime(2026, 11, 25, 17, 35, tzinfo=UTC))
    await driver.open_desk()
    await driver.take_ticket()
    seen = await load_board(driver)
    registry = seen["lines"][0]
    assert (registry["refusal"], registry["lasts_today"]) == ("no_capacity", False)
    assert seen["page"]["lines"][0] == "Ahora hay demasiada gente; prueba más tarde"


async def test_display_without_calls_explains_its_purpose(driver: OfficeDriver) -> None:
    page = (await load_board(driver))["page"]
    assert (page["headline"], page["detail"]) == (
        "Aquí llamamos",
        "Cuando te toque, aquí verás tu código y tu mesa.",
    )
    await driver.call_new_ticket()
    assert (await load_board(driver))["page"]["headline"] == ""


async def test_paused_display_shows_pause_message(driver: OfficeDriver) -> None:
    await update_office(driver.runtime, "UPDATE offices SET paused = true")
    seen = await load_board(driver)
    assert (seen["state"], seen["paused"]) == ("paused", True)
    assert seen["page"]["headline"] == "La oficina está en pausa"
    assert seen["page"]["detail"] == "Todos los turnos guardan su sitio."
    await update_office(driver.runtime, "UPDATE offices SET pause_message = 'Volvemos a las 11:00.'")
    assert (await load_board(driver))["page"]["detail"] == "Volvemos a las 11:00."


async def test_evacuated_display_says_to_leave_in_each_language(driver: OfficeDriver) -> None:
    usual = default_evacuation(CATALOGUES.localized)
    await evacuate_office(driver.runtime, CARMEN, "centro", lambda _: usual)
    seen = await load_board(driver, "en")
    assert (seen["state"], seen["paused"], seen["evacuation"]) == ("paused", True, True)
    assert [(row["lang"], row["text"], row["more"]) for row in seen["page"]["evacuation"]] == [
        ("en", "Leave the building by the nearest exit.", ""),
        ("es", "Sal del edificio por la salida más cercana.", ""),
    ]
    own = {language: f"{text} Puerta B." for language, text in usual.items()}
    await evacuate_office(driver.runtime, CARMEN, "centro", lambda _: own)
    assert [row["more"] for row in (await load_board(driver))["page"]["evacuation"]] == ["Puerta B.", "Puerta B."]
    await resume_office(driver.runtime, CARMEN, "centro")
    assert (await load_board(driver))["page"]["evacuation"] == []


async def test_closed_display_shows_next_opening(driver: OfficeDriver, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 25, 20, 0, tzinfo=UTC))
    seen = await load_board(driver)
    assert (seen["state"], seen["open"], seen["opens_at"]) == ("closed", False, "2026-11-26T09:00:00+01:00")
    assert seen["page"]["headline"] == "La oficina está cerrada"
    assert seen["page"]["detail"] == "Abre mañana a las 9:00."
    clock.set(datetime(2026, 11, 28, 13, 0, tzinfo=UTC))
    assert (await load_board(driver))["page"]["detail"] == "Abre el lunes 30 de noviembre a las 9:00."
    assert (await load_board(driver, "en"))["page"]["detail"] == "It opens on Monday 30 November at 9:00."


async def test_display_stays_open_while_tickets_wait_after_closing(driver: OfficeDriver, clock: FakeClock) -> None:
    clock.set(datetime(2026, 11, 25, 17, 35, tzinfo=UTC))
    issued = await driver.take_ticket()
    clock.set(datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    seen = await load_board(driver)
    assert (seen["state"], seen["open"]) == ("open", False)
    assert set(seen["page"]["lines"]) == {"Cerrada"}
    await service.leave_line(driver.runtime, issued.token)
    assert (await load_board(driver))["state"] == "closed"


async def test_display_contains_no_names_or_contacts(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    await driver.check_in(appointment)
    await driver.take_ticket(name="Diego", email="diego@example.org")
    await driver.open_desk()
    await driver.call_next()
    shown = json.dumps(await load_board(driver)).lower()
    assert [word for word in ("amina", "diego", "example.org", "boris") if word in shown] == []


# Sockets


@asynccontextmanager
async def display_socket(server: AppServer, hello: Any = "centro", **options: Any) -> AsyncIterator[SocketClient]:
    async with server.client() as client, client.ws_connect("/ws/display", **options) as socket:
        message = {"type": "hello", "office": hello} if isinstance(hello, str) else hello
        await socket.send_json(message)
        yield SocketClient(socket)


def shown_calls(frame: SocketFrame) -> list[tuple[str, str, bool]]:
    return [(call["code"], call["desk"], call["now"]) for call in frame["calls"]]


async def test_hello_is_answered_with_full_board(app_server: AppServer, server_driver: OfficeDriver) -> None:
    await server_driver.call_new_ticket()
    async with display_socket(app_server) as display:
        frame = await display.next_frame()
    assert frame["type"] == "board"
    assert shown_calls(frame) == [("A-001", "1", True)]
    assert frame["v"] == 7  # versions of two lines: a ticket 2 and 1, a desk of both 3 and 3, a call 4 and 3
    assert frame["at"] == "2026-11-25T10:30:00+01:00"


async def test_display_socket_uses_language_of_the_page(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    async with display_socket(app_server, headers={"Accept-Language": "en"}) as display:
        frame = await display.next_frame()
    assert (frame["lines"][0]["name"], frame["page"]["headline"]) == ("Registry", "Now calling")


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ("nowhere", 4104),
        ({"type": "hello"}, 4100),
        ({"type": "hello", "office": 7}, 4100),
        ({"type": "ping"}, 4102),
    ],
)
async def test_invalid_hello_closes_display_socket(app_server: AppServer, hello: Any, code: int) -> None:
    async with display_socket(app_server, hello) as stranger:
        assert await stranger.close_code() == code


async def test_foreign_origin_is_refused_before_upgrade(app_server: AppServer) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with display_socket(app_server, headers={"Origin": "https://elsewhere.example"}):
            pass
    assert refused.value.status == 403


async def test_all_displays_of_office_follow_a_visit(app_server: AppServer, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    async with display_socket(app_server) as display, display_socket(app_server) as entrance:
        await display.next_frame()
        await entrance.next_frame()
        await server_driver.open_desk()
        await server_driver.call_next()
        for socket in (display, entrance):
            while shown_calls(await socket.next_frame()) != [("A-001", "1", True)]:
                continue
        await service.start_service(server_driver.runtime, BORIS, issued.ticket.id)
        for socket in (display, entrance):
            while shown_calls(await socket.next_frame()) != [("A-001", "1", False)]:
                continue


async def test_line_change_is_published_on_display_topic(driver: OfficeDriver) -> None:
    heard = asyncio.Event()

    async def hear(_message: object) -> None:
        heard.set()

    await driver.runtime.bus.subscribe(display_topic("centro"), hear)
    issued = await driver.take_ticket()
    await asyncio.wait_for(heard.wait(), TEST_TIMEOUT_S)
    heard.clear()
    await service.leave_line(driver.runtime, issued.token)
    await asyncio.wait_for(heard.wait(), TEST_TIMEOUT_S)


async def test_unchanged_board_sends_no_frame(app_server: AppServer, server_driver: OfficeDriver) -> None:
    issued = await server_driver.take_ticket()
    async with display_socket(app_server) as display:
        await display.next_frame()
        await service.ask_for_help(server_driver.runtime, issued.token)
        await server_driver.take_ticket("certificate")
        assert [line["waiting"] for line in (await display.next_frame())["lines"]] == [1, 1]


async def test_display_of_another_office_gets_no_frame(app_server: AppServer, server_driver: OfficeDriver) -> None:
    from ...support.office_fixture import build_office

    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    async with display_socket(app_server, "norte") as other, display_socket(app_server) as display:
        await other.next_frame()
        await display.next_frame()
        await server_driver.call_new_ticket()
        while not shown_calls(await display.next_frame()):
            continue
        assert await other.pending_frames() == []


async def test_resync_shows_call_after_lost_bus_message(
    app_server: AppServer, server_driver: OfficeDriver, runtime: Runtime
) -> None:
    """Publish from another process, whose bus is not connected to the server's."""
    async with display_socket(app_server) as display:
        await display.next_frame()
        await OfficeDriver(runtime, server_driver.office).call_new_ticket()
        while not shown_calls(await display.next_frame()):
            continue


async def test_call_of_other_process_arrives_with_and_without_redis(
    settings: Settings, clock: FakeClock, office: Office, valkey: RunningValkey
) -> None:
    shared = settings.model_copy(update={"redis_url": valkey.url})
    elsewhere = make_runtime(shared, clock, EventRegistry())
    async with serve_app(shared, clock) as server, display_socket(server) as display:
        await display.next_frame()
        _, ticket = await OfficeDriver(elsewhere, office).call_new_ticket()
        while shown_calls(await display.next_frame()) != [("A-001", "1", True)]:
            continue
        valkey.stop()
        await service.start_service(elsewhere, BORIS, ticket.id)
        while shown_calls(await display.next_frame()) != [("A-001", "1", False)]:
            continue
    await elsewhere.bus.close()
    await elsewhere.db.close()


async def test_full_resync_shows_pause_and_closing(
    app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    async with display_socket(app_server) as display:
        assert (await display.next_frame())["state"] == "open"
        await update_office(server_driver.runtime, "UPDATE offices SET paused = true")
        await resync_stale_displays(server_driver.runtime, app_server.lifespan_state["hub"], reload_all=True)
        await display.wait_for_frame(state="paused")
        await update_office(server_driver.runtime, "UPDATE offices SET paused = false")
        clock.advance(hours=12)
        await resync_stale_displays(server_driver.runtime, app_server.lifespan_state["hub"], reload_all=True)
        await display.wait_for_frame(state="closed")


async def test_unknown_message_gets_error_and_keeps_socket_open(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    async with display_socket(app_server) as display:
        await display.next_frame()
        await display.socket.send_json({"type": "dance"})
        assert (await display.wait_for_frame(type="error"))["code"] == "unknown_type"
        await server_driver.call_new_ticket()
        while not shown_calls(await display.next_frame()):
            continue


async def test_display_page_is_complete_without_javascript(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.call_new_ticket()
    async with app_server.client() as client, client.get("/o/centro/display") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "<b>A</b><i>-</i>001" in page
    assert "data-now" in page
    assert '<meta http-equiv="refresh" content="15">' in page
    async with app_server.client() as client, client.get("/o/nowhere/display") as answer:
        assert answer.status == 404


async def test_calls_of_two_desks_are_both_shown(app_server: AppServer, server_driver: OfficeDriver) -> None:
    for _ in range(2):
        await server_driver.take_ticket()
    await server_driver.open_desk(1)
    await server_driver.open_desk(2, ELENA)
    async with display_socket(app_server) as display:
        await display.next_frame()
        await server_driver.call_next(1)
        await server_driver.call_next(2, ELENA)
        while len(seen := shown_calls(await display.next_frame())) < 2:
            continue
    assert {code for code, _, now in seen if now} == {"A-001", "A-002"}
