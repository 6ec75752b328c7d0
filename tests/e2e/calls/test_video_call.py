"""A video appointment in two real browsers: preview, lobby, call, chat, reconnection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from office360.rooms.storage.room_rows import load_room
from playwright.async_api import Browser, Page, expect

from ...conftest import AppServer
from ...rooms.support.video_appointments import BookedVideoAppointment
from ...support.chromium import DELAYED_DEVICES_JS, PEER_CONNECTION_JS
from ..support.video_call import (
    BrowserCall,
    double_text,
    enter_lobby,
    expect_media_both_ways,
    expect_new_media,
    expect_picture_without_sound,
    new_browser_context,
)

pytestmark = pytest.mark.e2e

NEEDS = ("Intérprete de lengua de signos",)


@pytest.fixture
def booking_fields() -> dict[str, Any]:
    return {"needs": NEEDS}


@pytest.fixture
async def preview(app_server: AppServer, booked: BookedVideoAppointment, browser: Browser) -> AsyncIterator[Page]:
    """The room's preview on the phone of amina, whose devices open after `allowDevices()`."""
    phone = await new_browser_context(browser, 390, 844)
    await phone.add_init_script(DELAYED_DEVICES_JS)
    page = await phone.new_page()
    await page.goto(f"{app_server.url}/a/{booked.token}/room", wait_until="commit")
    yield page
    await phone.close()


