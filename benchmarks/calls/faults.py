"""Faults under a call, and how long after each the call is whole again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from ...tests.faults.support.tcp_proxy import TcpProxy
from ...tests.support.chromium import PEER_CONNECTION_JS
from ...tests.support.processes import ServedProcess
from .network import THERE, THERE_LATER, EmulatedNetwork, LineQuality
from .recorded_pages import (
    longest_freeze_ms,
    longest_gap_ms,
    lost_person_said_ms,
    now_ms,
    picture_back_ms,
    socket_back_ms,
    wait_flowing,
    wait_until,
)

USUAL = LineQuality(delay_ms=15)
DEAD = LineQuality(loss_pct=100)
NO_UDP = LineQuality(loss_pct=100, udp_only=True)
SHORT_HOLE_S, LONG_HOLE_S = 6, 20
CUT_S = 1.0
PAUSE_S = 3.0  # before a page is asked whether it recovered
LOSE_CAMERA_JS = f"""() => {{
  const senders = {PEER_CONNECTION_JS}.getSenders();
  const {{ track }} = senders.find((one) => one.track?.kind === "video");
  track.stop();
  track.dispatchEvent(new Event("ended"));
}}"""
STATE_JS = f"""() => {{
  const told = [...document.querySelectorAll("h1, [data-strip], .tile .none")];
  const shown = told.filter((one) => one.checkVisibility()).map((one) => one.textContent.trim());
  const words = shown.filter(Boolean).join(" · ");
  return `${{{PEER_CONNECTION_JS}?.connectionState}} "${{words}}"`;
}}"""

Figures = dict[str, float]


@dataclass
class FaultyCall:
    """Both pages of a call, and everything that can fail under it."""

    citizen: Page
    agent: Page
    network: EmulatedNetwork
    proxy: TcpProxy
    server: ServedProcess
    restart_server: Callable[[], ServedProcess]
    address: str = THERE

    async def start(self, citizen_url: str, agent_url: str) -> None:
        """Let the citizen in, and wait until both pictures move."""
        await self.citizen.goto(citizen_url)
        await self.citizen.locator("[data-join] button:not([disabled])").click()
        await self.agent.goto(agent_url)
        await self.agent.locator('[data-slot="after_button"]').click()
        await self.agent.locator("[data-do='admit']").click()
        await self.wait_recovered(0)

    async def repair(self) -> None:
        """Bring the call back after a fault from which it did not recover."""
        self.network.set_quality(USUAL)
        self.proxy.restore()
        if self.server.process.poll() is not None:
            self.server = self.restart_server()
            await self.server.wait_until_ready()
        url, context = self.citizen.url, self.citizen.context
        await self.citizen.close()
        self.citizen = await context.new_page()
        await self.agent.reload()
        await open_again(self, url)

    async def describe(self) -> str:
        """Tell what both pages show and how their connections are."""
        told = []
        for name, page in (("citizen", self.citizen), ("agent", self.agent)):
            try:
                told.append(f"{name}: {await asyncio.wait_for(page.evaluate(STATE_JS), 2)}")
            except (PlaywrightError, TimeoutError) as error:
                told.append(f"{name}: no answer ({type(error).__name__})")
        return ", ".join(told)

    @property
    def pages(self) -> tuple[Page, Page]:
        return self.citizen, self.agent

    async def wait_recovered(self, since_ms: float) -> None:
        for page in self.pages:
            await wait_flowing(page, since_ms)

    async def picture_back_ms(self, since_ms: float) -> float:
        """Return when the later of both pictures moved again for good."""
        await asyncio.sleep(PAUSE_S)
        await self.wait_recovered(since_ms)
        return max([await picture_back_ms(page, since_ms) for page in self.pages])

    async def longest_freeze_ms(self, since_ms: float) -> float:
        await self.wait_recovered(since_ms)
        return max([await longest_freeze_ms(page, since_ms) for page in self.pages])


async def cut_socket(call: FaultyCall) -> Figures:
    cut_at = now_ms()
    call.proxy.cut()
    await asyncio.sleep(CUT_S)
    call.proxy.restore()
    restored_at = now_ms()
    return {
        "socket back": await socket_back_ms(call.citizen, restored_at),
        "picture frozen": await call.longest_freeze_ms(cut_at),
    }


async def kill_server(call: FaultyCall) -> Figures:
    killed_at = now_ms()
    call.server.kill()
    call.server = call.restart_server()
    await call.server.wait_until_ready()
    ready_at = now_ms()
    return {
        "socket back": max([await socket_back_ms(page, killed_at) + killed_at - ready_at for page in call.pages]),
        "picture frozen": await call.longest_freeze_ms(killed_at),
    }


async def _make_hole(call: FaultyCall, quality: LineQuality, seconds: float) -> float:
    call.network.set_quality(quality)
    await asyncio.sleep(seconds)
    call.network.set_quality(USUAL)
    return now_ms()


async def udp_hole(call: FaultyCall) -> Figures:
    return {"picture back": await call.picture_back_ms(await _make_hole(call, NO_UDP, SHORT_HOLE_S))}


async def network_hole(call: FaultyCall) -> Figures:
    ended_at = await _make_hole(call, DEAD, LONG_HOLE_S)
    return {
        "socket back": await socket_back_ms(call.citizen, ended_at - 1000 * LONG_HOLE_S) - 1000 * LONG_HOLE_S,
        "picture back": await call.picture_back_ms(ended_at),
    }


async def change_address(call: FaultyCall) -> Figures:
    changed_at = now_ms()
    old, call.address = call.address, THERE_LATER if call.address == THERE else THERE
    call.network.change_address(old, call.address)
    return {
        "socket back": await socket_back_ms(call.citizen, changed_at),
        "picture back": await call.picture_back_ms(changed_at),
    }


async def reload_page(call: FaultyCall) -> Figures:
    reloaded_at = now_ms()
    await call.citizen.reload(wait_until="commit")
    await wait_until(call.citizen, "frames", bool)
    first_frame = (await call.citizen.evaluate("window.notes.frames[0]")) - reloaded_at
    return {"picture back": max(first_frame, await call.picture_back_ms(reloaded_at))}


async def change_again_after_reload(call: FaultyCall) -> Figures:
    """Change the network, reload the page, and change the network again."""
    await change_address(call)
    await reload_page(call)
    await asyncio.sleep(PAUSE_S)
    return await change_address(call)


async def change_while_away(call: FaultyCall) -> Figures:
    """Reload the page without a network, which comes back with another address."""
    call.network.set_quality(DEAD)
    await asyncio.sleep(SHORT_HOLE_S)
    old, call.address = call.address, THERE_LATER if call.address == THERE else THERE
    call.network.change_address(old, call.address)
    call.network.set_quality(USUAL)
    changed_at = now_ms()
    await call.citizen.reload(wait_until="commit")
    await wait_until(call.citizen, "frames", bool)
    await call.picture_back_ms(changed_at)
    return await change_address(call)


async def close_page(call: FaultyCall) -> Figures:
    """Close the citizen's tab, and open the link again later."""
    context, url = call.citizen.context, call.citizen.url
    closed_at = now_ms()
    await call.citizen.close()
    said = await lost_person_said_ms(call.agent, closed_at)
    call.citizen = await context.new_page()
    return {"other side says who": said, "picture back": await open_again(call, url)}


