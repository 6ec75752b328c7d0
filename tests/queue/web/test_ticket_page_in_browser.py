"""The script of the ticket page, in a real Chromium."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from office360.queue import service
from office360.queue.actions.agent import recall_ticket
from office360.queue.actions.host import clear_help_request
from office360.queue.actions.pause import pause_office, reopen_walk_ins, resume_office, stop_walk_ins
from office360.queue.actions.standby import join_standby
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.service import TicketRequest

from ...conftest import MORNING, AppServer, FakeClock
from ...e2e.support.connection_test import new_citizen_page
from ...support.timeouts import PAGE_TIMEOUT_MS
from ..conftest import BORIS, CARMEN, ELENA, OfficeDriver
from ..support.offices import update_office

pytestmark = pytest.mark.e2e

WATCH = """said => new MutationObserver(() => { window.saidAgain = true; }).observe(said, { childList: true })"""

FIRST_SOCKET_STAYS_CONNECTING_JS = """
  const Real = WebSocket;
  window.WebSocket = function () {
    window.WebSocket = Real;
    return { readyState: Real.CONNECTING, close() {} };
  };
"""


async def _open_ticket_page(browser: Any, server: AppServer, issued: IssuedTicket) -> Any:
    page = await new_citizen_page(browser, server.url)
    await page.goto(f"/t/{issued.token}")
    await page.locator("[data-age]:visible").first.wait_for()
    return page


async def _silence_server(page: Any) -> None:
    """Let the page's sockets receive nothing: it knows only the state that was rendered."""
    await page.route_web_socket("**/ws/ticket", lambda socket: None)


async def _wait_for_page_state(page: Any, mood: str, within_ms: int = PAGE_TIMEOUT_MS) -> None:
    await page.locator(f"body[data-ticket={mood}]").wait_for(timeout=within_ms)


