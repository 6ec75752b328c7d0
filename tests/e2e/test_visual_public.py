"""Visual checks of public states that acts bring: axe, layout, motion, contrast.

The states that a page has when it is opened are in test_layout.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from office360.appointments.actions.earlier_slot import request_earlier_slot
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.service import (
    TIMERS,
    appointment_token,
    book_appointment,
    cancel_appointment,
    cancel_by_office,
)
from office360.core.db import timers
from office360.core.runtime import Runtime
from office360.offices.domain.colour_contrast import MIN_TEXT_CONTRAST, contrast_ratio
from office360.offices.service import EVACUATION, Office
from office360.offices.storage.tables import LineRow, OfficeRow
from office360.queue import service as queue
from office360.queue.actions.agent import recall_ticket, record_no_show
from office360.queue.actions.citizen import rejoin_line
from office360.queue.actions.host import clear_help_request, leave_line_for_citizen
from office360.queue.actions.pause import pause_office, resume_office
from office360.queue.queries.staff_board import staff_board
from office360.server.settings import Settings
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from ..appointments.support.messages import active_messages, verification_secret
from ..appointments.support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request
from ..conftest import AppServer, FakeClock, serve_app
from ..notifications.support.gateways import with_push_keys
from ..queue.conftest import AT_11, BORIS, CARMEN, OfficeDriver
from .support.page_scripts import wait_for_modules
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e

VIDEO_BOOKING_PATH = "/appointments/new?office=centro&service=certificate&mode=video"
BOOKING_DETAILS_PATH = f"{VIDEO_BOOKING_PATH}&starts_at=2026-11-27T09:00:00%2B01:00"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with web push, as installations have."""
    return with_push_keys(settings)


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


async def test_booking_pages_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes = VisualCheck()
    await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    async with new_visitor_page(browser, app_server) as page:
        await page.goto("/appointments/new?office=centro")
        await page.get_by_role("button", name="Seguir").click()
        await eyes.check_page(page, "no service chosen")
        await page.goto("/appointments/new?office=centro&service=certificate&step=more")
        await page.get_by_label("Registro de documentos").check()
        await page.get_by_label("Sugerencias y quejas").check()
        await page.get_by_role("button", name="Seguir").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.check_page(page, "services that do not fit in one visit")
        await page.goto(BOOKING_DETAILS_PATH)
        await expect(page.get_by_text("Esa hora acaba de ocuparse.")).to_be_visible()
        await eyes.check_page(page, "that time is taken")
        await page.goto(f"{VIDEO_BOOKING_PATH}&starts_at=2026-11-27T09:15:00%2B01:00")
        await page.get_by_role("button", name="Confirmar la cita").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.check_page(page, "details that are missing")
        await page.fill("#name", AMINA["name"])
        await page.fill("#email", AMINA["email"])
        await page.check("#privacy_accepted")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Confirmar la cita").click()
        await page.get_by_text("No se ha enviado: no hay conexión.").wait_for()
        await eyes.check_page(page, "details offline")
        await page.context.set_offline(False)
        await page.get_by_role("button", name="Confirmar la cita").click()
        await page.wait_for_url("**/a/*?new=1")
    eyes.assert_no_flaws()


async def test_email_verification_pages_pass_visual_check(
    settings: Settings, office: Office, browser: Browser, clock: FakeClock
) -> None:
    eyes, strict = VisualCheck(), settings.model_copy(update={"unverified_per_address": 2})
    async with serve_app(strict, clock) as server, new_visitor_page(browser, server) as page:
        await page.route("**/api/v1/altcha", lambda route: route.abort())
        await _choose_time(page, "9:00")
        await expect(page.get_by_text("Te guardamos este sitio hasta las 10:40.", exact=True)).to_be_visible()
        await eyes.check_page(page, "a place is kept")
        await _fill_details(page, AMINA["email"])
        await page.wait_for_url("**/a/*?new=1")
        await eyes.check_page(page, "not confirmed yet")
        mine = page.url.partition("?")[0]
        (message,) = await active_messages(server.runtime)
        await page.get_by_text("¿El correo está mal? Corrígelo").click()
        await page.get_by_label("Correo electrónico").fill("amina")
        await page.get_by_role("button", name="Enviar a este correo").click()
        await expect(page.get_by_label("Correo electrónico")).to_have_attribute("aria-invalid", "true")
        await eyes.check_page(page, "a wrong address")
        await page.goto(f"{mine}/verify/{verification_secret(server.runtime, message)}")
        await eyes.check_page(page, "the link of the message")
        await page.unroute("**/api/v1/altcha")
        await _choose_time(page, "9:15")
        await _fill_details(page, AMINA["email"])
        await expect(page.get_by_role("heading", name="Ya tienes una cita para este trámite")).to_be_visible()
        await eyes.check_page(page, "has one already")
        await _choose_time(page, "9:30")
        await _fill_details(page, DIEGO["email"])
        await page.wait_for_url("**/a/*?new=1")
        await _choose_time(page, "9:45")
        await _fill_details(page, "elena@example.org")
        await expect(page.get_by_role("heading", name="Confirma antes tu correo")).to_be_visible()
        await eyes.check_page(page, "verify first")
        clock.advance(minutes=30)
        await timers.fire_due_timers(server.runtime, TIMERS)
        await page.goto(mine)
        await expect(page.get_by_role("heading", name="Esta cita no se confirmó a tiempo")).to_be_visible()
        await eyes.check_page(page, "not confirmed in time")
    eyes.assert_no_flaws()


