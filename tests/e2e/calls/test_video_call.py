"""A video appointment in two real browsers: call, outcome, other windows, missing camera."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from ..support.video_call import (
    BrowserCall,
    double_text,
    expect_media_both_ways,
    expect_new_media,
    expect_picture_without_sound,
    open_other_device,
)

pytestmark = pytest.mark.e2e

NEEDS = ("Intérprete de lengua de signos",)


@pytest.fixture
def booking_fields() -> dict[str, Any]:
    return {"needs": NEEDS}


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
