"""Alerts and emergencies in real consoles, and their actions at 1024 × 768."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from office360.appointments.service import book_appointment
from office360.core.auth import Principal, StaffRole
from office360.core.runtime import Runtime
from office360.core.web.authentication import STAFF_COOKIE
from office360.offices.service import Office, office_by_slug
from office360.queue.actions import pause
from office360.queue.service import TicketRequest, ask_for_help, open_desk, take_ticket
from office360.rooms.actions.participant_actions import join_lobby
from office360.staff.actions import accounts, alert_settings, emergencies
from office360.staff.domain.alerts import AlertSettings
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from ...appointments.support.phone_mode import AMINA_PHONE, allow_phone
from ...appointments.support.requesters import make_booking_request
from ...conftest import AppServer, FakeClock
from ...queue.conftest import CARMEN, OfficeDriver
from ...rooms.support.video_appointments import book_video_appointment, enter_as_citizen
from ...support.office_fixture import build_office
from ...support.timeouts import PAGE_TIMEOUT_MS
from ..support.video_call import PASSWORD
from ..support.visual_check import VisualCheck

pytestmark = pytest.mark.e2e

TABLET: ViewportSize = {"width": 1024, "height": 768}
LONG_NAMES = ("Rosa Etxeberria Goikoetxea", "Maximiliano Fernández de la Hoz", "Amina Haddad Benslimane")
# Records tones and desktop notifications; the page counts as a page without focus.
SPIES_JS = """
window.tones = []; window.notified = [];
window.OscillatorNode = class extends window.OscillatorNode {
  start(at) { window.tones.push(this.frequency.value); super.start(at); }
};
window.Notification = class { static permission = "granted"; constructor(title) { window.notified.push(title); } };
document.hasFocus = () => false;
"""
# Actions outside of the viewport, or cut by the edge of their list. Lists may scroll: their first row counts.
HIDDEN_ACTIONS_JS = """() => {
  const isFirst = (row) => !row || !row.previousElementSibling;
  const clip = (element) => {
    let { top, bottom, left, right } = { top: 0, bottom: innerHeight, left: 0, right: innerWidth };
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflowY === "visible") continue;
      const box = at.getBoundingClientRect();
      [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return { top, bottom, left, right };
  };
  const all = [...document.querySelectorAll("button, a[href], input, select, textarea, summary")];
  return all.filter((one) => one.checkVisibility() && !one.disabled)
    .filter((one) => !one.matches(".skip, dialog *, [popover] *"))
    .filter((one) => isFirst(one.closest("[data-rows] > li")) && isFirst(one.closest(".group")))
    .filter((one) => {
      const box = one.getBoundingClientRect(), seen = clip(one);
      return box.bottom > seen.bottom + 1 || box.top < seen.top - 1 || box.right > seen.right + 1 || box.left < -1;
    })
    .map((one) => (one.innerText || one.ariaLabel || one.id).trim().replaceAll("\\n", " "));
}"""


@pytest.fixture
async def office(runtime: Runtime) -> Office:
    """A large office with a long name."""
    await build_office(runtime, name="Oficina de Atención a la Ciudadanía de Henares", desks=8)
    async with runtime.read_session() as session:
        return await office_by_slug(session, "centro")


@asynccontextmanager
async def signed_in(
    browser: Browser, server: AppServer, username: str, role: StaffRole, settings: AlertSettings | None = None
) -> AsyncIterator[tuple[BrowserContext, Principal]]:
    """Open a browser in which a new person is signed in."""
    await accounts.create_user(
        server.runtime,
        username=username,
        name=username.capitalize(),
        role=role,
        offices=["centro"],
        password=PASSWORD,
    )
    token = await accounts.login(server.runtime, username, PASSWORD, "192.0.2.7")
    person = await accounts.authenticate(server.runtime, cookie=token, bearer=None)
    assert person is not None
    if settings is not None:
        await alert_settings.save_settings(server.runtime, person, settings)
    context = await browser.new_context(
        base_url=server.url, viewport=TABLET, locale="es-ES", reduced_motion="reduce"
    )
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    await context.add_init_script(SPIES_JS)
    await context.add_cookies([{"name": STAFF_COOKIE, "value": token, "url": server.url}])
    yield context, person
    await context.close()


async def open_console(context: BrowserContext, path: str) -> Page:
    """Open a console and press once on it, which allows sound."""
    page = await context.new_page()
    await page.goto(path)
    await expect(page.locator(".live")).to_contain_text("En directo, hace")
    await page.mouse.click(4, 764)
    return page


async def test_evacuation_stays_on_pages_of_agents_without_desk(
    app_server: AppServer, office: Office, browser: Browser, clock: FakeClock
) -> None:
    """The page of a telephone call, and the page that chooses a desk."""
    runtime = app_server.runtime
    await allow_phone(runtime, office)
    at = clock.now() + timedelta(minutes=60)
    by_phone = make_booking_request(mode="phone", phone=AMINA_PHONE, starts_at=at)
    visit = await book_appointment(runtime, "centro", by_phone)
    clock.set(at)
    async with signed_in(browser, app_server, "boris", StaffRole.AGENT) as (agent, _):
        choice, call = await open_console(agent, "/staff/desk"), await agent.new_page()
        await call.goto(f"/staff/calls/{visit.id}")
        notices = [page.get_by_role("alert").filter(has_text="Sal ya.") for page in (choice, call)]
        press = call.get_by_role("button", name="Llamar ahora")
        await pause.evacuate_office(runtime, CARMEN, "centro", lambda _: {"es": "Sal ya.", "en": "Leave."})
        for notice in notices:
            await expect(notice).to_be_visible()
        await expect(press).to_have_attribute("aria-disabled", "true")
        await call.reload()
        await call.locator("[data-office][data-connection=on]").wait_for(state="attached")  # a frame has come
        await expect(notices[1]).to_be_visible()
        await expect(press).to_have_attribute("aria-disabled", "true")
        await pause.resume_office(runtime, CARMEN, "centro")
        for notice in notices:
            await expect(notice).to_be_hidden()
        await expect(press).not_to_have_attribute("aria-disabled", "true")


async def test_alert_is_heard_once_and_emergency_is_answered(
    app_server: AppServer, office: Office, browser: Browser, clock: FakeClock
) -> None:
    runtime, chosen = app_server.runtime, AlertSettings(lobby=True, chime=True, desktop=True)
    early, booked = [
        await book_video_appointment(runtime, clock.now() + timedelta(minutes=minutes), name)
        for minutes, name in ((30, "Early"), (60, "Amina"))
    ]
    await allow_phone(runtime, office)
    by_phone = make_booking_request(
        mode="phone", phone=AMINA_PHONE, email="p@example.org", starts_at=clock.now() + timedelta(minutes=60)
    )
    phone = await book_appointment(runtime, "centro", by_phone)
    clock.advance(minutes=50)
    async with (
        signed_in(browser, app_server, "boris", StaffRole.AGENT, chosen) as (agent, boris),
        signed_in(browser, app_server, "carmen", StaffRole.HOST) as (host, _),
    ):
        await open_desk(runtime, boris, office.desks[3].id)
        first, second = [await open_console(agent, "/staff/desk") for _ in range(2)]
        entrance = await open_console(host, "/staff/host")
        rows = first.locator(".vid")
        await expect(rows.first).to_contain_text(early.appointment.name)
        await join_lobby(runtime, await enter_as_citizen(runtime, booked), None)
        await expect(rows.first).to_contain_text(booked.appointment.name)
        await expect(rows.first).to_have_attribute("data-attention", "waiting")
        for page in (first, second):
            await expect(page).to_have_title("(1) Mesa 4 · Office 360")
        await expect(first.locator("link[rel=icon]")).to_have_attribute("href", re.compile("fill='%23B8261E'"))
        await expect(first.locator("[data-alert-said]")).to_have_text(
            "Una persona espera en la sala de una videollamada."
        )
        told = [await page.evaluate("[tones, notified]") for page in (first, second)]
        assert sorted(len(tones) for tones, _ in told) == [0, 2], "one tab plays the two tones"
        assert sorted(len(notified) for _, notified in told) == [0, 1]
        assert "Amina" not in str(told)
        await second.close()
        await first.reload()
        await expect(first).to_have_title("(1) Mesa 4 · Office 360")
        await first.keyboard.press("Shift")
        assert await first.evaluate("tones.length") == 0

        await first.keyboard.press("e")
        await expect(first.get_by_role("button", name="Otra vez")).to_be_visible()
        await first.keyboard.press("e")
        await expect(first.locator("[data-told]")).to_have_text("Avisado")
        banner = entrance.locator(".alarm")
        await expect(banner).to_contain_text("Emergencia en la mesa 4")
        await expect(entrance).to_have_title(
            "● (1) Entrada de Oficina de Atención a la Ciudadanía de Henares · Office 360"
        )
        assert await entrance.evaluate("[tones.length > 2, notified.length]") == [True, 1]
        assert await first.evaluate("tones.length") == 0, "the desk stays silent"
        eyes = VisualCheck()
        await eyes.check_page(entrance, "entrance with an emergency")
        await first.goto("/staff/alerts")
        await eyes.check_page(first, "choices of alerts")
        eyes.assert_no_flaws()
        await first.goto("/staff/desk")
        await banner.get_by_role("button", name="Voy").click()
        await expect(first.locator("[data-told]")).to_have_text("Viene: Carmen")
        await banner.get_by_role("button", name="Terminada").click()
        await entrance.get_by_label("Ha sido una falsa alarma").check()
        await entrance.get_by_role("button", name="Sí, ha terminado").click()
        await expect(banner).to_have_count(0)
        await expect(first.get_by_role("button", name="Emergencia")).to_be_visible()
        await _press_in_telephone_call(first, entrance, phone.id)


async def _press_in_telephone_call(page: Page, entrance: Page, appointment_id: str) -> None:
    """Offline nothing looks ready; with the connection the press reaches the entrance."""
    await page.goto(f"/staff/calls/{appointment_id}")
    press = page.locator("[data-emergency-button] [data-press]")
    words = page.get_by_text("Sin conexión: no se puede enviar. Llama al 112.")
    await expect(page.locator("[data-connection=on]")).to_be_attached()
    await page.context.set_offline(True)
    await expect(words).to_be_visible()
    for button in (press, page.get_by_role("button", name="Llamar ahora")):
        await expect(button).to_have_attribute("aria-disabled", "true")
        await button.click(force=True)
    await expect(page.locator(".toast")).to_have_text("No se ha hecho: no hay conexión.")
    await expect(press).to_have_text("Emergencia")
    await page.context.set_offline(False)
    await expect(words).to_be_hidden()
    await press.click()
    await press.click()
    await expect(page.locator("[data-told]")).to_have_text("Avisado")
    await expect(entrance.locator(".alarm")).to_contain_text("Emergencia en la mesa 4")


async def test_every_action_is_above_the_fold(
    app_server: AppServer, office: Office, browser: Browser, clock: FakeClock
) -> None:
    """A full day: long names, calls for help, eight desks, an emergency, a pause."""
    runtime, driver = app_server.runtime, OfficeDriver(app_server.runtime, office)
    for minutes in (30, 60, 90):
        await book_video_appointment(
            runtime,
            clock.now() + timedelta(minutes=minutes),
            LONG_NAMES[minutes % 3],
            email=f"v{minutes}@example.org",
        )
    room = await book_video_appointment(
        runtime, clock.now() + timedelta(minutes=30), LONG_NAMES[0], service="complaints", email="room@example.org"
    )
    for minutes in (30, 40, 50):
        await driver.book_appointment(clock.now() + timedelta(minutes=minutes), f"Carmina{minutes}")
    chosen = AlertSettings(lobby=True, help=True, long_wait=True, wait_minutes=5)
    async with (
        signed_in(browser, app_server, "boris", StaffRole.AGENT, chosen) as (agent, boris),
        signed_in(browser, app_server, "carmen", StaffRole.MANAGER, chosen) as (host, carmen),
    ):
        await _fill_office(runtime, office, boris)
        clock.advance(minutes=6)
        desk, entrance = await open_console(agent, "/staff/desk"), await open_console(host, "/staff/host")
        wrong: list[str] = []

        async def check(state: str, *pages: Page) -> None:
            for page in pages:
                wrong.extend(f"{state}: {action}" for action in await page.evaluate(HIDDEN_ACTIONS_JS))

        await check("idle", desk, entrance)
        for key, state in (("n", "called"), ("s", "serving")):
            await desk.keyboard.press(key)
            await expect(desk.locator(".now")).to_have_attribute("data-state", state)
            await check(state, desk, entrance)
        elena = Principal("desk5", "Agent 5", StaffRole.AGENT, None)
        await emergencies.press_at_desk(runtime, elena, office.desks[5].id)
        await expect(desk.locator(".alarm")).to_be_visible()
        await expect(entrance.locator(".alarm")).to_be_visible()
        await check("emergency", desk, entrance)
        await pause.pause_office(runtime, carmen, "centro", "Simulacro de evacuación")
        await expect(desk.locator("[data-pausing]")).to_be_visible()
        await expect(entrance.locator("[data-part='resume']")).to_be_visible()
        await check("paused", desk, entrance)
        clock.advance(minutes=10)
        await join_lobby(runtime, await enter_as_citizen(runtime, room), None)
        await desk.goto(f"/staff/rooms/{room.appointment.id}")
        await desk.get_by_role("link", name="Empezar ahora").click()
        await expect(desk.get_by_role("button", name="Emergencia")).to_be_visible()
        await expect(desk.locator(".alarm")).to_be_visible()
        await check("video call", desk)
        assert wrong == []


async def _fill_office(runtime: Runtime, office: Office, boris: Principal) -> None:
    """Open eight desks, and let nine people with long names wait, three of whom ask for help."""
    issued = [
        await take_ticket(
            runtime,
            "centro",
            TicketRequest(
                service=("certificate", "documents")[place % 2], name=f"{LONG_NAMES[place % 3]} {place}"
            ),
        )
        for place in range(9)
    ]
    for ticket in issued[:3]:
        await ask_for_help(runtime, ticket.token)
    for place, desk in enumerate(office.desks):
        agent = boris if place == 3 else Principal(f"desk{place}", f"Agent {place}", StaffRole.AGENT, None)
        await open_desk(runtime, agent, desk.id)
