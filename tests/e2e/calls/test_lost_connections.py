"""Losses under a call in two real browsers: swallowed packets, and a closed page."""

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
from ..support.video_call import (
    BrowserCall,
    enter_lobby,
    expect_media_both_ways,
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


async def test_swallowed_socket_is_replaced_within_seconds(call: BrowserCall, proxy: TcpProxy) -> None:
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
