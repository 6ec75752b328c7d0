"""`/ws/staff` over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.core.edited_values import form_version
from office360.core.runtime import Runtime
from office360.core.web.authentication import STAFF_COOKIE
from office360.offices.service import Office, bump_office_versions, office_topic
from office360.queue.service import TicketRequest, call_next, open_desk, take_ticket
from office360.signaling.topic_hub import TopicHub
from office360.staff.actions import accounts
from office360.staff.actions.people import OPERATOR, change_person, disable_person
from office360.staff.domain.people import account_values
from office360.staff.queries.board import translate_board
from office360.staff.realtime.board_socket import resync_changed_boards
from office360.staff.storage import people_rows

from ...conftest import AppServer, FakeClock
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import PASSWORD, load_principal
from ..support.boards import OFFICE


@asynccontextmanager
async def socket(
    server: AppServer, *, cookie: str | None = None, origin: str | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    cookies = {STAFF_COOKIE: cookie} if cookie else None
    async with server.client(cookies=cookies) as client, client.ws_connect("/ws/staff", origin=origin) as peer:
        yield peer


async def hello(peer: aiohttp.ClientWebSocketResponse, **message: Any) -> None:
    await peer.send_json({"type": "hello", **message})


async def frame(peer: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await peer.receive_json(timeout=TEST_TIMEOUT_S)
    assert message["type"] == "office"
    assert isinstance(message, dict)
    return message


async def wait_for_board(peer: aiohttp.ClientWebSocketResponse, true: Callable[[Any], object]) -> dict[str, Any]:
    """Wait for the first board that satisfies the condition.

    Boards are also pushed without a change.
    """
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while not true(board := await frame(peer)):
            continue
    return board


async def next_other_message(peer: aiohttp.ClientWebSocketResponse) -> Any:
    """Return the next message that is not a board."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while (message := await peer.receive_json())["type"] == "office":
            continue
    return message


async def close_code(peer: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while not (await peer.receive()).type & aiohttp.WSMsgType.CLOSE:
            continue
    return peer.close_code


async def login(server: AppServer, username: str) -> str:
    return await accounts.login(server.runtime, username, PASSWORD, "192.0.2.7")


async def test_a_key_reads_the_board_with_names(app_server: AppServer, staff: dict[str, str]) -> None:
    await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a"))
    key = await accounts.create_api_key(app_server.runtime, role=StaffRole.AGENT, offices=["centro"])
    async with socket(app_server) as peer:
        await hello(peer, office="centro", key=key)
        first = await frame(peer)
    assert first["office"] == "centro"
    assert [ticket["name"] for ticket in first["tickets"]] == ["Amina"]
    assert {"v", "paused", "lines", "desks", "tickets", "lobby"} <= set(first)
    assert "console" not in first


async def test_integration_reads_board_without_names(app_server: AppServer, staff: dict[str, str]) -> None:
    await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a"))
    key = await accounts.create_api_key(app_server.runtime, role=StaffRole.INTEGRATION)
    async with socket(app_server) as peer:
        await hello(peer, office="centro", key=key)
        text = await peer.receive_str(timeout=TEST_TIMEOUT_S)
    assert "Amina" not in text


async def test_console_gets_call_immediately(app_server: AppServer, office: Office, staff: dict[str, str]) -> None:
    runtime = app_server.runtime
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate", device="a"))
    boris = await load_principal(runtime, "boris")
    await open_desk(runtime, boris, office.desks[0].id)
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as peer:
        await hello(peer, office="centro")
        before = await frame(peer)
        await call_next(runtime, boris, office.desks[0].id)
        after = await wait_for_board(peer, lambda board: board["console"]["mine"]["state"] != "free")
    assert before["console"]["mine"]["state"] == "free"
    assert (after["console"]["mine"]["state"], after["console"]["mine"]["code"]) == ("called", issued.ticket.code)
    assert after["v"] > before["v"]


async def test_host_socket_gets_host_console(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "carmen"), origin=app_server.url) as peer:
        await hello(peer, office="centro", console="host")
        before = await frame(peer)
        await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina"))
        after = await wait_for_board(peer, lambda board: not board["console"]["room_empty"])
    assert before["console"]["room_empty"] is True
    assert [row["name"] for row in after["console"]["groups"][0]["people"]] == ["Amina"]


