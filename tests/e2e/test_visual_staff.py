"""The consoles and the rooms are looked at as test_look.py looks at the pages: every state, in every view."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.appointments.service import cancel
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.offices.tables import OfficeRow
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from ..conftest import AppServer, FakeClock
from ..queue.conftest import ELENA, Hall
from ..rooms.conftest import AT, Booked, book
from ..support.office_fixture import build_office
from .support import connection_test
from .support.video_call import PASSWORD, Call, both_see_and_hear, sign_in, wait_for_each_other
from .support.visual_check import FORCED, Eyes, visitor
from .test_video_call import DENIED, MISSING, launched

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


async def test_the_consoles(app_server: AppServer, browser: Browser, hall: Hall, clock: FakeClock) -> None:
    eyes, runtime = Eyes(), app_server.runtime
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    await staff.create_user(
        runtime, username="boris", name="Boris", role=Role.AGENT, offices=["centro", "norte"], password=PASSWORD
    )
    morning = clock.now()
    clock.set(morning - timedelta(days=5))  # an interpreter is asked for in time
    await book(runtime, AT, "Amina", needs=("sign_language",))
    clock.set(morning)
    async with visitor(browser, app_server) as page:
        await page.goto("/staff/")
        await eyes.on(page, "login")
        await page.get_by_role("button", name="Entrar").click()
        await eyes.on(page, "login with nothing")
        await page.get_by_label("Usuario").fill("boris")
        await page.get_by_label("Contraseña").fill("a wrong password")
        await page.get_by_role("button", name="Entrar").click()
        await eyes.on(page, "login refused")
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.get_by_role("button", name="Entrar").click()
        await page.wait_for_url("**/staff/desk")
        await hall.open(1, ELENA)
        await page.reload()
        await eyes.on(page, "choice of a desk")
        await page.get_by_role("button", name="Abrir la mesa").click()
        await eyes.on(page, "no desk chosen")
        await page.get_by_label("Mesa 2").check()
        await page.get_by_role("button", name="Abrir la mesa").click()
        await _states_of_a_desk(page, eyes, hall)
    eyes.saw_nothing_wrong()


async def _states_of_a_desk(page: Page, eyes: Eyes, hall: Hall) -> None:
    async def shows(state: str) -> None:
        await expect(page.locator(".now")).to_have_attribute("data-state", state)

    await expect(page.locator(".live")).to_contain_text("En directo, hace")
    await eyes.on(page, "desk, nobody waits")
    for service in ("certificate", "documents", "certificate"):
        await hall.take(service)
    await expect(page.locator(".next")).to_have_count(3)
    await eyes.on(page, "desk, free")
    await page.keyboard.press("n")
    await shows("called")
    await eyes.on(page, "desk, called")
    await page.keyboard.press("s")
    await shows("serving")
    await page.get_by_text("Añadir una nota").click()
    await eyes.on(page, "desk, serving")
    await page.get_by_role("button", name="Pasar", exact=True).click()
    await eyes.on(page, "desk, passing on")
    await page.keyboard.press("Escape")
    await _pause(hall, "Simulacro de evacuación.")
    await page.reload()
    await expect(page.locator("[data-pausing]")).to_be_visible()
    await expect(page.locator(".live")).to_contain_text("En directo, hace")
    await eyes.on(page, "desk, paused")
    await _pause(hall, None)
    await page.get_by_role("button", name="Salir").click()
    await eyes.on(page, "desk, cannot sign out")
    await page.keyboard.press("h")
    await shows("free")
    await expect(page.locator(".held")).to_be_visible()
    await eyes.on(page, "desk, somebody on hold")
    await page.keyboard.press("?")
    await eyes.on(page, "keys")
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await expect(page.get_by_text("Sin conexión desde las")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.locator(".toast")).to_be_visible()
    await eyes.on(page, "desk, offline")
    await page.context.set_offline(False)


@pytest.fixture
async def booked(runtime: Runtime, office: Office) -> Booked:
    return await book(runtime, AT, "Amina", needs=("Intérprete de lengua de signos",))


@pytest.fixture
async def call(app_server: AppServer, booked: Booked, browser: Browser) -> AsyncIterator[Call]:
    """amina and boris, each with a browser of their own; nobody is in the room yet."""
    async with visitor(browser, app_server) as citizen, visitor(browser, app_server) as agent:
        await sign_in(agent.context, app_server)
        yield Call(citizen, agent, app_server, booked)


async def test_the_room_from_preview_to_its_end(call: Call, browser: Browser, clock: FakeClock) -> None:
    eyes, citizen, agent = Eyes(), call.citizen, call.agent
    await citizen.goto(call.citizen_url)
    await eyes.on(citizen, "room, too early")
    clock.set(AT - timedelta(minutes=5))
    await agent.goto(call.agent_url)
    await eyes.on(agent, "agent, nobody has come")
    await citizen.goto(call.citizen_url)
    await expect(citizen.get_by_role("button", name="Entrar en la sala de espera")).to_be_enabled()
    await eyes.on(citizen, "preview")
    await citizen.locator(".mirror + .switches [data-switch=camera]").click()
    await citizen.locator(".mirror + .switches [data-switch=microphone]").click()
    await eyes.on(citizen, "preview, both off")
    await citizen.locator(".mirror + .switches [data-switch=camera]").click()
    await citizen.locator(".mirror + .switches [data-switch=microphone]").click()
    await wait_for_each_other(call)
    await agent.get_by_label("Decir algo a la sala de espera").fill("Dos minutos y estoy contigo.")
    await agent.locator("[data-tell] button").click()
    await expect(citizen.get_by_text("Dos minutos y estoy contigo.")).to_be_visible()
    await eyes.on(citizen, "lobby, with a message")
    await eyes.on(agent, "agent, somebody waits")
    async with visitor(browser, call.server) as other:
        await other.goto(call.citizen_url)
        await expect(other.get_by_text("Ya estás dentro")).to_be_visible()
        await eyes.on(other, "inside elsewhere")
    await agent.get_by_role("button", name="Dejar entrar").click()
    await both_see_and_hear(call)
    await eyes.on(citizen, "call")
    await eyes.on(agent, "agent, call")
    await _within_the_call(call, eyes)
    await _the_end(call, eyes)
    eyes.saw_nothing_wrong()


async def _within_the_call(call: Call, eyes: Eyes) -> None:
    citizen, agent = call.citizen, call.agent
    await citizen.get_by_role("button", name="Texto", exact=True).click()
    await citizen.get_by_label("Escribe: se ve letra a letra").fill("Hola")
    await eyes.on(citizen, "call, text")
    await eyes.on(agent, "agent, text arrives")
    await citizen.get_by_role("tab", name="Chat").click()
    await citizen.get_by_label("Mensaje", exact=True).fill("¿Me oyes?")
    await citizen.get_by_role("button", name="Enviar").click()
    await eyes.on(citizen, "call, chat")
    await citizen.get_by_role("button", name="Cerrar").first.click()
    await agent.locator(".tools [data-switch=camera]").click()
    await expect(citizen.get_by_text("Boris tiene la cámara apagada")).to_be_visible()
    await eyes.on(citizen, "call, no picture")
    await eyes.on(agent, "agent, camera off")
    await citizen.get_by_role("button", name="Más").click()
    await eyes.on(citizen, "call, more")
    await citizen.keyboard.press("Escape")
    await citizen.get_by_role("button", name="Salir", exact=True).click()
    await eyes.on(citizen, "call, leave asked")
    await citizen.get_by_role("button", name="Seguir hablando").click()
    await citizen.context.set_offline(True)
    await expect(citizen.locator(".bar [data-strip]")).to_contain_text("Reconectando")
    await eyes.on(citizen, "call, offline")
    await citizen.context.set_offline(False)
    await expect(citizen.locator(".bar [data-strip]")).to_be_hidden()


async def _the_end(call: Call, eyes: Eyes) -> None:
    citizen, agent = call.citizen, call.agent
    await citizen.get_by_role("button", name="Salir", exact=True).click()
    await citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(citizen.get_by_role("heading", name="Has salido de la videollamada")).to_be_visible()
    await eyes.on(citizen, "left")
    await agent.get_by_role("button", name="Terminar", exact=True).click()
    await eyes.on(agent, "agent, end asked")
    await agent.get_by_role("button", name="Terminar la llamada").click()
    await expect(agent.get_by_role("link", name="Volver a la mesa")).to_be_visible()
    await eyes.on(agent, "agent, over")
    await citizen.goto(call.citizen_url)
    await eyes.on(citizen, "over")


@pytest.mark.parametrize("flag", [DENIED, MISSING])
async def test_the_way_in_without_camera_and_microphone(
    app_server: AppServer, booked: Booked, clock: FakeClock, chromium_path: str, flag: str
) -> None:
    eyes = Eyes()
    clock.set(AT - timedelta(minutes=5))
    async with launched(chromium_path, flag) as browser, visitor(browser, app_server, ()) as page:
        await page.goto(f"/a/{booked.token}/room")
        await expect(page.locator("[data-notice=devices]")).to_be_visible()
        await eyes.on(page, f"preview, {flag.rpartition('=')[2]}")
    eyes.saw_nothing_wrong()


async def test_a_room_that_nobody_opens_any_more(call: Call, clock: FakeClock) -> None:
    eyes = Eyes()
    clock.set(AT + timedelta(hours=3))
    await call.citizen.goto(call.citizen_url)
    await eyes.on(call.citizen, "time over")
    clock.set(AT - timedelta(hours=3))
    await cancel(call.server.runtime, call.booked.token)
    await call.citizen.goto(call.citizen_url)
    await eyes.on(call.citizen, "cancelled")
    await call.agent.goto(call.agent_url)
    await eyes.on(call.agent, "agent, cancelled")
    eyes.saw_nothing_wrong()


async def test_the_screen_of_the_waiting_room(
    app_server: AppServer, browser: Browser, hall: Hall, clock: FakeClock
) -> None:
    eyes = Eyes()
    async with visitor(browser, app_server) as page:
        await page.clock.install()

        async def shows(text: str, name: str) -> None:
            await page.goto("/o/centro/display")
            await expect(page.get_by_text(text).first).to_be_visible()
            await expect(page.locator("[data-age]")).to_have_attribute("data-live", "on")
            await eyes.on(page, f"screen, {name}")

        await shows("Aquí llamamos", "nobody yet")
        await hall.open()
        await hall.open(2, ELENA)
        for _ in range(3):
            await hall.take()
        await hall.call()
        await hall.call(2, ELENA)
        await shows("Si llegas ahora", "two calls")
        await page.context.set_offline(True)
        await page.clock.fast_forward("01:10")
        await expect(page.get_by_text("en la entrada")).to_be_visible()
        await eyes.on(page, "screen, offline")
        await page.context.set_offline(False)
        async with hall.runtime.transaction() as tx:
            await tx.session.execute(
                update(OfficeRow).values(paused=True, pause_message="Simulacro de evacuación.")
            )
        await shows("Simulacro de evacuación.", "paused")
        await _pause(hall, None)
        clock.advance(hours=12)
        await hall.timers()
        await shows("La oficina está cerrada", "closed")
    eyes.saw_nothing_wrong()


async def _pause(hall: Hall, message: str | None) -> None:
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(paused=message is not None, pause_message=message))


async def test_the_test_of_the_connection(call: Call) -> None:
    eyes, page = Eyes(), call.citizen
    await page.goto(f"/a/{call.booked.token}/test")
    await eyes.on(page, "test, start")
    await page.get_by_role("button", name=connection_test.START).click()
    await expect(connection_test.heading(page, "Mírate un momento")).to_be_visible()
    await eyes.on(page, "test, camera", FORCED)
    await expect(connection_test.heading(page, "¿Te has oído?")).to_be_visible()
    await eyes.on(page, "test, speaker")
    await page.get_by_role("button", name="No oigo nada").click()
    await eyes.on(page, "test, nothing heard")
    await page.get_by_role("button", name="Sí, me oigo").click()
    await connection_test.until_measuring(page)
    await eyes.on(page, "test, there and back", FORCED)
    await connection_test.until_result(page)
    await eyes.on(page, "test, result")
    code = await page.locator(".spoken").inner_text()
    await page.goto(f"/a/{call.booked.token}")
    await eyes.on(page, "appointment with its test")
    await page.goto(f"/a/{call.booked.token}/test?with={code}&mobile=1")
    await eyes.on(page, "test, once more")
    await call.agent.goto(f"/staff/tests/{code}")
    await eyes.on(call.agent, "agent, result of a test")
    await call.agent.goto("/staff/desk")
    await eyes.on(call.agent, "agent, appointment with its test")
    eyes.saw_nothing_wrong()
