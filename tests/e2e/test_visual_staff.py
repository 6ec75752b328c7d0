"""Visual checks of states of consoles and video rooms that acts bring.

The states that a page has when it is opened are in test_layout.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import EVACUATION, Office
from office360.offices.storage.tables import OfficeRow
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from ..conftest import AppServer, FakeClock
from ..queue.conftest import ELENA, OfficeDriver
from ..rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from ..support.chromium import DENIED_DEVICES, NO_CAMERA
from ..support.office_fixture import build_office
from .support import connection_test
from .support.video_call import (
    PASSWORD,
    SMALL_MEDIA_JS,
    BrowserCall,
    enter_lobby,
    expect_media_both_ways,
    sign_in_agent,
)
from .support.visual_check import FORCED_COLOUR_VARIANTS, VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


async def test_desk_console_passes_visual_check(
    app_server: AppServer, browser: Browser, driver: OfficeDriver
) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    await staff.create_user(
        runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro", "norte"],
        password=PASSWORD,
    )
    async with new_visitor_page(browser, app_server) as page:
        await page.goto("/staff/")
        await page.get_by_role("button", name="Entrar").click()
        await eyes.check_page(page, "login with nothing")
        await page.get_by_label("Usuario").fill("boris")
        await page.get_by_label("Contraseña").fill("a wrong password")
        await page.get_by_role("button", name="Entrar").click()
        await eyes.check_page(page, "login refused")
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.get_by_role("button", name="Entrar").click()
        await page.wait_for_url("**/staff/desk*")
        await page.get_by_role("button", name="Abrir la mesa").click()
        await eyes.check_page(page, "no desk chosen")
        await page.get_by_label("Mesa 2").check()
        await page.get_by_role("button", name="Abrir la mesa").click()
        await _check_desk_states(page, eyes, driver)
    eyes.assert_no_flaws()


async def _check_desk_states(page: Page, eyes: VisualCheck, driver: OfficeDriver) -> None:
    async def shows(state: str) -> None:
        await expect(page.locator(".now")).to_have_attribute("data-state", state)

    await expect(page.locator(".live")).to_contain_text("En directo, hace")
    await eyes.check_page(page, "desk, nobody waits")
    await driver.take_ticket("certificate")
    await driver.take_ticket("certificate")
    await expect(page.locator(".next")).to_have_count(2)
    await page.keyboard.press("n")
    await shows("called")
    await page.keyboard.press("x")
    await expect(page.get_by_role("button", name="Su móvil dice que esperamos")).to_be_visible()
    await eyes.check_page(page, "desk, asks before it breaks a promise")
    await page.keyboard.press("x")
    await expect(page.locator("[data-missed]")).to_be_visible()
    await eyes.check_page(page, "desk, a missed turn")
    await page.keyboard.press("n")
    await shows("called")
    await page.get_by_role("button", name="Menú").click()
    await page.get_by_role("button", name="Salir").click()
    await page.get_by_text("Termina antes con quien está en la mesa.").wait_for()
    await eyes.check_page(page, "desk, cannot sign out")
    await page.context.set_offline(True)
    await expect(page.get_by_text("Sin conexión desde la")).to_be_visible()
    await page.keyboard.press("s")
    await expect(page.locator(".toast")).to_be_visible()
    await eyes.check_page(page, "desk, offline")
    await page.context.set_offline(False)


@pytest.fixture
async def booked(runtime: Runtime, office: Office) -> BookedVideoAppointment:
    return await book_video_appointment(runtime, AT, "Amina", needs=("Intérprete de lengua de signos",))


@pytest.fixture
async def call(
    app_server: AppServer, booked: BookedVideoAppointment, browser: Browser
) -> AsyncIterator[BrowserCall]:
    """Browsers of amina and boris, before either enters the room."""
    async with new_visitor_page(browser, app_server) as citizen, new_visitor_page(browser, app_server) as agent:
        for page in (citizen, agent):
            await page.context.add_init_script(SMALL_MEDIA_JS)
        await sign_in_agent(agent.context, app_server)
        yield BrowserCall(citizen, agent, app_server, booked)


async def test_video_room_passes_visual_check(call: BrowserCall, browser: Browser, clock: FakeClock) -> None:
    eyes, citizen, agent = VisualCheck(), call.citizen, call.agent
    clock.set(AT - timedelta(minutes=5))
    await agent.goto(call.agent_url)
    await expect(agent.get_by_role("heading", name="¿Quieres empezar la videollamada con Amina?")).to_be_visible()
    await eyes.check_page(agent, "agent, asked first")
    await agent.locator(".button", has_text="Empezar ahora").click()
    await eyes.check_page(agent, "agent, nobody has come")
    await citizen.goto(call.citizen_url)
    await expect(citizen.get_by_role("button", name="Entrar en la sala de espera")).to_be_enabled()
    await eyes.check_page(citizen, "preview")
    await citizen.locator(".mirror + .switches [data-switch=camera]").click()
    await citizen.locator(".mirror + .switches [data-switch=microphone]").click()
    await eyes.check_page(citizen, "preview, both off")
    await citizen.locator(".mirror + .switches [data-switch=camera]").click()
    await citizen.locator(".mirror + .switches [data-switch=microphone]").click()
    await enter_lobby(call)
    await agent.get_by_label("Decir algo a la sala de espera").fill("Dos minutos y estoy contigo.")
    await agent.locator("[data-tell] button").click()
    await expect(citizen.get_by_text("Dos minutos y estoy contigo.")).to_be_visible()
    await eyes.check_page(citizen, "lobby, with a message")
    await eyes.check_page(agent, "agent, somebody waits")
    async with new_visitor_page(browser, call.server) as other:
        await other.goto(call.citizen_url)
        await expect(other.get_by_text("Ya estás dentro")).to_be_visible()
        await eyes.check_page(other, "inside elsewhere")
    await agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)
    await eyes.check_page(citizen, "call")
    await eyes.check_page(agent, "agent, call")
    await _check_call_states(call, eyes)
    await _check_call_end(call, eyes)
    eyes.assert_no_flaws()


async def _check_call_states(call: BrowserCall, eyes: VisualCheck) -> None:
    citizen, agent = call.citizen, call.agent
    await citizen.get_by_role("button", name="Texto", exact=True).click()
    await citizen.get_by_label("Escribe: se ve letra a letra").fill("Hola")
    await eyes.check_page(citizen, "call, text")
    await eyes.check_page(agent, "agent, text arrives")
    await citizen.get_by_role("tab", name="Chat").click()
    await citizen.get_by_label("Mensaje", exact=True).fill("¿Me oyes?")
    await citizen.get_by_role("button", name="Enviar").click()
    await eyes.check_page(citizen, "call, chat")
    await citizen.get_by_role("button", name="Cerrar").first.click()
    await agent.locator(".tools [data-switch=camera]").click()
    await expect(citizen.get_by_text("Boris tiene la cámara apagada")).to_be_visible()
    await eyes.check_page(citizen, "call, no picture")
    await eyes.check_page(agent, "agent, camera off")
    await citizen.get_by_role("button", name="Más").click()
    await eyes.check_page(citizen, "call, more")
    await citizen.keyboard.press("Escape")
    await citizen.get_by_role("button", name="Salir", exact=True).click()
    await eyes.check_page(citizen, "call, leave asked")
    await citizen.get_by_role("button", name="Seguir hablando").click()
    await citizen.context.set_offline(True)
    await expect(citizen.locator(".bar [data-strip]")).to_contain_text("Reconectando")
    await eyes.check_page(citizen, "call, offline")
    await citizen.context.set_offline(False)
    await expect(citizen.locator(".bar [data-strip]")).to_be_hidden()


async def _check_call_end(call: BrowserCall, eyes: VisualCheck) -> None:
    citizen, agent = call.citizen, call.agent
    await citizen.get_by_role("button", name="Salir", exact=True).click()
    await citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(citizen.get_by_role("heading", name="Has salido de la videollamada")).to_be_visible()
    await eyes.check_page(citizen, "left")
    await agent.get_by_role("button", name="Terminar", exact=True).click()
    await eyes.check_page(agent, "agent, end asked")
    await agent.get_by_role("button", name="Terminar la llamada").click()
    await expect(agent.get_by_role("link", name="Volver a la mesa")).to_be_visible()
    await eyes.check_page(agent, "agent, over")
    await citizen.goto(call.citizen_url)
    await eyes.check_page(citizen, "over")


@pytest.mark.parametrize("chromium_flags", [[DENIED_DEVICES], [NO_CAMERA]])
async def test_preview_without_devices_passes_visual_check(
    app_server: AppServer, booked: BookedVideoAppointment, clock: FakeClock, browser: Browser
) -> None:
    eyes = VisualCheck()
    clock.set(AT - timedelta(minutes=5))
    async with new_visitor_page(browser, app_server, ()) as page:
        await page.goto(f"/a/{booked.token}/room")
        await expect(page.locator("[data-notice=devices]")).to_be_visible()
        await eyes.check_page(page, "preview")
    eyes.assert_no_flaws()


async def test_display_passes_visual_check(app_server: AppServer, browser: Browser, driver: OfficeDriver) -> None:
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await page.clock.install()

        async def shows(text: str) -> None:
            await page.goto("/o/centro/display")
            await expect(page.get_by_text(text).first).to_be_visible()
            await expect(page.locator("[data-age]")).to_have_attribute("data-live", "on")

        await shows("Aquí llamamos")
        await eyes.check_page(page, "screen without calls")
        await driver.open_desk()
        await driver.open_desk(2, ELENA)
        for _ in range(3):
            await driver.take_ticket()
        await driver.call_next()
        await driver.call_next(2, ELENA)
        await shows("Si llegas ahora")
        await page.context.set_offline(True)
        await page.clock.fast_forward("01:10")
        await expect(page.get_by_text("en la entrada")).to_be_visible()
        await eyes.check_page(page, "screen, offline")
        await page.context.set_offline(False)
        await _evacuate_office(driver)
        await shows("Sal del edificio por la salida más cercana.")
        await page.context.set_offline(True)
        await page.clock.fast_forward("01:10")
        await eyes.check_page(page, "screen, evacuated and offline", FORCED_COLOUR_VARIANTS)
        await expect(page.get_by_text("Sal del edificio por la salida más cercana.")).to_be_visible()
        await page.context.set_offline(False)
    eyes.assert_no_flaws()


async def _evacuate_office(driver: OfficeDriver) -> None:
    async with driver.runtime.transaction() as tx:
        state = {"paused": True, "pause_message": "Sal por la puerta B.", "pause_reason": EVACUATION}
        await tx.session.execute(update(OfficeRow).values(**state))


async def test_connection_test_passes_visual_check(call: BrowserCall) -> None:
    eyes, page = VisualCheck(), call.citizen
    await page.goto(f"/a/{call.booking.token}/test")
    await page.get_by_role("button", name=connection_test.START_BUTTON).click()
    await expect(connection_test.step_heading(page, "Mírate un momento")).to_be_visible()
    await eyes.check_page(page, "test, camera", FORCED_COLOUR_VARIANTS)
    await expect(connection_test.step_heading(page, "¿Te has oído?")).to_be_visible()
    await eyes.check_page(page, "test, speaker")
    await page.get_by_role("button", name="No oigo nada").click()
    await eyes.check_page(page, "test, nothing heard")
    await page.get_by_role("button", name="Sí, me oigo").click()
    await connection_test.wait_until_measuring(page)
    await eyes.check_page(page, "test, there and back", FORCED_COLOUR_VARIANTS)
    await connection_test.wait_for_verdict(page)
    await eyes.check_page(page, "test, result")
    await call.agent.goto("/staff/desk")
    await eyes.check_page(call.agent, "agent, appointment with its test")
    eyes.assert_no_flaws()
