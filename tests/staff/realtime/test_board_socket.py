"""/ws/staff over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from office360.core.auth import Role
from office360.core.web.requests import STAFF_COOKIE
from office360.offices.service import Office
from office360.queue.service import TicketRequest, call_next, open_desk, take_ticket
from office360.staff.actions import accounts

from ...conftest import AppServer, FakeClock
from ...support.timeouts import PATIENCE_S
from ..conftest import PASSWORD, principal_of


@asynccontextmanager
async def socket(
    server: AppServer, *, cookie: str | None = None, origin: str | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    cookies = {STAFF_COOKIE: cookie} if cookie else None
    async with server.client(cookies=cookies) as client, client.ws_connect("/ws/staff", origin=origin) as one:
        yield one


async def hello(one: aiohttp.ClientWebSocketResponse, **message: Any) -> None:
    await one.send_json({"type": "hello", **message})


async def frame(one: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await one.receive_json(timeout=PATIENCE_S)
    assert message["type"] == "office"
    assert isinstance(message, dict)
    return message


async def shows(one: aiohttp.ClientWebSocketResponse, true: Callable[[Any], object]) -> dict[str, Any]:
    """The first board of which this is true: one comes every few seconds, also when nothing has changed."""
    async with asyncio.timeout(PATIENCE_S):
        while not true(board := await frame(one)):
            continue
    return board


async def answer(one: aiohttp.ClientWebSocketResponse) -> Any:
    """The next message that is no board."""
    async with asyncio.timeout(PATIENCE_S):
        while (message := await one.receive_json())["type"] == "office":
            continue
    return message


async def closed(one: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        while not (await one.receive()).type & aiohttp.WSMsgType.CLOSE:
            continue
    return one.close_code


async def login(server: AppServer, username: str) -> str:
    return await accounts.login(server.runtime, username, PASSWORD, "192.0.2.7")


async def test_a_key_reads_the_board_with_names(app_server: AppServer, staff: dict[str, str]) -> None:
    await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a"))
    key = await accounts.create_api_key(app_server.runtime, role=Role.AGENT, offices=["centro"])
    async with socket(app_server) as one:
        await hello(one, office="centro", key=key)
        first = await frame(one)
    assert first["office"] == "centro"
    assert [ticket["name"] for ticket in first["tickets"]] == ["Amina"]
    assert {"v", "paused", "lines", "desks", "tickets", "lobby"} <= set(first)
    assert "console" not in first


async def test_an_integration_reads_it_without_names(app_server: AppServer, staff: dict[str, str]) -> None:
    await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina", device="a"))
    key = await accounts.create_api_key(app_server.runtime, role=Role.INTEGRATION)
    async with socket(app_server) as one:
        await hello(one, office="centro", key=key)
        text = await one.receive_str(timeout=PATIENCE_S)
    assert "Amina" not in text


async def test_a_call_is_told_to_the_console_at_once(
    app_server: AppServer, office: Office, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    issued = await take_ticket(runtime, "centro", TicketRequest(service="certificate", device="a"))
    boris = await principal_of(runtime, "boris")
    await open_desk(runtime, boris, office.desks[0].id)
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as one:
        await hello(one, office="centro")
        before = await frame(one)
        await call_next(runtime, boris, office.desks[0].id)
        after = await shows(one, lambda board: board["console"]["mine"]["state"] != "free")
    assert before["console"]["mine"]["state"] == "free"
    assert (after["console"]["mine"]["state"], after["console"]["mine"]["code"]) == ("called", issued.ticket.code)
    assert after["v"] > before["v"]


async def test_a_host_is_told_what_the_entrance_shows(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "carmen"), origin=app_server.url) as one:
        await hello(one, office="centro", console="host")
        before = await frame(one)
        await take_ticket(app_server.runtime, "centro", TicketRequest(service="certificate", name="Amina"))
        after = await shows(one, lambda board: not board["console"]["room_empty"])
    assert before["console"]["room_empty"] is True
    assert [row["name"] for row in after["console"]["groups"][0]["people"]] == ["Amina"]


async def test_the_entrance_is_not_told_to_an_agent(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as one:
        await hello(one, office="centro", console="host")
        assert await closed(one) == 4101


async def test_a_foreign_page_is_refused_before_the_upgrade(app_server: AppServer, staff: dict[str, str]) -> None:
    cookie = await login(app_server, "boris")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with socket(app_server, cookie=cookie, origin="https://example.org"):
            pass
    assert refused.value.status == 403


async def test_a_cookie_without_our_origin_is_nobody(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris")) as one:
        await hello(one, office="centro")
        assert await closed(one) == 4101


async def test_another_office_is_not_allowed(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server, cookie=await login(app_server, "diego"), origin=app_server.url) as one:
        await hello(one, office="centro")
        assert await closed(one) == 4101


@pytest.mark.parametrize("key", [None, "made up"])
async def test_nobody_is_not_allowed(app_server: AppServer, staff: dict[str, str], key: str | None) -> None:
    async with socket(app_server) as one:
        await hello(one, office="centro", key=key)
        assert await closed(one) == 4101


async def test_a_first_message_that_is_no_hello_ends_it(app_server: AppServer, staff: dict[str, str]) -> None:
    async with socket(app_server) as one:
        await one.send_json({"type": "board"})
        assert await closed(one) == 4102


@pytest.mark.parametrize(
    "message", [{}, {"office": 7}, {"office": "centro", "key": 7}, {"office": "centro", "console": "kitchen"}]
)
async def test_a_malformed_hello_ends_it(
    app_server: AppServer, staff: dict[str, str], message: dict[str, Any]
) -> None:
    async with socket(app_server) as one:
        await hello(one, **message)
        assert await closed(one) == 4100


async def test_an_office_that_does_not_exist_is_not_found(app_server: AppServer, staff: dict[str, str]) -> None:
    key = await accounts.create_api_key(app_server.runtime, role=Role.AGENT)
    async with socket(app_server) as one:
        await hello(one, office="nowhere", key=key)
        assert await closed(one) == 4104


async def test_an_unknown_message_is_answered_and_the_socket_goes_on(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as one:
        await hello(one, office="centro")
        await frame(one)
        await one.send_json({"type": "call_next", "id": 3})
        told = await answer(one)
        assert (told["type"], told["code"], told["id"]) == ("error", "unknown_type", 3)
        await one.send_json({"type": "ping"})
        assert (await answer(one))["type"] == "pong"


async def test_signing_out_closes_the_open_console(app_server: AppServer, staff: dict[str, str]) -> None:
    cookie = await login(app_server, "boris")
    async with socket(app_server, cookie=cookie, origin=app_server.url) as one:
        await hello(one, office="centro")
        await frame(one)
        await accounts.logout(app_server.runtime, cookie)
        assert await closed(one) == 4101


async def test_a_session_that_ran_out_gets_no_further_board(
    app_server: AppServer, clock: FakeClock, staff: dict[str, str]
) -> None:
    async with socket(app_server, cookie=await login(app_server, "boris"), origin=app_server.url) as one:
        await hello(one, office="centro")
        await frame(one)
        clock.advance(hours=12)
        await take_or_not(app_server)
        assert await closed(one) == 4101


async def take_or_not(server: AppServer) -> None:
    """Any change of the board."""
    await accounts.create_api_key(server.runtime, role=Role.AGENT)
    async with server.runtime.transaction() as tx:
        tx.publish("{centro}:office", {})


async def test_each_reads_in_their_own_language(app_server: AppServer, staff: dict[str, str]) -> None:
    cookies = {STAFF_COOKIE: await login(app_server, "boris"), "office360_language": "en"}
    async with (
        app_server.client(cookies=cookies) as client,
        client.ws_connect("/ws/staff?lang=en", origin=app_server.url) as one,
    ):
        await hello(one, office="centro")
        first = await frame(one)
    assert first["console"]["video"]["count"] == "0 in the lobby"
