"""/ws/ticket by real sockets: who gets in, what a phone is told and when, and how it ends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from office360.appointments.service import token_of
from office360.core.db.process_cache import is_reading
from office360.offices.service import Office
from office360.queue import service
from office360.queue.queries import office_state
from office360.queue.queries.forecasts import FRESH_S
from office360.queue.realtime import ticket_sockets
from office360.queue.realtime.ticket_sockets import heal_once, phones_of
from office360.queue.service import IssuedTicket, TicketRequest
from office360.queue.storage import store

from ...conftest import AppServer, FakeClock
from ..conftest import AT_11, BORIS, CARMEN, Hall
from ..support.sockets import Listener


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    """The office as the server's own process sees it, with its bus."""
    return Hall(app_server.runtime, office)


@asynccontextmanager
async def phone(server: AppServer, hello: Any = None, **options: Any) -> AsyncIterator[Listener]:
    async with server.client() as client, client.ws_connect("/ws/ticket", **options) as socket:
        if isinstance(hello, IssuedTicket):
            await socket.send_json({"type": "hello", "token": hello.token})
        elif isinstance(hello, str):
            await socket.send_str(hello)
        elif hello is not None:
            await socket.send_json(hello)
        yield Listener(socket)


# Getting in


async def test_hello_is_answered_with_the_whole_state(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    await hall.take()
    issued = await hall.take()
    async with phone(app_server, issued) as amina:
        frame = await amina.next()
    assert frame["type"] == "ticket"
    assert (frame["code"], frame["state"], frame["ahead"], frame["kind"]) == ("A-002", "waiting", 1, "walk_in")
    assert frame["line"] == {"slug": "registry", "name": "Registro"}
    assert (frame["office"], frame["service"], frame["desks_open"]) == ("centro", "documents", 1)
    assert frame["eta"] == {"earliest": "2026-11-25T10:30:00+01:00", "latest": "2026-11-25T10:50:00+01:00"}
    assert frame["may"] == ["leave", "postpone"]
    assert frame["at_most_overtaken_by"] == 2
    assert (frame["desk"], frame["called_at"], frame["recalls"], frame["reason"]) == (None, None, 0, None)
    assert frame["sent_at"] == "2026-11-25T10:30:00+01:00"
    assert isinstance(frame["v"], int)
    assert not {"id", "token", "links"} & frame.keys()


async def test_a_phone_reads_in_its_own_language(app_server: AppServer, hall: Hall) -> None:
    issued = await hall.take()
    async with phone(app_server, issued, headers={"Accept-Language": "en"}) as amina:
        assert (await amina.next())["line"]["name"] == "Registry"


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"type": "hello", "token": "nothing"}, 4104),
        ({"type": "hello"}, 4100),
        ({"type": "hello", "token": 7}, 4100),
        ({"type": "ping"}, 4102),
        ("no json", 4100),
        ("[]", 4100),
        ('"hello"', 4100),
    ],
)
async def test_what_is_no_good_hello_ends_the_socket(app_server: AppServer, hello: Any, code: int) -> None:
    async with phone(app_server, hello) as stranger:
        assert await stranger.close_code() == code


async def test_the_token_of_an_appointment_is_not_for_this(app_server: AppServer, hall: Hall) -> None:
    appointment = await hall.book(AT_11)
    token = token_of(hall.runtime, appointment)
    async with phone(app_server, {"type": "hello", "token": token}) as amina:
        assert await amina.close_code() == 4101


async def test_a_foreign_page_is_refused_before_the_upgrade(app_server: AppServer, hall: Hall) -> None:
    issued = await hall.take()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with phone(app_server, issued, headers={"Origin": "https://elsewhere.example"}):
            pass
    assert refused.value.status == 403


async def test_a_ticket_that_is_over_gets_its_last_state_and_the_socket_ends(
    app_server: AppServer, hall: Hall
) -> None:
    issued = await hall.take()
    await service.leave(hall.runtime, issued.token)
    async with phone(app_server, issued) as amina:
        assert (await amina.next())["state"] == "left"
        assert await amina.close_code() == 1000


# Being told


