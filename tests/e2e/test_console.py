"""The agent's console in a real browser, by keyboard, with faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.appointments.service import AgentCallChanged, BookingRequest, book_appointment
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue.actions.pause import pause_office, resume_office, stop_walk_ins
from office360.queue.domain.ticket import Ticket
from office360.queue.service import TicketRequest, call_next, take_ticket
from office360.queue.service import open_desk as open_desk_of
from office360.staff.actions import accounts
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from ..conftest import AppServer
from ..queue.conftest import AT_11, CARMEN, ELENA
from ..support.timeouts import PAGE_TIMEOUT_MS
from .support.video_call import PASSWORD, sign_in_with_cookie

pytestmark = pytest.mark.e2e


@pytest.fixture
async def boris(runtime: Runtime, office: Office) -> str:
    return await accounts.create_user(
        runtime, username="boris", name="Boris", role=StaffRole.AGENT, offices=[office.slug], password=PASSWORD
    )


@pytest.fixture
async def page(app_server: AppServer, browser: Browser, boris: str) -> AsyncIterator[Page]:
    context = await browser.new_context(
        base_url=app_server.url, viewport={"width": 1280, "height": 800}, locale="es-ES"
    )
    await sign_in_with_cookie(context, app_server, "boris")
    page = await context.new_page()
    page.set_default_timeout(PAGE_TIMEOUT_MS)
    yield page
    await context.close()


async def issue_ticket(runtime: Runtime, device: str, service_slug: str = "certificate") -> Ticket:
    issued = await take_ticket(runtime, "centro", TicketRequest(service=service_slug, device=device))
    return issued.ticket


async def open_console(page: Page) -> None:
    await page.goto("/staff/desk?office=centro")


async def press_in_menu(page: Page, name: str) -> None:
    """Press a button of the bar's menu, which holds the rare buttons on this screen."""
    await page.get_by_role("button", name="Menú").click()
    await page.get_by_role("button", name=name).click()


async def open_desk(page: Page, name: str = "Mesa 2") -> None:
    await page.get_by_role("radio", name=name).press("Space")
    await page.keyboard.press("Enter")
    await expect(page.locator(".now")).to_have_attribute("data-state", "free")
    await expect(page.locator(".live")).to_contain_text("En directo, hace")  # its shortcut keys work from now on


async def expect_state(page: Page, expected: str, code: str | None = None) -> None:
    await expect(page.locator(".now")).to_have_attribute("data-state", expected)
    if code is not None:
        await expect(page.locator(".now h1 .code")).to_have_text(code)


async def call_and_start(page: Page, code: str) -> None:
    """Call the next ticket and start its service."""
    await page.keyboard.press("n")
    await expect_state(page, "called", code)
    await page.keyboard.press("s")
    await expect_state(page, "serving", code)


async def test_desk_is_worked_by_keyboard(app_server: AppServer, page: Page) -> None:
    runtime = app_server.runtime
    first, second = await issue_ticket(runtime, "a"), await issue_ticket(runtime, "b")
    await open_console(page)
    await open_desk(page)
    await expect(page.locator(".next")).to_have_count(2)

    await page.keyboard.press("n")
    await expect_state(page, "called", first.code)
    await page.keyboard.press("s")
    await expect_state(page, "serving", first.code)
    await expect(page.get_by_role("button", name=f"Terminar y llamar a {second.code}")).to_be_visible()
    await page.keyboard.press("n")
    await expect_state(page, "called", second.code)
    await page.keyboard.press("s")
    await expect_state(page, "serving", second.code)
    await page.keyboard.press("f")
    await expect_state(page, "free")
    await expect(page.get_by_text("Nadie espera", exact=True)).to_be_visible()


async def test_new_ticket_appears_without_reload(app_server: AppServer, page: Page) -> None:
    await open_console(page)
    await open_desk(page)
    await expect(page.locator(".next")).to_have_count(0)
    ticket = await issue_ticket(app_server.runtime, "a")
    await expect(page.locator(".next .code")).to_have_text(ticket.code)


