"""Every page and state of both flows is looked at: nothing that axe finds, nothing lost, nothing that moves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments.service import TIMERS, Wish, book, cancel, cancel_by_office, token_of, want_earlier
from office360.core.db import timers
from office360.core.runtime import Runtime
from office360.notifications.service import new_private_key
from office360.offices.service import Office
from office360.offices.tables import LineRow, OfficeRow
from office360.queue import service as queue
from office360.server.settings import Settings
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from ..appointments.actions.test_verify_email import letters, secret_of
from ..appointments.support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking
from ..conftest import AppServer, FakeClock, serving
from ..queue.conftest import AT_11, BORIS, CARMEN, Hall
from .support.visual_check import Eyes, visitor

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

VIDEO = "/appointments/new?office=centro&service=certificate&mode=video"
DETAILS = f"{VIDEO}&starts_at=2026-11-27T09:00:00%2B01:00"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With pushes, as an installation has them."""
    keys = {"vapid_private_key": new_private_key(), "vapid_subject": "mailto:it@example.org"}
    return settings.model_copy(update=keys)


@pytest.fixture
async def hall(app_server: AppServer, office: Office) -> Hall:
    return Hall(app_server.runtime, office)


async def test_what_everybody_can_open(app_server: AppServer, browser: Browser) -> None:
    eyes = Eyes()
    async with visitor(browser, app_server) as page:
        for path in ("/", "/turn", "/turn?appointment=1", "/accessibility", "/privacy", "/dev/outbox", "/nowhere"):
            await page.goto(path)
            await eyes.on(page, path)
        for path in ("/a/a-link-that-is-wrong", "/t/a-link-that-is-wrong", "/o/nowhere"):
            await page.goto(path)
            await eyes.on(page, path)
    eyes.saw_nothing_wrong()


async def test_booking_an_appointment(app_server: AppServer, browser: Browser) -> None:
    eyes = Eyes()
    await book(app_server.runtime, "centro", asking(DIEGO))
    async with visitor(browser, app_server) as page:
        await page.goto("/appointments/new?office=centro")
        await eyes.on(page, "service")
        await page.get_by_role("button", name="Seguir").click()
        await eyes.on(page, "no service chosen")
        await page.goto("/appointments/new?office=centro&service=certificate&step=more")
        await page.get_by_label("Registro de documentos").check()
        await page.get_by_label("Sugerencias y quejas").check()
        await page.get_by_role("button", name="Seguir").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.on(page, "services that do not fit in one visit")
        await page.goto("/appointments/new?office=centro&service=certificate")
        await eyes.on(page, "way")
        await page.goto(VIDEO)
        await eyes.on(page, "time")
        await page.goto(DETAILS)
        await expect(page.get_by_text("Esa hora acaba de ocuparse.")).to_be_visible()
        await eyes.on(page, "that time is taken")
        await page.goto(f"{VIDEO}&starts_at=2026-11-27T09:15:00%2B01:00")
        await page.get_by_role("button", name="Confirmar la cita").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.on(page, "details that are missing")
        await page.fill("#name", AMINA["name"])
        await page.fill("#email", AMINA["email"])
        await page.check("#privacy_accepted")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Confirmar la cita").click()
        await page.get_by_text("No se ha enviado: no hay conexión.").wait_for()
        await eyes.on(page, "details offline")
        await page.context.set_offline(False)
        await page.get_by_role("button", name="Confirmar la cita").click()
        await page.wait_for_url("**/a/*?new=1")
        await eyes.on(page, "confirmed")
    eyes.saw_nothing_wrong()


