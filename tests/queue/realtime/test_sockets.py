"""Real sockets on /ws/ticket: admission, pushes and closing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from office360.appointments.service import AgentCallChanged, appointment_token
from office360.core.db import timers
from office360.core.db.session_hooks import is_read_only
from office360.core.errors import Unavailable
from office360.core.i18n.languages import LocalizedText
from office360.offices.service import Office
from office360.queue import service
from office360.queue.actions.agent import put_back_ticket, recall_ticket
from office360.queue.actions.pause import (
    evacuate_office,
    pause_office,
    reopen_walk_ins,
    resume_office,
    stop_walk_ins,
)
from office360.queue.actions.standby import join_standby
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain.ticket import MIN_OTHER_CALLS
from office360.queue.queries import office_state
from office360.queue.queries.forecasts import FORECAST_FRESH_S
from office360.queue.queries.ticket_json import TicketFrames
from office360.queue.realtime import ticket_sockets
from office360.queue.realtime.ticket_sockets import TicketSubscribers
from office360.queue.service import TicketRequest
from office360.queue.storage import ticket_rows
from office360.queue.storage.line_cache import LineCache

from ...conftest import AppServer, FakeClock
from ..conftest import AT_11, BORIS, CARMEN, OfficeDriver
from ..support.sockets import SocketClient


@asynccontextmanager
async def ticket_socket(server: AppServer, hello: Any = None, **options: Any) -> AsyncIterator[SocketClient]:
    async with server.client() as client, client.ws_connect("/ws/ticket", **options) as socket:
        if isinstance(hello, IssuedTicket):
            await socket.send_json({"type": "hello", "token": hello.token})
        elif isinstance(hello, str):
            await socket.send_str(hello)
        elif hello is not None:
            await socket.send_json(hello)
        yield SocketClient(socket)


def leave(office: Office) -> LocalizedText:
    return {"es": "Sal.", "en": "Leave."}


# Admission


async def test_hello_is_answered_with_full_ticket_state(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    await server_driver.take_ticket()
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        frame = await amina.next_frame()
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


async def test_ticket_socket_uses_language_of_the_client(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued, headers={"Accept-Language": "en"}) as amina:
        assert (await amina.next_frame())["line"]["name"] == "Registry"


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
async def test_invalid_hello_closes_ticket_socket(app_server: AppServer, hello: Any, code: int) -> None:
    async with ticket_socket(app_server, hello) as stranger:
        assert await stranger.close_code() == code


async def test_appointment_token_is_rejected_by_ticket_socket(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    appointment = await server_driver.book_appointment(AT_11)
    token = appointment_token(server_driver.runtime, appointment)
    async with ticket_socket(app_server, {"type": "hello", "token": token}) as amina:
        assert await amina.close_code() == 4101


async def test_foreign_origin_is_refused_before_upgrade(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with ticket_socket(app_server, issued, headers={"Origin": "https://elsewhere.example"}):
            pass
    assert refused.value.status == 403


async def test_ended_ticket_gets_last_state_then_socket_closes(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    await service.leave_line(server_driver.runtime, issued.token)
    async with ticket_socket(app_server, issued) as amina:
        assert (await amina.next_frame())["state"] == "left"
        assert await amina.close_code() == 1000


# Pushes


async def test_call_sends_desk_to_one_phone_and_position_to_other(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    first, second = await server_driver.take_ticket(), await server_driver.take_ticket()
    async with ticket_socket(app_server, first) as amina, ticket_socket(app_server, second) as elena:
        before = await amina.next_frame()
        assert (await elena.next_frame())["ahead"] == 1
        await server_driver.call_next()
        called = await amina.wait_for_frame(state="called")
        assert called["desk"]["name"] == "1"
        assert called["desk"]["way"] == "Al fondo, a la izquierda"
        assert called["until"] == "2026-11-25T10:33:00+01:00"
        assert called["v"] > before["v"]
        assert (await elena.wait_for_frame(ahead=0))["state"] == "waiting"


async def test_people_of_other_lines_move_a_phone_at_once(
    app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    await server_driver.open_desk()
    other = await server_driver.take_ticket("certificate")
    clock.advance(minutes=1)
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        first = await amina.next_frame()
        assert (first["ahead"], first["ahead_in_other_lines"]) == (1, 1)
        await service.leave_line(server_driver.runtime, other.token)
        assert (await amina.next_frame())["ahead"] == 0
        booked = await server_driver.book_appointment(AT_11 + timedelta(minutes=30), service_slug="certificate")
        clock.set(booked.starts_at)
        await server_driver.check_in(booked)
        assert (await amina.wait_for_frame(ahead=1))["ahead_in_other_lines"] == 1


async def test_ticket_socket_follows_visit_to_its_end(app_server: AppServer, server_driver: OfficeDriver) -> None:
    issued, called = await server_driver.call_new_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.wait_for_frame(state="called", recalls=0)
        await recall_ticket(server_driver.runtime, BORIS, called.id)
        await amina.wait_for_frame(state="called", recalls=1)
        await service.start_service(server_driver.runtime, BORIS, called.id)
        await amina.wait_for_frame(state="serving")
        await service.finish_service(server_driver.runtime, BORIS, called.id)
        await amina.wait_for_frame(state="finished")
        assert await amina.close_code() == 1000


async def test_unchanged_ticket_state_sends_no_frame(app_server: AppServer, server_driver: OfficeDriver) -> None:
    first = await server_driver.take_ticket()
    async with ticket_socket(app_server, first) as amina:
        await amina.next_frame()
        await server_driver.take_ticket()
        await server_driver.take_ticket()
        assert await amina.pending_frames() == []


async def test_all_sockets_of_one_ticket_get_the_call(app_server: AppServer, server_driver: OfficeDriver) -> None:
    await server_driver.open_desk()
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as phone, ticket_socket(app_server, issued) as other:
        await server_driver.call_next()
        await phone.wait_for_frame(state="called")
        await other.wait_for_frame(state="called")


async def test_ticket_version_always_grows(app_server: AppServer, server_driver: OfficeDriver) -> None:
    await server_driver.open_desk()
    issued = await server_driver.take_ticket()
    versions = []
    async with ticket_socket(app_server, issued) as amina:
        versions.append((await amina.next_frame())["v"])
        await server_driver.call_next()
        versions.append((await amina.wait_for_frame(state="called"))["v"])
        await put_back_ticket(server_driver.runtime, BORIS, issued.ticket.id)
        versions.append((await amina.wait_for_frame(state="waiting"))["v"])
        await service.leave_line(server_driver.runtime, issued.token)
        versions.append((await amina.wait_for_frame(state="left"))["v"])
    assert versions == sorted(set(versions))


@pytest.mark.usefixtures("embedded_worker")
async def test_timers_push_repeated_call_and_missed_state(
    app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    issued, _ = await server_driver.call_new_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.wait_for_frame(state="called", recalls=0)
        clock.advance(seconds=60)
        await amina.wait_for_frame(state="called", recalls=1)
        clock.advance(minutes=2)
        missed = await amina.wait_for_frame(state="missed")
        assert missed["may"] == ["leave", "rejoin"]


@pytest.fixture
def rare_timer_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only notices wake the timers of a server that starts now."""
    monkeypatch.setattr(timers, "POLL_INTERVAL_S", 600)