async def test_recall_no_show_and_hold_work_by_keyboard(app_server: AppServer, page: Page) -> None:
    runtime = app_server.runtime
    first, second = await issue_ticket(runtime, "a"), await issue_ticket(runtime, "b")
    await open_console(page)
    await open_desk(page)
    await page.keyboard.press("n")
    await expect_state(page, "called", first.code)
    await page.keyboard.press("r")
    await expect(page.get_by_text("Se le ha vuelto a llamar 1 vez.")).to_be_visible()
    await page.keyboard.press("b")
    await expect_state(page, "free")
    await page.keyboard.press("n")
    await expect_state(page, "called", first.code)
    await page.keyboard.press("x")
    promised = page.get_by_role("button", name="Su móvil dice que esperamos hasta las")
    await expect(promised).to_be_visible()
    await expect_state(page, "called", first.code)
    await page.keyboard.press("x")
    await expect_state(page, "free")
    await expect(page.get_by_text("Anotado: no ha venido. Puedes deshacerlo.")).to_be_visible()
    await expect(page.locator("[data-missed] .held .code")).to_have_text(first.code)
    await expect(page.get_by_role("button", name=f"Deshacer {first.code}")).to_be_visible()
    await page.keyboard.press("u")
    await expect_state(page, "called", first.code)
    await expect(page.locator("[data-missed]")).to_be_hidden()
    await expect(page.locator(".toast")).to_have_count(0, timeout=1_000)  # its six seconds are not over
    await page.keyboard.press("x")
    await page.keyboard.press("x")
    await expect_state(page, "free")
    await page.keyboard.press("n")
    await expect_state(page, "called", second.code)
    await page.keyboard.press("s")
    await expect_state(page, "serving", second.code)
    await page.keyboard.press("h")
    await expect_state(page, "free")
    await page.keyboard.press("v")
    await expect_state(page, "serving", second.code)


