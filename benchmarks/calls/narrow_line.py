"""Voice and picture of a call on bad lines.

`python -m office360.benchmarks.calls.narrow_line`

Needs root and /dev/net/tun.

The real server and two real browsers in two network namespaces, joined by a line with a bit rate, loss or delay
in both directions. Each line is a new call: eight seconds on a good line, then the bad one. The first ten seconds
show how a call adapts, the next thirty how it goes on. Concealed: the share of the played voice that the browser
invented because its packets were missing or late (W3C webrtc-stats). To compare two versions, run it with the
PYTHONPATH of each.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH, PEER_CONNECTION_JS
from ..product import DemoProduct, run_demo
from .demo_call import DemoCall, open_demo_call
from .network import HERE, EmulatedNetwork, LineQuality, run_inside

GOOD = LineQuality()
# Of media only: sockets of the product would disturb the measurement.
LINES = {
    "good": GOOD,
    "300 kbps": LineQuality(kbps=300, udp_only=True),
    "100 kbps": LineQuality(kbps=100, udp_only=True),
    "60 kbps": LineQuality(kbps=60, udp_only=True),
    "3 % loss": LineQuality(loss_pct=3, udp_only=True),
    "10 % loss": LineQuality(loss_pct=10, udp_only=True),
    "250 ms": LineQuality(delay_ms=250, udp_only=True),
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


async def measure_line(call: DemoCall, network: EmulatedNetwork, quality: LineQuality) -> LineFigures:
    """Measure a call that has begun on a good line."""
    await asyncio.sleep(GOOD_S)
    network.set_quality(quality)
    readings = [[await page.evaluate(COUNTERS_JS) for page in call.pages]]
    for seconds in (ADAPT_S, STEADY_S):
        await asyncio.sleep(seconds)
        readings.append([await page.evaluate(COUNTERS_JS) for page in call.pages])
    voice_only = any([await page.evaluate(VOICE_ONLY_JS) for page in call.pages])
    first, second, third = readings
    return LineFigures(
        [_period(*both) for both in zip(first, second, strict=True)],
        [_period(*both) for both in zip(second, third, strict=True)],
        voice_only,
    )


async def measure(product: DemoProduct, network: EmulatedNetwork, lines: list[str]) -> None:
    """Measure each line and print it."""
    flags = [*CHROMIUM_FLAGS, f"--unsafely-treat-insecure-origin-as-secure={product.url}"]
    async with async_playwright() as playwright:
        desk = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=flags)
        outside = network.outside_program(CHROMIUM_PATH)
        phone = await playwright.chromium.launch(executable_path=outside, args=flags)
        async with open_demo_call(product, phone, desk, timeout_ms=PAGE_TIMEOUT_MS) as call:
            for name in lines:
                network.set_quality(GOOD)
                await call.wait_in_lobby()
                await call.admit()
                print(format_line(name, await measure_line(call, network, LINES[name])), flush=True)
                network.set_quality(GOOD)
                await call.leave()
        await desk.close()
        await phone.close()


def format_line(name: str, figures: LineFigures) -> str:
    """Format a row of the table: the worse direction of each period."""
    parts = []
    for periods in (figures.adapting, figures.steady):
        concealed = " / ".join(f"{one.concealed_pct:4.1f}" for one in periods)
        frames = " / ".join(f"{one.fps:2.0f}" for one in periods)
        parts.append(f"{concealed} %, {frames} fps")
    return f"  {name:10} | {parts[0]:28} | {parts[1]:28} | {'voice only' if figures.voice_only else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"{', '.join(LINES)}; all without any")
    parser.add_argument("--namespace", default="line", help="how the names of both namespaces begin")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    lines = given.lines or list(LINES)
    if unknown := set(lines) - LINES.keys():
        parser.error(f"unknown lines: {', '.join(sorted(unknown))}; known: {', '.join(LINES)}")
    if given.inside:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        with run_demo(host=HERE) as product:
            asyncio.run(measure(product, EmulatedNetwork(given.namespace, given.inside), lines))
        return
    print(f"voice and picture of a call, both directions (citizen / agent), {time.strftime('%Y-%m-%d %H:%M')}")
    print(f"  {'line':10} | {f'first {ADAPT_S} s':28} | {f'next {STEADY_S} s':28} |", flush=True)
    sys.exit(run_inside(given.namespace, "office360.benchmarks.calls.narrow_line", *lines))


if __name__ == "__main__":
    main()
