"""Calls with three and four people in real browsers: guests by link, hold, transfer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from office360.core.auth import StaffRole
from office360.core.web.authentication import STAFF_COOKIE
from office360.staff.actions import accounts
from playwright.async_api import Browser, BrowserContext, Page, expect

from ...conftest import AppServer
from ...support.timeouts import PAGE_TIMEOUT_MS
from ..support.page_scripts import wait_for_modules
from ..support.video_call import (
    OVER_PICTURES_JS,
    PASSWORD,
    POLLING_MS,
    BrowserCall,
    new_browser_context,
)
from ..support.visual_check import BOTH_SIZES, VisualCheck

pytestmark = pytest.mark.e2e

# Decoded frames of each picture on a page, by the name under it.
FRAMES_JS = """() => Object.fromEntries([...document.querySelectorAll(".tile")].map((tile) => [
  tile.querySelector(".tag span").textContent,
  tile.querySelector("video").getVideoPlaybackQuality().totalVideoFrames,
]))"""

# On a busy machine the connection is bad, and its notice takes place from the pictures.
NOTICES_JS = "(display) => { document.querySelector('[data-call-notices]').style.display = display; }"
# Size of each picture as it is seen, the large picture first; without the bars around it.
PICTURES_JS = """() => [...document.querySelectorAll(".tile")].map((tile) => {
  const video = tile.querySelector("video");
  const { width, height } = tile.getBoundingClientRect();
  const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
  const whole = tile.dataset.fit === "contain";
  return {
    large: tile.hasAttribute("data-large"),
    width: Math.round(whole ? video.videoWidth * scale : width),
    height: Math.round(whole ? video.videoHeight * scale : height),
  };
}).sort((a, b) => b.large - a.large)"""

USABLE_PICTURES_JS = f"""() => {{
  const [large, ...others] = ({PICTURES_JS})().filter((one) => one.height >= 80);
  return others.length === 2 && large.height >= 220 && others.every((one) => one.width >= 120);
}}"""


@pytest.fixture
async def call(call: BrowserCall) -> BrowserCall:
    """Both in the call, with the People tab open."""
    await call.agent.get_by_role("tab", name="Personas").click()
    return call


async def invite(call: BrowserCall, role: str, name: str) -> str:
    """Make a link in the People tab, and return it."""
    agent = call.agent
    if not await agent.get_by_label("Quién viene").is_visible():
        await agent.locator("summary", has_text="Invitar a una persona").click()
    await agent.get_by_label("Quién viene").select_option(role)
    await agent.get_by_label("Nombre (opcional)").fill(name)
    await agent.get_by_role("radio", name="Lo enseño yo").check()
    await agent.get_by_role("button", name="Crear el enlace").click()
    await expect(agent.get_by_role("img", name="Código QR del enlace")).to_be_visible()
    link = await agent.get_by_label("Enlace", exact=True).input_value()
    await agent.locator("#guest-link").get_by_role("button", name="Cerrar").click()
    return link


async def enter_as_guest(context: BrowserContext, call: BrowserCall, link: str, name: str) -> Page:
    """Enter by a link, through the lobby, and be admitted."""
    page = await context.new_page()
    await page.goto(link)
    await page.get_by_label("Tu nombre, como lo verán los demás").fill(name)
    await page.get_by_role("button", name="Entrar en la sala de espera").click()
    await expect(page.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
    row = call.agent.locator("[data-people] .person", has_text=name)
    await row.get_by_role("button", name="Dejar entrar").click()
    return page


async def look_at(eyes: VisualCheck, page: Page, name: str) -> None:
    """Check how a page of the call looks. Its size stays."""
    size = page.viewport_size
    assert size is not None
    await eyes.check_page(page, name, BOTH_SIZES)
    await page.set_viewport_size(size)


async def expect_pictures(page: Page, names: set[str]) -> None:
    """Expect a moving picture of each of these people, and of no others."""

    def all_move(before: dict[str, int], now: dict[str, int]) -> bool:
        return now.keys() == names and all(now[name] > before.get(name, 0) + 2 for name in names)

    await poll_frames(page, all_move)


async def poll_frames(page: Page, holds: Callable[[dict[str, int], dict[str, int]], bool]) -> None:
    first: dict[str, int] = await page.evaluate(FRAMES_JS)
    seen = first
    try:
        async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
            while not holds(first, seen := await page.evaluate(FRAMES_JS)):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"from {first} to {seen}") from None


async def test_people_by_links_see_each_other_and_are_held(call: BrowserCall, browser: Browser) -> None:
    phones, eyes = [await new_browser_context(browser, 390, 844) for _ in range(2)], VisualCheck()
    fatima = await enter_as_guest(phones[0], call, await invite(call, "interpreter", "Fatima"), "Fatima")
    people = {"Amina": call.citizen, "Boris": call.agent, "Fatima": fatima}
    await expect_pictures_of_each_other(people)
    await look_at(eyes, fatima, "guest in a call")
    await expect_hold_without_media(call, fatima, eyes)

    gema = await enter_as_guest(phones[1], call, await invite(call, "relative", "Gema"), "Gema")
    await expect_pictures_of_each_other({**people, "Gema": gema})
    await expect_four_pictures_usable_on_phone(call.citizen)
    await expect_link_bound_to_phone(phones[0], gema.url)
    await expect_withdrawn_guest_to_be_out(call, gema)
    await expect_pictures(call.citizen, {"Boris", "Fatima"})
    await expect_removed_guest_to_be_out(call, fatima)
    for phone in phones:
        await phone.close()
    eyes.assert_no_flaws()


async def expect_pictures_of_each_other(people: dict[str, Page]) -> None:
    """Expect on each page a moving picture of all others."""
    await asyncio.gather(*(expect_pictures(page, people.keys() - {name}) for name, page in people.items()))


async def expect_hold_without_media(call: BrowserCall, fatima: Page, eyes: VisualCheck) -> None:
    """Expect that a person on hold is told so, and has no media until taken back."""
    amina_row = call.agent.locator("[data-people] .person", has_text="Amina")
    await amina_row.get_by_role("button", name="Poner en espera").click()
    await expect(call.citizen.get_by_text("La oficina te ha puesto en espera")).to_be_visible()
    await expect(call.agent.get_by_text("Amina está en espera")).to_be_visible()
    await look_at(eyes, call.citizen, "on hold")
    await look_at(eyes, call.agent, "agent, a person on hold")
    await expect_pictures_of_each_other({"Boris": call.agent, "Fatima": fatima})  # the others go on talking
    assert await call.citizen.evaluate(FRAMES_JS) == {}
    assert await call.citizen.evaluate("document.querySelector('[data-module]').peerConnection") is None
    await call.citizen.reload()  # still on hold
    await expect(call.citizen.get_by_text("La oficina te ha puesto en espera")).to_be_visible()
    await call.agent.locator("[data-held-people]").get_by_role("button", name="Recuperar").click()
    await expect_pictures_of_each_other({"Amina": call.citizen, "Boris": call.agent, "Fatima": fatima})


async def expect_four_pictures_usable_on_phone(citizen: Page) -> None:
    size = citizen.viewport_size
    assert size is not None
    for width, height in ((390, 844), (844, 390)):
        await citizen.set_viewport_size({"width": width, "height": height})
        await citizen.evaluate(NOTICES_JS, "none")
        # the tiles are arranged again after the page has its new size
        await citizen.wait_for_function(USABLE_PICTURES_JS, polling=POLLING_MS)
        await citizen.evaluate(NOTICES_JS, "")
        assert await citizen.evaluate(OVER_PICTURES_JS) == []

    chosen = citizen.locator(".tile:not([data-large])").last
    name = await chosen.locator(".tag span").first.text_content()
    await citizen.get_by_role("button", name=f"Ver a {name} en grande").click()
    held = citizen.locator(".tile[data-large]")
    await expect(held).to_contain_text(f"{name} (siempre en grande)")
    await expect(held.locator("button")).to_have_attribute("aria-pressed", "true")
    await held.locator("button").click()
    await citizen.set_viewport_size(size)


async def expect_link_bound_to_phone(phone: BrowserContext, link: str) -> None:
    """Expect that the link of a guest does not work on the phone of another person."""
    other = await phone.new_page()
    await other.goto(link)
    await expect(other.get_by_role("heading", name="Este enlace se ha usado en otro dispositivo")).to_be_visible()
    await other.close()


async def expect_withdrawn_guest_to_be_out(call: BrowserCall, gema: Page) -> None:
    row = call.agent.locator("[data-invites] .person", has_text="Gema")
    await row.get_by_role("button", name="Retirar").click()
    await row.get_by_role("button", name="Retirar, seguro").click()
    await expect(gema.get_by_role("heading", name="La oficina te ha sacado de la sala")).to_be_visible()
    await expect(row.get_by_text("Enlace retirado")).to_be_visible()


async def expect_removed_guest_to_be_out(call: BrowserCall, fatima: Page) -> None:
    """Expect a second press to take a guest out; a press elsewhere takes the first back."""
    row = call.agent.locator("[data-people] .person", has_text="Fatima")
    await row.get_by_role("button", name="Quitar").click()
    await row.locator("[data-slot=person_name]").click()
    await row.get_by_role("button", name="Quitar", exact=True).click()
    await row.get_by_role("button", name="Quitar, seguro").click()
    await expect(fatima.get_by_role("heading", name="La oficina te ha sacado de la sala")).to_be_visible()
    await expect_pictures(call.citizen, {"Boris"})


async def test_transfer_hands_the_call_over_warm_and_cold(call: BrowserCall, browser: Browser) -> None:
    """Elena talks to both before she takes over; then Boris takes the call back at once."""
    desk, eyes = await new_browser_context(browser, 1280, 800), VisualCheck()
    await sign_in_colleague(desk, call.server)
    elena = await desk.new_page()
    await elena.goto(f"{call.server.url}/staff/desk")
    agent = call.agent
    await agent.locator("summary", has_text="Elegir quién la toma").click()
    await agent.locator("#transfer-to").select_option(label="Elena")
    await agent.get_by_role("button", name="Pedírselo").click()
    await expect(agent.get_by_text("Esperando la respuesta de Elena")).to_be_visible()
    await expect(elena.get_by_text("Boris te pide que entres en una videollamada")).to_be_visible()
    await look_at(eyes, agent, "agent, transfer offered")
    await look_at(eyes, elena, "desk, transfer offered")
    await elena.get_by_role("button", name="Aceptar").click()
    await expect(agent.get_by_text("Elena está en la llamada. Ya puedes dejarla.")).to_be_visible()
    await expect_pictures_of_each_other({"Amina": call.citizen, "Boris": agent, "Elena": elena})
    await agent.get_by_role("button", name="Dejarle la llamada").click()
    await agent.locator("#hand-over-note").fill("Falta el documento 7.")
    await look_at(eyes, agent, "agent, handing over")
    await agent.get_by_role("button", name="Salir de la llamada").click()
    await expect(agent.get_by_role("heading", name="Has pasado la llamada")).to_be_visible()
    await look_at(eyes, agent, "agent, handed over")
    await expect_pictures(call.citizen, {"Elena"})
    await elena.reload()
    await wait_for_modules(elena)  # the tabs need the modules
    await elena.get_by_role("tab", name="Ficha").click()
    # Until the call is up again, the welcome beside the tab shows the notes too.
    details = elena.get_by_role("tabpanel", name="Ficha")
    await expect(details.get_by_text("Falta el documento 7.")).to_be_visible()

    await agent.goto(f"{call.server.url}/staff/desk")
    await elena.get_by_role("tab", name="Personas").click()
    await expect_cold_transfer_to_wait_in_the_lobby(call.citizen, elena, agent, "Boris")
    await desk.close()
    eyes.assert_no_flaws()


async def expect_cold_transfer_to_wait_in_the_lobby(citizen: Page, giver: Page, taker: Page, name: str) -> None:
    """Hand a call to a colleague who is at the desk, and expect the citizen to keep the place."""
    await giver.locator("summary", has_text="Elegir quién la toma").click()
    await giver.locator("#transfer-to").select_option(label=name)
    await giver.get_by_text("En el acto: las personas esperan en la sala, con su sitio").click()
    await giver.get_by_role("button", name="Pedírselo").click()
    await expect(giver.get_by_role("heading", name="Has pasado la llamada")).to_be_visible()
    await expect(citizen.get_by_text(f"Te pasamos con {name}. Quédate aquí: conservas tu sitio.")).to_be_visible()
    await expect(citizen.get_by_text("Vas en primer lugar")).to_be_visible()
    await taker.get_by_role("button", name="Aceptar").click()
    await taker.get_by_role("button", name="Dejar entrar").first.click()
    await expect_pictures(citizen, {name})


async def sign_in_colleague(context: BrowserContext, server: AppServer) -> None:
    """Create the agent elena and log her in."""
    await accounts.create_user(
        server.runtime, username="elena", name="Elena", role=StaffRole.AGENT, offices=["centro"], password=PASSWORD
    )
    cookie = await accounts.login(server.runtime, "elena", PASSWORD, "192.0.2.8")
    await context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": server.url}])