async def test_call_updates_called_page_and_other_position(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    await server_driver.open_desk(2, ELENA)
    people = [await server_driver.take_ticket() for _ in range(4)]
    first, last = (
        await _open_ticket_page(browser, app_server, people[0]),
        await _open_ticket_page(browser, app_server, people[3]),
    )
    await _wait_for_page_state(first, "next")
    await _wait_for_page_state(last, "waiting")
    assert "3 personas delante" in await last.inner_text(".slip")
    await server_driver.call_next()
    await _wait_for_page_state(first, "called")
    assert await first.inner_text("h1 .desk") == "1"
    assert await first.inner_text(".called .way") == "Al fondo, a la izquierda"
    assert await first.title() == "Mesa 1: es tu turno, A-001 · Office 360"
    await _wait_for_page_state(last, "next")
    assert "2 personas delante" in await last.inner_text(".slip")
    assert await first.locator(".code:visible").text_content() == "A-001"


async def test_ticket_page_follows_visit_to_its_end(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued, called = await server_driver.call_new_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await _wait_for_page_state(page, "called")
    await service.start_service(server_driver.runtime, BORIS, called.id)
    await page.get_by_text("Te están atendiendo").wait_for()
    await service.finish_service(server_driver.runtime, BORIS, called.id)
    await page.get_by_text("Tu visita ha terminado").wait_for()
    assert await page.locator("[data-age]:visible").count() == 0


async def test_ticket_page_follows_standby_pause_and_transfer(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    line_id = server_driver.office.line("registry").id
    await stop_walk_ins(server_driver.runtime, CARMEN, line_id)
    issued = await join_standby(server_driver.runtime, "centro", TicketRequest(service="documents"))
    page = await _open_ticket_page(browser, app_server, issued)
    await _wait_for_page_state(page, "standby")
    assert "Estás en reserva" in await page.inner_text(".slip")
    await reopen_walk_ins(server_driver.runtime, CARMEN, line_id)
    await server_driver.fire_due_timers()
    await _wait_for_page_state(page, "next")
    await pause_office(server_driver.runtime, CARMEN, "centro", "Simulacro de evacuación.")
    await page.locator("[data-paused]").get_by_text("Simulacro de evacuación.").wait_for()
    await resume_office(server_driver.runtime, CARMEN, "centro")
    await server_driver.open_desk()
    called = await server_driver.call_next()
    assert called is not None
    await service.start_service(server_driver.runtime, BORIS, called.id)
    await page.get_by_text("Te están atendiendo").wait_for()
    await transfer_ticket(server_driver.runtime, BORIS, called.id, service="certificate")
    await page.get_by_text("Certificado digital, sin cita").wait_for()
    await _wait_for_page_state(page, "next")
    assert await page.locator(".code:visible").text_content() == "A-001"


async def test_offline_page_shows_since_when_and_reconnects(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    await server_driver.open_desk(2, ELENA)
    people = [await server_driver.take_ticket() for _ in range(4)]
    page = await _open_ticket_page(browser, app_server, people[3])
    await page.context.set_offline(True)
    await _wait_for_page_state(page, "offline")
    await page.locator(".visit > .notice", has_text="Sin conexión desde la").wait_for()
    await page.get_by_text("calculábamos llamarte entre").wait_for()
    await page.get_by_role("heading", name="Mientras tanto, mira la pantalla").wait_for()
    await server_driver.call_next()
    await page.context.set_offline(False)
    await _wait_for_page_state(page, "next")
    assert "2 personas delante" in await page.inner_text(".slip")


@pytest.mark.parametrize("code", [1011, 4102])
async def test_page_reconnects_after_close_that_may_be_temporary(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver, code: int
) -> None:
    issued = await server_driver.take_ticket()
    await server_driver.open_desk()
    page = await new_citizen_page(browser, app_server.url)
    closed: list[Any] = []

    async def close_first(socket: Any) -> None:
        if closed:
            socket.connect_to_server()
            return
        closed.append(socket)
        await socket.close(code=code)

    await page.route_web_socket("**/ws/ticket", close_first)
    await page.goto(f"/t/{issued.token}")
    await _wait_for_page_state(page, "next")
    await server_driver.call_next()
    await _wait_for_page_state(page, "called")


async def test_page_reconnects_when_handshake_gets_no_answer(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    await server_driver.open_desk()
    page = await new_citizen_page(browser, app_server.url)
    await page.clock.install(time=MORNING)
    await page.add_init_script(FIRST_SOCKET_STAYS_CONNECTING_JS)
    await page.goto(f"/t/{issued.token}")
    await page.locator("[data-age]:visible").first.wait_for()
    await server_driver.call_next()
    await page.clock.fast_forward("01:01")
    await _wait_for_page_state(page, "called")


async def test_page_that_is_refused_says_so_and_is_reloaded_on_request(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    people = [await server_driver.take_ticket() for _ in range(4)]
    page = await new_citizen_page(browser, app_server.url)
    await page.route_web_socket("**/ws/ticket", lambda socket: socket.close(code=4104))
    await page.goto(f"/t/{people[3].token}")
    await _wait_for_page_state(page, "offline")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Conectar de nuevo").click()


async def test_offline_time_is_in_time_zone_of_office(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await server_driver.open_desk()
    people = [await server_driver.take_ticket() for _ in range(4)]
    context = await browser.new_context(base_url=app_server.url, timezone_id="Pacific/Auckland")
    page = await context.new_page()
    page.set_default_timeout(PAGE_TIMEOUT_MS)
    await page.clock.set_fixed_time(MORNING)
    await page.goto(f"/t/{people[3].token}")
    await page.locator("[data-age]:visible").first.wait_for()
    await context.set_offline(True)
    await _wait_for_page_state(page, "offline")
    await page.locator(".visit > .notice", has_text="Sin conexión desde las 10:30").wait_for()
    await page.get_by_text("A las 10:30 calculábamos llamarte entre").wait_for()
    await page.set_viewport_size({"width": 320, "height": 640})  # the narrowest phone, and the longest text
    assert await page.locator(".range").evaluate("range => range.scrollWidth <= range.clientWidth")


async def test_offline_page_disables_actions(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await _wait_for_page_state(page, "next")
    await page.context.set_offline(True)
    note = page.locator(".more [data-needs-network]")
    await note.wait_for()
    assert "Tu turno sigue en la cola." in await page.inner_text(".ticket > .strip")
    for role, name in (("button", "Necesito ayuda"), ("button", "10 minutos más"), ("link", "Dejar mi turno")):
        action = page.get_by_role(role, name=name)
        assert await action.get_attribute("aria-disabled") == "true"
        await action.click(force=True)
    assert await page.get_by_role("dialog").count() == 0
    await page.context.set_offline(False)
    await note.wait_for(state="hidden")
    await page.get_by_role("button", name="Necesito ayuda").click()
    await page.get_by_text("Ya sabemos que necesitas ayuda", exact=True).locator("visible=true").wait_for()
    assert await server_driver.ticket_state(issued) == "waiting"


async def test_page_says_return_when_long_wait_is_nearly_over(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await update_office(server_driver.runtime, "UPDATE services SET minutes = 30 WHERE slug = 'certificate'")
    await server_driver.open_desk()
    people = [
        await server_driver.take_ticket("certificate") for _ in range(3)
    ]  # the third is probably not called before 11:00
    context = await browser.new_context(base_url=app_server.url)
    page = await context.new_page()
    page.set_default_timeout(PAGE_TIMEOUT_MS)
    await _silence_server(page)  # after a reconnection it would tell its own time, which stands still
    await page.clock.install(time=MORNING)
    await page.goto(f"/t/{people[2].token}")
    await page.locator("[data-age]:visible").first.wait_for()
    await _wait_for_page_state(page, "waiting")
    assert "2 personas delante" in await page.inner_text(".slip")
    await page.clock.fast_forward("20:01")
    await _wait_for_page_state(page, "next")


async def test_next_person_waits_outside_during_long_visit(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    await update_office(server_driver.runtime, "UPDATE services SET minutes = 60 WHERE slug = 'certificate'")
    await server_driver.open_desk()
    await server_driver.take_ticket("certificate")
    await server_driver.call_next()
    issued = await server_driver.take_ticket("certificate")
    page = await _open_ticket_page(browser, app_server, issued)
    await page.get_by_text("Eres la siguiente persona", exact=True).wait_for()
    await _wait_for_page_state(page, "waiting")
    await page.get_by_role("heading", name="Puedes esperar fuera").wait_for()


async def test_next_page_still_offers_sms(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    page = await _open_ticket_page(browser, app_server, await server_driver.take_ticket())
    await _wait_for_page_state(page, "next")
    await page.get_by_text("Avisarme por SMS").click()
    await page.get_by_label("Teléfono móvil").fill("600 123 456")
    await page.get_by_role("button", name="Enviarme SMS de este turno").click()
    await page.get_by_text("Al número que termina en 456.").wait_for()
    await _wait_for_page_state(page, "next")


async def test_slow_answer_to_form_is_not_replaced_by_cached_page(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await page.wait_for_function("async (path) => Boolean(await caches.match(path))", arg=f"/t/{issued.token}")

    async def answer_late(route: Any) -> None:
        await asyncio.sleep(5)  # the service worker waits four seconds for a page that it has cached
        await route.continue_()

    await page.context.route(f"**/t/{issued.token}", answer_late)
    await page.get_by_text("Avisarme por SMS").click()
    await page.get_by_label("Teléfono móvil").fill("600 123 456")
    await page.get_by_role("button", name="Enviarme SMS de este turno").click()
    await page.get_by_text("Al número que termina en 456.").wait_for()


async def test_leaving_asks_for_confirmation(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued = await server_driver.take_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await page.get_by_role("link", name="Dejar mi turno").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Seguir esperando").click()
    assert await server_driver.ticket_state(issued) == "waiting"
    await page.get_by_role("link", name="Dejar mi turno").click()
    await dialog.get_by_role("button", name="Dejar mi turno").click()
    await page.get_by_text("Has dejado tu turno").wait_for()
    assert await server_driver.ticket_state(issued) == "left"


async def test_call_alert_rings_once_across_reloads(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued, called = await server_driver.call_new_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await page.locator("main.nudge").wait_for()
    await page.reload()
    await page.locator("[data-age]:visible").first.wait_for()
    assert await page.locator("main.nudge").count() == 0
    await recall_ticket(server_driver.runtime, BORIS, called.id)
    await page.locator("main.nudge").wait_for()
    await page.get_by_role("heading", name="Te llamamos otra vez").wait_for()
    said = page.locator("[data-said]")
    assert await said.text_content() == "Te llamamos otra vez. Mesa 1. Al fondo, a la izquierda"
    await said.evaluate(WATCH)
    await recall_ticket(server_driver.runtime, BORIS, called.id)  # announced again with the same words
    await page.wait_for_function("() => window.saidAgain")


async def test_office_page_is_usable_by_keyboard(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    context = await browser.new_context(base_url=app_server.url)
    page = await context.new_page()
    page.set_default_timeout(PAGE_TIMEOUT_MS)
    await page.goto("/o/centro")
    way = page.locator("details.way").nth(1)
    await way.locator("summary").focus()
    await page.keyboard.press("Enter")
    await way.get_by_role("radio").first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.locator("main.ticket").wait_for()
    assert await page.locator(".slip .code").text_content() == "A-001"


async def test_answered_help_request_stays_on_the_page(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver
) -> None:
    issued, called = await server_driver.call_new_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await page.get_by_text("Te esperamos hasta las 10:33.").wait_for()
    await page.get_by_role("button", name="Necesito ayuda").press("Enter")
    await page.get_by_text("Ya sabemos que necesitas ayuda").locator("visible=true").wait_for()
    await page.get_by_text("Te esperamos. No hay prisa.").wait_for()
    await clear_help_request(server_driver.runtime, CARMEN, called.id)
    await page.get_by_text("Una persona de la oficina va hacia ti").locator("visible=true").wait_for()
    await page.get_by_text("Te esperamos. No hay prisa.").wait_for()
    await page.get_by_role("button", name="Necesito ayuda").wait_for()


async def test_page_counts_people_of_other_lines_before(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    await server_driver.call_new_ticket()
    await server_driver.open_desk(2, ELENA)
    for _ in range(2):
        await server_driver.take_ticket("certificate")
    clock.advance(minutes=1)
    issued = await server_driver.take_ticket()
    page = await _open_ticket_page(browser, app_server, issued)
    await page.get_by_text("2 personas delante", exact=True).wait_for()
    shared = page.get_by_text("Las mismas mesas llaman también a otr")
    assert (await shared.inner_text()).endswith("otras colas: 2 personas de ellas van antes que tú.")
    clock.advance(minutes=1)
    for left in ("1 persona delante", "Eres la siguiente persona"):
        called = await server_driver.call_next(2, ELENA)
        assert called is not None
        await service.start_service(server_driver.runtime, ELENA, called.id)
        await page.get_by_text(left, exact=True).wait_for()
        await service.finish_service(server_driver.runtime, ELENA, called.id)
    assert await shared.count() == 0 or not await shared.is_visible()


async def test_shown_range_never_begins_in_the_past(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    await server_driver.open_desk()
    clock.advance(minutes=3)
    issued = await server_driver.take_ticket()
    seen = await server_driver.ticket_json(issued)
    assert seen["eta"] == {"earliest": "2026-11-25T10:35:00+01:00", "latest": "2026-11-25T10:40:00+01:00"}
    page = await browser.new_page(base_url=app_server.url)
    await _silence_server(page)
    await page.clock.install()
    await page.goto(f"/t/{issued.token}")
    await page.locator("[data-slot=label]", has_text="Te llamaremos antes de").wait_for()
    assert await page.inner_text(".range") == "las 10:40"
    await page.locator("[data-age]:visible").first.wait_for()
    await page.clock.fast_forward("07:01")
    await page.get_by_text("Podemos llamarte en cualquier momento").wait_for()