async def test_the_called_phone_learns_its_desk_and_the_other_moves_up(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    first, second = await hall.take(), await hall.take()
    async with phone(app_server, first) as amina, phone(app_server, second) as elena:
        before = await amina.next()
        assert (await elena.next())["ahead"] == 1
        await hall.call()
        called = await amina.until(state="called")
        assert called["desk"]["name"] == "1"
        assert called["desk"]["way"] == "Al fondo, a la izquierda"
        assert called["until"] == "2026-11-25T10:33:00+01:00"
        assert called["v"] > before["v"]
        assert (await elena.until(ahead=0))["state"] == "waiting"


async def test_a_whole_visit_is_seen_to_its_end(app_server: AppServer, hall: Hall) -> None:
    issued, called = await hall.called()
    async with phone(app_server, issued) as amina:
        await amina.until(state="called", recalls=0)
        await service.recall(hall.runtime, BORIS, called.id)
        await amina.until(state="called", recalls=1)
        await service.start(hall.runtime, BORIS, called.id)
        await amina.until(state="serving")
        await service.finish(hall.runtime, BORIS, called.id)
        await amina.until(state="finished")
        assert await amina.close_code() == 1000


async def test_a_phone_is_not_written_to_when_nothing_it_shows_has_changed(
    app_server: AppServer, hall: Hall
) -> None:
    first = await hall.take()
    async with phone(app_server, first) as amina:
        await amina.next()
        await hall.take()
        await hall.take()
        assert await amina.quiet() == []


async def test_all_tabs_of_one_ticket_are_told(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    issued = await hall.take()
    async with phone(app_server, issued) as one, phone(app_server, issued) as other:
        await hall.call()
        await one.until(state="called")
        await other.until(state="called")


async def test_the_version_never_falls(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    issued = await hall.take()
    versions = []
    async with phone(app_server, issued) as amina:
        versions.append((await amina.next())["v"])
        await hall.call()
        versions.append((await amina.until(state="called"))["v"])
        await service.put_back(hall.runtime, BORIS, issued.ticket.id)
        versions.append((await amina.until(state="waiting"))["v"])
        await service.leave(hall.runtime, issued.token)
        versions.append((await amina.until(state="left"))["v"])
    assert versions == sorted(set(versions))


async def test_by_itself_a_call_is_repeated_and_missed(
    app_server: AppServer, hall: Hall, clock: FakeClock
) -> None:
    issued, _ = await hall.called()
    async with phone(app_server, issued) as amina:
        await amina.until(state="called", recalls=0)
        clock.advance(seconds=60)
        await amina.until(state="called", recalls=1)
        clock.advance(minutes=2)
        missed = await amina.until(state="missed")
        assert missed["may"] == ["leave", "rejoin"]


async def test_a_message_that_was_lost_is_healed_by_the_lines_versions(
    app_server: AppServer, hall: Hall, runtime: Any
) -> None:
    """`runtime` is another process: what it publishes never comes here."""
    issued = await hall.take()
    async with phone(app_server, issued) as amina:
        await amina.next()
        elsewhere = Hall(runtime, hall.office)
        await elsewhere.open()
        await elsewhere.call()
        await amina.until(state="called")


async def test_a_lost_last_message_still_ends_the_socket(app_server: AppServer, hall: Hall, runtime: Any) -> None:
    issued = await hall.take()
    async with phone(app_server, issued) as amina:
        await amina.next()
        await service.leave(runtime, issued.token)
        await amina.until(state="left")
        assert await amina.close_code() == 1000


# Bad input while it is open


async def test_an_unknown_message_is_answered_and_the_socket_stays(app_server: AppServer, hall: Hall) -> None:
    issued = await hall.take()
    async with phone(app_server, issued) as amina:
        await amina.next()
        await amina.socket.send_json({"type": "dance", "id": 3})
        error = await amina.next()
        assert (error["type"], error["code"], error["in_reply_to"], error["id"]) == (
            "error",
            "unknown_type",
            "dance",
            3,
        )
        await amina.quiet()


async def test_a_malformed_message_ends_this_socket_only(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    first, second = await hall.take(), await hall.take()
    async with phone(app_server, first) as amina, phone(app_server, second) as elena:
        await amina.next()
        await amina.socket.send_str("{")
        assert await amina.close_code() == 4100
        await hall.call()
        await elena.until(ahead=0)


async def test_a_phone_that_hangs_up_is_forgotten(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    issued = await hall.take()
    async with phone(app_server, issued) as amina:
        await amina.next()
    await hall.call()
    async with phone(app_server, issued) as back:
        assert (await back.next())["state"] == "called"


async def test_healing_without_phones_asks_nothing(hall: Hall) -> None:
    from office360.signaling.topic_hub import Hub

    await heal_once(hall.runtime, Hub(hall.runtime.bus), everything=True)


# Another line


async def test_a_phone_follows_its_ticket_to_another_line_and_its_version_never_falls(
    app_server: AppServer, hall: Hall
) -> None:
    sent, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    async with phone(app_server, sent) as amina:
        before = await amina.until(state="serving")
        await service.transfer(hall.runtime, BORIS, called.id, service="certificate")
        moved = await amina.until(state="waiting")
        assert moved["line"]["slug"] == "identity"
        assert moved["v"] > before["v"]
        assert await hall.call() is not None
        stages = phones_of(app_server.runtime, app_server.state["hub"])._stages
        assert [stage.line_id for stage in stages.values()] == [hall.office.line("identity").id]
        assert (await amina.until(state="called"))["v"] > moved["v"]


async def test_a_pause_takes_a_call_back_and_every_phone_is_told_at_once(
    app_server: AppServer, hall: Hall
) -> None:
    issued, _ = await hall.called()
    behind = await hall.take()
    async with phone(app_server, issued) as amina, phone(app_server, behind) as elena:
        await amina.until(state="called")
        await elena.until(ahead=0)
        await service.pause(hall.runtime, CARMEN, "centro", "Simulacro")
        told = await amina.until(paused=True, state="waiting")
        assert (told["pause_message"], told["ahead"], told["eta"], told["desk"]) == ("Simulacro", 0, None, None)
        assert (await elena.until(paused=True))["ahead"] == 1
        await service.resume(hall.runtime, CARMEN, "centro")
        await amina.until(paused=False)
        await elena.until(paused=False)


async def test_whoever_is_on_standby_sees_the_way_in(app_server: AppServer, hall: Hall) -> None:
    line_id = hall.office.line("registry").id
    await service.stop_line(hall.runtime, CARMEN, line_id)
    issued = await service.join_standby(hall.runtime, "centro", TicketRequest(service="documents"))
    async with phone(app_server, issued) as amina:
        assert (await amina.next())["state"] == "standby"
        await service.open_line(hall.runtime, CARMEN, line_id)
        await hall.timers()
        assert (await amina.until(state="waiting"))["ahead"] == 0


# Many at once


async def test_phones_that_come_in_one_moment_are_looked_up_together(
    app_server: AppServer, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    looked_up = store.by_token_hashes

    async def counting(session: Any, token_hashes: Any) -> Any:
        asked.append(len(token_hashes))
        return await looked_up(session, token_hashes)

    monkeypatch.setattr(store, "by_token_hashes", counting)
    issued = [await hall.take() for _ in range(12)]
    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(phone(app_server)) for _ in issued]
        for one, ticket in zip(phones, issued, strict=True):
            await one.socket.send_json({"type": "hello", "token": ticket.token})
        shown = [(await one.next())["ahead"] for one in phones]
    assert shown == list(range(12))
    assert sum(asked) == 12
    assert len(asked) < 12


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start of the server on: its looks every few seconds would read what the bus has told."""
    monkeypatch.setattr(ticket_sockets, "HEAL_S", 3_600.0)


@pytest.mark.usefixtures("nobody_looks")
async def test_a_long_line_is_followed_by_the_bus_alone(
    app_server: AppServer, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LONG", 0)
    await hall.open()
    first, second = await hall.take(), await hall.take()
    async with phone(app_server, first) as amina, phone(app_server, second) as elena:
        assert ((await amina.next())["ahead"], (await elena.next())["ahead"]) == (0, 1)
        floor = office_state.floor
        reads: list[str] = []

        async def counting(session: Any, *arguments: Any) -> Any:
            if is_reading(session):
                reads.append("read")
            return await floor(session, *arguments)

        monkeypatch.setattr(office_state, "floor", counting)
        await hall.call()
        await amina.until(state="called")
        await elena.until(ahead=0)
        await service.start(hall.runtime, BORIS, first.ticket.id)
        await service.finish(hall.runtime, BORIS, first.ticket.id)
        await amina.until(state="finished")
        assert await amina.close_code() == 1000
        assert reads == []


async def test_estimates_of_a_long_line_are_made_beside_its_calls(
    app_server: AppServer, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LONG", 0)
    issued = await hall.take()
    async with phone(app_server, issued) as amina:
        assert (await amina.next())["eta"] is None
        phones = phones_of(app_server.runtime, app_server.state["hub"])
        await hall.open()
        await amina.until(desks_open=1)
        (stage,) = phones._stages.values()
        stage._read_at_s -= FRESH_S
        await phones.look_ahead()
        assert stage.is_fresh(time.monotonic())
        assert stage.scene.ranges.keys() == {issued.ticket.id}


async def test_the_frame_is_what_the_api_says(app_server: AppServer, hall: Hall) -> None:
    await hall.open()
    tickets = [await hall.take() for _ in range(3)]
    await hall.call()
    for issued in tickets:
        async with phone(app_server, issued) as amina:
            frame = await amina.next()
        said = await hall.seen(issued)
        assert {key: said[key] for key in said if key != "id"} == {
            key: frame[key] for key in frame if key not in ("type", "sent_at")
        }


async def test_in_a_long_line_whoever_is_put_back_stands_before_the_others_again(
    app_server: AppServer, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LONG", 0)
    await hall.open()
    first, second = await hall.take(), await hall.take()
    async with phone(app_server, first) as amina, phone(app_server, second) as elena:
        assert ((await amina.next())["ahead"], (await elena.next())["ahead"]) == (0, 1)
        for _ in range(3):
            await hall.call()
            await amina.until(state="called")
            await elena.until(ahead=0)
            await service.put_back(hall.runtime, BORIS, first.ticket.id)
            await amina.until(state="waiting", ahead=0)
            await elena.until(ahead=1)
