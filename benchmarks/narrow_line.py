"""Voice and picture of a call on bad lines: `python benchmarks/narrow_line.py`.

Needs root and /dev/net/tun.

The real server and two real browsers in two network namespaces, joined by a link with a bit rate, loss or delay
in both directions. Each line is a new call: eight seconds on a good link, then the bad one. The first ten seconds
show how a call adapts, the next thirty how it goes on. Concealed: the share of the played voice that the browser
invented because its packets were missing or late (W3C webrtc-stats). To compare two versions, run it with the
PYTHONPATH of each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from join_to_first_frame import insert_current_appointment, new_context
from link_emulator import FIRST_ADDRESS, EmulatedLink, LinkQuality, command_in, link_problem, run_link
from office360.core.clock import SystemClock
from office360.core.events import EventRegistry
from office360.core.web.authentication import STAFF_COOKIE
from office360.server.lifespan import make_runtime
from office360.server.settings import load_settings
from office360.staff.actions import accounts
from office360.tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH, PEER_CONNECTION_JS
from playwright.async_api import BrowserContext, Page, async_playwright
from product import DemoProduct, run_demo

LINES = {
    "good": LinkQuality(),
    "300 kbps": LinkQuality(kbps=300),
    "100 kbps": LinkQuality(kbps=100),
    "60 kbps": LinkQuality(kbps=60),
    "3 % loss": LinkQuality(loss_pct=3),
    "10 % loss": LinkQuality(loss_pct=10),
    "250 ms": LinkQuality(delay_ms=250),
}
GOOD_S = 8
ADAPT_S = 10
STEADY_S = 30
PAGE_TIMEOUT_MS = 40_000
COUNTERS_JS = f"""async () => {{
  const pc = {PEER_CONNECTION_JS};
  const seen = {{ played: 0, concealed: 0, frames: 0, at: performance.now(), codec: "" }};
  if (pc) {{
    const reports = await pc.getStats();
    for (const one of reports.values()) {{
      if (one.type !== "inbound-rtp") continue;
      seen.played += one.totalSamplesReceived ?? 0;
      seen.concealed += one.concealedSamples ?? 0;
      seen.frames += one.framesDecoded ?? 0;
      if (one.kind === "audio") seen.codec = reports.get(one.codecId)?.mimeType ?? "";
    }}
  }}
  return seen;
}}"""
# As for a reloaded page, which does not ask whether the call may start (static/rooms/entry.js).
ENTERED_JS = "sessionStorage.setItem(`entered ${location.pathname}`, 'yes')"
VOICE_ONLY_JS = "() => Boolean(document.querySelector('[data-sound-only]:not([hidden])'))"


@dataclass(frozen=True)
class Period:
    """Media that one page received in a period."""

    concealed_pct: float
    fps: float


@dataclass(frozen=True)
class LineFigures:
    """Both directions of one call.

    `voice_only`: whether a page had stopped its picture at the end.
    """

    adapting: list[Period]
    steady: list[Period]
    voice_only: bool


def _period(before: dict[str, Any], after: dict[str, Any]) -> Period:
    played = after["played"] - before["played"]
    seconds = (after["at"] - before["at"]) / 1_000
    concealed = 100 * (after["concealed"] - before["concealed"]) / played if played else 100.0
    return Period(concealed, (after["frames"] - before["frames"]) / seconds)


async def measure_line(citizen: Page, agent: Page, link: EmulatedLink, quality: LinkQuality) -> LineFigures:
    """Measure a call that has begun on a good link."""
    pages = (citizen, agent)
    await asyncio.sleep(GOOD_S)
    link.set_quality(quality)
    readings = [[await page.evaluate(COUNTERS_JS) for page in pages]]
    for seconds in (ADAPT_S, STEADY_S):
        await asyncio.sleep(seconds)
        readings.append([await page.evaluate(COUNTERS_JS) for page in pages])
    voice_only = any([await page.evaluate(VOICE_ONLY_JS) for page in pages])
    first, second, third = readings
    return LineFigures(
        [_period(*both) for both in zip(first, second, strict=True)],
        [_period(*both) for both in zip(second, third, strict=True)],
        voice_only,
    )


async def measure(product: DemoProduct, link: EmulatedLink, lines: list[str]) -> None:
    """Measure each line and print it."""
    appointment_id, token = await insert_current_appointment(product)
    flags = [*CHROMIUM_FLAGS, f"--unsafely-treat-insecure-origin-as-secure={product.url}"]
    with tempfile.TemporaryDirectory() as folder:
        remote = Path(folder) / "chromium"
        remote.write_text(f'#!/bin/sh\nexec {" ".join(command_in(link.second, CHROMIUM_PATH))} "$@"\n')
        remote.chmod(0o755)
        async with async_playwright() as playwright:
            near = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=flags)
            far = await playwright.chromium.launch(executable_path=remote, args=flags)
            desk, phone = await new_context(near, product.url), await new_context(far, product.url)
            for context in (desk, phone):
                context.set_default_timeout(PAGE_TIMEOUT_MS)
            await desk.add_init_script(ENTERED_JS)
            await _sign_in(desk, product)
            citizen, agent = await phone.new_page(), await desk.new_page()
            for name in lines:
                link.set_quality(LinkQuality())
                await _begin_call(citizen, agent, appointment_id, token)
                figures = await measure_line(citizen, agent, link, LINES[name])
                print(format_line(name, figures), flush=True)
                link.set_quality(LinkQuality())
                await _leave(citizen)
            await near.close()
            await far.close()


async def _sign_in(desk: BrowserContext, product: DemoProduct) -> None:
    """Log in with the first account that may serve all offices, without the form."""
    _, user, password = next(one for one in product.logins if one[0].lower() in ("administrator", "manager"))
    settings = load_settings(
        environment="development",
        database_url=product.environment["OFFICE360_DATABASE_URL"],
        secret_key=[product.environment["OFFICE360_SECRET_KEY"]],
    )
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        cookie = await accounts.login(runtime, user, password, FIRST_ADDRESS)
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    await desk.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": product.url}])


async def _begin_call(citizen: Page, agent: Page, appointment_id: str, token: str) -> None:
    await agent.goto(f"/staff/rooms/{appointment_id}")
    await citizen.goto(f"/a/{token}/room")
    await citizen.locator("[data-join] button").click()
    await agent.locator("[data-do='admit']").click()
    for page in (citizen, agent):
        await page.wait_for_function("() => window.notes.frame")


async def _leave(citizen: Page) -> None:
    await citizen.locator("[data-opens='leave']").click()
    await citizen.locator("dialog[open] [data-do='leave']").click()


def format_line(name: str, figures: LineFigures) -> str:
    """Format a row of the table: the worse direction of each period."""
    parts = []
    for periods in (figures.adapting, figures.steady):
        concealed = " / ".join(f"{one.concealed_pct:4.1f}" for one in periods)
        frames = " / ".join(f"{one.fps:2.0f}" for one in periods)
        parts.append(f"{concealed} %, {frames} fps")
    return f"  {name:10} | {parts[0]:28} | {parts[1]:28} | {'voice only' if figures.voice_only else ''}"


def _run_inside(link_names: list[str], lines: list[str]) -> None:
    link = EmulatedLink(link_names[0], link_names[1], Path(link_names[2]))
    with run_demo(host=FIRST_ADDRESS) as product:
        asyncio.run(measure(product, link, lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"{', '.join(LINES)}; all without any")
    parser.add_argument("--prefix", default="o360", help="of the names of the two network namespaces")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    lines = given.lines or list(LINES)
    if unknown := set(lines) - LINES.keys():
        parser.error(f"unknown lines: {', '.join(sorted(unknown))}; known: {', '.join(LINES)}")
    if given.inside:
        _run_inside(given.inside, lines)
        return
    problem = link_problem()
    if problem:
        raise SystemExit(problem)
    print(f"voice and picture of a call, both directions (citizen / agent), {time.strftime('%Y-%m-%d %H:%M')}")
    print(f"  {'line':10} | {f'first {ADAPT_S} s':28} | {f'next {STEADY_S} s':28} |", flush=True)
    with run_link(given.prefix) as link:
        again = [sys.executable, __file__, "--inside", link.first, link.second, link.control_path, *lines]
        subprocess.run(command_in(link.first, *again), check=True, env=os.environ)


if __name__ == "__main__":
    main()
