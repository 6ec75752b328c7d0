"""The host's console in a real browser: who needs them, turns given, people found, lines and office stopped."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import zxingcpp
from office360.appointments import service as appointments
from office360.appointments.service import Appointment, BookingRequest
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.service import ask_help, stop_line, ticket_by_token
from office360.staff.actions import accounts as staff
from PIL import Image
from playwright.async_api import Browser, Locator, Page, Route, expect

from ..conftest import MORNING, AppServer, FakeClock
from ..queue.conftest import BORIS, CARMEN, Hall
from ..support.timeouts import PATIENCE_S
from .support.keyboard import Keyboard
from .support.page_scripts import begun
from .support.video_call import PASSWORD
from .support.visual_check import FORCED, Eyes, visitor

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


@pytest.fixture
async def page(app_server: AppServer, browser: Browser) -> AsyncIterator[Page]:
    """carmen at the entrance, on a tablet."""
    await staff.create_user(
        app_server.runtime, username="carmen", name="Carmen", role=Role.HOST, offices=["centro"], password=PASSWORD
    )
    async with visitor(browser, app_server) as page:
        await page.set_viewport_size({"width": 1024, "height": 768})
        await page.goto("/staff/")
        await page.get_by_label("Usuario").fill("carmen")
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/staff/host")
        await is_live(page)
        yield page


async def is_live(page: Page) -> None:
    await expect(page.locator(".live")).to_contain_text("En directo, hace")


async def book(runtime: Runtime, minutes: int, name: str, service: str = "documents") -> Appointment:
    """An appointment so many minutes from now, or ago."""
    at = MORNING + timedelta(minutes=minutes)
    booking = BookingRequest(
        service=service, mode="in_person", starts_at=at, name=name, email=f"{name.lower()}@example.org"
    )
    return await appointments.book(runtime, "centro", booking, request_key=None)


async def test_a_turn_is_given_with_two_presses_and_its_slip_is_at_hand(page: Page, hall: Hall) -> None:
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
    async with hall.runtime.reading() as session:
        ticket = await ticket_by_token(session, read.text.rpartition("/t/")[2])
    assert ticket.code == "B-001"
    await begun(slip)
    async with slip.expect_event("close"):  # a slip a minute would leave a tab a minute
        await slip.evaluate("void setTimeout(() => dispatchEvent(new Event('afterprint')))")
    await expect(given.get_by_role("link", name="Imprimir el turno")).to_be_focused()


async def test_a_refused_turn_says_why_and_what_there_is_and_is_given_for_a_reason(page: Page, hall: Hall) -> None:
    line = hall.office.line("registry")
    await stop_line(hall.runtime, CARMEN, line.id, "No hay papel.")
    await expect(page.locator(".pick", has_text="Registro de documentos")).to_contain_text("Parada: No hay papel.")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    await expect(card.get_by_role("alert")).to_contain_text("Por ahora no se dan más turnos sin cita.")
    await expect(card.get_by_role("alert")).to_contain_text("Primera cita libre")
    await expect(card.get_by_label("Darlo de todos modos. ¿Por qué?")).to_be_focused()
    await page.keyboard.type("Viene de lejos.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="El turno recién dado")).to_contain_text("A-001")


async def test_whoever_asks_is_seen_at_once_and_goes_when_attended(page: Page, hall: Hall) -> None:
    issued = await hall.take()
    asking = await hall.take("certificate", preferential_requested=True)
    await expect(page.locator(".need")).to_have_count(1)
    await ask_help(hall.runtime, issued.token)
    first = page.locator(".need").first
    await expect(first).to_contain_text("Pide ayuda en la sala.")
    await expect(page).to_have_title("(2) Entrada de Oficina Centro · Office 360")
    await expect(page.locator("[data-said]")).to_contain_text("A-001: Pide ayuda en la sala.")
    await first.get_by_role("button", name="Ya voy").click()
    await expect(page.locator(".need")).to_have_count(1)
    await page.locator(".need").get_by_role("button", name="Confirmar").click()
    await expect(page.locator(".need")).to_have_count(0)
    assert (await hall.seen(issued))["help"] is False
    await expect(page.locator(".person", has_text=asking.ticket.code)).to_contain_text("Atención preferente")
    other = await hall.take("certificate", preferential_requested=True)
    await page.locator(".need").get_by_role("button", name="No procede").click()
    await expect(page.locator(".need")).to_have_count(0)
    await expect(page.locator(".person", has_text=other.ticket.code)).not_to_contain_text("preferente")


async def test_an_appointment_is_checked_in_and_one_too_late_is_put_in_order(
    page: Page, hall: Hall, clock: FakeClock
) -> None:
    clock.set(MORNING - timedelta(hours=2))
    await book(hall.runtime, 10, "Amina")
    await book(hall.runtime, -50, "Fatou")
    clock.set(MORNING)
    await hall.take()
    await page.reload()
    await is_live(page)
    late, amina = (page.locator(".visit", has_text=name) for name in ("Fatou", "Amina"))
    await expect(late).to_contain_text("50 min tarde")
    await page.route("**/check-in", lambda route: _answer_once_gone(route, amina), times=1)
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
    await expect(page.get_by_role("dialog")).to_be_visible()  # a reason is asked for
    await reason.fill("Se ha perdido el metro.")
    await page.keyboard.press("Enter")
    await expect(need).to_have_count(0)
    await expect(page.locator(".group[data-id='line:registry'] .person").first).to_contain_text("Fatou")


async def _answer_once_gone(route: Route, row: Locator) -> None:
    """What everybody is told may be here before the answer to whoever asked."""
    said = {**await route.request.all_headers(), "sec-fetch-site": "same-origin"}  # the browser adds it on its way
    answer = await route.fetch(headers=said)
    await expect(row).to_have_count(0)
    await route.fulfill(response=answer)


async def test_somebody_is_found_by_what_they_say_or_show(page: Page, hall: Hall) -> None:
    issued = await hall.take(name="Fatou", email="fatou@example.org")
    await hall.take(name="Amina")
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


# What Chromium has on tablets and phones, and not here: it reads whatever the camera is said to show.
READS_CODES = """globalThis.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
  detect(video) { return Promise.resolve(video.videoWidth && window.shown ? [{ rawValue: window.shown }] : []); }
};"""


async def test_a_code_is_read_by_the_camera_where_the_browser_can(page: Page, hall: Hall) -> None:
    issued = await hall.take(name="Fatou")
    await expect(page.get_by_role("button", name="Leer QR")).to_be_hidden()
    await page.add_init_script(READS_CODES)
    await page.reload()
    await is_live(page)
    await page.get_by_role("button", name="Leer QR").click()
    card = page.get_by_role("dialog", name="Pon el código QR ante la cámara")
    await expect(card).to_be_visible()
    await page.evaluate("(link) => { window.shown = link; }", f"{page.url}/t/{issued.token}")
    await expect(card).to_be_hidden()
    await expect(page.locator("[data-found]").get_by_role("button", name="Fatou")).to_be_focused()
    assert await page.evaluate("document.querySelector('[data-scanner]').srcObject") is None


# A browser that asks first, and somebody who takes their time to say yes.
ASKS_FIRST = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    await new Promise((yes) => (window.yes = yes));
    return (window.camera = await real(wish));
  };
"""
IS_OFF = "window.camera?.getTracks().every((track) => track.readyState === 'ended') ?? false"


