"""Time from "enter" to the preview and to the first frame on a slow line.

`python -m office360.benchmarks.pages.call_start --before FOLDER`, as root.

The server and the agent's Chromium are on one side of an emulated network, the citizen's on the other side, with a
slow CPU. The line carries the media of the call, too. The citizen has read the page of the appointment before, so
that its browser has those files. Each button is pressed as soon as it can be.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH
from ..calls.demo_call import open_demo_call
from ..calls.network import HERE, EmulatedNetwork, LineQuality, run_inside
from ..installation import THIS_VERSION, DemoProduct, open_earlier_version, run_demo_version
from .slow_line import CPU_SLOWDOWN, KBPS, LATENCY_MS

TIMEOUT_MS = 60_000
GOOD = LineQuality()
SLOW = LineQuality(delay_ms=LATENCY_MS / 2, kbps=KBPS)
IDLE_S = 3.0  # the page of the appointment has stored its files by then
# The first frame of the own preview; then the citizen's press, and the agent's as soon as the citizen is shown.
PRESS_SOON_JS = """
addEventListener("DOMContentLoaded", () => {
  const mirror = document.querySelector("[data-mirror]");
  mirror?.requestVideoFrameCallback(() => {
    window.notes.preview = now();
    const button = document.querySelector("[data-join] button");
    const press = () => (button.disabled ? setTimeout(press, 20) : button.click());
    if (button) press();
  });
  if (location.pathname.startsWith("/staff/")) new MutationObserver(() => {
    const admit = document.querySelector("[data-do='admit']");
    if (admit && !admit.disabled && !window.notes.pressed) admit.click();
  }).observe(document, { childList: true, subtree: true });
});
"""
AGENT_SHOWN_JS = "() => document.querySelector('[data-self] video')?.readyState >= 2"


@dataclass(frozen=True, slots=True)
class CallStart:
    """Milliseconds of a call, as the citizen sees it.

    `preview_ms`: from the press on the link to the room. `frame_ms`: from the press on "enter the waiting room",
    which follows the preview at once, to the agent's first frame.
    """

    preview_ms: float
    frame_ms: float
    load: float


async def start_call(product: DemoProduct, network: EmulatedNetwork, phone: Browser, desk: Browser) -> CallStart:
    """Start a call with new browser profiles."""
    network.set_quality(GOOD)
    opened = open_demo_call(product, phone, desk, timeout_ms=TIMEOUT_MS, init_script=PRESS_SOON_JS)
    async with opened as call:
        await call.agent.goto(f"/staff/rooms/{call.appointment_id}")
        await call.agent.wait_for_function(AGENT_SHOWN_JS)
        await call.citizen.goto(f"/a/{call.token}")
        await asyncio.sleep(IDLE_S)
        session = await call.citizen.context.new_cdp_session(call.citizen)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        network.set_quality(SLOW)
        await call.citizen.goto(f"/a/{call.token}/room", wait_until="commit")
        await call.citizen.wait_for_function("() => window.notes.frame")
        notes = await call.citizen.evaluate("({ ...window.notes, opened: performance.timeOrigin })")
    return CallStart(
        preview_ms=notes["preview"] - notes["opened"],
        frame_ms=notes["frame"] - notes["pressed"],
        load=os.getloadavg()[0],
    )


async def measure(products: dict[str, DemoProduct], network: EmulatedNetwork, rounds: int) -> None:
    """Start calls of both versions in turn, and print the medians."""
    origins = ",".join(product.url for product in products.values())
    flags = [*CHROMIUM_FLAGS, f"--unsafely-treat-insecure-origin-as-secure={origins}"]
    found: dict[str, list[CallStart]] = {name: [] for name in products}
    async with async_playwright() as playwright:
        desk = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=flags)
        outside = network.outside_program(CHROMIUM_PATH)
        phone = await playwright.chromium.launch(executable_path=outside, args=flags)
        for _ in range(rounds):
            for name, product in products.items():
                found[name].append(start := await start_call(product, network, phone, desk))
                print(f"  {name}: preview {start.preview_ms:.0f} ms, frame {start.frame_ms:.0f} ms", flush=True)
        await desk.close()
        await phone.close()
    load = max(start.load for starts in found.values() for start in starts)
    print(f"\n{platform.node()}, {os.cpu_count()} cores, load up to {load:.1f}; {KBPS / 1_000:g} Mbps,", end=" ")
    print(f"{LATENCY_MS} ms, CPU {CPU_SLOWDOWN} × slower, median of {rounds}\n")
    print("| from the press to | " + " | ".join(f"{name}, s" for name in found) + " |")
    print("|---" * (1 + len(found)) + "|")
    for title, figure in (
        ("the own preview, from the link to the room", lambda start: start.preview_ms),
        ("the agent's first frame, from “enter”", lambda start: start.frame_ms),
    ):
        medians = [statistics.median(map(figure, starts)) / 1_000 for starts in found.values()]
        print(f"| {title} | {' | '.join(f'{seconds:.2f}' for seconds in medians)} |")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", help="a folder with a checkout and its .venv, or a revision")
    parser.add_argument("--rounds", type=int, default=5, help="calls of each version")
    parser.add_argument("--namespace", default="pages", help="how the names of both namespaces begin")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.inside is None:
        chosen = ["--rounds", str(given.rounds), *(["--before", given.before] if given.before else [])]
        sys.exit(run_inside(given.namespace, "office360.benchmarks.pages.call_start", *chosen))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        versions = {"now": THIS_VERSION}
        if given.before:
            versions = {"before": stack.enter_context(open_earlier_version(given.before)), **versions}
        products = {
            name: stack.enter_context(run_demo_version(version, HERE)) for name, version in versions.items()
        }
        asyncio.run(measure(products, EmulatedNetwork(given.namespace, given.inside), given.rounds))


if __name__ == "__main__":
    main()
