"""Chat lines and parts of a negotiation that do not arrive at once, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from office360.rooms.realtime import outgoing_pair
from office360.rooms.realtime.reliable_relay import ReliableRelay
from playwright.async_api import Page, expect

from ...support.timeouts import PAGE_TIMEOUT_MS
from ..support.video_call import (
    BrowserCall,
    enter_lobby,
    enter_lobby_and_room,
    expect_media_both_ways,
)

pytestmark = pytest.mark.e2e

CHAT_LINES = '[data-lines="chat"] .said'


REPLACED_WITHIN_S = 10  # the page's own recovery replaces a connection after 15 s only


async def admit(call: BrowserCall) -> None:
    await call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect(call.citizen.get_by_role("heading", name="Oficina Centro con Boris")).to_be_visible()


async def write(page: Page, line: str) -> None:
    await page.evaluate(
        """(line) => {
          const form = document.querySelector('[data-write="chat"]');
          form.querySelector("input").value = line;
          form.requestSubmit();
        }""",
        line,
    )


async def test_chat_line_arrives_once_or_can_be_sent_again(
    pages: BrowserCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    await expect_line_to_an_empty_call_to_be_sent_by_a_button(pages)
    await expect_lines_of_a_cut_to_arrive_once(pages)
    await expect_undelivered_line_to_name_who_lacks_it(pages, monkeypatch)


async def expect_line_to_an_empty_call_to_be_sent_by_a_button(call: BrowserCall) -> None:
    await call.enter_as_agent()
    await expect(call.agent.locator("[data-panel]")).to_be_visible()
    await write(call.agent, "¿hola?")
    line = call.agent.locator(CHAT_LINES)
    await expect(line).to_contain_text("No se ha enviado: no hay nadie más en la llamada")
    await expect(call.agent.locator("[data-announcer]")).to_contain_text("¿hola?")
    await enter_lobby(call)
    await admit(call)
    await call.agent.get_by_role("tab", name="Chat").click()
    await line.get_by_role("button", name="Enviar de nuevo").click()
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(1)
    await expect(line.get_by_role("button")).to_have_count(0)
    await expect(call.agent.get_by_role("group", name="Mensajes del chat")).to_be_focused()


async def expect_lines_of_a_cut_to_arrive_once(call: BrowserCall) -> None:
    await write(call.agent, "antes")
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(2)
    await call.citizen.context.set_offline(True)
    await write(call.agent, "durante")
    await write(call.citizen, "sin conexión")
    await call.server.lifespan_state["live_rooms"].close()  # as when the process ends
    await call.citizen.context.set_offline(False)
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(4)
    await expect(call.agent.locator(CHAT_LINES)).to_have_count(4)
    await write(call.agent, "después")
    await expect(call.citizen.locator(CHAT_LINES)).to_have_count(5)
    for page in (call.citizen, call.agent):
        shown = await page.locator(CHAT_LINES).all_text_contents()
        for line in ("antes", "durante", "después", "sin conexión"):
            assert sum(text.endswith(line) for text in shown) == 1, (line, shown)


async def expect_undelivered_line_to_name_who_lacks_it(call: BrowserCall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing_pair, "MESSAGE_LIFETIME_S", 1.0)
    await call.citizen.context.set_offline(True)
    await write(call.agent, "tardía")
    line = call.agent.locator(CHAT_LINES, has_text="tardía")
    await expect(line).to_contain_text("No ha llegado a Amina")
    await call.citizen.context.set_offline(False)
    monkeypatch.undo()
    await line.get_by_role("button", name="Enviar de nuevo").click()
    arrived = call.citizen.locator(CHAT_LINES, has_text="tardía")
    await expect(arrived).to_have_count(1)
    await write(call.agent, "la última")
    await expect(call.citizen.locator(CHAT_LINES, has_text="la última")).to_have_count(1)
    assert await arrived.count() == 1


async def test_lost_part_of_a_negotiation_begins_a_new_one(
    pages: BrowserCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers: list[tuple[int, float]] = []  # generation and time of each
    send = ReliableRelay.send

    def lose_first_generation(relay: ReliableRelay, sender: str, receivers: Any, message: Any) -> None:
        if message["type"] == "description":
            offers.append((message["pc_gen"], asyncio.get_running_loop().time()))
        if offers and message.get("pc_gen") == offers[0][0]:
            (receiver,) = receivers
            relay._tell_lost(sender, {"type": message["type"]}, {"to": receiver, "pc_gen": message["pc_gen"]})
        else:
            send(relay, sender, receivers, message)

    monkeypatch.setattr(ReliableRelay, "send", lose_first_generation)
    await enter_lobby_and_room(pages)
    await admit(pages)
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        await expect_media_both_ways(pages)
    lost_at, begun_anew_at = offers[0][1], next(at for generation, at in offers if generation > offers[0][0])
    assert begun_anew_at - lost_at < REPLACED_WITHIN_S
