"""A chat line written while the other page is cut off, and the server loses its sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from playwright.async_api import Browser, Page, expect

from ...conftest import AppServer, FakeClock
from ...rooms.support.video_appointments import AT, book_video_appointment
from ..support.video_call import BrowserCall, enter_lobby_and_room, new_browser_context, sign_in_agent

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

CHAT_LINES = '[data-lines="chat"] .said'


@pytest.fixture
async def call(
    app_server: AppServer, runtime: Runtime, office: Office, clock: FakeClock, browser: Browser
) -> AsyncIterator[BrowserCall]:
    booked = await book_video_appointment(runtime, AT, "Amina")
    clock.set(AT - timedelta(minutes=5))
    phone, desk = await new_browser_context(browser, 390, 844), await new_browser_context(browser, 1280, 800)
    await sign_in_agent(desk, app_server)
    held = BrowserCall(await phone.new_page(), await desk.new_page(), app_server, booked)
    await enter_lobby_and_room(held)
    await held.agent.get_by_role("button", name="Dejar entrar").click()
    await expect(held.citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()
    yield held
    await phone.close()
    await desk.close()


async def write(page: Page, line: str) -> None:
    await page.evaluate(
        """(line) => {
          const form = document.querySelector('[data-write="chat"]');
          form.querySelector("input").value = line;
          form.requestSubmit();
        }""",
        line,
    )


async def test_line_written_during_a_cut_is_shown_once(call: BrowserCall, app_server: AppServer) -> None:
    await write(call.agent, "antes")
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(1)
    await call.citizen.context.set_offline(True)
    await write(call.agent, "durante")
    await write(call.citizen, "sin conexión")
    await app_server.lifespan_state["live_rooms"].close()  # as when the process ends
    await call.citizen.context.set_offline(False)
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(3)
    await expect(call.agent.locator(CHAT_LINES)).to_have_count(3)
    await write(call.agent, "después")
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(4)
    for page in (call.citizen, call.agent):
        shown = await page.locator(CHAT_LINES).all_text_contents()
        for line in ("antes", "durante", "después", "sin conexión"):
            assert sum(text.endswith(line) for text in shown) == 1, (line, shown)