async def test_a_camera_that_is_allowed_too_late_is_switched_off_again(page: Page) -> None:
    await page.add_init_script(READS_CODES)
    await page.add_init_script(ASKS_FIRST)
    await page.reload()
    await is_live(page)
    await page.get_by_role("button", name="Leer QR").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.evaluate("window.yes()")
    async with asyncio.timeout(PATIENCE_S):
        while not await page.evaluate(IS_OFF):
            await page.wait_for_timeout(50)


async def test_an_appointment_that_is_found_is_checked_in_there(page: Page, hall: Hall) -> None:
    booked = await book(hall.runtime, 120, "Amina")
    await page.get_by_label("Buscar a una persona").fill(booked.locator)
    found = page.locator("[data-found]")
    await found.get_by_role("button", name="Ha llegado").click()
    await expect(page.get_by_role("region", name="El turno recién dado")).to_contain_text("A-001")
    await expect(found.locator(".person")).to_contain_text("Amina")
    await expect(found.locator(".visit")).to_have_count(0)


async def test_a_turn_is_given_up_only_by_pressing_twice(page: Page, hall: Hall) -> None:
    issued = await hall.take(name="Amina")
    await page.locator(".person", has_text="Amina").get_by_role("button").click()
    leave = page.get_by_role("dialog").get_by_role("button", name="Dejar su turno")
    await leave.click()
    again = page.get_by_role("dialog").get_by_role("button", name="Pulsa otra vez: se acaba el turno")
    assert await hall.state(issued) == "waiting"
    await again.click()
    await expect(page.get_by_role("dialog").get_by_text("Este turno ha terminado.")).to_be_visible()
    assert await hall.state(issued) == "left"