async def test_key_pauses_the_desk_and_a_call_asks_first(app_server: AppServer, page: Page, boris: str) -> None:
    runtime = app_server.runtime
    ticket = await issue_ticket(runtime, "a")
    await open_console(page)
    await open_desk(page)
    await page.keyboard.press("p")
    await expect(page.get_by_role("dialog", name="Pausar mi mesa")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Tu mesa está en pausa")).to_be_visible()
    await page.keyboard.press("p")
    await expect(page.get_by_role("heading", name="La mesa está libre")).to_be_visible()
    booking = BookingRequest(
        service="certificate", mode="video", starts_at=AT_11, name="Amina", email="amina@example.org"
    )
    appointment = await book_appointment(runtime, "centro", booking)
    async with runtime.transaction() as tx:
        await tx.emit(AgentCallChanged(appointment, boris, "video"))
    await expect(page.get_by_role("heading", name="Estás en una videollamada")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.get_by_role("button", name="Estás en una llamada.")).to_be_visible()
    await expect_state(page, "free")
    await page.keyboard.press("n")
    await expect_state(page, "called", ticket.code)


async def test_ticket_is_transferred_to_service_or_colleague(
    app_server: AppServer, page: Page, office: Office
) -> None:
    runtime = app_server.runtime
    ticket = await issue_ticket(runtime, "a")
    await open_desk_of(runtime, ELENA, office.desks[2].id)
    await open_console(page)
    await open_desk(page)
    await expect(page.locator(".colleague")).to_contain_text("Mesa 3")
    await call_and_start(page, ticket.code)
    await page.keyboard.press("t")
    card = page.get_by_role("dialog")
    await card.get_by_label("A", exact=True).select_option("Registro de documentos")
    await card.get_by_role("button", name="Pasar", exact=True).click()
    await expect_state(page, "free")
    await call_and_start(page, ticket.code)  # the elapsed time counts
    await page.keyboard.press("t")
    await card.get_by_label("A", exact=True).select_option("Mesa 3, Elena")
    await page.keyboard.press("Tab")
    await expect(card.get_by_label("Nota para la mesa siguiente")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect_state(page, "free")
    called = await call_next(runtime, ELENA, office.desks[2].id)
    assert called is not None
    assert called.id == ticket.id
    await expect(page.locator(".colleague")).to_contain_text(ticket.code)


async def test_refused_transfer_shows_reason(app_server: AppServer, page: Page) -> None:
    ticket = await issue_ticket(app_server.runtime, "a")
    await open_console(page)
    await open_desk(page)
    await call_and_start(page, ticket.code)
    await page.keyboard.press("t")
    card = page.get_by_role("dialog")
    await card.get_by_label("Nota para la mesa siguiente").fill("Trae el original.")
    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    await expect(card.get_by_label("Nota para la mesa siguiente")).to_have_value("Trae el original.")
    await card.get_by_role("button", name="Dejarlo así").click()
    await page.locator("details.note summary").click()
    await page.locator("#note").fill("Escrito antes.")
    await page.get_by_role("button", name="Pasar", exact=False).first.click()
    await expect(card.get_by_label("Nota para la mesa siguiente")).to_have_value("Escrito antes.")
    # A desk that was removed after the page was rendered.
    await card.locator("select").evaluate("(one) => one.add(new Option('x', 'desk:none', true, true))")
    await card.get_by_role("button", name="Pasar", exact=True).click()
    await expect(card.get_by_role("alert")).to_be_visible()
    await expect_state(page, "serving", ticket.code)


async def test_pause_and_stopped_line_are_shown_at_desk(app_server: AppServer, page: Page, office: Office) -> None:
    runtime = app_server.runtime
    await open_console(page)
    await open_desk(page)
    banner = page.locator("[data-pausing]")
    await expect(banner).to_be_hidden()
    await pause_office(runtime, CARMEN, office.slug, "Simulacro de evacuación.")
    await expect(banner).to_contain_text("Simulacro de evacuación.")
    await resume_office(runtime, CARMEN, office.slug)
    await expect(banner).to_be_hidden()
    await stop_walk_ins(runtime, CARMEN, office.line("registry").id, "No hay papel.")
    await expect(page.get_by_text("Registro no da turnos sin cita. No hay papel.")).to_be_visible()


async def test_typing_in_field_triggers_no_shortcut(app_server: AppServer, page: Page) -> None:
    first, _ = await issue_ticket(app_server.runtime, "a"), await issue_ticket(app_server.runtime, "b")
    await open_console(page)
    await open_desk(page)
    for combination in ("Control+n", "Alt+n"):
        await page.locator("main").dispatch_event("keydown", build_key_event(combination))
    await expect_state(page, "free")
    await page.keyboard.press("n")
    await expect_state(page, "called", first.code)
    await page.keyboard.press("s")
    await expect_state(page, "serving", first.code)
    await page.get_by_text("Añadir una nota").click()
    await page.get_by_label("Nota, solo para el equipo").type("nfhn")
    await page.get_by_label("Resultado").press("n")
    await expect_state(page, "serving", first.code)


def build_key_event(combination: str) -> dict[str, Any]:
    modifier, key = combination.split("+")
    names = {"Control": "ctrlKey", "Alt": "altKey"}
    return {"key": key, names[modifier]: True, "bubbles": True}


async def test_shortcuts_are_listed_and_can_be_disabled(app_server: AppServer, page: Page) -> None:
    await issue_ticket(app_server.runtime, "a")
    await open_console(page)
    await open_desk(page)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_label("Usar teclas. Mientras escribes no actúan.").uncheck()
    await page.keyboard.press("Escape")
    await page.reload()
    await expect(page.locator(".now kbd").first).to_be_hidden()
    await expect(page.locator(".live")).to_contain_text("En directo, hace")
    await page.keyboard.press("n")
    await press_in_menu(page, "Teclas")
    await expect_state(page, "free")
    await page.get_by_label("Usar teclas. Mientras escribes no actúan.").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await expect_state(page, "called")


async def test_shortcut_right_after_escape_works(app_server: AppServer, page: Page) -> None:
    first = await issue_ticket(app_server.runtime, "a")
    await open_console(page)
    await open_desk(page)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.evaluate(
        """() => ["Escape", "n"].forEach((key) =>
             document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })))"""
    )
    await expect_state(page, "called", first.code)


async def test_double_click_calls_one_person(app_server: AppServer, page: Page) -> None:
    first = await issue_ticket(app_server.runtime, "a")
    await issue_ticket(app_server.runtime, "b")
    await open_console(page)
    await open_desk(page)
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url) if "call-next" in request.url else None)
    await page.get_by_role("button", name="Llamar al siguiente").dblclick()
    await expect_state(page, "called", first.code)
    await expect(page.locator(".next")).to_have_count(1)
    assert len(calls) == 1
    await expect(page.locator(".toast")).to_have_count(0)