async def _choose_time(page: Page, time: str) -> None:
    await page.goto(f"{VIDEO_BOOKING_PATH}&day=2026-11-27")
    await page.get_by_text(time, exact=True).click()
    await page.get_by_role("button", name="Seguir con mis datos").click()
    await expect(page.get_by_role("heading", name="Tus datos")).to_be_visible()


async def _fill_details(page: Page, email: str) -> None:
    await page.fill("#name", AMINA["name"])
    await page.fill("#email", email)
    await page.check("#privacy_accepted")
    await page.get_by_role("button", name="Confirmar la cita").click()


async def test_offline_and_unknown_appointment_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    visit = await book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    async with new_visitor_page(browser, app_server) as page:
        await page.goto(f"/a/{appointment_token(runtime, visit)}")
        await wait_for_modules(page)
        await page.context.set_offline(True)
        await expect(page.get_by_text("Tu cita sigue como la ves.")).to_be_visible()
        await eyes.check_page(page, "visit, offline")
        await page.context.set_offline(False)
        await page.goto("/appointments/find")
        await page.get_by_role("button", name="Ver mi cita").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.check_page(page, "find nothing")
    eyes.assert_no_flaws()


async def test_offer_and_cancellation_pages_pass_visual_check(app_server: AppServer, browser: Browser) -> None:
    runtime, eyes = app_server.runtime, VisualCheck()
    amina, diego = [
        await book_appointment(
            runtime, "centro", make_booking_request(person, starts_at=FRIDAY_AT_9 + timedelta(hours=late))
        )
        for person, late in ((AMINA, 0), (DIEGO, 2))
    ]
    theirs = [f"/a/{appointment_token(runtime, appointment)}" for appointment in (amina, diego)]
    async with new_visitor_page(browser, app_server) as page:
        await page.goto(theirs[1])
        await page.get_by_text("Solo algunos días u horas").click()
        await eyes.check_page(page, "an earlier time is asked for")
        await request_earlier_slot(runtime, theirs[1].rpartition("/")[2], EarlierSlotRequest())
        await cancel_appointment(runtime, theirs[0].rpartition("/")[2])
        await timers.fire_due_timers(runtime, TIMERS)
        await page.goto(theirs[1])
        await eyes.check_page(page, "an earlier time is free")
        await page.get_by_role("link", name="Verla y responder").click()
        await eyes.check_page(page, "an earlier time is offered")
        await cancel_by_office(runtime, CARMEN, diego.id, "El agente está de baja.")
        await page.goto(theirs[1])
        await eyes.check_page(page, "cancelled by the office")
        await page.goto("/waiting/new?service=certificate&office=centro")
        await page.get_by_role("button", name="Avisarme").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.check_page(page, "the waiting list refuses")
    eyes.assert_no_flaws()