async def test_a_line_is_stopped_for_a_reason_and_opened_again(page: Page) -> None:
    line = page.locator(".line", has_text="Registro")
    await line.get_by_role("button", name="Parar").click()
    await page.get_by_role("dialog").get_by_label("Motivo").fill("No hay papel.")
    await page.keyboard.press("Enter")
    await expect(line).to_contain_text("Parada: No hay papel.")
    await line.get_by_role("button", name="Dar turnos").click()
    await expect(line).to_contain_text("Nadie espera")


async def test_an_office_is_paused_by_pressing_twice_and_goes_on_by_one_press(page: Page, hall: Hall) -> None:
    issued = await hall.take()
    await page.keyboard.press("p")
    assert (await hall.seen(issued))["paused"] is False
    card = page.get_by_role("dialog")
    await card.get_by_label("Seguimos en unos minutos.").check()
    await card.get_by_role("button", name="Pausar la oficina").click()
    banner = page.get_by_role("region", name="La oficina está en pausa")
    await expect(banner).to_contain_text("Seguimos en unos minutos.")
    seen = await hall.seen(issued)
    assert (seen["paused"], seen["pause_message"]) == (True, "Seguimos en unos minutos.")
    await banner.get_by_role("button", name="Seguir").click()
    await expect(banner).to_be_hidden()
    assert (await hall.seen(issued))["paused"] is False


async def test_a_desk_that_was_left_alone_is_finished_and_closed(page: Page, hall: Hall) -> None:
    await hall.take(name="Amina")
    await hall.open(1)
    called = await hall.call(1)
    assert called is not None
    desk = page.locator(".seat", has_text="Mesa 1")
    await expect(desk).to_contain_text(called.code)
    await desk.get_by_role("button").click()
    card = page.get_by_role("dialog")
    await card.get_by_role("button", name="Devolver a la cola").click()
    await card.get_by_role("button", name="Cerrar la mesa").click()
    await expect(desk).to_have_count(0)
    await expect(page.get_by_text("Cerradas: 1, 2, 3, 4")).to_be_visible()


async def test_what_is_being_written_survives_what_happens_meanwhile(page: Page, hall: Hall) -> None:
    await hall.take(name="Amina")
    await page.keyboard.press("1")
    card = page.get_by_role("dialog")
    await card.get_by_label("Nombre (opcional)").fill("Fatou")
    await page.locator("#find").evaluate("(one) => { one.value = 'half a na'; }")
    await hall.take(name="Elena")
    await expect(page.locator(".person", has_text="Elena")).to_have_count(1)
    await expect(card.get_by_label("Nombre (opcional)")).to_have_value("Fatou")
    await expect(page.locator("#find")).to_have_value("half a na")


async def test_without_a_connection_nothing_is_pressed_in_vain(page: Page, hall: Hall) -> None:
    issued = await hall.take()
    await ask_help(hall.runtime, issued.token)
    helping = page.locator(".need").get_by_role("button", name="Ya voy")
    await expect(helping).to_be_visible()
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.get_by_text("Sin conexión desde las")).to_be_visible()
    await helping.click()
    await expect(page.locator(".toast")).to_have_text("No se ha hecho: no hay conexión.")
    await page.context.set_offline(False)
    await expect(page.get_by_text("Sin conexión desde las")).to_be_hidden()
    await helping.click()
    await expect(page.locator(".need")).to_have_count(0)


