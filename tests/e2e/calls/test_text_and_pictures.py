"""Text, captions and pictures of a call in real browsers."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from ..support.video_call import (
    OVER_PICTURES_JS,
    BrowserCall,
    enter_lobby_and_room,
    expect_media_both_ways,
    expect_new_media,
)

pytestmark = pytest.mark.e2e

# The pause of 10 s after which an unfinished line ends is over when the test says so: `pauseIsOver()`.
HELD_PAUSE_JS = """
  const later = window.setTimeout;
  window.setTimeout = (work, ...more) => {
    if (!`${work}`.includes("this.pause(")) return later(work, ...more);
    window.pauseIsOver = work;
  };
"""
# Other software, which knows T.140 only: ours is opened under a number that the other side does not use.
T140_ONLY_JS = """
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    return create.call(this, label, label === "text" ? { negotiated: true, id: 99 } : options);
  };
"""
# A speech recogniser that hears what the test says: `recogniser.hear("words", isFinal)`.
RECOGNISER_JS = """
  window.SpeechRecognition = class {
    static async available() { return "available"; }
    start() { window.recogniser = this; }
    abort() { window.recogniser = undefined; }
    hear(transcript, isFinal) {
      this.onresult({ resultIndex: 0, results: [Object.assign([{ transcript }], { isFinal })] });
    }
  };
"""


async def send_chat(page: Page, words: str) -> None:
    await page.get_by_role("tab", name="Chat").click()
    await page.get_by_role("textbox", name="Mensaje").fill(words)
    await page.get_by_role("button", name="Enviar").click()


async def test_text_of_a_call_is_shown_announced_and_captioned(pages: BrowserCall) -> None:
    errors: list[str] = []
    for page in (pages.citizen, pages.agent):
        await page.add_init_script(HELD_PAUSE_JS + RECOGNISER_JS)
        page.on("pageerror", lambda error: errors.append(f"{error} {error.stack}"))
    await enter_lobby_and_room(pages)
    await pages.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(pages)
    await expect_closed_panel_to_show_counts_and_announce_lines(pages)
    await expect_captions_of_agent_as_lines(pages)
    await expect_other_software_to_write_by_t140(pages)
    assert not errors, "\n".join(errors)


async def expect_closed_panel_to_show_counts_and_announce_lines(call: BrowserCall) -> None:
    citizen, agent = call.citizen, call.agent
    latest, announced = citizen.locator("[data-latest]"), citizen.locator("[data-announcer]")
    typed = agent.get_by_label("Escribe: se ve letra a letra")

    await typed.press_sequentially("Primero")
    await expect(latest.locator("[data-typed-phone]")).to_contain_text("Primero")
    await typed.press("Enter")
    await expect(latest).to_contain_text("Boris Primero")
    await expect(announced).to_have_text("Boris: Primero")
    await expect(citizen.get_by_role("button", name="Texto 1 sin leer")).to_be_visible()

    await typed.press_sequentially("Un momen")
    await expect(latest.locator("[data-typed-phone]")).to_contain_text("Un momen")
    await citizen.evaluate("pauseIsOver()")
    await expect(announced).to_contain_text("Boris: Un momen")
    await expect(latest.locator("[data-typed-phone]")).to_be_hidden()
    await typed.press_sequentially("to")
    await expect(latest.locator("[data-typed-phone]")).to_contain_text("Un momento")
    await typed.press("Enter")
    await expect(latest).to_contain_text("Boris Un momento")
    await expect(latest.get_by_text("Un momen", exact=True)).to_have_count(0)

    await send_chat(agent, "Mira https://sede.example.org/cita.")
    await expect(latest.locator("p:visible")).to_have_count(2)
    link = latest.get_by_role("link", name="https://sede.example.org/cita", exact=True)
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(link).to_have_attribute("target", "_blank")
    assert await citizen.evaluate(OVER_PICTURES_JS) == []

    await citizen.get_by_role("button", name="Texto 3 sin leer").click()
    await expect(citizen.locator("[data-lines=text]")).to_contain_text("Un momento")
    await expect(citizen.get_by_role("tab", name="Chat 1")).to_be_visible()
    await citizen.get_by_role("tab", name="Texto").press("ArrowRight")
    await expect(citizen.locator("[data-lines=chat]").get_by_role("link")).to_be_visible()
    await expect(citizen.get_by_role("button", name="Texto", exact=True)).to_be_visible()
    await citizen.get_by_role("tab", name="Chat").press("End")
    await expect(citizen.get_by_role("tab", name="Documentos")).to_be_focused()
    await citizen.get_by_role("tab", name="Documentos").press("Home")
    await expect(citizen.get_by_role("tab", name="Texto")).to_be_focused()


async def expect_other_software_to_write_by_t140(call: BrowserCall) -> None:
    citizen, agent = call.citizen, call.agent
    await citizen.add_init_script(T140_ONLY_JS)
    await citizen.reload()
    await expect_new_media(citizen)
    await expect_media_both_ways(call)
    await citizen.get_by_role("button", name="Texto", exact=True).click()
    await agent.get_by_role("tab", name="Texto").click()
    ours, theirs = (page.get_by_label("Escribe: se ve letra a letra") for page in (agent, citizen))
    await theirs.press_sequentially("Holas")
    await expect(agent.locator("[data-typed-live]")).to_contain_text("Holas")
    await theirs.press("Backspace")
    await theirs.press("Enter")
    await expect(agent.locator("[data-lines=text] .said", has_text="Amina")).to_have_text(["AminaHola"])
    await ours.press_sequentially("Buenos días")
    await ours.press("Enter")
    await expect(citizen.locator("[data-lines=text]")).to_contain_text("BorisBuenos días")


async def expect_captions_of_agent_as_lines(call: BrowserCall) -> None:
    citizen, agent = call.citizen, call.agent
    await citizen.keyboard.press("Escape")  # closes the panel
    await agent.get_by_role("button", name="Más").click()
    await expect(agent.get_by_text("Tu voz no sale de este dispositivo y no se guarda nada.")).to_be_visible()
    await agent.get_by_role("button", name="Subtitular mi voz").click()
    await expect(citizen.locator("[data-announcer]")).to_contain_text(
        "Boris ha activado subtítulos de su propia voz. La tuya no se subtitula. No se guarda nada."
    )
    await agent.evaluate("recogniser.hear('necesito tu', false)")
    await expect(citizen.locator("[data-typed-phone]")).to_contain_text("Boris hablanecesito tu")
    await agent.evaluate("recogniser.hear('Necesito tu documento.', true)")
    await expect(citizen.locator("[data-latest-lines]")).to_contain_text("Boris (voz) Necesito tu documento.")
    await expect(agent.locator("[data-lines=text]")).to_contain_text("Tú (voz)Necesito tu documento.")
    await agent.get_by_role("button", name="Cerrar").locator("visible=true").first.click()
    await agent.locator(".tools [data-switch='microphone']").click()
    assert await agent.evaluate("window.recogniser === undefined")  # silent: not recognised either
    await agent.locator(".tools [data-switch='microphone']").click()
