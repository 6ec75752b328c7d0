"""A login session that ends while its agent is in a video call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.staff.storage.tables import StaffSessionRow
from playwright.async_api import Browser, expect
from sqlalchemy import update

from ...conftest import AppServer, FakeClock
from ...rooms.support.video_appointments import AT, book_video_appointment
from ...support.chromium import PEER_CONNECTION_JS
from ..support.video_call import (
    MEDIA_COUNTERS_JS,
    PASSWORD,
    BrowserCall,
    enter_lobby_and_room,
    expect_media_both_ways,
    expect_picture_and_sound,
    new_browser_context,
    sign_in_agent,
)
from ..support.visual_check import VisualCheck

pytestmark = pytest.mark.e2e

SESSION_LEFT = timedelta(seconds=20)  # shorter than the silence after which a participant counts as lost
SAME_CONNECTION_JS = f"(before) => before instanceof RTCPeerConnection && {PEER_CONNECTION_JS} === before"


async def test_session_end_in_a_call_keeps_media_and_text(
    app_server: AppServer, runtime: Runtime, office: Office, clock: FakeClock, browser: Browser
) -> None:
    booked = await book_video_appointment(runtime, AT, "Amina")
    clock.set(AT - timedelta(minutes=5))
    phone, desk = [await new_browser_context(browser, *size) for size in ((390, 844), (1280, 800))]
    await sign_in_agent(desk, app_server)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(StaffSessionRow).values(expires_at=clock.now() + SESSION_LEFT))
    call = BrowserCall(await phone.new_page(), await desk.new_page(), app_server, booked)
    await enter_lobby_and_room(call)
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)
    await call.agent.get_by_role("tab", name="Chat").click()
    await call.agent.get_by_role("textbox", name="Mensaje").fill("Falta la firma")
    before = await call.agent.evaluate_handle(PEER_CONNECTION_JS)

    clock.advance(seconds=SESSION_LEFT.total_seconds())
    dialog = call.agent.get_by_role("dialog", name="Tu sesión ha terminado")
    await expect(dialog.get_by_label("Contraseña")).to_be_focused()
    for page in (call.agent, call.citizen):
        await expect_picture_and_sound(page, await page.evaluate(MEDIA_COUNTERS_JS))
    eyes = VisualCheck()
    await eyes.check_page(call.agent, "login over a call")
    eyes.assert_no_flaws()
    await call.agent.set_viewport_size({"width": 1280, "height": 800})
    await dialog.get_by_label("Contraseña").fill(PASSWORD)
    await dialog.get_by_role("button", name="Entrar", exact=True).click()
    await expect(dialog).to_be_hidden()

    await call.agent.get_by_role("button", name="Enviar").click()
    await call.citizen.get_by_role("button", name="Texto").click()
    await call.citizen.get_by_role("tab", name="Chat").click()
    await expect(call.citizen.locator("#pane-chat").get_by_text("Falta la firma")).to_be_visible()
    await expect_media_both_ways(call)
    assert await call.agent.evaluate(SAME_CONNECTION_JS, before)
    for context in (phone, desk):
        await context.close()
