"""Two real browsers in one video appointment: preview, waiting room, call, text, loss, return, end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from ..conftest import CHROMIUM_FLAGS, AppServer, FakeClock
from ..rooms.conftest import AT, Booked, book
from ..support.chromium import CONNECTION
from .support.video_call import (
    MEDIA,
    Call,
    both_see_and_hear,
    phone_or_desk,
    sees_and_hears,
    sees_in_silence,
    sign_in,
    wait_for_each_other,
)

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

NEEDS = ("Intérprete de lengua de signos",)


@pytest.fixture
async def booked(runtime: Runtime, office: Office, clock: FakeClock) -> Booked:
    """amina's appointment, five minutes before its time."""
    made = await book(runtime, AT, "Amina", needs=NEEDS)
    clock.set(AT - timedelta(minutes=5))
    return made


@pytest.fixture
async def desk(app_server: AppServer, browser: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of boris, who has signed in."""
    context = await phone_or_desk(browser, 1280, 800)
    await sign_in(context, app_server)
    yield context
    await context.close()


@pytest.fixture
async def waiting(
    app_server: AppServer, booked: Booked, browser: Browser, desk: BrowserContext
) -> AsyncIterator[Call]:
    """amina in the waiting room, boris at his page of the room."""
    phone = await phone_or_desk(browser, 390, 844)
    call = Call(await phone.new_page(), await desk.new_page(), app_server, booked)
    await wait_for_each_other(call)
    yield call
    await phone.close()


@pytest.fixture
async def talking(waiting: Call) -> Call:
    """Both in the call, seeing and hearing each other."""
    await waiting.agent.get_by_role("button", name="Dejar entrar").click()
    await both_see_and_hear(waiting)
    return waiting


async def test_both_see_and_hear_each_other_and_read_how_it_ended(waiting: Call) -> None:
    citizen, agent = waiting.citizen, waiting.agent
    await expect(citizen.get_by_text("Vas en primer lugar")).to_be_visible()
    await expect(citizen.get_by_text("Boris ya está en la sala.")).to_be_visible()
    await expect(agent.get_by_text("Amina espera desde las 11:55")).to_be_visible()
    await expect(agent.locator("dd:visible", has_text=NEEDS[0])).to_be_visible()

    await agent.get_by_role("button", name="Dejar entrar").click()
    await both_see_and_hear(waiting)
    await expect(citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()

    await agent.get_by_role("button", name="Terminar", exact=True).click()
    await agent.get_by_label("Resultado").select_option("resolved")
    await agent.get_by_role("button", name="Terminar la llamada").click()
    await expect(citizen.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
    await expect(citizen.get_by_text("Duró menos de un minuto.")).to_be_visible()
    await expect(agent.get_by_role("heading", name="La videollamada con Amina ha terminado")).to_be_visible()
    await expect(agent.get_by_text("Resuelto")).to_be_visible()


async def test_media_outlive_a_lost_socket_and_the_session_goes_on(talking: Call) -> None:
    before = await talking.citizen.evaluate_handle(CONNECTION)
    talking.server.state["live_rooms"].say_restarting()
    await both_see_and_hear(talking)
    await talking.citizen.get_by_role("button", name="Texto").click()
    await talking.citizen.get_by_role("tab", name="Chat").click()
    await talking.citizen.get_by_role("textbox", name="Mensaje").fill("¿Sigues ahí?")
    await talking.citizen.get_by_role("button", name="Enviar").click()
    await talking.agent.get_by_role("tab", name="Chat").click()
    await expect(talking.agent.get_by_text("¿Sigues ahí?")).to_be_visible()
    same = f"(before) => before instanceof RTCPeerConnection && {CONNECTION} === before"
    assert await talking.citizen.evaluate(same, before)
    await expect(talking.agent.locator("[data-strip]:visible")).to_have_count(0)


async def test_a_process_that_forgot_its_sessions_gives_a_fresh_snapshot_and_media_go_on(talking: Call) -> None:
    await talking.server.state["live_rooms"].close()
    await both_see_and_hear(talking)
    field = talking.agent.get_by_label("Escribe: se ve letra a letra")
    await field.press_sequentially("Hola")
    await expect(talking.citizen.locator("[data-typed-phone]")).to_contain_text("Hola")
    await talking.agent.get_by_role("button", name="Más").click()
    await talking.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(talking.citizen.get_by_text("Vas en primer lugar")).to_be_visible()


@pytest.mark.parametrize("who", ["citizen", "agent"])
async def test_a_peer_connection_that_died_is_replaced(talking: Call, who: str) -> None:
    await getattr(talking, who).evaluate(f"{CONNECTION}.close()")
    for page in (talking.citizen, talking.agent):
        await sees_and_hears(page, {"frames": 0, "energy": 0})
    await both_see_and_hear(talking)


@pytest.mark.parametrize("who", ["citizen", "agent"])
async def test_a_page_that_is_loaded_again_is_back_in_the_call(talking: Call, who: str) -> None:
    await getattr(talking, who).reload()
    await both_see_and_hear(talking)


async def test_text_is_seen_letter_by_letter(talking: Call) -> None:
    field = talking.agent.get_by_label("Escribe: se ve letra a letra")
    for typed in ("H", "Ho", "Hol"):
        await field.press_sequentially(typed[-1])
        await expect(talking.citizen.locator("[data-typed-phone]")).to_contain_text(typed)
    await field.press("Enter")
    await expect(talking.citizen.locator("[data-typed-phone]")).to_be_hidden()
    await expect(talking.citizen.locator("[data-lines='text']")).to_contain_text("Hol")


async def test_the_other_is_told_what_one_switches_off(talking: Call) -> None:
    await talking.citizen.locator(".tools [data-switch='camera']").click()
    await expect(talking.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
    await talking.citizen.locator(".tools [data-switch='microphone']").click()
    await expect(talking.agent.get_by_text("Amina, en silencio")).to_be_visible()
    await talking.citizen.locator(".tools [data-switch='camera']").click()
    await expect(talking.agent.get_by_text("Amina tiene la cámara apagada")).to_be_hidden()
    await sees_in_silence(talking.agent)
    await talking.citizen.locator(".tools [data-switch='microphone']").click()
    await sees_and_hears(talking.agent, await talking.agent.evaluate(MEDIA))


async def test_back_to_the_waiting_room_and_in_again(talking: Call) -> None:
    await talking.agent.get_by_role("button", name="Más").click()
    await talking.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(talking.citizen.get_by_text("La oficina te pide que esperes aquí un momento.")).to_be_visible()
    await talking.agent.get_by_role("button", name="Dejar entrar").click()
    await both_see_and_hear(talking)


async def test_whoever_leaves_can_come_back(talking: Call) -> None:
    await talking.citizen.get_by_role("button", name="Salir", exact=True).click()
    await talking.citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(talking.citizen.get_by_role("heading", name="Has salido de la videollamada")).to_be_visible()
    await expect(talking.agent.get_by_text("Amina ha salido")).to_be_visible()
    await talking.citizen.get_by_role("link", name="Volver a entrar").click()
    await talking.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await talking.agent.get_by_role("button", name="Dejar entrar").click()
    await both_see_and_hear(talking)


@pytest.mark.parametrize("who", ["citizen", "agent"])
async def test_a_second_window_takes_the_call_over_when_it_is_told_to(talking: Call, who: str) -> None:
    first: Page = getattr(talking, who)
    other = await first.context.new_page()
    await other.goto(getattr(talking, f"{who}_url"))
    await expect(other.get_by_text("Ya estás dentro, en otra ventana o dispositivo").first).to_be_visible()
    await both_see_and_hear(talking)  # the first goes on until it is told otherwise
    await other.locator(".button", has_text="Usar esta ventana").click()
    await expect(first.get_by_role("heading", name="La videollamada sigue en otra ventana")).to_be_visible()
    moved = replace(talking, citizen=other) if who == "citizen" else replace(talking, agent=other)
    await both_see_and_hear(moved)
    await first.get_by_role("link", name="Usar esta ventana").click()
    await both_see_and_hear(talking)


async def test_another_device_shows_oneself_before_it_goes_back_to_the_waiting_room(
    waiting: Call, browser: Browser
) -> None:
    async with another_device(waiting, browser) as other:
        assert await other.get_by_role("heading", name="Te dejaremos entrar enseguida").is_hidden()
        await other.get_by_role("button", name="Usar esta ventana").click()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        await other.reload()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def test_another_device_sends_nothing_before_one_has_seen_oneself(talking: Call, browser: Browser) -> None:
    async with another_device(talking, browser) as other:
        assert await other.evaluate("document.querySelector('[data-module]').peerConnection") is None
        await other.get_by_role("button", name="Usar esta ventana").click()
        await both_see_and_hear(Call(other, talking.agent, talking.server, talking.booked))


@asynccontextmanager
async def another_device(call: Call, browser: Browser) -> AsyncIterator[Page]:
    """The citizen's link, opened where nobody has gone in yet."""
    context = await phone_or_desk(browser, 390, 844)
    page = await context.new_page()
    await page.goto(call.citizen_url)
    await expect(page.get_by_role("heading", name="Mira si te ves y te oyes antes de entrar")).to_be_visible()
    await expect(page.get_by_role("button", name="Usar esta ventana")).to_be_visible()
    yield page
    await context.close()


async def test_escape_closes_the_panel_and_the_controls_stay_in_reach(talking: Call) -> None:
    opener = talking.citizen.get_by_role("button", name="Texto", exact=True)
    await opener.click()
    await talking.citizen.locator(".tools [data-switch='camera']").click()
    await expect(talking.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
    field = talking.citizen.get_by_label("Escribe: se ve letra a letra")
    await field.press("Escape")
    await expect(field).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_what_the_office_says_is_read_in_the_waiting_room(waiting: Call) -> None:
    await waiting.agent.get_by_label("Decir algo a la sala de espera").fill("Dos minutos y estoy contigo.")
    await waiting.agent.locator("[data-tell] button").click()
    await expect(waiting.citizen.get_by_text("Dos minutos y estoy contigo.")).to_be_visible()


TWICE = "--blink-settings=defaultFontSize=32"
# The assistant's tab slides into the margin while it would cover words (static/core/assistant_tab.js).
CUT = """() => [...document.querySelectorAll("h1, p, b, button, label, a, input, select, figcaption")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip, .ask"))
  .filter((one) => {
    const { left, right } = one.getBoundingClientRect();
    const cut = one.matches("button, p") && one.scrollWidth > one.clientWidth + 1;
    return cut || left < -1 || right > innerWidth + 1;
  })
  .map((one) => `${one.localName}: ${one.textContent.trim()}`)"""


async def test_text_at_twice_the_size_fits_a_phone(
    app_server: AppServer, booked: Booked, desk: BrowserContext, chromium_path: str
) -> None:
    async with launched(chromium_path, TWICE) as browser:
        context = await phone_or_desk(browser, 390, 844)
        call = Call(await context.new_page(), await desk.new_page(), app_server, booked)
        citizen = call.citizen
        await citizen.goto(call.citizen_url)
        await expect(citizen.get_by_role("button", name="Entrar en la sala de espera")).to_be_enabled()
        found = {"preview": await citizen.evaluate(CUT)}
        await citizen.get_by_role("button", name="Entrar en la sala de espera").click()
        await call.agent.goto(call.agent_url)
        await expect(citizen.get_by_text("Boris ya está en la sala.")).to_be_visible()
        found["lobby"] = await citizen.evaluate(CUT)
        await call.agent.get_by_role("button", name="Dejar entrar").click()
        await both_see_and_hear(call)
        found["call"] = await citizen.evaluate(CUT)
        await citizen.get_by_role("button", name="Texto", exact=True).click()
        found["panel"] = await citizen.evaluate(CUT)
        await citizen.get_by_role("button", name="Salir", exact=True).click()
        await citizen.get_by_role("button", name="Salir de la llamada").click()
        await expect(citizen).to_have_title("Has salido de la videollamada · Office 360")
        found["after"] = await citizen.evaluate(CUT)
        assert {screen: cut for screen, cut in found.items() if cut} == {}


@asynccontextmanager
async def launched(chromium_path: str, flag: str) -> AsyncIterator[Browser]:
    """A browser whose fake devices are refused, or are not there."""
    flags = [one for one in CHROMIUM_FLAGS if not one.startswith(flag.split("=")[0])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=[*flags, flag])
        yield browser
        await browser.close()


DENIED = "--use-fake-ui-for-media-stream=deny"
MISSING = "--use-fake-device-for-media-stream=device-count=0"
ADVICE = [
    (DENIED, "El navegador no nos deja usar la cámara ni el micrófono", "Permite ahí la cámara"),
    (MISSING, "No encontramos ninguna cámara", "Comprueba la conexión"),
]


@pytest.mark.parametrize(("flag", "trouble", "advice"), ADVICE)
async def test_without_a_camera_one_is_told_why_and_can_join(
    app_server: AppServer,
    booked: Booked,
    desk: BrowserContext,
    chromium_path: str,
    flag: str,
    trouble: str,
    advice: str,
) -> None:
    async with launched(chromium_path, flag) as browser:
        context = await phone_or_desk(browser, 390, 844)
        call = Call(await context.new_page(), await desk.new_page(), app_server, booked)
        await call.citizen.goto(call.citizen_url)
        await expect(call.citizen.get_by_text(trouble)).to_be_visible()
        await expect(call.citizen.get_by_text(advice)).to_be_visible()
        await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
        await call.agent.goto(call.agent_url)
        await call.agent.get_by_role("button", name="Dejar entrar").click()
        await sees_and_hears(call.citizen, {"frames": 0, "energy": 0})
        await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