async def test_call_has_media_both_ways_and_shows_outcome(lobby_call: BrowserCall) -> None:
    citizen, agent = lobby_call.citizen, lobby_call.agent
    await expect(citizen.get_by_text("Vas en primer lugar")).to_be_visible()
    await expect(citizen.get_by_text("Boris ya está en la sala.")).to_be_visible()
    await expect(agent.get_by_text("Amina espera desde las 11:55")).to_be_visible()
    await expect(agent.locator("dd:visible", has_text=NEEDS[0])).to_be_visible()
    await agent.get_by_label("Decir algo a la sala de espera").fill("Dos minutos y estoy contigo.")
    await agent.locator("[data-tell] button").click()
    await expect(citizen.get_by_text("Dos minutos y estoy contigo.")).to_be_visible()

    await agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(lobby_call)
    await expect(citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()
    await expect_text_by_character(lobby_call)
    await expect_escape_to_close_panel(lobby_call)
    await expect_muted_device_on_other_side(lobby_call)

    await agent.get_by_role("button", name="Terminar", exact=True).click()
    await agent.get_by_label("Resultado", exact=True).select_option("resolved")
    await agent.get_by_role("button", name="Terminar la llamada").click()
    await expect(citizen.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
    await expect(citizen.get_by_text("Duró menos de un minuto.")).to_be_visible()
    await expect(agent.get_by_role("heading", name="La videollamada con Amina ha terminado")).to_be_visible()
    await expect(agent.get_by_text("Resuelto")).to_be_visible()


async def expect_text_by_character(call: BrowserCall) -> None:
    field = call.agent.get_by_label("Escribe: se ve letra a letra")
    for typed in ("H", "Ho", "Hol"):
        await field.press_sequentially(typed[-1])
        await expect(call.citizen.locator("[data-typed-phone]")).to_contain_text(typed)
    await field.press("Enter")
    await expect(call.citizen.locator("[data-typed-phone]")).to_be_hidden()
    await expect(call.citizen.locator("[data-lines='text']")).to_contain_text("Hol")


async def expect_escape_to_close_panel(call: BrowserCall) -> None:
    """Expect that Escape closes the panel, and that the controls work while it is open."""
    opener = call.citizen.get_by_role("button", name="Texto 1 sin leer")
    await opener.click()
    camera = call.citizen.locator(".tools [data-switch='camera']")
    await camera.click()
    await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
    field = call.citizen.get_by_label("Escribe: se ve letra a letra")
    await field.press("Escape")
    await expect(field).to_be_hidden()
    await expect(call.citizen.get_by_role("button", name="Texto", exact=True)).to_be_focused()
    await camera.click()
    await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_hidden()


async def expect_muted_device_on_other_side(call: BrowserCall) -> None:
    microphone = call.citizen.locator(".tools [data-switch='microphone']")
    await microphone.click()
    await expect(call.agent.get_by_text("Amina, en silencio")).to_be_visible()
    await expect_picture_without_sound(call.agent)
    await microphone.click()
    await expect_new_media(call.agent)


async def test_room_link_from_elsewhere_asks_first(pages: BrowserCall) -> None:
    citizen, agent = pages.citizen, pages.agent
    await enter_lobby(pages)
    async with pages.server.runtime.read_session() as session:
        room = await load_room(session, pages.booking.appointment.id)
    assert room is not None
    (waiting,) = room.lobby_participants()
    for link in (pages.agent_url, f"{pages.agent_url}?admit={waiting.id}"):  # as the citizen could have sent it
        await agent.goto(link)
        question = agent.get_by_role("heading", name="¿Quieres empezar la videollamada con Amina?")
        await expect(question).to_be_visible()
        assert await agent.evaluate("[...document.querySelectorAll('video')].every((one) => !one.srcObject)")
    await agent.get_by_text("Empezar ahora").click()
    await expect(agent.get_by_role("button", name="Dejar entrar")).to_be_visible()
    await expect(citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    await agent.goto(f"{pages.server.url}/staff/desk")
    await agent.locator("[data-slot=enter][data-shown]", has_text="Dejar entrar").click()  # after the first frame
    await expect(citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()


async def test_preview_keeps_presses_while_devices_open(preview: Page) -> None:
    """A microphone that is muted before it opens stays muted, and a press enters the lobby."""
    await preview.locator(".see [data-switch=microphone]").click()
    muted = preview.locator(".see").get_by_role("button", name="Micrófono")
    await expect(muted).to_have_attribute("aria-pressed", "false")
    enter = preview.get_by_role("button", name="Entrar en la sala de espera")
    await expect(enter).to_be_enabled()
    await enter.hover()
    await preview.mouse.down()
    await preview.evaluate("allowDevices()")
    await expect(preview.get_by_text("Tu micrófono está en silencio.")).to_be_visible()
    await expect(muted).to_be_visible()
    assert await preview.evaluate("window.openedDevices.getAudioTracks().every((track) => !track.enabled)")
    await preview.mouse.up()
    await expect(preview.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def test_call_recovers_from_each_loss(call: BrowserCall) -> None:
    """Walk through losses of the socket, the connection, the page and the session."""
    await expect_media_to_survive_lost_socket(call)
    for page in (call.citizen, call.agent):
        await page.evaluate(f"{PEER_CONNECTION_JS}.close()")
        await expect_new_media(page)  # over a connection in place of the dead one
        await expect_media_both_ways(call)
    for page in (call.citizen, call.agent):
        await page.reload()
        await expect_new_media(page)
        await expect_media_both_ways(call)
    await expect_media_to_survive_lost_session(call)
    await expect_return_to_lobby(call)
    await expect_departed_citizen_to_rejoin(call)


async def expect_media_to_survive_lost_socket(call: BrowserCall) -> None:
    """Expect the same connection, and a session that resumes."""
    before = await call.citizen.evaluate_handle(PEER_CONNECTION_JS)
    call.server.lifespan_state["live_rooms"].close_for_restart()
    await expect_media_both_ways(call)
    await call.citizen.get_by_role("button", name="Texto").click()
    await call.citizen.get_by_role("tab", name="Chat").click()
    await call.citizen.get_by_role("textbox", name="Mensaje").fill("¿Sigues ahí?")
    await call.citizen.get_by_role("button", name="Enviar").click()
    await call.agent.get_by_role("tab", name="Chat").click()
    await expect(call.agent.locator("#pane-chat").get_by_text("¿Sigues ahí?")).to_be_visible()
    same = f"(before) => before instanceof RTCPeerConnection && {PEER_CONNECTION_JS} === before"
    assert await call.citizen.evaluate(same, before)
    await expect(call.agent.locator("[data-strip]:visible")).to_have_count(0)


async def expect_media_to_survive_lost_session(call: BrowserCall) -> None:
    await call.server.lifespan_state["live_rooms"].close()
    await expect_media_both_ways(call)
    field = call.agent.get_by_label("Escribe: se ve letra a letra")
    await field.press_sequentially("Hola")
    await expect(call.citizen.locator("[data-typed-phone]")).to_contain_text("Hola")


async def expect_return_to_lobby(call: BrowserCall) -> None:
    """Expect that a citizen who is sent back to the lobby can be admitted again."""
    await call.agent.get_by_role("button", name="Más").click()
    await call.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(call.citizen.get_by_text("La oficina te pide que esperes aquí un momento.")).to_be_visible()
    await expect(call.citizen.get_by_text("Vas en primer lugar")).to_be_visible()
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)


async def expect_departed_citizen_to_rejoin(call: BrowserCall) -> None:
    await call.citizen.get_by_role("button", name="Salir", exact=True).click()
    await call.citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(call.citizen.get_by_role("heading", name="Has salido de la videollamada")).to_be_visible()
    await expect(call.agent.get_by_text("Amina estuvo aquí y se ha ido")).to_be_visible()
    await call.citizen.get_by_role("link", name="Volver a entrar").click()
    await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)


async def test_other_window_takes_over_call_on_request(call: BrowserCall, browser: Browser) -> None:
    """A second window of each person, and another device, which shows the preview first."""
    for who in ("citizen", "agent"):
        first: Page = getattr(call, who)
        other = await first.context.new_page()
        await other.goto(getattr(call, f"{who}_url"))
        await expect(other.get_by_text("Ya estás dentro, en otra ventana o dispositivo").first).to_be_visible()
        await expect_media_both_ways(call)  # the first call continues
        await first.get_by_role("button", name="Más", exact=True).first.click()  # where the QR code is
        await other.locator(".button", has_text="Seguir aquí").click()
        await expect(first.get_by_role("heading", name="La videollamada sigue en otra ventana")).to_be_visible()
        moved = replace(call, citizen=other) if who == "citizen" else replace(call, agent=other)
        await expect_media_both_ways(moved)
        await first.get_by_role("link", name="Seguir aquí").click()
        await expect_media_both_ways(call)
        await other.close()
    async with open_other_device(call, browser) as other:
        assert await other.evaluate("document.querySelector('[data-module]').peerConnection") is None
        await other.get_by_role("button", name="Seguir aquí").click()
        await expect_media_both_ways(replace(call, citizen=other))


async def test_other_device_shows_preview_before_lobby(pages: BrowserCall, browser: Browser) -> None:
    await enter_lobby(pages)
    async with open_other_device(pages, browser) as other:
        assert await other.get_by_role("heading", name="Te dejaremos entrar enseguida").is_hidden()
        await other.get_by_role("button", name="Seguir aquí").click()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        await other.reload()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


@asynccontextmanager
async def open_other_device(call: BrowserCall, browser: Browser) -> AsyncIterator[Page]:
    """Open the citizen's link in another browser."""
    context = await new_browser_context(browser, 390, 844)
    page = await context.new_page()
    await page.goto(call.citizen_url)
    await expect(page.get_by_role("heading", name="Mira si te ves y te oyes antes de entrar")).to_be_visible()
    await expect(page.get_by_role("button", name="Seguir aquí")).to_be_visible()
    yield page
    await context.close()


# The assistant's tab moves into the margin while it would cover text (static/core/assistant_tab.js).
CUT_TEXT_JS = """() => [...document.querySelectorAll("h1, p, b, button, label, a, input, select, figcaption")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip, .ask"))
  .filter((one) => {
    const { left, right } = one.getBoundingClientRect();
    const cut = one.matches("button, p") && one.scrollWidth > one.clientWidth + 1;
    return cut || left < -1 || right > innerWidth + 1;
  })
  .map((one) => `${one.localName}: ${one.textContent.trim()}`)"""


async def test_doubled_text_fits_phone_in_call(pages: BrowserCall) -> None:
    citizen = pages.citizen
    await double_text(citizen)
    await citizen.goto(pages.citizen_url)
    assert await citizen.evaluate("getComputedStyle(document.documentElement).fontSize") == "36px"  # not 18
    await expect(citizen.get_by_role("button", name="Entrar en la sala de espera")).to_be_enabled()
    found = {"preview": await citizen.evaluate(CUT_TEXT_JS)}
    await citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await pages.enter_as_agent()
    await expect(citizen.get_by_text("Boris ya está en la sala.")).to_be_visible()
    found["lobby"] = await citizen.evaluate(CUT_TEXT_JS)
    await pages.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(pages)
    found["call"] = await citizen.evaluate(CUT_TEXT_JS)
    await citizen.get_by_role("button", name="Texto", exact=True).click()
    found["panel"] = await citizen.evaluate(CUT_TEXT_JS)
    await citizen.get_by_role("button", name="Salir", exact=True).click()
    await citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(citizen).to_have_title("Has salido de la videollamada · Office 360")
    found["after"] = await citizen.evaluate(CUT_TEXT_JS)
    assert {screen: cut for screen, cut in found.items() if cut} == {}


# The browser refuses as `localStorage.refusal` says: without a camera, the microphone still opens. The real
# refusals of a browser are those of tests/e2e/test_connection_test.py.
REFUSED_DEVICES_JS = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const refusal = localStorage.refusal;
    if (refusal === "NotAllowedError" || wanted.video) throw new DOMException("refused by the test", refusal);
    return real(wanted);
  };
"""
ADVICE = {
    "NotFoundError": ("No encontramos ninguna cámara", "Comprueba la conexión"),
    "NotAllowedError": (
        "El navegador no nos deja usar la cámara ni el micrófono",
        "Permite ahí la cámara",
    ),
}


async def test_citizen_without_camera_is_told_why_and_can_join(pages: BrowserCall) -> None:
    citizen, agent = pages.citizen, pages.agent
    await citizen.goto(f"{pages.server.url}/")
    await citizen.context.add_init_script(REFUSED_DEVICES_JS)
    for refusal, (trouble, advice) in ADVICE.items():
        await citizen.evaluate("(refusal) => (localStorage.refusal = refusal)", refusal)
        await citizen.goto(pages.citizen_url)
        await expect(citizen.get_by_text(trouble)).to_be_visible()
        await expect(citizen.get_by_text(advice)).to_be_visible()
    await citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await pages.enter_as_agent()
    await agent.get_by_role("button", name="Dejar entrar").click()
    await expect_new_media(citizen)
    await expect(agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
    await citizen.evaluate("localStorage.refusal = 'NotFoundError'")
    await citizen.reload()
    await expect_new_media(citizen)
    await expect(agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