async def test_agent_socket_is_refused_host_console(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as peer:
        await hello(peer, office="centro", console="host")
        assert await close_code(peer) == 4101


async def test_foreign_origin_is_refused_before_upgrade(app_server: AppServer, staff: dict[str, str]) -> None:
    cookie = await login(app_server, "boris")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with socket(app_server, cookie=cookie, origin="https://example.org"):
            pass
    assert refused.value.status == 403


async def test_cookie_without_own_origin_is_not_allowed(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris")) as peer:
        await hello(peer, office="centro")
        assert await close_code(peer) == 4101


async def test_agent_of_other_office_is_not_allowed(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "diego"), origin=app_server.url) as peer:
        await hello(peer, office="centro")
        assert await close_code(peer) == 4101


@pytest.mark.parametrize("key", [None, "made up"])
async def test_socket_without_valid_key_is_not_allowed(
    app_server: AppServer, staff: dict[str, str], key: str | None
) -> None:
    async with socket(app_server) as peer:
        await hello(peer, office="centro", key=key)
        assert await close_code(peer) == 4101


async def test_first_message_other_than_hello_closes_socket(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server) as peer:
        await peer.send_json({"type": "board"})
        assert await close_code(peer) == 4102


@pytest.mark.parametrize(
    "message", [{}, {"office": 7}, {"office": "centro", "key": 7}, {"office": "centro", "console": "kitchen"}]
)
async def test_malformed_hello_closes_socket(
    app_server: AppServer, staff: dict[str, str], message: dict[str, Any]
) -> None:
    async with socket(app_server) as peer:
        await hello(peer, **message)
        assert await close_code(peer) == 4100


async def test_unknown_office_closes_socket_as_not_found(app_server: AppServer, staff: dict[str, str]) -> None:
    key = await accounts.create_api_key(app_server.runtime, role=StaffRole.AGENT)
    async with socket(app_server) as peer:
        await hello(peer, office="nowhere", key=key)
        assert await close_code(peer) == 4104


async def test_unknown_message_gets_error_and_socket_stays_open(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as peer:
        await hello(peer, office="centro")
        await frame(peer)
        await peer.send_json({"type": "call_next", "id": 3})
        told = await next_other_message(peer)
        assert (told["type"], told["code"], told["id"]) == ("error", "unknown_type", 3)
        await peer.send_json({"type": "ping"})
        assert (await next_other_message(peer))["type"] == "pong"


async def test_signing_out_closes_open_socket(app_server: AppServer, staff: dict[str, str]) -> None:
    cookie = await login(app_server, "boris")
    async with socket(app_server, cookie=cookie, origin=app_server.url) as peer:
        await hello(peer, office="centro")
        await frame(peer)
        await accounts.logout(app_server.runtime, cookie)
        assert await close_code(peer) == 4101


async def test_expired_session_gets_no_further_board(
    app_server: AppServer, clock: FakeClock, staff: dict[str, str]
) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as peer:
        await hello(peer, office="centro")
        await frame(peer)
        clock.advance(hours=12)
        await change_board(app_server)
        assert await close_code(peer) == 4101


@pytest.mark.parametrize(
    ("change", "username", "console"),
    [
        ("disabled", "boris", "desk"),
        ({"offices": frozenset({"norte"})}, "boris", "desk"),
        ({"role": StaffRole.AGENT}, "carmen", "host"),
    ],
    ids=["disabled", "another office", "lower role"],
)
async def test_lost_right_closes_open_socket(
    app_server: AppServer, staff: dict[str, str], change: Any, username: str, console: str
) -> None:
    runtime, person_id = app_server.runtime, staff[username]
    async with socket(app_server, cookie=await login(app_server, username), origin=app_server.url) as peer:
        await hello(peer, office="centro", console=console)
        await frame(peer)
        if change == "disabled":
            await disable_person(runtime, OPERATOR, person_id)
        else:
            async with runtime.read_session() as session:
                person = await people_rows.person_by_id(session, person_id)
            assert person is not None
            wanted = replace(person.details, **change)
            loaded = form_version(account_values(person.details))
            await change_person(runtime, OPERATOR, person_id, loaded, wanted)
        assert await close_code(peer) == 4101


async def change_board(server: AppServer) -> None:
    """Cause a change of the board."""
    await accounts.create_api_key(server.runtime, role=StaffRole.AGENT)
    async with server.runtime.transaction() as tx:
        tx.publish_latest("{centro}:office", {})


async def test_console_uses_language_of_request(app_server: AppServer, staff: dict[str, str]) -> None:
    cookies = {STAFF_COOKIE: await login(app_server, "boris"), "office360_language": "en"}
    async with (
        app_server.client(cookies=cookies) as client,
        client.ws_connect("/ws/staff?lang=en", origin=app_server.url) as peer,
    ):
        await hello(peer, office="centro")
        first = await frame(peer)
    assert first["console"]["video"]["count"] == "0 in the lobby"


def test_board_is_translated_with_the_reasons_of_hosts() -> None:
    line = replace(OFFICE.lines[0], stopped=True, stop_reason="Sin papel.", stop_texts={"en": "No paper."})
    office = replace(OFFICE, lines=(line,), paused=True, pause_message="Sal.", pause_texts={"en": "Leave."})
    board = {
        "pause_message": "Sal.",
        "lines": [{"slug": "registry", "name": "Registro", "stop_reason": "Sin papel."}],
    }
    assert translate_board(board, office, "en") == {
        "pause_message": "Leave.",
        "lines": [{"slug": "registry", "name": "Registry", "stop_reason": "No paper."}],
    }


async def test_resync_reloads_boards_of_changed_offices(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = TopicHub(runtime.bus)
    reloaded: list[str] = []
    monkeypatch.setattr(hub, "topics", lambda: [office_topic(office.slug), "{centro}:display"])
    monkeypatch.setattr(hub, "request_refresh", reloaded.append)
    known = await resync_changed_boards(runtime, hub, {})
    assert (known, reloaded) == ({office.slug: office.version}, [])
    async with runtime.transaction() as tx:
        await bump_office_versions(tx.session, [office.id])
    known = await resync_changed_boards(runtime, hub, known)
    assert (await resync_changed_boards(runtime, hub, known), reloaded) == (known, [office_topic(office.slug)])
