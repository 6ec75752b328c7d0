"""Both flows walked without a mouse: from the home page to the end of the visit, on both sides of the desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, expect

from ..conftest import AppServer, FakeClock
from ..rooms.conftest import AT, Booked, book
from .support import connection_test
from .support.keyboard import Keyboard
from .support.page_scripts import begun
from .support.video_call import PASSWORD, Call, both_see_and_hear
from .support.visual_check import visitor

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
async def amina(app_server: AppServer, browser: Browser) -> AsyncIterator[Keyboard]:
    async with visitor(browser, app_server) as page:
        await page.set_viewport_size({"width": 1280, "height": 800})
        yield Keyboard(page)


@pytest.fixture
async def boris(app_server: AppServer, browser: Browser) -> AsyncIterator[Keyboard]:
    """An agent before the login."""
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=Role.AGENT, offices=["centro"], password=PASSWORD
    )
    async with visitor(browser, app_server) as page:
        await page.set_viewport_size({"width": 1280, "height": 800})
        yield Keyboard(page)


async def test_an_appointment_is_booked_moved_and_cancelled(amina: Keyboard) -> None:
    page = amina.page
    await page.goto("/")
    await amina.enter("Pedir cita")
    await expect(page.get_by_role("heading", name="¿Qué trámite necesitas?")).to_be_visible()
    await amina.choose("Certificado digital")
    await amina.press("Enter")
    await expect(page.get_by_role("heading", name="¿Cómo quieres que te atendamos?")).to_be_visible()
    await amina.choose("Por videollamada")
    await amina.press("Enter")
    await expect(page.get_by_role("heading", name="¿Qué día y a qué hora?")).to_be_visible()
    await amina.enter("viernes 27")
    await expect(page.get_by_role("heading", name="Viernes 27 de noviembre")).to_be_visible()
    await amina.choose("9:15")
    await amina.press("Enter")
    await page.get_by_label("Nombre y apellidos").wait_for()
    await amina.enter("Confirmar la cita")
    await page.locator(".problems:focus").wait_for()
    await begun(page)  # the page proves its work: sent without, the appointment would wait for a letter
    await amina.enter("Escribe tu nombre")
    await page.keyboard.type("Amina Haddad")
    await amina.write("Correo electrónico", "amina@example.org")
    await amina.go_to("estoy de acuerdo")
    await amina.press("Space")
    await amina.enter("Confirmar la cita")
    await page.wait_for_url("**/a/*?new=1")
    await amina.enter("Cambiar el día o la hora")
    await page.wait_for_url("**/reschedule")
    await amina.choose("11:30")
    await amina.press("Enter")
    await expect(page.get_by_text("Tu cita tiene nueva hora").first).to_be_visible()
    await amina.enter("Cancelar la cita")
    await page.wait_for_url("**/cancel")
    await amina.enter("Cancelar la cita")
    await expect(page.get_by_role("heading", name="Esta cita está cancelada")).to_be_visible()


async def test_a_turn_is_taken_and_left(amina: Keyboard) -> None:
    page = amina.page
    await page.goto("/")
    await amina.enter("No tengo cita")
    await page.wait_for_url("**/turn")
    await amina.enter("Oficina Centro")
    await expect(page.get_by_role("heading", name="¿Tienes cita?")).to_be_visible()
    await amina.enter("No tengo cita")
    await amina.choose("Certificado digital")
    await amina.enter("Coger mi turno")
    await page.locator("[data-age]:visible").first.wait_for()
    await expect(page.locator(".slip .code")).to_have_text("B-001")
    await amina.enter("Necesito ayuda")
    await expect(page.get_by_text("Ya saben que necesitas ayuda", exact=True)).to_be_visible()
    await amina.enter("Dejar mi turno")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await amina.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("link", name="Dejar mi turno")).to_be_focused()
    await amina.press("Enter")
    await amina.go_to("Seguir esperando")
    await amina.go_to("Dejar mi turno", key="Shift+Tab")
    await amina.press("Enter")
    await expect(page.get_by_role("heading", name="Has dejado tu turno")).to_be_visible()


async def test_a_turn_is_called_served_and_finished(amina: Keyboard, boris: Keyboard) -> None:
    desk, phone = boris.page, amina.page
    await _sit_down(boris)
    await phone.goto("/o/centro?service=certificate")
    await amina.enter("Coger mi turno")
    await expect(phone.locator(".slip .code")).to_have_text("B-001")
    await expect(desk.locator(".next .code")).to_have_text("B-001")
    await boris.enter("Llamar al siguiente")
    await expect(phone.locator("body[data-ticket=called]")).to_be_visible()
    await expect(desk.get_by_role("button", name="Empezar")).to_be_focused()
    await boris.press("Enter")
    await expect(phone.get_by_role("heading", name="Te están atendiendo")).to_be_visible()
    await expect(desk.get_by_label("Resultado")).to_be_visible()
    await boris.go_to("Resultado", key="Shift+Tab")
    await boris.press("ArrowDown")
    await boris.enter("Añadir una nota")
    await boris.write("Nota, solo para el equipo", "Faltaba una copia.")
    await boris.enter("Dejar en espera")
    await expect(phone.get_by_role("heading", name="Tu turno está en pausa")).to_be_visible()
    await expect(desk.get_by_role("button", name="Ya ha vuelto")).to_be_visible()
    await boris.press("v")
    await expect(phone.get_by_role("heading", name="Te están atendiendo")).to_be_visible()
    await expect(desk.get_by_role("button", name="Solo terminar")).to_be_visible()
    await boris.enter("Solo terminar")
    await expect(phone.get_by_role("heading", name="Tu visita ha terminado")).to_be_visible()
    await boris.enter("Teclas")
    await expect(desk.get_by_role("dialog")).to_be_visible()
    await boris.press("Escape")
    await expect(desk.get_by_role("button", name="Teclas")).to_be_focused()
    await boris.enter("Salir")
    await desk.wait_for_url("**/staff/")


async def _sit_down(boris: Keyboard) -> None:
    desk = boris.page
    await desk.goto("/staff/")
    await boris.write("Usuario", "boris")
    await boris.write("Contraseña", PASSWORD)
    await boris.press("Enter")
    await desk.wait_for_url("**/staff/desk")
    await boris.choose("Mesa 2")
    await boris.press("Enter")
    await expect(desk.get_by_role("button", name="Llamar al siguiente")).to_be_visible()
    await expect(desk.locator(".live")).to_contain_text("En directo, hace")


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> Booked:
    made = await book(runtime, AT, "Amina")
    clock.set(AT - timedelta(minutes=5))
    return made


async def test_a_video_call_from_its_link_to_its_end(
    app_server: AppServer, amina: Keyboard, boris: Keyboard, booked: Booked
) -> None:
    home, desk = amina.page, boris.page
    call = Call(home, desk, app_server, booked)
    await home.goto(f"/a/{booked.token}")
    await amina.enter("Entrar en la sala")
    await expect(home.locator("[data-level]")).to_be_visible()  # the devices are there
    await amina.go_to("Micrófono")
    await amina.press("Space")
    await expect(home.locator("[data-switch=microphone]").first).to_have_attribute("aria-pressed", "false")
    await amina.press("Space")
    await amina.enter("Entrar en la sala de espera")
    await expect(home.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_focused()

    await _sit_down(boris)
    await boris.enter("Dejar entrar")
    await both_see_and_hear(call)
    await expect(home.get_by_role("heading", name="Oficina Centro con Boris")).to_be_focused()

    await amina.enter("Texto")
    await expect(home.get_by_label("Escribe: se ve letra a letra")).to_be_focused()
    await home.keyboard.type("Hola")
    await expect(desk.locator(".typed").first).to_contain_text("Hola")
    await amina.go_to("Texto", key="Shift+Tab")
    await amina.press("ArrowRight")
    await expect(home.get_by_role("tab", name="Chat")).to_be_focused()
    await amina.write("Mensaje", "¿Me oyes?")
    await amina.press("Enter")
    await boris.go_to("Terminar")  # the last of the controls; the panel is behind it
    await boris.go_to("Texto")
    await boris.press("ArrowRight")
    await expect(desk.get_by_text("¿Me oyes?")).to_be_visible()

    await amina.press("Escape")
    await amina.enter("Más")
    await expect(home.get_by_role("dialog", name="Más")).to_be_visible()
    await amina.press("Escape")
    await expect(home.get_by_role("button", name="Más")).to_be_focused()

    await boris.enter("Terminar")
    await boris.go_to("Resultado")
    await boris.press("ArrowDown")
    await boris.enter("Terminar la llamada")
    await expect(home.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
    await boris.enter("Volver a la mesa")
    await desk.wait_for_url("**/staff/desk")


async def test_both_ways_round_a_page_the_keyboard_is_never_trapped(amina: Keyboard) -> None:
    page = amina.page
    times = "/appointments/new?office=centro&service=certificate&mode=video"
    for path in ("/", "/o/centro?service=documents", times):
        await page.goto(path)
        await begun(page)
        forth = await _round(amina, "Tab")
        back = await _round(amina, "Shift+Tab")
        assert len(forth) == len(set(forth)) > 5, path
        assert sorted(back) == sorted(forth), path


PLACE = """() => document.activeElement === document.body ? -1
  : [...document.querySelectorAll("*")].indexOf(document.activeElement)"""


async def _round(person: Keyboard, key: str) -> list[int]:
    """The places of all that has the focus, from one end of the page to the other."""
    await person.page.evaluate("document.activeElement?.blur()")
    stops: list[int] = []
    while True:
        await person.press(key)
        place = await person.page.evaluate(PLACE)
        if place == -1 or place in stops:
            return stops
        stops.append(place)


async def test_the_screen_of_the_waiting_room_gets_its_sound_by_one_key(amina: Keyboard, office: Office) -> None:
    await amina.page.goto("/o/centro/display")
    await begun(amina.page)
    await amina.go_to("Activar el sonido")
    await amina.press("Enter")
    await expect(amina.page.locator("main[data-sounds=yes]")).to_be_visible()


async def test_a_test_of_the_connection_is_made_and_read_at_the_desk(
    amina: Keyboard, boris: Keyboard, booked: Booked
) -> None:
    home, desk = amina.page, boris.page
    await home.goto(f"/a/{booked.token}")
    await amina.enter("Probar mi conexión")
    await home.wait_for_url("**/test")
    await begun(home)
    await amina.enter(connection_test.START)
    await expect(connection_test.heading(home, "¿Te has oído?")).to_be_focused()
    await amina.enter("Sí, me oigo")
    await connection_test.until_result(home)
    code = await home.locator(".spoken").inner_text()
    await amina.go_to("Repetir la prueba")
    await _sit_down(boris)
    await boris.write("Código de prueba", code)
    async with desk.expect_popup() as opened:
        await boris.press("Enter")
    await expect((await opened.value).get_by_text("Amina")).to_be_visible()
    await expect(desk.locator("[aria-busy]")).to_have_count(0)