async def test_office_pages_pass_visual_check(
    app_server: AppServer, browser: Browser, driver: OfficeDriver, clock: FakeClock
) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    await driver.open_desk()
    await driver.take_ticket()
    due = appointment_token(runtime, await driver.book_appointment(AT_11))
    async with new_visitor_page(browser, app_server) as page:
        await page.goto("/o/centro?appointment=1")
        await page.get_by_role("button", name="Coger turno").click()
        await eyes.check_page(page, "locator missing")
        await page.goto(f"/o/centro?appointment={due}")
        await eyes.check_page(page, "too early")
        await page.goto("/o/centro?service=documents")
        await _change_offices(runtime, update(LineRow).values(stopped=True))
        await page.get_by_role("button", name="Coger turno").last.click()
        await page.locator(".problems:focus").wait_for()
        await eyes.check_page(page, "refused, with what there is instead")
        await page.get_by_role("button", name="Esperar en reserva").click()
        await page.wait_for_url("**/t/*")
        await eyes.check_page(page, "on standby")
        await page.context.clear_cookies()
        await page.goto("/o/centro?service=documents")
        await eyes.check_page(page, "no turn now")
        await page.goto("/o/centro/lost")
        await page.get_by_role("button", name="Enviar el enlace").click()
        await eyes.check_page(page, "lost, nothing said")
        await _change_offices(runtime, update(LineRow).values(stopped=False))
        async with runtime.read_session() as session:
            board = await staff_board(session, driver.office, clock.now(), "es")
        await leave_line_for_citizen(
            runtime, CARMEN, next(ticket["id"] for ticket in board["tickets"] if ticket["state"] == "standby")
        )
        clock.set(AT_11)
        await page.goto(f"/o/centro?appointment={due}")
        await eyes.check_page(page, "about to begin")
        await page.get_by_role("button", name="Coger turno").click()
        await page.goto("/o/centro")
        await eyes.check_page(page, "has a turn")
    eyes.assert_no_flaws()


async def _change_offices(runtime: Runtime, change: object) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(change)  # type: ignore[call-overload]


async def test_ticket_states_pass_visual_check(
    app_server: AppServer, browser: Browser, driver: OfficeDriver, clock: FakeClock
) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    await driver.open_desk()
    people = [await driver.take_ticket() for _ in range(9)]
    async with new_visitor_page(browser, app_server) as page:

        async def open_ticket(place: int, mood: str) -> None:
            await page.goto(f"/t/{people[place].token}")
            await page.locator(f"body[data-ticket={mood}]").wait_for()

        await open_ticket(8, "waiting")
        await page.get_by_text("Avisarme por SMS").click()
        await page.get_by_label("Teléfono móvil").fill("600 000")
        await page.get_by_role("button", name="Enviarme SMS de este turno").click()
        await page.locator("#sms-phone[aria-invalid]").wait_for()
        await eyes.check_page(page, "waiting, a number that is too short")
        await page.get_by_label("Teléfono móvil").fill("600 000 001")
        await page.get_by_role("button", name="Enviarme SMS de este turno").click()
        await page.get_by_text("Al número que termina en 001.").wait_for()
        await expect(page.get_by_text("Los avisos están bloqueados en este móvil")).to_have_count(0)  # SMS suffice
        await eyes.check_page(page, "waiting, with SMS")
        await page.get_by_role("link", name="Dejar mi turno").click()
        await eyes.check_page(page, "leave, asked")
        await page.keyboard.press("Escape")
        await page.context.set_offline(True)
        await page.locator("body[data-ticket=offline]").wait_for()
        await eyes.check_page(page, "offline")
        await page.context.set_offline(False)
        await open_ticket(0, "next")
        await page.get_by_role("button", name="Necesito ayuda").click()
        await page.context.set_offline(True)
        await page.locator("main[data-away]").wait_for()
        await eyes.check_page(page, "next, offline")
        await page.context.set_offline(False)
        called = await driver.call_next()
        assert called is not None
        await page.locator("body[data-ticket=called]").wait_for()
        await recall_ticket(runtime, BORIS, called.id)
        await page.get_by_role("heading", name="Te llamamos otra vez").wait_for()
        await eyes.check_page(page, "called again")
        await page.context.set_offline(True)
        await page.locator("main[data-away]").wait_for()
        await eyes.check_page(page, "called, offline")
        await page.context.set_offline(False)
        await _change_offices(
            runtime, update(OfficeRow).values(paused=True, pause_message="Sal.", pause_reason=EVACUATION)
        )
        await queue.ask_for_help(runtime, people[8].token)
        await open_ticket(8, "evacuation")
        await eyes.check_page(page, "evacuated, help asked")
        await _change_offices(runtime, update(OfficeRow).values(paused=False, pause_reason=None))
        clock.set(AT_11.replace(hour=19))
        await driver.fire_due_timers()
        await open_ticket(8, "expired")
        await eyes.check_page(page, "expired")
    eyes.assert_no_flaws()