async def test_a_place_that_is_kept_until_the_e_mail_is_verified(
    settings: Settings, office: Office, browser: Browser, clock: FakeClock
) -> None:
    eyes, strict = Eyes(), settings.model_copy(update={"unverified_per_address": 2})
    async with serving(strict, clock) as server, visitor(browser, server) as page:
        await page.route("**/api/v1/altcha", lambda route: route.abort())
        await _choose(page, "9:00")
        await expect(page.get_by_text("Te guardamos este sitio hasta las 10:40.", exact=True)).to_be_visible()
        await eyes.on(page, "a place is kept")
        await _fill_in(page, AMINA["email"])
        await page.wait_for_url("**/a/*?new=1")
        await eyes.on(page, "not confirmed yet")
        mine = page.url.partition("?")[0]
        (letter,) = await letters(server.runtime)
        await page.get_by_text("¿El correo está mal? Corrígelo").click()
        await page.get_by_label("Correo electrónico").fill("amina")
        await page.get_by_role("button", name="Enviar a este correo").click()
        await expect(page.get_by_label("Correo electrónico")).to_have_attribute("aria-invalid", "true")
        await eyes.on(page, "a wrong address")
        await page.goto(f"{mine}/verify/{secret_of(server.runtime, letter)}")
        await eyes.on(page, "the link of the letter")
        await page.unroute("**/api/v1/altcha")
        await _choose(page, "9:15")
        await _fill_in(page, AMINA["email"])
        await expect(page.get_by_role("heading", name="Ya tienes una cita para este trámite")).to_be_visible()
        await eyes.on(page, "has one already")
        await _choose(page, "9:30")
        await _fill_in(page, DIEGO["email"])
        await page.wait_for_url("**/a/*?new=1")
        await _choose(page, "9:45")
        await _fill_in(page, "elena@example.org")
        await expect(page.get_by_role("heading", name="Confirma antes tu correo")).to_be_visible()
        await eyes.on(page, "verify first")
        clock.advance(minutes=30)
        await timers.fire_due(server.runtime, TIMERS)
        await page.goto(mine)
        await expect(page.get_by_role("heading", name="Esta cita no se confirmó a tiempo")).to_be_visible()
        await eyes.on(page, "not confirmed in time")
    eyes.saw_nothing_wrong()


async def _choose(page: Page, time: str) -> None:
    await page.goto(f"{VIDEO}&day=2026-11-27")
    await page.get_by_text(time, exact=True).click()
    await page.get_by_role("button", name="Seguir con mis datos").click()
    await expect(page.get_by_role("heading", name="Tus datos")).to_be_visible()


async def _fill_in(page: Page, email: str) -> None:
    await page.fill("#name", AMINA["name"])
    await page.fill("#email", email)
    await page.check("#privacy_accepted")
    await page.get_by_role("button", name="Confirmar la cita").click()


async def test_what_becomes_of_an_appointment(app_server: AppServer, browser: Browser, clock: FakeClock) -> None:
    eyes, runtime = Eyes(), app_server.runtime
    video = await book(runtime, "centro", asking())
    visit = await book(runtime, "centro", asking(DIEGO, mode="in_person"))
    pages = {"video": f"/a/{token_of(runtime, video)}", "visit": f"/a/{token_of(runtime, visit)}"}
    async with visitor(browser, app_server) as page:
        for name, path in pages.items():
            await page.goto(path)
            await eyes.on(page, name)
        await page.context.set_offline(True)
        await expect(page.get_by_text("Tu cita sigue como la ves.")).to_be_visible()
        await eyes.on(page, "visit, offline")
        await page.context.set_offline(False)
        for step in ("cancel", "reschedule"):
            await page.goto(f"{pages['visit']}/{step}")
            await eyes.on(page, step)
        await page.goto("/appointments/find")
        await eyes.on(page, "find")
        await page.get_by_role("button", name="Ver mi cita").click()
        await eyes.on(page, "find nothing")
        clock.set(FRIDAY_AT_9 - timedelta(minutes=10))
        for name, path in pages.items():
            await page.goto(path)
            await eyes.on(page, f"{name} is about to begin")
        await cancel(runtime, token_of(runtime, visit))
        await page.goto(pages["visit"])
        await eyes.on(page, "cancelled")
        clock.set(FRIDAY_AT_9 + timedelta(hours=5))
        await page.goto(pages["video"])
        await eyes.on(page, "past")
    eyes.saw_nothing_wrong()


