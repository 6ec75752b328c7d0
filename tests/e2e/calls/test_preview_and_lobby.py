"""Room before a call in real browsers: early page, preview, another device, bad verdict."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.appointments.service import AppointmentState, appointment_by_id
from office360.rooms.storage.room_rows import load_room
from playwright.async_api import Browser, Page, Route, expect

from ...conftest import AppServer, FakeClock
from ...rooms.support.video_appointments import AT, BookedVideoAppointment
from ...support.chromium import DELAYED_DEVICES_JS
from ..support.video_call import BrowserCall, enter_lobby, new_browser_context, open_other_device

pytestmark = pytest.mark.e2e

PAGE_SCRIPT = re.compile(r"/(rooms/room_page|pages/rooms_\w+)\.js$")
COUNTED_DEVICES_JS = """
  window.requestsOfDevices = 0;
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => (window.requestsOfDevices++, open(wanted));
"""
PREFETCHED_JS = "[...document.querySelectorAll('link[rel=prefetch]')].map((link) => link.getAttribute('href'))"
INSTAGRAM = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36 Instagram 300.0"
)
RED_REPORT = {
    "verdict": "red",
    "grade_text": "Mal",
    "title": "La videollamada no irá bien",
    "text": "",
    "advice_texts": ["Acércate al router."],
}


@pytest.fixture
async def preview(app_server: AppServer, booked: BookedVideoAppointment, browser: Browser) -> AsyncIterator[Page]:
    """The room's preview on the phone of amina, whose devices open after `allowDevices()`."""
    phone = await new_browser_context(browser, 390, 844)
    await phone.add_init_script(DELAYED_DEVICES_JS)
    page = await phone.new_page()
    await page.goto(f"{app_server.url}/a/{booked.token}/room", wait_until="commit")
    yield page
    await phone.close()


async def test_own_picture_is_shown_before_script_of_page(
    app_server: AppServer, booked: BookedVideoAppointment, browser: Browser
) -> None:
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    phone = await new_browser_context(browser, 390, 844)
    await phone.add_init_script(COUNTED_DEVICES_JS)
    await phone.route(PAGE_SCRIPT, hold)
    page = await phone.new_page()
    await page.goto(f"{app_server.url}/a/{booked.token}/room", wait_until="commit")
    await page.wait_for_function("() => document.querySelector('[data-mirror]')?.videoWidth > 0")
    await expect(page.get_by_role("button", name="Entrar en la sala de espera")).to_be_disabled()
    held.set()
    await page.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(page.locator(".switches [data-switch='camera']")).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("window.requestsOfDevices") == 1
    await phone.close()


async def test_early_page_opens_room_and_leaves_in_app_browser(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock, browser: Browser
) -> None:
    opens_at = AT - timedelta(minutes=15)
    clock.set(opens_at - timedelta(seconds=1))
    context = await browser.new_context(user_agent=INSTAGRAM, locale="es-ES")
    page = await context.new_page()
    address = f"{app_server.url}/a/{booked.token}/room"
    await page.goto(address)
    await expect(page.get_by_text("Se abre en un minuto")).to_be_visible()
    link = page.get_by_role("link", name="Abrir en mi navegador")
    host = address.removeprefix("http://")
    assert (await link.get_attribute("href") or "").startswith(f"intent://{host}#Intent;scheme=http;")
    prefetched = await page.evaluate(PREFETCHED_JS)
    clock.set(opens_at)
    await expect(page.get_by_role("heading", name="Mira si te ves y te oyes antes de entrar")).to_be_visible()
    bundle = await page.evaluate("document.querySelector('script[data-bundle]')?.dataset.bundle")
    assert bundle is None or bundle in prefetched
    await context.close()


async def test_preview_keeps_presses_while_devices_open(preview: Page) -> None:
    """A microphone that is muted before it opens stays muted, and a press enters the lobby."""
    await preview.locator(".see [data-switch=microphone]").click()
    muted = preview.locator(".see").get_by_role("button", name="Micrófono")
    await expect(muted).to_have_attribute("aria-pressed", "false")
    enter = preview.get_by_role("button", name="Entrar en la sala de espera")
    await expect(enter).to_be_enabled()
    await enter.hover()
    await preview.mouse.down()
    await preview.evaluate("allowDevices()")
    await expect(preview.get_by_text("Tu micrófono está en silencio.")).to_be_visible()
    await expect(muted).to_be_visible()
    assert await preview.evaluate("window.openedDevices.getAudioTracks().every((track) => !track.enabled)")
    await preview.mouse.up()
    await expect(preview.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def test_other_device_shows_preview_before_lobby(pages: BrowserCall, browser: Browser) -> None:
    await enter_lobby(pages)
    async with open_other_device(pages, browser) as other:
        assert await other.get_by_role("heading", name="Te dejaremos entrar enseguida").is_hidden()
        await other.get_by_role("button", name="Seguir aquí").click()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        await other.reload()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def test_room_link_from_elsewhere_asks_first(pages: BrowserCall) -> None:
    citizen, agent = pages.citizen, pages.agent
    await enter_lobby(pages)
    async with pages.server.runtime.read_session() as session:
        room = await load_room(session, pages.booking.appointment.id)
    assert room is not None
    (waiting,) = room.lobby_participants()
    for link in (pages.agent_url, f"{pages.agent_url}?admit={waiting.id}"):  # as the citizen could have sent it
        await agent.goto(link)
        question = agent.get_by_role("heading", name="¿Quieres empezar la videollamada con Amina?")
        await expect(question).to_be_visible()
        assert await agent.evaluate("[...document.querySelectorAll('video')].every((one) => !one.srcObject)")
    await agent.get_by_text("Empezar ahora").click()
    await expect(agent.get_by_role("button", name="Dejar entrar")).to_be_visible()
    await expect(citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    await agent.goto(f"{pages.server.url}/staff/desk")
    await agent.locator("[data-slot=enter][data-shown]", has_text="Dejar entrar").click()  # after the first frame
    await expect(citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()


async def test_bad_verdict_leads_to_a_visit_in_person(testing_pages: BrowserCall) -> None:
    citizen = testing_pages.citizen
    await citizen.route("**/api/v1/tests/*/report", lambda route: route.fulfill(json=RED_REPORT))
    await enter_lobby(testing_pages)
    await expect(citizen.locator("[data-lobby-test]")).to_contain_text("La videollamada no irá bien")
    await citizen.get_by_role("button", name="Seguir solo con voz").click()
    await expect(citizen.locator(".lobby [data-switch=camera]")).to_have_attribute("aria-pressed", "false")
    await citizen.get_by_role("button", name="Ir en persona").click()
    await citizen.wait_for_url("**/reschedule?mode=in_person")
    await expect(citizen.get_by_role("heading", level=1)).to_be_visible()
    async with testing_pages.server.runtime.read_session() as session:
        appointment = await appointment_by_id(session, testing_pages.booking.appointment.id)
    assert appointment.state is AppointmentState.CONFIRMED  # and so it can be changed
    await citizen.goto(f"{testing_pages.citizen_url}?camera=off")  # the link of a bad result
    switches = citizen.locator("[data-switch=microphone]:visible, [data-switch=camera]:visible")
    await expect(switches.first).to_have_attribute("aria-pressed", "true")
    await expect(switches.last).to_have_attribute("aria-pressed", "false")
