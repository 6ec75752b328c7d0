"""Both journeys by keyboard only, from the home page to the end, for citizen and agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, expect

from ..conftest import AppServer, FakeClock
from ..rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from .support import connection_test
from .support.keyboard import KeyboardUser
from .support.page_scripts import wait_for_modules
from .support.video_call import PASSWORD, BrowserCall, expect_media_both_ways
from .support.visual_check import new_visitor_page

pytestmark = pytest.mark.e2e


@pytest.fixture
async def amina(app_server: AppServer, browser: Browser) -> AsyncIterator[KeyboardUser]:
    async with new_visitor_page(browser, app_server) as page:
        await page.set_viewport_size({"width": 1280, "height": 800})
        yield KeyboardUser(page)


@pytest.fixture
async def boris(app_server: AppServer, browser: Browser) -> AsyncIterator[KeyboardUser]:
    """An agent who has not logged in."""
    await staff.create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    async with new_visitor_page(browser, app_server) as page:
        await page.set_viewport_size({"width": 1280, "height": 800})
        yield KeyboardUser(page)


async def test_booking_reschedule_and_cancel_by_keyboard(amina: KeyboardUser) -> None:
    page = amina.page
    await page.goto("/")
    await amina.press_enter_on("Pedir cita")
    await expect(page.get_by_role("heading", name="¿Qué trámite necesitas?")).to_be_visible()
    await amina.choose_radio("Certificado digital")
    await amina.press_keys("Enter")
    await expect(page.get_by_role("heading", name="¿Cómo quieres que te atendamos?")).to_be_visible()
    await amina.choose_radio("Por videollamada")
    await amina.press_keys("Enter")
    await expect(page.get_by_role("heading", name="¿Qué día y a qué hora?")).to_be_visible()
    await amina.press_enter_on("viernes 27")
    await expect(page.get_by_role("heading", name="Viernes 27 de noviembre")).to_be_visible()
    await amina.choose_radio("9:15")
    await amina.press_keys("Enter")
    await page.get_by_label("Nombre y apellidos").wait_for()
    await amina.press_enter_on("Confirmar la cita")
    await page.locator(".problems:focus").wait_for()
    await wait_for_modules(page)  # without its proof of work, the booking would wait for a confirmed e-mail
    await amina.press_enter_on("Escribe tu nombre")
    await page.keyboard.type("Amina Haddad")
    await amina.type_into("Correo electrónico", "amina@example.org")
    await amina.tab_to("estoy de acuerdo")
    await amina.press_keys("Space")
    await amina.press_enter_on("Confirmar la cita")
    await page.wait_for_url("**/a/*?new=1")
    await amina.press_enter_on("Cambiar el día o la hora")
    await page.wait_for_url("**/reschedule")
    await amina.choose_radio("11:30")
    await amina.press_keys("Enter")
    await expect(page.get_by_text("Tu cita tiene nueva hora").first).to_be_visible()
    await amina.press_enter_on("Cancelar la cita")
    await page.wait_for_url("**/cancel")
    await amina.press_enter_on("Cancelar la cita")
    await expect(page.get_by_role("heading", name="Esta cita está cancelada")).to_be_visible()


async def test_ticket_is_taken_and_left_by_keyboard(amina: KeyboardUser) -> None:
    page = amina.page
    await page.goto("/")
    await amina.press_enter_on("No tengo cita")
    await page.wait_for_url("**/turn")
    await amina.press_enter_on("Oficina Centro")
    await expect(page.get_by_role("heading", name="¿Tienes cita?")).to_be_visible()
    await amina.press_enter_on("No tengo cita")
    await amina.choose_radio("Certificado digital")
    await amina.press_enter_on("Coger turno")
    await page.locator("[data-age]:visible").first.wait_for()
    await expect(page.locator(".slip .code")).to_have_text("B-001")
    await amina.press_enter_on("Necesito ayuda")
    answer = page.get_by_text("Ya sabemos que necesitas ayuda", exact=True)
    await expect(answer.locator("visible=true")).to_have_count(1)
    await amina.press_enter_on("Dejar mi turno")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await amina.press_keys("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("link", name="Dejar mi turno")).to_be_focused()
    await amina.press_keys("Enter")
    await amina.tab_to("Seguir esperando")
    await amina.tab_to("Dejar mi turno", key="Shift+Tab")
    await amina.press_keys("Enter")
    await expect(page.get_by_role("heading", name="Has dejado tu turno")).to_be_visible()


async def test_ticket_is_called_and_finished_by_keyboard(amina: KeyboardUser, boris: KeyboardUser) -> None:
    desk, phone = boris.page, amina.page
    await _open_desk(boris)
    await phone.goto("/o/centro?service=certificate")
    await amina.press_enter_on("Coger turno")
    await expect(phone.locator(".slip .code")).to_have_text("B-001")
    await expect(desk.locator(".next .code")).to_have_text("B-001")
    await boris.press_enter_on("Llamar al siguiente")
    await expect(phone.locator("body[data-ticket=called]")).to_be_visible()
    await expect(desk.get_by_role("button", name="Empezar")).to_be_focused()
    await boris.press_keys("Enter")
    await expect(phone.get_by_role("heading", name="Te están atendiendo")).to_be_visible()
    await expect(desk.get_by_label("Resultado", exact=True)).to_be_visible()
    await boris.tab_to("Resultado", key="Shift+Tab")
    await boris.press_keys("ArrowDown")
    await boris.press_enter_on("Añadir una nota")
    await boris.type_into("Nota, solo para el equipo", "Faltaba una copia.")
    await boris.press_enter_on("Dejar en espera")
    await expect(phone.get_by_role("heading", name="Tu turno está en pausa")).to_be_visible()
    await expect(desk.get_by_role("button", name="Ya ha vuelto")).to_be_visible()
    await boris.press_keys("v")
    await expect(phone.get_by_role("heading", name="Te están atendiendo")).to_be_visible()
    await expect(desk.get_by_role("button", name="Solo terminar")).to_be_visible()
    await boris.press_enter_on("Solo terminar")
    await expect(phone.get_by_role("heading", name="Tu visita ha terminado")).to_be_visible()
    await boris.press_enter_on("Menú")
    await boris.press_enter_on("Teclas")
    await expect(desk.get_by_role("dialog")).to_be_visible()
    await boris.press_keys("Escape")
    await expect(desk.get_by_role("button", name="Menú")).to_be_focused()
    await boris.press_keys("Enter")
    await boris.press_enter_on("Salir")
    await desk.wait_for_url("**/staff/")


async def _open_desk(boris: KeyboardUser) -> None:
    desk = boris.page
    await desk.goto("/staff/")
    await boris.type_into("Usuario", "boris")
    await boris.type_into("Contraseña", PASSWORD)
    await boris.press_keys("Enter")
    await desk.wait_for_url("**/staff/desk*")
    await boris.choose_radio("Mesa 2")
    await boris.press_keys("Enter")
    await expect(desk.get_by_role("button", name="Llamar al siguiente")).to_be_visible()
    await expect(desk.locator(".live")).to_contain_text("En directo, hace")


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> BookedVideoAppointment:
    made = await book_video_appointment(runtime, AT, "Amina")
    clock.set(AT - timedelta(minutes=5))
    return made


async def test_video_call_by_keyboard(
    app_server: AppServer, amina: KeyboardUser, boris: KeyboardUser, booked: BookedVideoAppointment
) -> None:
    home, desk = amina.page, boris.page
    call = BrowserCall(home, desk, app_server, booked)
    await home.goto(f"/a/{booked.token}")
    await amina.press_enter_on("Entrar en la sala")
    await expect(home.get_by_role("button", name="Micrófono")).to_be_enabled()
    await amina.tab_to("Micrófono")
    await amina.press_keys("Space")
    await expect(home.locator("[data-switch=microphone]").first).to_have_attribute("aria-pressed", "false")
    await amina.press_keys("Space")
    await amina.press_enter_on("Entrar en la sala de espera")
    await expect(home.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_focused()

    await _open_desk(boris)
    await boris.press_enter_on("Dejar entrar")
    await expect_media_both_ways(call)
    await expect(home.get_by_role("heading", name="Oficina Centro con Boris")).to_be_focused()

    await amina.press_enter_on("Texto")
    await expect(home.get_by_label("Escribe: se ve letra a letra")).to_be_focused()
    await home.keyboard.type("Hola")
    await expect(desk.locator(".typed").first).to_contain_text("Hola")
    await amina.tab_to("Texto", key="Shift+Tab")
    await amina.press_keys("ArrowRight")
    await expect(home.get_by_role("tab", name="Chat")).to_be_focused()
    await amina.type_into("Mensaje", "¿Me oyes?")
    await amina.press_keys("Enter")
    await boris.tab_to("Terminar")  # the last control; the panel follows
    await boris.tab_to("Texto")
    await boris.press_keys("ArrowRight")
    await expect(desk.locator("#pane-chat").get_by_text("¿Me oyes?")).to_be_visible()

    await amina.press_keys("Escape")
    await amina.press_enter_on("Más")
    await expect(home.get_by_role("dialog", name="Más")).to_be_visible()
    await amina.press_keys("Escape")
    await expect(home.get_by_role("button", name="Más")).to_be_focused()

    await boris.press_enter_on("Terminar")
    await boris.tab_to("Resultado")
    await boris.press_keys("ArrowDown")
    await boris.press_enter_on("Terminar la llamada")
    await expect(home.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
    await boris.press_enter_on("Volver a la mesa")
    await desk.wait_for_url("**/staff/desk*")


async def test_focus_order_has_no_trap_in_both_directions(amina: KeyboardUser) -> None:
    page = amina.page
    times = "/appointments/new?office=centro&service=certificate&mode=video"
    for path in ("/", "/o/centro?service=documents", times):
        await page.goto(path)
        await wait_for_modules(page)
        forth = await _focus_cycle(amina, "Tab")
        back = await _focus_cycle(amina, "Shift+Tab")
        assert len(forth) == len(set(forth)) > 5, path
        assert sorted(back) == sorted(forth), path


FOCUS_POSITION_JS = """() => document.activeElement === document.body ? -1
  : [...document.querySelectorAll("*")].indexOf(document.activeElement)"""


async def _focus_cycle(person: KeyboardUser, key: str) -> list[int]:
    """Return the positions of all focusable elements, in order of focus."""
    await person.page.evaluate("document.activeElement?.blur()")
    stops: list[int] = []
    while True:
        await person.press_keys(key)
        place = await person.page.evaluate(FOCUS_POSITION_JS)
        if place == -1 or place in stops:
            return stops
        stops.append(place)


async def test_display_sound_is_enabled_by_keyboard(amina: KeyboardUser, office: Office) -> None:
    await amina.page.goto("/o/centro/display")
    await wait_for_modules(amina.page)
    await amina.tab_to("Activar el sonido")
    await amina.press_keys("Enter")
    await expect(amina.page.locator("main[data-sounds=yes]")).to_be_visible()


async def test_connection_test_by_keyboard(
    amina: KeyboardUser, boris: KeyboardUser, booked: BookedVideoAppointment
) -> None:
    home, desk = amina.page, boris.page
    await home.goto(f"/a/{booked.token}")
    await amina.press_enter_on("Probar mi conexión")
    await home.wait_for_url("**/test")
    await wait_for_modules(home)
    await amina.press_enter_on(connection_test.START_BUTTON)
    await expect(connection_test.step_heading(home, "Di «buenos días» en voz alta")).to_be_focused()
    await expect(connection_test.step_heading(home, "¿Te has oído?")).to_be_focused()
    await amina.press_enter_on("Sí, me oigo")
    await expect(home.locator("[data-slot=said]")).to_have_attribute("role", "status")
    await connection_test.wait_for_verdict(home)
    code = await home.locator(".spoken").inner_text()
    await amina.tab_to("Repetir la prueba")
    await _open_desk(boris)
    await boris.type_into("Código de prueba", code)
    async with desk.expect_popup() as opened:
        await boris.press_keys("Enter")
    await expect((await opened.value).get_by_text("Amina")).to_be_visible()
    await expect(desk.locator("[aria-busy]")).to_have_count(0)
