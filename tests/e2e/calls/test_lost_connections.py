"""Losses under a call in two real browsers: socket, connection, page, session, packets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from playwright.async_api import Browser, expect

from ...conftest import AppServer, FakeClock
from ...faults.support.tcp_proxy import TcpProxy, run_tcp_proxy
from ...rooms.support.video_appointments import AT, book_video_appointment
from ...support.chromium import PEER_CONNECTION_JS
from ..support.video_call import (
    BrowserCall,
    enter_lobby,
    expect_media_both_ways,
    expect_new_media,
    new_browser_context,
    sign_in_agent,
)

pytestmark = pytest.mark.e2e

# No packet arrives, though nothing tells the page. What the browser shows is the picture as it was.
SILENCE_JS = "RTCRtpReceiver.prototype.getSynchronizationSources = () => []"
# What a screen reader gets: the seconds would be announced each time that they change.
WITHOUT_SECONDS = "- paragraph: Has perdido la conexión. Reconectando."
DEAD_SOCKET_LIMIT_MS = 6_000  # 2 s of silence, 2.5 s for a pong, and time to show it
SOCKET_BACK_LIMIT_MS = 3_500  # an attempt of at most 2 s, and the wait before the next


@pytest.fixture
async def proxy(app_server: AppServer) -> AsyncIterator[TcpProxy]:
    """The citizen's way to the server."""
    async with run_tcp_proxy(app_server.url) as made:
        yield made


@pytest.fixture
async def call(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    app_server: AppServer,
    browser: Browser,
    proxy: TcpProxy,
) -> AsyncIterator[BrowserCall]:
    """amina and boris in a call with media, amina over the proxy."""
    booked = await book_video_appointment(runtime, AT, "Amina")
    clock.set(AT - timedelta(minutes=5))
    desk, phone = await new_browser_context(browser, 1280, 800), await new_browser_context(browser, 390, 844)
    await sign_in_agent(desk, app_server)
    made = BrowserCall(await phone.new_page(), await desk.new_page(), app_server, booked)
    await enter_lobby(replace(made, server=replace(app_server, url=proxy.url)))
    await made.enter_as_agent()
    await made.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(made)
    yield made
    await desk.close()
    await phone.close()


async def test_call_recovers_from_each_loss(call: BrowserCall, proxy: TcpProxy) -> None:
    """Walk through losses of the socket, the connection, the page and the session."""
    await expect_media_to_survive_lost_socket(call)
    for page in (call.citizen, call.agent):
        await page.evaluate(f"{PEER_CONNECTION_JS}.close()")
        await expect_new_media(page)  # over a connection in place of the dead connection
        await expect_media_both_ways(call)
    for page in (call.citizen, call.agent):
        await page.reload()
        await expect_new_media(page)
        await expect_media_both_ways(call)
    await expect_media_to_survive_lost_session(call)
    await expect_return_to_lobby(call)
    await expect_departed_citizen_to_rejoin(call)
    await expect_swallowed_socket_to_be_replaced_within_seconds(call, proxy)


async def expect_media_to_survive_lost_socket(call: BrowserCall) -> None:
    """Expect the same connection, and a session that resumes."""
    before = await call.citizen.evaluate_handle(PEER_CONNECTION_JS)
    call.server.lifespan_state["live_rooms"].close_for_restart()
    await expect_media_both_ways(call)
    await call.citizen.get_by_role("button", name="Texto").click()
    await call.citizen.get_by_role("tab", name="Chat").click()
    await call.citizen.get_by_role("textbox", name="Mensaje").fill("¿Sigues ahí?")
    await call.citizen.get_by_role("button", name="Enviar").click()
    await call.agent.get_by_role("tab", name="Chat").click()
    await expect(call.agent.locator("#pane-chat").get_by_text("¿Sigues ahí?")).to_be_visible()
    same = f"(before) => before instanceof RTCPeerConnection && {PEER_CONNECTION_JS} === before"
    assert await call.citizen.evaluate(same, before)
    await expect(call.agent.locator("[data-strip]:visible")).to_have_count(0)


async def expect_media_to_survive_lost_session(call: BrowserCall) -> None:
    await call.server.lifespan_state["live_rooms"].close()
    await expect_media_both_ways(call)
    field = call.agent.get_by_label("Escribe: se ve letra a letra")
    await field.press_sequentially("Hola")
    await expect(call.citizen.locator("[data-typed-phone]")).to_contain_text("Hola")


async def expect_return_to_lobby(call: BrowserCall) -> None:
    """Expect that a citizen who is sent back to the lobby can be admitted again."""
    await call.agent.get_by_role("button", name="Más").click()
    await call.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(call.citizen.get_by_text("La oficina te pide que esperes aquí un momento.")).to_be_visible()
    await expect(call.citizen.get_by_text("Vas en primer lugar")).to_be_visible()
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)


async def expect_departed_citizen_to_rejoin(call: BrowserCall) -> None:
    await call.citizen.get_by_role("button", name="Salir", exact=True).click()
    await call.citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(call.citizen.get_by_role("heading", name="Has salido de la videollamada")).to_be_visible()
    await expect(call.agent.get_by_text("Amina estuvo aquí y se ha ido")).to_be_visible()
    await call.citizen.get_by_role("link", name="Volver a entrar").click()
    await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)


async def expect_swallowed_socket_to_be_replaced_within_seconds(call: BrowserCall, proxy: TcpProxy) -> None:
    """The other side is told of a closed page at once, too."""
    lost = call.citizen.locator("[data-strip]:visible", has_text="Has perdido la conexión.")
    proxy.silence()
    await call.citizen.evaluate(SILENCE_JS)
    await expect(lost).to_be_visible(timeout=DEAD_SOCKET_LIMIT_MS)
    await expect(lost).to_contain_text(re.compile(r"\d s$"))
    await expect(lost).to_match_aria_snapshot(WITHOUT_SECONDS)
    proxy.restore()
    await expect(lost).to_be_hidden(timeout=SOCKET_BACK_LIMIT_MS)

    await call.citizen.close(run_before_unload=True)
    await expect(call.agent.get_by_text("Amina ha cerrado la página. Esperamos.")).to_be_visible(timeout=2_000)