async def test_what_is_offered_and_what_the_office_cancelled(app_server: AppServer, browser: Browser) -> None:
    runtime, eyes = app_server.runtime, Eyes()
    amina, diego = [
        await book(runtime, "centro", asking(person, starts_at=FRIDAY_AT_9 + timedelta(hours=late)))
        for person, late in ((AMINA, 0), (DIEGO, 2))
    ]
    theirs = [f"/a/{token_of(runtime, one)}" for one in (amina, diego)]
    async with visitor(browser, app_server) as page:
        await page.goto(theirs[1])
        await page.get_by_text("Solo algunos días u horas").click()
        await eyes.on(page, "an earlier time is asked for")
        await want_earlier(runtime, theirs[1].rpartition("/")[2], Wish())
        await cancel(runtime, theirs[0].rpartition("/")[2])
        await timers.fire_due(runtime, TIMERS)
        await page.goto(theirs[1])
        await eyes.on(page, "an earlier time is free")
        await page.get_by_role("link", name="Verla y responder").click()
        await eyes.on(page, "an earlier time is offered")
        await cancel_by_office(runtime, CARMEN, diego.id, "El agente está de baja.")
        await page.goto(theirs[1])
        await eyes.on(page, "cancelled by the office")
        await page.goto("/waiting/new?service=certificate&office=centro")
        await page.get_by_role("button", name="Avisadme").click()
        await page.locator(".problems:focus").wait_for()
        await eyes.on(page, "the waiting list refuses")
    eyes.saw_nothing_wrong()


async def test_the_entrance_of_an_office(
    app_server: AppServer, browser: Browser, hall: Hall, clock: FakeClock
) -> None:
    eyes, runtime = Eyes(), app_server.runtime
    await hall.open()
    await hall.take()
    due = token_of(runtime, await hall.book(AT_11))
    async with visitor(browser, app_server) as page:
        await page.goto("/o/centro?service=documents")
        await eyes.on(page, "without an appointment")
        await page.goto("/o/centro?appointment=1")
        await page.get_by_role("button", name="Coger mi turno").click()
        await eyes.on(page, "locator missing")
        await page.goto(f"/o/centro?appointment={due}")
        await eyes.on(page, "too early")
        await _change(runtime, update(LineRow).values(stopped=True))
        await page.goto("/o/centro?service=documents")
        await page.get_by_role("button", name="Coger mi turno").last.click()
        await page.locator(".problems:focus").wait_for()
        await eyes.on(page, "refused, with what there is instead")
        await page.get_by_role("button", name="Esperar en reserva").click()
        await page.wait_for_url("**/t/*")
        await eyes.on(page, "on standby")
        await page.context.clear_cookies()
        for name in ("lost", "lost?sent=1"):
            await page.goto(f"/o/centro/{name}")
            await eyes.on(page, name)
        await page.get_by_role("button", name="Enviar el enlace").click()
        await eyes.on(page, "lost, nothing said")
        await _change(runtime, update(LineRow).values(stopped=False))
        async with runtime.reading() as session:
            board = await queue.board(session, hall.office, clock.now(), "es")
        await queue.give_up(
            runtime, CARMEN, next(one["id"] for one in board["tickets"] if one["state"] == "standby")
        )
        clock.set(AT_11)
        await page.goto(f"/o/centro?appointment={due}")
        await eyes.on(page, "about to begin")
        await page.get_by_role("button", name="Coger mi turno").click()
        await page.goto("/o/centro")
        await eyes.on(page, "has a turn")
        await page.context.clear_cookies()
        await _change(runtime, update(OfficeRow).values(paused=True, pause_message="Simulacro de evacuación."))
        await page.goto("/o/centro")
        await eyes.on(page, "paused")
        await page.goto("/")
        await eyes.on(page, "home while paused")
        await _change(runtime, update(OfficeRow).values(paused=False))
        clock.set(AT_11.replace(hour=3))
        for path in ("/", "/turn", "/o/centro"):
            await page.goto(path)
            await eyes.on(page, f"{path} at night")
    eyes.saw_nothing_wrong()


async def _change(runtime: Runtime, change: object) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(change)  # type: ignore[call-overload]