async def test_an_agent_is_shown_the_way_back(app_server: AppServer, browser: Browser) -> None:
    await staff.create_user(
        app_server.runtime, username="boris", name="Boris", role=Role.AGENT, offices=["centro"], password=PASSWORD
    )
    eyes = Eyes()
    async with visitor(browser, app_server) as page:
        await page.goto("/staff/?next=/staff/host")
        await page.get_by_label("Usuario").fill("boris")
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="La entrada es para anfitriones")).to_be_visible()
        await eyes.on(page, "entrance, for an agent")
        await page.get_by_role("link", name="Volver a mi mesa").click()
        await page.wait_for_url("**/staff/desk")
    eyes.saw_nothing_wrong()


async def test_every_state_of_the_entrance_is_looked_at(page: Page, hall: Hall, clock: FakeClock) -> None:
    eyes = Eyes()
    await eyes.on(page, "entrance, nobody")
    clock.set(MORNING - timedelta(hours=2))
    await book(hall.runtime, -50, "Fatou")
    await book(hall.runtime, 10, "Amina")
    clock.set(MORNING)
    for number in range(4):
        issued = await hall.take("certificate", name=f"Rosa Etxeberria Goikoetxea {number}")
    await hall.take(preferential_requested=True)
    await ask_help(hall.runtime, issued.token)
    await hall.open(1, BORIS)
    await hall.call(1)
    await page.reload()
    await is_live(page)
    await eyes.on(page, "entrance, full")
    await page.locator(".person").get_by_role("button").first.click()
    await eyes.on(page, "entrance, a person")
    await page.get_by_role("dialog").get_by_role("button", name="Poner en orden").click()
    await eyes.on(page, "entrance, order")
    await page.keyboard.press("Escape")
    await page.locator(".seat").get_by_role("button").first.click()
    await eyes.on(page, "entrance, a desk", FORCED)
    await page.keyboard.press("Escape")
    await page.keyboard.press("3")
    await page.keyboard.press("Enter")
    await page.keyboard.press("?")
    await eyes.on(page, "entrance, keys", FORCED)
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await eyes.on(page, "entrance, give")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-given]")).to_be_visible()
    await page.get_by_label("Buscar a una persona").fill("rosa")
    await expect(page.locator("[data-found] .person")).to_have_count(4)
    await eyes.on(page, "entrance, found and given")
    await page.locator(".line").first.get_by_role("button", name="Parar").click()
    await eyes.on(page, "entrance, stop", FORCED)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Pausar la oficina").click()
    await eyes.on(page, "entrance, pause")
    await page.get_by_role("dialog").get_by_role("button", name="Pausar la oficina").click()
    await expect(page.get_by_role("region", name="La oficina está en pausa")).to_be_visible()
    await eyes.on(page, "entrance, paused")
    await page.context.set_offline(True)
    await expect(page.get_by_text("Sin conexión desde las")).to_be_visible()
    await eyes.on(page, "entrance, offline")
    await page.context.set_offline(False)
    await page.goto(f"/staff/tickets/{issued.ticket.id}/slip")
    await eyes.on(page, "slip")
    eyes.saw_nothing_wrong()


async def test_the_entrance_is_walked_by_keyboard(page: Page, hall: Hall) -> None:
    await page.set_viewport_size({"width": 1280, "height": 800})
    await hall.take("certificate", name="Amina")
    carmen = Keyboard(page)
    await expect(page.locator(".person", has_text="Amina")).to_be_visible()
    await page.evaluate("document.activeElement?.blur()")
    await carmen.enter("Amina")
    await carmen.go_to("Atención preferente")
    await carmen.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("Quitar la preferencia")
    await carmen.press("Escape")
    await carmen.enter("Registro de documentos")
    await carmen.write("Nombre (opcional)", "Fatou")
    await carmen.press("Enter")
    await expect(page.get_by_role("link", name="Imprimir el turno")).to_be_focused()
    await carmen.enter("Listo")
    await carmen.press("e")
    await expect(page.get_by_role("heading", name="En la oficina")).to_be_focused()
