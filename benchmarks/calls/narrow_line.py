"""Voice and picture of a call on bad lines.

`python -m office360.benchmarks.calls.narrow_line`

Needs root and /dev/net/tun.

The real server and two real browsers in two network namespaces, joined by a line with a bit rate, loss or delay
in both directions, or with --up only from the citizen. Each line is a new call: eight seconds on a good line, then
the bad one, then the good one again. The first ten seconds show how a call adapts, the next thirty how it goes on.
Concealed: the share of the played voice that the browser invented because its packets were missing or late (W3C
webrtc-stats). Way back: seconds on the good line until a page receives the picture as it was before, at least two
thirds of its height and frame rate over two seconds. Told: the share of the steady seconds in which a page names
the slow line, its own or the other's. To compare two versions, run it with the PYTHONPATH of each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from ...tests.support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH, PEER_CONNECTION_JS
from ..installation import DemoProduct, run_demo
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
BACK_S = 60  # a picture that is not whole by then is not coming back
WHOLE_SHARE = 2 / 3  # of the height and frame rate before: a busy machine decodes fewer
WHOLE_SAMPLES = 2
WIDTHS = (8, 24, 24, 11, 28, 10)
PAGE_TIMEOUT_MS = 40_000

Lines = tuple[LineQuality, LineQuality]  # up from the citizen, and down
COUNTERS_JS = f"""async () => {{
  const pc = {PEER_CONNECTION_JS};
  const shown = (selector) => document.querySelector(`${{selector}}:not([hidden])`);
  const seen = {{ played: 0, concealed: 0, frames: 0, height: 0, kbps: 0, at: performance.now() }};
  seen.voice_only = Boolean(shown("[data-sound-only]"));
  seen.reason = shown("[data-why]")?.dataset.why ?? "";
  seen.told = ["voice_up", "voice_down", "bandwidth", "other_slow"].includes(seen.reason) || seen.voice_only;
  if (!pc) return seen;
  const reports = [...(await pc.getStats()).values()];
  for (const report of reports.filter(({{ type }}) => type === "inbound-rtp")) {{
    seen.played += report.totalSamplesReceived ?? 0;
    seen.concealed += report.concealedSamples ?? 0;
    seen.frames += report.framesDecoded ?? 0;
    seen.height = Math.max(seen.height, report.frameHeight ?? 0);
  }}
  const pair = reports.find(({{ type, nominated }}) => type === "candidate-pair" && nominated);
  seen.kbps = Math.round((pair?.availableOutgoingBitrate ?? 0) / 1_000);
  return seen;
}}"""

Reading = dict[str, Any]


@dataclass(frozen=True)
class Period:
    """Media that one page received in a period."""

    concealed_pct: float
    fps: float
    height: int


@dataclass(frozen=True)
class LineFigures:
    """Both directions of a call.

    `voice_only`: whether a page had stopped its picture at the end of the bad line. `told_pct`: of the steady
    seconds. `back_s`: None for a picture that did not come back.
    """

    adapting: list[Period]
    steady: list[Period]
    told_pct: list[float]
    back_s: list[float | None]
    back_concealed_pct: list[float]
    voice_only: bool


def _period(before: Reading, after: Reading) -> Period:
    played = after["played"] - before["played"]
    seconds = (after["at"] - before["at"]) / 1_000
    concealed = 100 * (after["concealed"] - before["concealed"]) / played if played else 100.0
    return Period(concealed, (after["frames"] - before["frames"]) / seconds, after["height"])


async def _read_seconds(call: DemoCall, seconds: int, trace: bool, name: str) -> list[list[Reading]]:
    """Read both pages once a second; returns the readings of each page."""
    readings: list[list[Reading]] = [[], []]
    due = time.monotonic()
    for second in range(seconds + 1):
        await asyncio.sleep(max(0.0, due + second - time.monotonic()))
        for page, read in zip(call.pages, readings, strict=True):
            read.append(await page.evaluate(COUNTERS_JS))
        if trace and second:
            print(f"    {name:6} {second:3} {' | '.join(_format_second(read) for read in readings)}", flush=True)
    return readings


def _format_second(read: list[Reading]) -> str:
    period, now = _period(read[-2], read[-1]), read[-1]
    media = f"{period.concealed_pct:5.1f} % {period.fps:3.0f} fps {now['height']:4}"
    return f"{now['kbps']:5} kbps {media} {now['reason']}"


def _back_s(before: Period, read: list[Reading]) -> float | None:
    """Return after how many seconds a page receives the whole picture again."""
    whole = 0
    for number, (last, now) in enumerate(pairwise(read), 1):
        period = _period(last, now)
        is_whole = period.fps >= WHOLE_SHARE * before.fps and period.height >= WHOLE_SHARE * before.height
        whole = whole + 1 if is_whole else 0
        if whole == WHOLE_SAMPLES:
            return number - WHOLE_SAMPLES + 1
    return None


async def measure_line(call: DemoCall, network: EmulatedNetwork, lines: Lines, trace: bool) -> LineFigures:
    """Measure a call that has begun on a good line."""
    good = await _read_seconds(call, GOOD_S, trace, "good")
    network.set_quality(*lines)
    bad = await _read_seconds(call, ADAPT_S + STEADY_S, trace, "bad")
    network.set_quality(GOOD)
    back = await _read_seconds(call, BACK_S, trace, "back")
    before = [_period(read[GOOD_S // 2], read[-1]) for read in good]
    steady = [read[ADAPT_S:] for read in bad]
    return LineFigures(
        adapting=[_period(read[0], read[ADAPT_S]) for read in bad],
        steady=[_period(read[0], read[-1]) for read in steady],
        told_pct=[100 * sum(second["told"] for second in read) / len(read) for read in steady],
        back_s=[_back_s(*both) for both in zip(before, back, strict=True)],
        back_concealed_pct=[_period(read[0], read[-1]).concealed_pct for read in back],
        voice_only=any(read[-1]["voice_only"] for read in bad),
    )


async def measure(
    product: DemoProduct, network: EmulatedNetwork, names: list[str], only_up: bool, trace: bool
) -> None:
    """Measure each line and print it."""
    flags = [*CHROMIUM_FLAGS, f"--unsafely-treat-insecure-origin-as-secure={product.url}"]
    async with async_playwright() as playwright:
        desk = await playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=flags)
        outside = network.outside_program(CHROMIUM_PATH)
        phone = await playwright.chromium.launch(executable_path=outside, args=flags)
        async with open_demo_call(product, phone, desk, timeout_ms=PAGE_TIMEOUT_MS) as call:
            for name in names:
                network.set_quality(GOOD)
                await call.wait_in_lobby()
                await call.admit()
                lines = LINES[name], GOOD if only_up else LINES[name]
                figures = await measure_line(call, network, lines, trace)
                print(f"{format_line(name, figures)} {os.getloadavg()[0]:4.1f}", flush=True)
                await call.leave()
        await desk.close()
        await phone.close()


def format_line(name: str, figures: LineFigures) -> str:
    """Format a row of the table: what the citizen / the agent receives."""
    cells = [_format_periods(periods) for periods in (figures.adapting, figures.steady)]
    told = " / ".join(f"{share:3.0f}" for share in figures.told_pct)
    back = " / ".join("none" if seconds is None else f"{seconds:4.0f}" for seconds in figures.back_s)
    concealed = " / ".join(f"{share:4.1f}" for share in figures.back_concealed_pct)
    cells += [f"{told} %", f"{back} s, {concealed} %", "voice only" if figures.voice_only else ""]
    return _format_row([name, *cells], WIDTHS)


def _format_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  " + " | ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True))


def _format_periods(periods: list[Period]) -> str:
    concealed = " / ".join(f"{period.concealed_pct:4.1f}" for period in periods)
    return f"{concealed} %, {' / '.join(f'{period.fps:2.0f}' for period in periods)} fps"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"{', '.join(LINES)}; all without any")
    parser.add_argument("--up", action="store_true", help="only the direction from the citizen is bad")
    parser.add_argument("--trace", action="store_true", help="print each second of both pages")
    parser.add_argument("--namespace", default="line", help="how the names of both namespaces begin")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = given.lines or list(LINES)
    if unknown := set(names) - LINES.keys():
        parser.error(f"unknown lines: {', '.join(sorted(unknown))}; known: {', '.join(LINES)}")
    if given.inside:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        with run_demo(host=HERE) as product:
            network = EmulatedNetwork(given.namespace, given.inside)
            asyncio.run(measure(product, network, names, given.up, given.trace))
        return
    print(f"voice and picture that citizen / agent receive, {time.strftime('%Y-%m-%d %H:%M')}")
    heads = ("line", f"first {ADAPT_S} s", f"next {STEADY_S} s", "told", "way back", "", "load")
    print(_format_row(heads, (*WIDTHS, 4)), flush=True)
    chosen = [f"--{name}" for name in ("up", "trace") if getattr(given, name)]
    sys.exit(run_inside(given.namespace, "office360.benchmarks.calls.narrow_line", *chosen, *names))


if __name__ == "__main__":
    main()