async def test_a_turn_in_all_its_moods(
    app_server: AppServer, browser: Browser, hall: Hall, clock: FakeClock
) -> None:
    eyes, runtime = Eyes(), app_server.runtime
    await hall.open()
    people = [await hall.take() for _ in range(9)]
    async with visitor(browser, app_server) as page:

        async def at(place: int, mood: str, name: str | None = None) -> None:
            await page.goto(f"/t/{people[place].token}")
            await page.locator(f"body[data-ticket={mood}]").wait_for()
            await eyes.on(page, name or mood)

        await at(8, "waiting")
        await page.get_by_text("Avisarme por SMS").click()
        await page.get_by_label("Teléfono móvil").fill("600 000")
        await page.get_by_role("button", name="Enviarme SMS de este turno").click()
        await page.locator("#phone[aria-invalid]").wait_for()
        await eyes.on(page, "waiting, a number that is too short")
        await page.get_by_label("Teléfono móvil").fill("600 000 001")
        await page.get_by_role("button", name="Enviarme SMS de este turno").click()
        await page.get_by_text("Al número que termina en 001.").wait_for()
        await eyes.on(page, "waiting, with SMS")
        await page.get_by_role("link", name="Dejar mi turno").click()
        await eyes.on(page, "leave, asked")
        await page.keyboard.press("Escape")
        await page.context.set_offline(True)
        await page.locator("body[data-ticket=offline]").wait_for()
        await eyes.on(page, "offline")
        await page.context.set_offline(False)
        await page.goto(f"/t/{people[8].token}/leave")
        await eyes.on(page, "leave without a script")
        await at(0, "next")
        await page.get_by_role("button", name="Necesito ayuda").click()
        await page.context.set_offline(True)
        await page.locator("main[data-away]").wait_for()
        await eyes.on(page, "next, offline")
        await page.context.set_offline(False)
        called = await hall.call()
        assert called is not None
        await page.locator("body[data-ticket=called]").wait_for()
        await eyes.on(page, "called")
        await queue.recall(runtime, BORIS, called.id)
        await page.get_by_role("heading", name="Te llamamos otra vez").wait_for()
        await eyes.on(page, "called again")
        await page.context.set_offline(True)
        await page.locator("main[data-away]").wait_for()
        await eyes.on(page, "called, offline")
        await page.context.set_offline(False)
        await queue.start(runtime, BORIS, called.id)
        await at(0, "serving")
        await queue.hold(runtime, BORIS, called.id)
        await at(0, "on_hold")
        await queue.start(runtime, BORIS, called.id)
        await queue.finish(runtime, BORIS, called.id)
        await at(0, "finished")
        lost = await hall.call()
        assert lost is not None
        clock.advance(minutes=3)
        await hall.timers()
        await at(1, "missed")
        await queue.leave(runtime, people[2].token)
        await at(2, "left")
        clock.advance(minutes=21)
        await hall.timers()
        await at(1, "no_show")
        await _change(runtime, update(OfficeRow).values(paused=True, pause_message="Simulacro de evacuación."))
        await at(8, "waiting", "paused")
        await _change(runtime, update(OfficeRow).values(paused=False))
        clock.set(AT_11.replace(hour=19))
        await hall.timers()
        await at(8, "expired")
    eyes.saw_nothing_wrong()


STATES = ("offer", "on", "failed", "denied", "install", "inside", "none")
SHOW = """state => {
  const section = document.querySelector("[data-module='core/push_subscription']");
  for (const part of section.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
}"""


async def test_what_a_phone_says_of_its_notices(app_server: AppServer, browser: Browser, hall: Hall) -> None:
    """The states that static/core/push_subscription.js shows; tests/e2e/test_notifications.py tests the script."""
    eyes = Eyes()
    people = [await hall.take() for _ in range(4)]
    async with visitor(browser, app_server, ["notifications"]) as page:
        await page.goto(f"/t/{people[3].token}")
        await page.locator("[data-module='core/push_subscription'][data-state]").wait_for()
        for state in STATES:
            await page.evaluate(SHOW, state)
            await eyes.on(page, f"notices {state}")
        await page.goto("/offline")
        await eyes.on(page, "no connection")
    eyes.saw_nothing_wrong()


async def test_an_installation_with_nothing_in_it_yet(
    settings: Settings, clock: FakeClock, browser: Browser
) -> None:
    eyes = Eyes()
    async with serving(settings, clock) as server, visitor(browser, server) as page:
        for path in ("/", "/turn", "/appointments/new", "/test"):
            await page.goto(path)
            await eyes.on(page, f"{path} of nothing")
    eyes.saw_nothing_wrong()