async def test_retry_after_lost_response_is_idempotent(app_server: AppServer, page: Page) -> None:
    """The call is committed, and neither its answer nor the board arrives."""
    first, second = await issue_ticket(app_server.runtime, "a"), await issue_ticket(app_server.runtime, "b")
    holding = asyncio.Event()
    keys: list[str] = []

    async def hold_boards_back(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if holding.is_set() else socket.send(message))

    async def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            await route.continue_()
            return
        # The request is not sent by the browser, so the header that only browsers set is added.
        answer = await route.fetch(headers={**route.request.headers, "sec-fetch-site": "same-origin"})
        assert answer.status == 200
        await route.abort()

    await page.route_web_socket("**/ws/staff", hold_boards_back)
    await page.route("**/call-next", lose_the_first_answer)
    await open_console(page)
    await open_desk(page)
    holding.set()
    await page.keyboard.press("n")
    await expect(page.locator(".toast")).to_contain_text("No ha habido respuesta. Pulsa otra vez")
    await expect_state(page, "free")
    async with page.expect_response("**/call-next") as answered:
        await page.keyboard.press("n")
    assert (await (await answered.value).json())["code"] == first.code
    holding.clear()
    await expect_state(page, "called", first.code)
    await expect(page.locator(".next .code")).to_have_text(second.code)
    assert len(keys) == 2
    assert keys[0] == keys[1]


async def test_refused_call_shows_reason(app_server: AppServer, page: Page) -> None:
    await issue_ticket(app_server.runtime, "a")
    await open_console(page)
    await open_desk(page)
    await page.route(
        "**/call-next",
        lambda route: route.fulfill(
            status=409, content_type="application/problem+json", body='{"code": "paused", "detail": "En pausa."}'
        ),
    )
    await page.keyboard.press("n")
    await expect(page.locator(".toast")).to_have_text("En pausa.")
    await expect_state(page, "free")


async def test_offline_console_blocks_calls(app_server: AppServer, page: Page) -> None:
    await issue_ticket(app_server.runtime, "a")
    await open_console(page)
    await open_desk(page)
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.get_by_text("Sin conexión desde la")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.locator(".toast")).to_have_text("No se ha hecho: no hay conexión.")
    await page.context.set_offline(False)
    await expect(page.get_by_text("Sin conexión desde la")).to_be_hidden()
    await page.keyboard.press("n")
    await expect_state(page, "called")


async def test_revoked_session_asks_for_login_over_the_page(app_server: AppServer, page: Page) -> None:
    await open_console(page)
    await open_desk(page)
    await accounts.set_password(app_server.runtime, "boris", PASSWORD)  # ends all sessions
    await expect(page.get_by_role("dialog", name="Tu sesión ha terminado")).to_be_visible()
    assert "/staff/desk" in page.url


async def test_refusal_is_shown_until_resolved(app_server: AppServer, page: Page) -> None:
    await issue_ticket(app_server.runtime, "a")
    await open_console(page)
    await open_desk(page)
    await page.keyboard.press("n")
    await expect_state(page, "called")
    await press_in_menu(page, "Salir")
    refused = page.get_by_text("Termina antes con quien está en la mesa.")
    await expect(refused).to_be_visible()
    await expect(page.locator(".live")).to_contain_text("En directo, hace")
    await page.keyboard.press("b")
    await expect_state(page, "free")
    await expect(refused).to_be_hidden()


async def test_desk_is_changed_and_closed(app_server: AppServer, page: Page) -> None:
    await open_console(page)
    await open_desk(page)
    await press_in_menu(page, "Cerrar o cambiar de mesa")
    await open_desk(page, "Mesa 3")
    await expect(page).to_have_title("Mesa 3 · Office 360")
    await press_in_menu(page, "Salir")
    await page.wait_for_url("**/staff/")