@pytest.mark.usefixtures("embedded_worker", "rare_timer_polls")
async def test_call_of_the_agent_moves_ranges_without_a_poll(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    appointment = await server_driver.book_appointment(AT_11 + timedelta(hours=2))
    half_an_hour = replace(appointment, ends_at=appointment.starts_at + timedelta(minutes=30))
    await server_driver.open_desk()
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        assert (await amina.next_frame())["eta"]["earliest"] == "2026-11-25T10:30:00+01:00"
        async with server_driver.runtime.transaction() as tx:
            await tx.emit(AgentCallChanged(half_an_hour, BORIS.id, "video"))
        assert (await amina.next_frame())["eta"]["earliest"] == "2026-11-25T11:00:00+01:00"
        async with server_driver.runtime.transaction() as tx:
            await tx.emit(AgentCallChanged(half_an_hour, BORIS.id, None))
        assert (await amina.next_frame())["eta"]["earliest"] == "2026-11-25T10:30:00+01:00"


async def test_resync_delivers_call_after_lost_bus_message(
    app_server: AppServer, server_driver: OfficeDriver, runtime: Any
) -> None:
    """Publish from another process, whose bus is not connected to the server's."""
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.next_frame()
        elsewhere = OfficeDriver(runtime, server_driver.office)
        await elsewhere.open_desk()
        await elsewhere.call_next()
        await amina.wait_for_frame(state="called")


async def test_resync_closes_socket_of_ended_ticket(
    app_server: AppServer, server_driver: OfficeDriver, runtime: Any
) -> None:
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.next_frame()
        await service.leave_line(runtime, issued.token)
        await amina.wait_for_frame(state="left")
        assert await amina.close_code() == 1000


# Invalid messages


async def test_unknown_message_gets_error_and_keeps_socket_open(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.next_frame()
        await amina.socket.send_json({"type": "dance", "id": 3})
        error = await amina.next_frame()
        assert (error["type"], error["code"], error["in_reply_to"], error["id"]) == (
            "error",
            "unknown_type",
            "dance",
            3,
        )
        await amina.pending_frames()


async def test_malformed_message_closes_only_its_socket(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    first, second = await server_driver.take_ticket(), await server_driver.take_ticket()
    async with ticket_socket(app_server, first) as amina, ticket_socket(app_server, second) as elena:
        await amina.next_frame()
        await amina.socket.send_str("{")
        assert await amina.close_code() == 4100
        await server_driver.call_next()
        await elena.wait_for_frame(ahead=0)


async def test_disconnected_phone_is_removed_and_can_return(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.next_frame()
    await server_driver.call_next()
    async with ticket_socket(app_server, issued) as back:
        assert (await back.next_frame())["state"] == "called"


async def test_resync_without_subscribers_does_nothing(server_driver: OfficeDriver) -> None:
    from office360.signaling.topic_hub import TopicHub

    await TicketSubscribers(server_driver.runtime, TopicHub(server_driver.runtime.bus)).resync_stale_lines(
        reload_all=True
    )


# Transfers and pauses


async def test_transferred_ticket_moves_subscription_to_new_line(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    sent, called = await server_driver.call_new_ticket()
    await service.start_service(server_driver.runtime, BORIS, called.id)
    async with ticket_socket(app_server, sent) as amina:
        before = await amina.wait_for_frame(state="serving")
        await transfer_ticket(server_driver.runtime, BORIS, called.id, service="certificate")
        moved = await amina.wait_for_frame(state="waiting")
        assert moved["line"]["slug"] == "identity"
        assert moved["v"] > before["v"]
        assert await server_driver.call_next() is not None
        broadcasts = app_server.lifespan_state["ticket_subscribers"]._broadcasts
        assert [broadcast.line_id for broadcast in broadcasts.values()] == [
            server_driver.office.line("identity").id
        ]
        assert (await amina.wait_for_frame(state="called"))["v"] > moved["v"]


async def test_pause_returns_called_ticket_and_notifies_all_phones(
    app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued, _ = await server_driver.call_new_ticket()
    behind = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina, ticket_socket(app_server, behind) as elena:
        await amina.wait_for_frame(state="called")
        await elena.wait_for_frame(ahead=0)
        await pause_office(server_driver.runtime, CARMEN, "centro", "Simulacro")
        told = await amina.wait_for_frame(paused=True, state="waiting")
        assert (told["pause_message"], told["ahead"], told["eta"], told["desk"]) == ("Simulacro", 0, None, None)
        assert (await elena.wait_for_frame(paused=True))["ahead"] == 1
        await resume_office(server_driver.runtime, CARMEN, "centro")
        await amina.wait_for_frame(paused=False)
        await elena.wait_for_frame(paused=False)


@pytest.mark.parametrize("large_from", [0, 10_000], ids=["large office", "small office"])
@pytest.mark.usefixtures("without_resync")
async def test_evacuation_reaches_phone_without_line_change(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch, large_from: int
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", large_from)
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        before = await amina.next_frame()
        await evacuate_office(server_driver.runtime, CARMEN, "centro", leave)
        seen = await amina.wait_for_frame(evacuation=True)
        assert (seen["paused"], seen["pause_message"]) == (True, "Sal.")
        assert seen["v"] >= before["v"]  # equal, unless a worker has taken back calls already
        await resume_office(server_driver.runtime, CARMEN, "centro")
        await amina.wait_for_frame(evacuation=False)


async def test_resync_delivers_evacuation_after_lost_message(
    app_server: AppServer, server_driver: OfficeDriver, runtime: Any
) -> None:
    """Evacuate by another process, whose bus is not connected to the server's."""
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.next_frame()
        await evacuate_office(runtime, CARMEN, "centro", leave)
        assert (await amina.wait_for_frame(evacuation=True))["paused"]


async def test_standby_phone_sees_admission(app_server: AppServer, server_driver: OfficeDriver) -> None:
    line_id = server_driver.office.line("registry").id
    await stop_walk_ins(server_driver.runtime, CARMEN, line_id)
    issued = await join_standby(server_driver.runtime, "centro", TicketRequest(service="documents"))
    async with ticket_socket(app_server, issued) as amina:
        assert (await amina.next_frame())["state"] == "standby"
        await reopen_walk_ins(server_driver.runtime, CARMEN, line_id)
        await server_driver.fire_due_timers()
        assert (await amina.wait_for_frame(state="waiting"))["ahead"] == 0


# Many phones


async def test_simultaneous_hellos_share_token_lookups(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    looked_up = ticket_rows.tickets_by_token_hashes

    async def counting(session: Any, token_hashes: Any) -> Any:
        asked.append(len(token_hashes))
        return await looked_up(session, token_hashes)

    monkeypatch.setattr(ticket_rows, "tickets_by_token_hashes", counting)
    issued = [await server_driver.take_ticket() for _ in range(12)]
    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(ticket_socket(app_server)) for _ in issued]
        for phone, ticket in zip(phones, issued, strict=True):
            await phone.socket.send_json({"type": "hello", "token": ticket.token})
        shown = [(await phone.next_frame())["ahead"] for phone in phones]
    assert shown == list(range(12))
    assert sum(asked) == 12
    assert len(asked) < 12


@pytest.fixture
def without_resync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the resync from the start: it would hide a missing message of the bus."""
    monkeypatch.setattr(ticket_sockets, "RESYNC_EVERY_S", 3_600.0)


async def fail_to_reload(_subscribers: TicketSubscribers, _broadcast: ticket_sockets.LineBroadcast) -> None:
    raise Unavailable("database")


@pytest.mark.usefixtures("without_resync")
async def test_called_phone_of_small_office_waits_for_no_sql(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server_driver.open_desk()
    async with ticket_socket(app_server, await server_driver.take_ticket()) as amina:
        await amina.next_frame()
        monkeypatch.setattr(TicketSubscribers, "_reload", fail_to_reload)
        await server_driver.call_next()
        assert (await amina.next_frame())["state"] == "called"


async def test_large_office_is_pushed_without_reading_sql(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    await server_driver.open_desk()
    first, second = await server_driver.take_ticket(), await server_driver.take_ticket()
    async with ticket_socket(app_server, first) as amina, ticket_socket(app_server, second) as elena:
        assert ((await amina.next_frame())["ahead"], (await elena.next_frame())["ahead"]) == (0, 1)
        load_office_state = office_state.load_office_state
        reads: list[str] = []

        async def counting(session: Any, *arguments: Any) -> Any:
            if is_read_only(session):
                reads.append("read")
            return await load_office_state(session, *arguments)

        monkeypatch.setattr(office_state, "load_office_state", counting)
        await server_driver.call_next()
        await amina.wait_for_frame(state="called")
        await elena.wait_for_frame(ahead=0)
        await service.start_service(server_driver.runtime, BORIS, first.ticket.id)
        await service.finish_service(server_driver.runtime, BORIS, first.ticket.id)
        await amina.wait_for_frame(state="finished")
        assert await amina.close_code() == 1000
        assert reads == []


@pytest.mark.usefixtures("without_resync")
async def test_large_office_counts_people_of_other_lines_at_once(
    app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    await server_driver.open_desk()
    others = [await server_driver.take_ticket("certificate") for _ in range(MIN_OTHER_CALLS + 1)]
    clock.advance(minutes=1)
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        first = await amina.next_frame()
        assert (first["ahead"], first["ahead_in_other_lines"]) == (len(others), len(others))
        monkeypatch.setattr(TicketSubscribers, "_reload", fail_to_reload)
        await service.leave_line(server_driver.runtime, others.pop().token)
        assert (await amina.next_frame())["ahead"] == len(others)
        while others:
            clock.advance(minutes=1)
            called = await server_driver.call_next()
            assert called is not None
            assert called.id == others.pop(0).ticket.id
            seen = await amina.next_frame()
            assert (seen["ahead"], seen["ahead_in_other_lines"]) == (len(others), len(others))
            await service.start_service(server_driver.runtime, BORIS, called.id)
            await service.finish_service(server_driver.runtime, BORIS, called.id)
        assert seen["other_calls"]["count"] == MIN_OTHER_CALLS
        await server_driver.call_next()
        assert (await amina.next_frame())["state"] == "called"


@pytest.mark.usefixtures("without_resync")
async def test_reread_of_a_version_read_meanwhile_is_shown(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        await amina.next_frame()
        apply_message = LineCache.apply_message

        def apply_after_other_reader(cache: LineCache, message: Any) -> bool:
            """Find the new version in the cache, where the board of an agent has just read it."""
            cached = cache.latest_known(message["line"])
            assert cached is not None
            cache.put(replace(cached, version=message["v"]))
            return apply_message(cache, message)

        monkeypatch.setattr(LineCache, "apply_message", apply_after_other_reader)
        await pause_office(server_driver.runtime, CARMEN, "centro", "Simulacro")
        assert (await amina.wait_for_frame(paused=True))["pause_message"] == "Simulacro"


@pytest.mark.usefixtures("without_resync")
async def test_failing_frame_does_not_stop_other_phones(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    await server_driver.open_desk()
    issued = [await server_driver.take_ticket() for _ in range(4)]
    frame_parts = TicketFrames.frame_parts

    def fail_for_one(frames: TicketFrames, ticket_id: str) -> Any:
        if ticket_id == issued[2].ticket.id:
            raise ValueError("a state that cannot be computed")
        return frame_parts(frames, ticket_id)

    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(ticket_socket(app_server, ticket)) for ticket in issued]
        for phone in phones:
            await phone.next_frame()
        monkeypatch.setattr(TicketFrames, "frame_parts", fail_for_one)
        await server_driver.call_next()
        assert (await phones[0].next_frame())["state"] == "called"
        assert (await phones[1].next_frame())["ahead"] == 0
        assert (await phones[3].next_frame())["ahead"] == 2


async def test_old_forecasts_of_large_office_are_refreshed(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    issued = await server_driver.take_ticket()
    async with ticket_socket(app_server, issued) as amina:
        assert (await amina.next_frame())["eta"] is None
        phones = app_server.lifespan_state["ticket_subscribers"]
        await server_driver.open_desk()
        await amina.wait_for_frame(desks_open=1)
        (broadcast,) = phones._broadcasts.values()
        broadcast._read_at_s -= FORECAST_FRESH_S
        await phones.refresh_old_forecasts()
        assert broadcast.are_ranges_fresh(time.monotonic())
        assert broadcast.view.ranges.keys() == {issued.ticket.id}


async def test_socket_frame_equals_api_ticket(app_server: AppServer, server_driver: OfficeDriver) -> None:
    await server_driver.open_desk()
    tickets = [await server_driver.take_ticket() for _ in range(3)]
    await server_driver.call_next()
    for issued in tickets:
        async with ticket_socket(app_server, issued) as amina:
            frame = await amina.next_frame()
        said = await server_driver.ticket_json(issued)
        assert {key: said[key] for key in said if key != "id"} == {
            key: frame[key] for key in frame if key not in ("type", "sent_at")
        }


async def test_put_back_in_large_office_restores_first_position(
    app_server: AppServer, server_driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 0)
    await server_driver.open_desk()
    first, second = await server_driver.take_ticket(), await server_driver.take_ticket()
    async with ticket_socket(app_server, first) as amina, ticket_socket(app_server, second) as elena:
        assert ((await amina.next_frame())["ahead"], (await elena.next_frame())["ahead"]) == (0, 1)
        for _ in range(3):
            await server_driver.call_next()
            await amina.wait_for_frame(state="called")
            await elena.wait_for_frame(ahead=0)
            await put_back_ticket(server_driver.runtime, BORIS, first.ticket.id)
            await amina.wait_for_frame(state="waiting", ahead=0)
            await elena.wait_for_frame(ahead=1)
