"""The host's console in a real browser: tasks, giving turns, search, stopping, pause."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import zxingcpp
from office360.appointments import service as appointments
from office360.appointments.service import Appointment, BookingRequest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.actions.pause import evacuate_office, stop_walk_ins
from office360.queue.queries.ticket_lookup import ticket_by_token
from office360.queue.service import ask_for_help
from office360.staff.actions import accounts as staff
from PIL import Image
from playwright.async_api import Browser, Locator, Page, Route, expect

from ..conftest import MORNING, AppServer, FakeClock
from ..queue.conftest import CARMEN, OfficeDriver
from ..support.chromium import DELAYED_DEVICES_JS
from ..support.timeouts import TEST_TIMEOUT_S
from .support.keyboard import KeyboardUser
from .support.page_scripts import wait_for_modules
from .support.video_call import PASSWORD, sign_in_agent, sign_in_with_cookie
from .support.visual_check import FORCED_COLOUR_VARIANTS, VisualCheck, new_visitor_page

EVACUATION_TEXTS = {
    "es": "Sal por la salida más cercana y espera fuera.",
    "en": "Leave by the nearest exit and wait outside.",
}
pytestmark = pytest.mark.e2e


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


@pytest.fixture
async def page(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """The console of carmen on a tablet."""
    await staff.create_user(
        app_server.runtime,
        username="carmen",
        name="Carmen",
        role=StaffRole.HOST,
        offices=["centro"],
        password=PASSWORD,
    )
    async with new_visitor_page(browser, app_server) as page:
        await page.set_viewport_size({"width": 1024, "height": 768})
        await sign_in_with_cookie(page.context, app_server, "carmen")
        await page.goto("/staff/host?office=centro")
        await wait_until_live(page)
        yield page


async def wait_until_live(page: Page) -> None:
    await expect(page.locator(".live")).to_contain_text("En directo, hace")


async def book_appointment(runtime: Runtime, minutes: int, name: str, service: str = "documents") -> Appointment:
    """Book an appointment `minutes` from now; negative for the past."""
    at = MORNING + timedelta(minutes=minutes)
    booking = BookingRequest(
        service=service, mode="in_person", starts_at=at, name=name, email=f"{name.lower()}@example.org"
    )
    return await appointments.book_appointment(runtime, "centro", booking, request_key=None)


@pytest.mark.whole_chromium
async def test_host_issues_ticket_and_prints_slip(page: Page, driver: OfficeDriver) -> None:
    await page.keyboard.press("2")
    card = page.get_by_role("dialog")
    await expect(card.get_by_text("Certificado digital")).to_be_visible()
    await page.keyboard.type("Amina")
    await card.get_by_label("Atención preferente").check()
    await page.keyboard.press("Enter")
    given = page.get_by_role("region", name="El turno recién dado")
    await expect(given).to_contain_text("B-001")
    await expect(given.get_by_role("link", name="Imprimir el turno")).to_be_focused()
    await expect(page.locator(".person", has_text="Amina")).to_contain_text("Atención preferente")
    async with page.expect_popup() as opened:
        await page.keyboard.press("Enter")
    slip = await opened.value
    await expect(slip.locator("h1 .code")).to_have_text("B-001")
    code = slip.get_by_role("img", name="Código QR de este turno")
    read = zxingcpp.read_barcode(Image.open(io.BytesIO(await code.screenshot())))
    assert read is not None
    async with driver.runtime.read_session() as session:
        ticket = await ticket_by_token(session, read.text.rpartition("/t/")[2])
    assert ticket.code == "B-001"
    await wait_for_modules(slip)
    async with slip.expect_event("close"):  # the tab closes, or each slip would leave a tab open
        await slip.evaluate("void setTimeout(() => dispatchEvent(new Event('afterprint')))")
    await expect(given.get_by_role("link", name="Imprimir el turno")).to_be_focused()


async def test_host_overrides_refused_ticket_with_reason(page: Page, driver: OfficeDriver) -> None:
    line = driver.office.line("registry")
    await stop_walk_ins(driver.runtime, CARMEN, line.id, "No hay papel.")
    await expect(page.locator(".pick", has_text="Registro de documentos")).to_contain_text("Parada: No hay papel.")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    await expect(card.get_by_role("alert")).to_contain_text("Por ahora no se dan más turnos sin cita.")
    await expect(card.get_by_role("alert")).to_contain_text("Da turnos ahora: Certificado")
    await expect(card.get_by_role("alert")).to_contain_text(
        re.compile("Primera cita libre: miércoles.* 25 de noviembre.* 11:00")  # the office's clock
    )
    await expect(card.get_by_role("alert")).not_to_contain_text("Invalid Date")
    await expect(card.get_by_label("Darlo de todos modos. ¿Por qué?")).to_be_focused()
    await page.keyboard.type("Viene de lejos.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="El turno recién dado")).to_contain_text("A-001")


async def test_requests_appear_and_disappear_when_attended(page: Page, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    asking = await driver.take_ticket("certificate", preferential_requested=True)
    await expect(page.locator(".need")).to_have_count(1)
    await ask_for_help(driver.runtime, issued.token)
    first = page.locator(".need").first
    await expect(first).to_contain_text("Pide ayuda en la sala.")
    await expect(page).to_have_title("(2) Entrada de Oficina Centro · Office 360")
    await expect(page.locator("[data-said]")).to_contain_text("A-001: Pide ayuda en la sala.")
    await first.get_by_role("button", name="Ya voy").click()
    await expect(page.locator(".need")).to_have_count(1)
    await page.locator(".need").get_by_role("button", name="Confirmar").click()
    await expect(page.locator(".need")).to_have_count(0)
    assert (await driver.ticket_json(issued))["help"] is False
    await expect(page.locator(".person", has_text=asking.ticket.code)).to_contain_text("Atención preferente")
    other = await driver.take_ticket("certificate", preferential_requested=True)
    await page.locator(".need").get_by_role("button", name="No procede").click()
    await expect(page.locator(".need")).to_have_count(0)
    await expect(page.locator(".person", has_text=other.ticket.code)).not_to_contain_text("preferente")


async def test_host_checks_in_and_places_late_arrival(page: Page, driver: OfficeDriver, clock: FakeClock) -> None:
    clock.set(MORNING - timedelta(hours=2))
    await book_appointment(driver.runtime, 10, "Amina")
    await book_appointment(driver.runtime, -50, "Fatou")
    clock.set(MORNING)
    await driver.take_ticket()
    await page.reload()
    await wait_until_live(page)
    late, amina = (page.locator(".visit", has_text=name) for name in ("Fatou", "Amina"))
    await expect(late).to_contain_text("50 min tarde")
    await page.route("**/check-in", lambda route: _press_until_hidden(route, amina), times=1)
    await amina.get_by_role("button", name="Ha llegado").click()
    await expect(page.get_by_role("region", name="El turno recién dado")).to_contain_text("A-002")
    await late.get_by_role("button", name="Ha llegado").click()
    await expect(page.get_by_role("region", name="El turno recién dado")).to_contain_text("A-003")
    need = page.locator(".need")
    await expect(need).to_contain_text("Llegó 50 min tarde: tú decides su puesto.")
    await need.get_by_role("button", name="Poner en orden").click()
    reason = page.get_by_role("dialog").get_by_label("Motivo")
    await expect(reason).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()  # it asks for a reason
    await reason.fill("Se ha perdido el metro.")
    await page.keyboard.press("Enter")
    await expect(need).to_have_count(0)
    await expect(page.locator(".group[data-id='line:registry'] .person").first).to_contain_text("Fatou")


async def _press_until_hidden(route: Route, row: Locator) -> None:
    """Delay the answer until the push to all consoles has arrived."""
    said = {**await route.request.all_headers(), "sec-fetch-site": "same-origin"}  # as the browser does
    answer = await route.fetch(headers=said)
    await expect(row).to_have_count(0)
    await route.fulfill(response=answer)


async def test_host_finds_person_by_name_code_or_link(page: Page, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket(name="Fatou", email="fatou@example.org")
    await driver.take_ticket(name="Amina")
    found = page.locator("[data-found]")
    await page.keyboard.press("b")
    for said in ("fatou", "a 1", "fatou@example.org", f"{page.url}/t/{issued.token}"):
        await page.get_by_label("Buscar a una persona").fill(said)
        await expect(found.get_by_text("1 resultado")).to_be_visible()
        await expect(found.locator(".person")).to_contain_text("Fatou")
    await page.keyboard.press("Enter")
    await expect(found.get_by_role("button", name="Fatou")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("Fatou")
    await page.keyboard.press("Escape")
    await expect(found.get_by_role("button", name="Fatou")).to_be_focused()
    await page.get_by_label("Buscar a una persona").fill("nadie")
    await expect(page.get_by_text("Hoy no hay nadie así")).to_be_visible()


# BarcodeDetector, which Chromium has on tablets and phones only; it returns the code under test.
FAKE_BARCODE_DETECTOR_JS = """globalThis.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
  detect(video) { return Promise.resolve(video.videoWidth && window.shown ? [{ rawValue: window.shown }] : []); }
};"""


async def test_camera_scans_ticket_code(page: Page, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket(name="Fatou")
    await expect(page.get_by_role("button", name="Leer QR")).to_be_hidden()
    await page.add_init_script(FAKE_BARCODE_DETECTOR_JS)
    await page.reload()
    await wait_until_live(page)
    await page.get_by_role("button", name="Leer QR").click()
    card = page.get_by_role("dialog", name="Pon el código QR ante la cámara")
    await expect(card).to_be_visible()
    await page.evaluate("(link) => { window.shown = link; }", f"{page.url}/t/{issued.token}")
    await expect(card).to_be_hidden()
    await expect(page.locator("[data-found]").get_by_role("button", name="Fatou")).to_be_focused()
    assert await page.evaluate("document.querySelector('[data-scanner]').srcObject") is None


CAMERA_STOPPED_JS = "window.openedDevices?.getTracks().every((track) => track.readyState === 'ended') ?? false"


async def test_camera_allowed_after_closing_is_stopped(page: Page) -> None:
    await page.add_init_script(FAKE_BARCODE_DETECTOR_JS)
    await page.add_init_script(DELAYED_DEVICES_JS)
    await page.reload()
    await wait_until_live(page)
    await page.get_by_role("button", name="Leer QR").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.evaluate("allowDevices()")
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while not await page.evaluate(CAMERA_STOPPED_JS):
            await page.wait_for_timeout(50)


async def test_found_appointment_can_be_checked_in(page: Page, driver: OfficeDriver) -> None:
    booked = await book_appointment(driver.runtime, 120, "Amina")
    await page.get_by_label("Buscar a una persona").fill(booked.locator)
    found = page.locator("[data-found]")
    await found.get_by_role("button", name="Ha llegado").click()
    await expect(page.get_by_role("region", name="El turno recién dado")).to_contain_text("A-001")
    await expect(found.locator(".person")).to_contain_text("Amina")
    await expect(found.locator(".visit")).to_have_count(0)


async def test_host_ends_ticket_after_second_press(page: Page, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket(name="Amina")
    await page.locator(".person", has_text="Amina").get_by_role("button").click()
    leave = page.get_by_role("dialog").get_by_role("button", name="Dejar su turno")
    await leave.click()
    again = page.get_by_role("dialog").get_by_role("button", name="Pulsa otra vez: se acaba el turno")
    assert await driver.ticket_state(issued) == "waiting"
    await again.click()
    await expect(page.get_by_role("dialog").get_by_text("Este turno ha terminado.")).to_be_visible()
    assert await driver.ticket_state(issued) == "left"


async def test_host_stops_line_with_reason_and_reopens(page: Page) -> None:
    line = page.locator(".line", has_text="Registro")
    await line.get_by_role("button", name="Parar").click()
    card = page.get_by_role("dialog")
    await card.get_by_role("button", name="Parar la cola").click()
    await expect(card.get_by_role("alert")).to_contain_text("Elige qué lee la gente o escríbelo.")
    await card.get_by_label("Con tus palabras").fill("No hay papel.")
    await page.keyboard.press("Enter")
    await expect(line).to_contain_text("Parada: No hay papel.")
    await line.get_by_role("button", name="Dar turnos").click()
    await line.get_by_role("button", name="Parar").click()
    await card.get_by_label("Hoy hay pocas mesas abiertas.").check()
    await card.get_by_role("button", name="Parar la cola").click()
    await expect(line).to_contain_text("Parada: Hoy hay pocas mesas abiertas.")
    await line.get_by_role("button", name="Dar turnos").click()
    await expect(line).to_contain_text("Nadie espera")


async def test_host_pauses_office_and_resumes(page: Page, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await page.keyboard.press("p")
    assert (await driver.ticket_json(issued))["paused"] is False
    card = page.get_by_role("dialog")
    assert await card.get_by_role("radio", checked=True).count() == 0
    await card.get_by_role("button", name="Pausar la oficina").click()
    await expect(card.get_by_role("alert")).to_contain_text("Elige qué lee la gente o escríbelo.")
    await card.get_by_label("Solo lo que escriba").check()
    await card.get_by_role("button", name="Pausar la oficina").click()
    await expect(card.get_by_role("alert")).to_contain_text("Elige qué lee la gente o escríbelo.")
    assert (await driver.ticket_json(issued))["paused"] is False
    await card.get_by_label("Seguimos en unos minutos.").check()
    await card.get_by_role("button", name="Pausar la oficina").click()
    banner = page.get_by_role("region", name="La oficina está en pausa")
    await expect(banner).to_contain_text("Seguimos en unos minutos.")
    seen = await driver.ticket_json(issued)
    assert (seen["paused"], seen["pause_message"]) == (True, "Seguimos en unos minutos.")
    assert (await driver.ticket_json(issued, "en"))["pause_message"] == "We will carry on in a few minutes."
    await banner.get_by_role("button", name="Seguir").click()
    await expect(banner).to_be_hidden()
    assert (await driver.ticket_json(issued))["paused"] is False


async def test_evacuation_reaches_every_screen_at_once(
    page: Page, driver: OfficeDriver, app_server: AppServer, browser: Browser
) -> None:
    """A press at the entrance: display, phones of a called and a waiting person, and desk."""
    called, waiting = [await driver.take_ticket() for _ in range(2)]
    async with (
        new_visitor_page(browser, app_server) as display,
        new_visitor_page(browser, app_server) as first,
        new_visitor_page(browser, app_server) as second,
        new_visitor_page(browser, app_server) as desk,
    ):
        await sign_in_agent(desk.context, app_server)
        await desk.goto("/staff/")
        await desk.get_by_text("Mesa 1", exact=True).click()
        await desk.get_by_role("button", name="Abrir la mesa").click()
        await desk.locator("main.desk").wait_for()
        await wait_until_live(desk)
        await desk.keyboard.press("n")
        await display.goto("/o/centro/display")
        await expect(display.locator(".call[data-now]")).to_have_count(1)
        await first.goto(f"/t/{called.token}")
        await second.goto(f"/t/{waiting.token}")
        for phone in (first, second):
            await phone.locator(".live:visible").first.wait_for()
            await phone.locator("h1:visible").click()  # browsers vibrate only after a press
            await phone.evaluate("window.vibrated = 0; navigator.vibrate = () => { window.vibrated += 1; }; null")

        await page.keyboard.press("x")
        card = page.get_by_role("dialog", name="Evacuar: se dice a todas las personas")
        await expect(card.get_by_role("button", name="Evacuar ahora")).to_be_focused()
        assert (await driver.ticket_json(waiting))["evacuation"] is False
        await page.keyboard.press("Enter")

        for phone in (first, second):
            alert = phone.get_by_role("alert").filter(visible=True)
            await expect(alert).to_contain_text("Sal por la salida más cercana y espera fuera.")
            await expect(alert.get_by_role("heading", level=1)).to_have_text("Sal ya del edificio")
            await expect(phone).to_have_title("Sal ya del edificio · Office 360")
            await expect(phone.locator("main").get_by_role("button")).to_have_text(["Necesito ayuda para salir"])
        await expect(display.get_by_role("alert")).to_contain_text("Sal del edificio por la salida más cercana.")
        await expect(display.locator(".call")).to_be_hidden()
        await expect(desk.get_by_role("alert").filter(has_text="Se está evacuando la oficina.")).to_be_visible()
        call = desk.get_by_role("button", name="Llamar al siguiente")
        await expect(call).to_have_attribute("aria-disabled", "true")
        await expect(call).to_have_accessible_description(re.compile("Se está evacuando la oficina"))
        await desk.keyboard.press("n")
        await expect(desk.get_by_role("status").filter(has_text="Se está evacuando")).to_be_visible()
        banner = page.get_by_role("region", name="Evacuación: se avisa a todas las personas de que salgan.")
        await expect(banner).to_contain_text("Carmen la pulsó a las 10:30. 2 personas tienen aún un turno.")
        await expect(page.get_by_role("button", name=re.compile("Pausar|Continuar|Evacuar"))).to_have_count(0)

        await second.get_by_role("button", name="Necesito ayuda para salir").click()
        await expect(second.locator(".helped")).to_contain_text("Sabemos que necesitas ayuda para salir")
        await expect(page.locator(".need").first).to_contain_text("Necesita ayuda para salir.")
        await expect(banner).to_contain_text("1 persona necesita ayuda para salir: A-002.")

        await banner.get_by_role("button", name="Terminar la evacuación").click()
        end = page.get_by_role("dialog", name="¿Terminar la evacuación?")
        await expect(end).to_contain_text("Los 2 turnos conservan su sitio.")
        await end.get_by_role("button", name="Terminar la evacuación").click()
        for phone in (first, second):
            await expect(
                phone.get_by_text("La evacuación ha terminado").filter(visible=True).first
            ).to_be_visible()
            await expect(phone.locator(".slip")).to_be_visible()
        assert await first.evaluate("window.vibrated") == 1  # the second page was loaded again by its form
        await expect(banner).to_be_hidden()
        await expect(call).not_to_have_attribute("aria-disabled", "true")
        await expect(display.get_by_role("alert")).to_be_hidden()


async def test_host_returns_ticket_and_closes_desk(page: Page, driver: OfficeDriver) -> None:
    await driver.take_ticket(name="Amina")
    await driver.open_desk(1)
    called = await driver.call_next(1)
    assert called is not None
    desk = page.locator(".seat", has_text="Mesa 1")
    await expect(desk).to_contain_text(called.code)
    await desk.get_by_role("button").click()
    card = page.get_by_role("dialog")
    await card.get_by_role("button", name="Devolver a la cola").click()
    await card.get_by_role("button", name="Cerrar la mesa").click()
    await expect(desk).to_have_count(0)
    await expect(page.get_by_text("Cerradas: 1, 2, 3, 4")).to_be_visible()


async def test_typed_text_survives_board_update(page: Page, driver: OfficeDriver) -> None:
    await driver.take_ticket(name="Amina")
    await page.keyboard.press("1")
    card = page.get_by_role("dialog")
    await card.get_by_label("Nombre (opcional)").fill("Fatou")
    await page.locator("#find").evaluate("(one) => { one.value = 'half a na'; }")
    await driver.take_ticket(name="Elena")
    await expect(page.locator(".person", has_text="Elena")).to_have_count(1)
    await expect(card.get_by_label("Nombre (opcional)")).to_have_value("Fatou")
    await expect(page.locator("#find")).to_have_value("half a na")


async def test_offline_host_console_blocks_actions(page: Page, driver: OfficeDriver) -> None:
    issued = await driver.take_ticket()
    await ask_for_help(driver.runtime, issued.token)
    helping = page.locator(".need").get_by_role("button", name="Ya voy")
    await expect(helping).to_be_visible()
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.get_by_text("Sin conexión desde la")).to_be_visible()
    emergency = page.locator("[data-emergency-button] [data-press]")
    for button in (helping, emergency):
        await expect(button).to_have_attribute("aria-disabled", "true")
    words = page.get_by_text("Sin conexión: no se puede enviar. Llama al 112.")
    await expect(words).to_be_visible()
    await emergency.click(force=True)
    await expect(emergency).to_have_text("Emergencia")
    await helping.click(force=True)
    await expect(page.locator(".toast")).to_have_text("No se ha hecho: no hay conexión.")
    await page.context.set_offline(False)
    await expect(page.get_by_text("Sin conexión desde la")).to_be_hidden()
    await expect(words).to_be_hidden()
    await expect(emergency).not_to_have_attribute("aria-disabled", "true")
    await helping.click()
    await expect(page.locator(".need")).to_have_count(0)


async def test_agent_is_sent_back_to_desk(app_server: AppServer, browser: Browser) -> None:
    await staff.create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=["centro"],
        password=PASSWORD,
    )
    eyes = VisualCheck()
    async with new_visitor_page(browser, app_server) as page:
        await page.goto("/staff/?next=/staff/host")
        await page.get_by_label("Usuario").fill("boris")
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="La entrada es para anfitriones")).to_be_visible()
        await eyes.check_page(page, "entrance, for an agent")
        await page.get_by_role("link", name="Volver a mi mesa").click()
        await page.wait_for_url("**/staff/desk*")
    eyes.assert_no_flaws()


async def test_host_console_passes_visual_check(page: Page, driver: OfficeDriver, clock: FakeClock) -> None:
    eyes = VisualCheck()
    await eyes.check_page(page, "entrance, nobody")
    clock.set(MORNING - timedelta(hours=2))
    await book_appointment(driver.runtime, -50, "Fatou")
    await book_appointment(driver.runtime, 10, "Amina")
    clock.set(MORNING)
    for number in range(4):
        issued = await driver.take_ticket("certificate", name=f"Rosa Etxeberria Goikoetxea {number}")
    await page.reload()
    await wait_until_live(page)
    await page.locator(".person").get_by_role("button").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Poner en orden").click()
    await eyes.check_page(page, "entrance, order")
    await page.get_by_role("dialog").get_by_label("Motivo").fill("Tiene un tren.")
    await page.keyboard.press("Escape")
    for person, reason in ((0, "Tiene un tren."), (1, "")):  # kept, and for that person only
        await page.locator(".person").get_by_role("button").nth(person).click()
        await page.get_by_role("dialog").get_by_role("button", name="Poner en orden").click()
        await expect(page.get_by_role("dialog").get_by_label("Motivo")).to_have_value(reason)
        await page.keyboard.press("Escape")
    await page.evaluate("document.activeElement?.blur()")
    await page.keyboard.press("3")
    await page.keyboard.press("Enter")
    await page.keyboard.press("?")
    await eyes.check_page(page, "entrance, keys", FORCED_COLOUR_VARIANTS)
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-given]")).to_be_visible()
    await page.get_by_label("Buscar a una persona").fill("rosa")
    await expect(page.locator("[data-found] .person")).to_have_count(4)
    await eyes.check_page(page, "entrance, found and given")
    await ask_for_help(driver.runtime, issued.token)
    await evacuate_office(driver.runtime, CARMEN, "centro", lambda _: EVACUATION_TEXTS)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Terminar la evacuación").click()
    await eyes.check_page(page, "entrance, end of the evacuation")
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await expect(page.get_by_text("Sin conexión desde la")).to_be_visible()
    await eyes.check_page(page, "entrance, offline")
    await page.context.set_offline(False)
    eyes.assert_no_flaws()


async def test_host_console_works_by_keyboard(page: Page, driver: OfficeDriver) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    await driver.take_ticket("certificate", name="Amina")
    carmen = KeyboardUser(page)
    await expect(page.locator(".person", has_text="Amina")).to_be_visible()
    await page.evaluate("document.activeElement?.blur()")
    await carmen.press_enter_on("Amina")
    await carmen.tab_to("Atención preferente")
    await carmen.press_keys("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("Quitar la preferencia")
    await carmen.press_keys("Escape")
    await carmen.press_enter_on("Registro de documentos")
    await carmen.type_into("Nombre (opcional)", "Fatou")
    await carmen.press_keys("Enter")
    await expect(page.get_by_role("link", name="Imprimir el turno")).to_be_focused()
    await carmen.press_enter_on("Listo")
    await carmen.press_keys("e")
    await expect(page.get_by_role("heading", name="En la oficina")).to_be_focused()


async def test_go_to_box_works_by_keyboard_and_touch(page: Page, driver: OfficeDriver) -> None:
    booked = await book_appointment(driver.runtime, 60, "Amina")
    field = page.get_by_role("combobox", name="Ir a una página, persona o cita")
    await page.get_by_label("Buscar a una persona").fill("a/b")  # the key is text while a person types
    await expect(field).to_be_hidden()
    await page.evaluate("document.activeElement?.blur()")
    await page.keyboard.press("/")
    await expect(field).to_be_focused()
    await expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    await page.keyboard.type("calend")
    calendar = page.get_by_role("option", name="Calendario")
    await expect(calendar).to_have_attribute("aria-selected", "true")
    chosen = await field.get_attribute("aria-activedescendant")
    assert chosen == await calendar.get_attribute("id")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/staff/calendar?office=centro")
    await wait_for_modules(page)
    await page.keyboard.press("Control+k")
    await page.keyboard.type(booked.locator.lower())
    await expect(page.get_by_role("option", name="Amina")).to_be_visible()
    eyes = VisualCheck()
    await eyes.check_page(page, "go to box", FORCED_COLOUR_VARIANTS)
    eyes.assert_no_flaws()
    await page.keyboard.press("Escape")
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.get_by_role("button", name="Ir a").click()
    await expect(field).to_have_value(booked.locator.lower())
    await page.keyboard.press("ArrowUp")  # from the first to the last
    await page.get_by_role("option", name="Amina").click()
    await page.wait_for_url(f"**/staff/calendar/{booked.id}")