NOTICES_JS = """(mood) => {
  document.body.dataset.ticket = mood
  return ["", "good", "warn", "bad", "info"].map((kind) => {
    const notice = document.querySelector("main").appendChild(document.createElement("div"))
    notice.className = "notice"
    notice.dataset.kind = kind
    notice.innerHTML = "Text <b>bold</b> <span class=soft>soft</span> <a href=/>link</a>"
    const tint = getComputedStyle(notice).backgroundColor
    return [kind, tint, [notice, ...notice.children].map((part) => getComputedStyle(part).color)]
  })
}"""


def _to_hex(colour: str) -> str:
    """Return `rgb(19, 32, 43)` as a hex triplet."""
    return "#" + "".join(f"{int(value):02X}" for value in colour.removeprefix("rgb(").rstrip(")").split(","))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_notices_are_legible_on_coloured_tickets(
    app_server: AppServer, browser: Browser, driver: OfficeDriver, scheme: Literal["light", "dark"]
) -> None:
    """A ticket that is next or called changes the ink, but not the tint of a notice."""
    ticket = await driver.take_ticket()
    async with new_visitor_page(browser, app_server) as page:
        await page.emulate_media(color_scheme=scheme)
        await page.goto(f"/t/{ticket.token}")
        for mood in ("next", "called"):
            for kind, tint, colours in await page.evaluate(NOTICES_JS, mood):
                ratios = [contrast_ratio(_to_hex(colour), _to_hex(tint)) for colour in colours]
                assert min(ratios) >= MIN_TEXT_CONTRAST, (mood, kind, ratios)


async def test_explanations_of_a_turn_pass_visual_check(
    app_server: AppServer, browser: Browser, driver: OfficeDriver, clock: FakeClock
) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    await driver.open_desk()
    for _ in range(3):
        await driver.take_ticket("certificate")
    clock.advance(minutes=1)
    amina = await driver.take_ticket()
    async with new_visitor_page(browser, app_server) as page:

        async def at(mood: str, name: str) -> None:
            await page.goto(f"/t/{amina.token}")
            await page.locator(f"body[data-ticket={mood}]").wait_for()
            await eyes.check_page(page, name)

        for _ in range(3):
            clock.advance(minutes=1)
            called = await driver.call_next()
            assert called is not None
            await queue.start_service(runtime, BORIS, called.id)
            await queue.finish_service(runtime, BORIS, called.id)
        await at("next", "next, calls of other lines")
        await pause_office(runtime, CARMEN, "centro", "Simulacro de evacuación.")
        await at("waiting", "paused with a reason")
        await resume_office(runtime, CARMEN, "centro")
        await driver.call_next()
        await queue.ask_for_help(runtime, amina.token)
        await clear_help_request(runtime, CARMEN, amina.ticket.id)
        await at("called", "called, help answered")
        await record_no_show(runtime, BORIS, amina.ticket.id)
        await rejoin_line(runtime, amina.token)
        await driver.call_next()
        await record_no_show(runtime, BORIS, amina.ticket.id)
        await at("missed", "missed, no rejoin left")
    eyes.assert_no_flaws()


SHOW_ALL_PUSH_STATES_JS = """() => {
  const section = document.querySelector("[data-module='core/push_subscription']");
  const parts = [...section.querySelectorAll("[data-when]")];
  for (const part of parts) part.hidden = false;
  return parts.map((part) => part.dataset.when);
}"""


async def test_push_notification_states_pass_visual_check(
    app_server: AppServer, browser: Browser, driver: OfficeDriver
) -> None:
    """The states of static/core/push_subscription.js, which test_notifications.py tests.

    A state shows one part of its section, and all parts are looked at below one another.
    """
    eyes = VisualCheck()
    people = [await driver.take_ticket() for _ in range(4)]
    async with new_visitor_page(browser, app_server, ["notifications"]) as page:
        await page.goto(f"/t/{people[3].token}")
        await page.locator("[data-module='core/push_subscription'][data-state]").wait_for()
        shown = await page.evaluate(SHOW_ALL_PUSH_STATES_JS)
        assert {"offer", "on", "failed", "denied", "install", "inside", "none"} <= set(shown)
        await eyes.check_page(page, "notices")
    eyes.assert_no_flaws()


async def test_empty_installation_passes_visual_check(
    settings: Settings, clock: FakeClock, browser: Browser
) -> None:
    eyes = VisualCheck()
    async with serve_app(settings, clock) as server, new_visitor_page(browser, server) as page:
        for path in ("/", "/turn", "/appointments/new", "/test"):
            await page.goto(path)
            await eyes.check_page(page, f"{path} of nothing")
    eyes.assert_no_flaws()
