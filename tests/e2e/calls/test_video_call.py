"""A video appointment in two real browsers: preview, lobby, call, chat, reconnection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from office360.rooms.storage.room_rows import load_room
from playwright.async_api import Browser, BrowserContext, Page, expect

from ...conftest import AppServer
from ...rooms.support.video_appointments import BookedVideoAppointment
from ...support.chromium import (
    DELAYED_DEVICES_JS,
    DENIED_DEVICES,
    DOUBLED_TEXT,
    NO_CAMERA,
    PEER_CONNECTION_JS,
    launch_chromium,
)
from ..support.video_call import (
    MEDIA_COUNTERS_JS,
    BrowserCall,
    expect_media_both_ways,
    expect_picture_and_sound,
    expect_picture_without_sound,
    new_browser_context,
)

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

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

    await agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(lobby_call)
    await expect(citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()

    await agent.get_by_role("button", name="Terminar", exact=True).click()
    await agent.get_by_label("Resultado", exact=True).select_option("resolved")
    await agent.get_by_role("button", name="Terminar la llamada").click()
    await expect(citizen.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
    await expect(citizen.get_by_text("Duró menos de un minuto.")).to_be_visible()
    await expect(agent.get_by_role("heading", name="La videollamada con Amina ha terminado")).to_be_visible()
    await expect(agent.get_by_text("Resuelto")).to_be_visible()


@pytest.mark.parametrize("invites", [True, False])
async def test_room_link_from_elsewhere_asks_first(
    app_server: AppServer,
    booked: BookedVideoAppointment,
    browser: Browser,
    agent_context: BrowserContext,
    invites: bool,
) -> None:
    phone = await new_browser_context(browser, 390, 844)
    citizen, agent = await phone.new_page(), await agent_context.new_page()
    await citizen.goto(f"{app_server.url}/a/{booked.token}/room")
    await citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    async with app_server.runtime.read_session() as session:
        room = await load_room(session, booked.appointment.id)
    assert room is not None
    (waiting,) = room.lobby_participants()
    link = f"{app_server.url}/staff/rooms/{booked.appointment.id}"
    await agent.goto(f"{link}?admit={waiting.id}" if invites else link)  # as the citizen could have sent it
    await expect(agent.get_by_role("heading", name="¿Quieres empezar la videollamada con Amina?")).to_be_visible()
    assert await agent.evaluate("[...document.querySelectorAll('video')].every((one) => !one.srcObject)")
    await agent.get_by_text("Empezar ahora").click()
    await expect(agent.get_by_role("button", name="Dejar entrar")).to_be_visible()
    await expect(citizen.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    await agent.goto(f"{app_server.url}/staff/desk")
    await agent.locator("[data-slot=enter][data-shown]", has_text="Dejar entrar").click()  # after the first frame
    await expect(citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()
    await phone.close()


async def test_press_while_devices_open_enters_lobby(preview: Page) -> None:
    enter = preview.get_by_role("button", name="Entrar en la sala de espera")
    await expect(enter).to_be_enabled()
    await enter.hover()
    await preview.mouse.down()
    await preview.evaluate("allowDevices()")
    await expect(preview.get_by_role("img", name="Volumen de tu micrófono")).to_be_visible()
    await preview.mouse.up()
    await expect(preview.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def test_microphone_muted_before_it_opens_stays_muted(preview: Page) -> None:
    await preview.locator(".see [data-switch=microphone]").click()
    muted = preview.locator(".see").get_by_role("button", name="Micrófono")
    await expect(muted).to_have_attribute("aria-pressed", "false")
    await preview.evaluate("allowDevices()")
    await expect(preview.get_by_text("Tu micrófono está en silencio.")).to_be_visible()
    await expect(muted).to_be_visible()
    assert await preview.evaluate("window.openedDevices.getAudioTracks().every((track) => !track.enabled)")


async def test_media_survive_lost_socket_and_session_resumes(call: BrowserCall) -> None:
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


async def test_media_survive_lost_server_session(
    call: BrowserCall,
) -> None:
    await call.server.lifespan_state["live_rooms"].close()
    await expect_media_both_ways(call)
    field = call.agent.get_by_label("Escribe: se ve letra a letra")
    await field.press_sequentially("Hola")
    await expect(call.citizen.locator("[data-typed-phone]")).to_contain_text("Hola")
    await call.agent.get_by_role("button", name="Más").click()
    await call.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(call.citizen.get_by_text("Vas en primer lugar")).to_be_visible()


@pytest.mark.parametrize("who", ["citizen", "agent"])
async def test_dead_peer_connection_is_replaced(call: BrowserCall, who: str) -> None:
    await getattr(call, who).evaluate(f"{PEER_CONNECTION_JS}.close()")
    for page in (call.citizen, call.agent):
        await expect_picture_and_sound(page, {"frames": 0, "energy": 0})
    await expect_media_both_ways(call)


@pytest.mark.parametrize("who", ["citizen", "agent"])
async def test_reloaded_page_rejoins_call(call: BrowserCall, who: str) -> None:
    await getattr(call, who).reload()
    await expect_media_both_ways(call)


async def test_real_time_text_arrives_by_character(call: BrowserCall) -> None:
    field = call.agent.get_by_label("Escribe: se ve letra a letra")
    for typed in ("H", "Ho", "Hol"):
        await field.press_sequentially(typed[-1])
        await expect(call.citizen.locator("[data-typed-phone]")).to_contain_text(typed)
    await field.press("Enter")
    await expect(call.citizen.locator("[data-typed-phone]")).to_be_hidden()
    await expect(call.citizen.locator("[data-lines='text']")).to_contain_text("Hol")


async def test_muted_device_is_shown_to_other_side(call: BrowserCall) -> None:
    await call.citizen.locator(".tools [data-switch='camera']").click()
    await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
    await call.citizen.locator(".tools [data-switch='microphone']").click()
    await expect(call.agent.get_by_text("Amina, en silencio")).to_be_visible()
    await call.citizen.locator(".tools [data-switch='camera']").click()
    await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_hidden()
    await expect_picture_without_sound(call.agent)
    await call.citizen.locator(".tools [data-switch='microphone']").click()
    await expect_picture_and_sound(call.agent, await call.agent.evaluate(MEDIA_COUNTERS_JS))


async def test_citizen_returns_to_lobby_and_is_readmitted(call: BrowserCall) -> None:
    await call.agent.get_by_role("button", name="Más").click()
    await call.agent.get_by_role("button", name="Devolver a la sala de espera").click()
    await expect(call.citizen.get_by_text("La oficina te pide que esperes aquí un momento.")).to_be_visible()
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)


async def test_departed_citizen_can_rejoin(call: BrowserCall) -> None:
    await call.citizen.get_by_role("button", name="Salir", exact=True).click()
    await call.citizen.get_by_role("button", name="Salir de la llamada").click()
    await expect(call.citizen.get_by_role("heading", name="Has salido de la videollamada")).to_be_visible()
    await expect(call.agent.get_by_text("Amina estuvo aquí y se ha ido")).to_be_visible()
    await call.citizen.get_by_role("link", name="Volver a entrar").click()
    await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(call)


@pytest.mark.parametrize("who", ["citizen", "agent"])
async def test_second_window_takes_over_call_on_request(call: BrowserCall, who: str) -> None:
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


async def test_other_device_shows_preview_before_lobby(lobby_call: BrowserCall, browser: Browser) -> None:
    async with open_other_device(lobby_call, browser) as other:
        assert await other.get_by_role("heading", name="Te dejaremos entrar enseguida").is_hidden()
        await other.get_by_role("button", name="Seguir aquí").click()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        await other.reload()
        await expect(other.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()


async def test_other_device_sends_nothing_before_preview(call: BrowserCall, browser: Browser) -> None:
    async with open_other_device(call, browser) as other:
        assert await other.evaluate("document.querySelector('[data-module]').peerConnection") is None
        await other.get_by_role("button", name="Seguir aquí").click()
        await expect_media_both_ways(BrowserCall(other, call.agent, call.server, call.booking))


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


async def test_escape_closes_panel_and_keeps_controls(call: BrowserCall) -> None:
    opener = call.citizen.get_by_role("button", name="Texto", exact=True)
    await opener.click()
    await call.citizen.locator(".tools [data-switch='camera']").click()
    await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
    field = call.citizen.get_by_label("Escribe: se ve letra a letra")
    await field.press("Escape")
    await expect(field).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_office_message_is_shown_in_lobby(lobby_call: BrowserCall) -> None:
    await lobby_call.agent.get_by_label("Decir algo a la sala de espera").fill("Dos minutos y estoy contigo.")
    await lobby_call.agent.locator("[data-tell] button").click()
    await expect(lobby_call.citizen.get_by_text("Dos minutos y estoy contigo.")).to_be_visible()


# The assistant's tab moves into the margin while it would cover text (static/core/assistant_tab.js).
CUT_TEXT_JS = """() => [...document.querySelectorAll("h1, p, b, button, label, a, input, select, figcaption")]
  .filter((one) => one.checkVisibility() && !one.matches(".skip, .ask"))
  .filter((one) => {
    const { left, right } = one.getBoundingClientRect();
    const cut = one.matches("button, p") && one.scrollWidth > one.clientWidth + 1;
    return cut || left < -1 || right > innerWidth + 1;
  })
  .map((one) => `${one.localName}: ${one.textContent.trim()}`)"""


async def test_doubled_text_fits_phone_in_call(
    app_server: AppServer, booked: BookedVideoAppointment, agent_context: BrowserContext, chromium_path: str
) -> None:
    async with launch_chromium(chromium_path, DOUBLED_TEXT) as browser:
        context = await new_browser_context(browser, 390, 844)
        call = BrowserCall(await context.new_page(), await agent_context.new_page(), app_server, booked)
        citizen = call.citizen
        await citizen.goto(call.citizen_url)
        await expect(citizen.get_by_role("button", name="Entrar en la sala de espera")).to_be_enabled()
        found = {"preview": await citizen.evaluate(CUT_TEXT_JS)}
        await citizen.get_by_role("button", name="Entrar en la sala de espera").click()
        await call.enter_as_agent()
        await expect(citizen.get_by_text("Boris ya está en la sala.")).to_be_visible()
        found["lobby"] = await citizen.evaluate(CUT_TEXT_JS)
        await call.agent.get_by_role("button", name="Dejar entrar").click()
        await expect_media_both_ways(call)
        found["call"] = await citizen.evaluate(CUT_TEXT_JS)
        await citizen.get_by_role("button", name="Texto", exact=True).click()
        found["panel"] = await citizen.evaluate(CUT_TEXT_JS)
        await citizen.get_by_role("button", name="Salir", exact=True).click()
        await citizen.get_by_role("button", name="Salir de la llamada").click()
        await expect(citizen).to_have_title("Has salido de la videollamada · Office 360")
        found["after"] = await citizen.evaluate(CUT_TEXT_JS)
        assert {screen: cut for screen, cut in found.items() if cut} == {}


ADVICE = [
    (DENIED_DEVICES, "El navegador no nos deja usar la cámara ni el micrófono", "Permite ahí la cámara"),
    (NO_CAMERA, "No encontramos ninguna cámara", "Comprueba la conexión"),
]


@pytest.mark.parametrize(("flag", "trouble", "advice"), ADVICE)
async def test_citizen_without_camera_is_told_why_and_can_join(
    app_server: AppServer,
    booked: BookedVideoAppointment,
    agent_context: BrowserContext,
    chromium_path: str,
    flag: str,
    trouble: str,
    advice: str,
) -> None:
    async with launch_chromium(chromium_path, flag) as browser:
        context = await new_browser_context(browser, 390, 844)
        call = BrowserCall(await context.new_page(), await agent_context.new_page(), app_server, booked)
        await call.citizen.goto(call.citizen_url)
        await expect(call.citizen.get_by_text(trouble)).to_be_visible()
        await expect(call.citizen.get_by_text(advice)).to_be_visible()
        await call.citizen.get_by_role("button", name="Entrar en la sala de espera").click()
        await call.enter_as_agent()
        await call.agent.get_by_role("button", name="Dejar entrar").click()
        await expect_picture_and_sound(call.citizen, {"frames": 0, "energy": 0})
        await expect(call.agent.get_by_text("Amina tiene la cámara apagada")).to_be_visible()