async def crash_page(call: FaultyCall) -> Figures:
    context, url = call.citizen.context, call.citizen.url
    inspector = await context.new_cdp_session(call.citizen)
    crashed_at = now_ms()
    with contextlib.suppress(Exception):  # the page cannot answer any more
        await asyncio.wait_for(inspector.send("Page.crash"), 1)
    said = await lost_person_said_ms(call.agent, crashed_at)
    crashed, call.citizen = call.citizen, await context.new_page()
    await crashed.close()
    return {"other side says who": said, "picture back": await open_again(call, url)}


async def open_again(call: FaultyCall, url: str) -> float:
    """Open the link in the new tab. Return how long after the press both pictures moved."""
    await call.citizen.goto(url)
    button = call.citizen.locator("[data-join] button:not([disabled])")
    await button.wait_for()
    await asyncio.sleep(1)  # the camera opens meanwhile
    pressed_at = now_ms()
    await button.click()
    await call.wait_recovered(pressed_at)
    first = [
        await page.evaluate("(at) => window.notes.frames.find((one) => one > at)", pressed_at)
        for page in call.pages
    ]
    return float(max(first) - pressed_at)


async def lose_camera(call: FaultyCall) -> Figures:
    """Stop the camera for a moment, as an unplugged cable does."""
    lost_at = now_ms()
    await call.citizen.evaluate(LOSE_CAMERA_JS)
    await asyncio.sleep(PAUSE_S)
    await call.wait_recovered(lost_at)
    return {"longest gap": await longest_gap_ms(call.agent, lost_at)}


@dataclass(frozen=True)
class CallFault:
    """A way to break a call. `rounds`: as many as fit into the time of a run."""

    make: Callable[[FaultyCall], Awaitable[Figures]]
    rounds: int


FAULTS = {
    "socket cut": CallFault(cut_socket, 10),
    "server killed": CallFault(kill_server, 6),
    f"UDP lost for {SHORT_HOLE_S} s": CallFault(udp_hole, 6),
    f"network lost for {LONG_HOLE_S} s": CallFault(network_hole, 3),
    "address changed": CallFault(change_address, 12),
    "page reloaded": CallFault(reload_page, 8),
    "changed, reloaded, changed": CallFault(change_again_after_reload, 4),
    "away, reloaded, changed": CallFault(change_while_away, 4),
    "tab closed": CallFault(close_page, 5),
    "tab crashed": CallFault(crash_page, 5),
    "camera lost": CallFault(lose_camera, 6),
}
